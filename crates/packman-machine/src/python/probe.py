# Tells what an interpreter is, as one JSON object, with the standard library alone.
# Run with -I -S: nothing that is installed beside the interpreter is imported, and no .pth file is run.
import json
import os
import platform
import sys
import sysconfig

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


mac = platform.mac_ver()
markers = {
    "implementation_name": sys.implementation.name,
    "implementation_version": version_of(sys.implementation.version),
    "os_name": os.name,
    "platform_machine": platform.machine(),
    "platform_python_implementation": platform.python_implementation(),
    "platform_release": platform.release(),
    "platform_system": platform.system(),
    "platform_version": platform.version(),
    "python_full_version": platform.python_version(),
    "python_version": ".".join(platform.python_version_tuple()[:2]),
    "sys_platform": sys.platform,
}
usual = sysconfig.get_paths()
print(json.dumps({
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
