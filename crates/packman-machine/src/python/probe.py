# Tells what an interpreter is, as one JSON object, with the standard library alone.
# Run with -I -S: nothing that is installed beside the interpreter is imported, and no .pth file is run.
# `json` and `platform` import regular expressions, which takes longer than all the rest. So texts are quoted by the part
# of `json` that is written in C, and `platform` is imported only where nothing else knows what it knows.
import os
import sys
import sysconfig

try:
    from _json import encode_basestring_ascii as quote
except ImportError:
    from json import dumps as quote

NAMES = ("purelib", "platlib", "scripts", "data")
PLACE = "\x01"


def variable(name):
    return sysconfig.get_config_var(name)


def version_of(info):
    text = "%d.%d.%d" % info[:3]
    kind = info[3]
    return text if kind == "final" else text + kind[0] + str(info[4])


def libc():
    try:
        found = os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, OSError, ValueError):
        found = None
    if found:
        return found
    names = "".join(str(variable(name)) for name in ("HOST_GNU_TYPE", "MULTIARCH", "SOABI"))
    return musl() if "musl" in names else ""


def musl():
    import glob
    import subprocess

    for loader in sorted(glob.glob("/lib/ld-musl-*.so.1")):
        run = subprocess.Popen([loader], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        lines = run.communicate()[1].decode("ascii", "replace").splitlines()
        for line in lines:
            if line.startswith("Version "):
                return "musl " + line[len("Version "):]
    return ""


# Where a virtual environment keeps things; PLACE stands for its folder.
def in_venv():
    schemes = sysconfig.get_scheme_names()
    known = ["venv", "nt" if os.name == "nt" else "posix_prefix", "pypy"]
    scheme = [name for name in known if name in schemes][0]
    at = {"base": PLACE, "platbase": PLACE, "installed_base": PLACE, "installed_platbase": PLACE}
    return {name: sysconfig.get_path(name, scheme, at) for name in NAMES}


# What `platform` says of CPython on Linux, had from where it has it.
def on_linux():
    kernel = os.uname()
    return {
        "platform_machine": kernel.machine,
        "platform_python_implementation": "CPython",
        "platform_release": kernel.release,
        "platform_system": kernel.sysname,
        "platform_version": kernel.version,
        "python_full_version": sys.version.split()[0],
    }, ("", ("", "", ""), "")


def elsewhere():
    import platform

    return {
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
    }, platform.mac_ver()


def encoded(value):
    if isinstance(value, dict):
        return "{" + ", ".join(quote(name) + ": " + encoded(value[name]) for name in value) + "}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return quote(value)


is_known = sys.implementation.name == "cpython" and sys.platform == "linux"
markers, mac = on_linux() if is_known else elsewhere()
markers.update({
    "implementation_name": sys.implementation.name,
    "implementation_version": version_of(sys.implementation.version),
    "os_name": os.name,
    "python_version": "%d.%d" % sys.version_info[:2],
    "sys_platform": sys.platform,
})
usual = sysconfig.get_paths()
print(encoded({
    "executable": sys.executable or "",
    "version": "%d.%d.%d" % sys.version_info[:3],
    "markers": markers,
    "free_threaded": bool(variable("Py_GIL_DISABLED")),
    "debug": hasattr(sys, "gettotalrefcount"),
    "extension_suffix": variable("EXT_SUFFIX") or "",
    "platform": sysconfig.get_platform(),
    "is_32_bit": sys.maxsize <= 2 ** 32,
    "libc": libc(),
    "mac_version": mac[0],
    "mac_machine": mac[2],
    "prefix": sys.prefix,
    "stdlib": usual["stdlib"],
    "include": usual["include"],
    "paths": {name: usual[name] for name in NAMES},
    "venv": in_venv(),
}))
# Nothing is left to tidy up, and tidying takes as long as the answer.
sys.stdout.flush()
os._exit(0)
