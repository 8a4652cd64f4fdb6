# Compiles what comes on standard input and writes what it made, one after the other. It opens no file.
import importlib.util, marshal, struct, sys, warnings

warnings.simplefilter("ignore")
come, go = sys.stdin.buffer, sys.stdout.buffer
if sys.implementation.name != "cpython":
    sys.exit("only the bytecode of CPython is known")
tag = sys.implementation.cache_tag.encode()
go.write(importlib.util.MAGIC_NUMBER + struct.pack("<I", len(tag)) + tag)
go.flush()
while True:
    head = come.read(5)
    if len(head) < 5:
        break
    level, length = struct.unpack("<BI", head)
    source = come.read(length)
    try:
        code = marshal.dumps(compile(source, "module", "exec", dont_inherit=True, optimize=level))
        answer = b"\1" + importlib.util.source_hash(source) + struct.pack("<I", len(code)) + code
    except Exception:
        answer = b"\0"
    go.write(answer)
    go.flush()
