# Tells which index pip reads, as pip itself works it out; run with -I -S, so that no .pth file is run.
# pip keeps its settings in one option since version 10; where its commands cannot be loaded, its constant is asked.
import glob
import os
import site
import sys

own = os.path.dirname(os.path.dirname(os.path.abspath(sys.executable)))
version = "python%d.%d" % sys.version_info[:2]
folders = [os.path.join(own, "lib", version, "site-packages"), os.path.join(own, "Lib", "site-packages")]
folders += site.getsitepackages([own, sys.prefix, sys.exec_prefix])
# Without an installed pip, the one that Python brings along for new environments.
for place in (os.path.join(os.path.dirname(os.__file__), "ensurepip", "_bundled"), "/usr/share/python-wheels"):
    folders += sorted(glob.glob(os.path.join(place, "pip-*.whl")))
sys.path += folders

try:
    from pip._internal.commands import create_command

    index = create_command("download").parser.get_default_values().index_url
except Exception:
    from pip._internal.models.index import PyPI

    index = PyPI.simple_url
print(index)
