"""python-tuf as a whole process: `client.py URL ROOT FOLDER TARGET` refreshes what is kept in FOLDER and takes one target."""

import sys

from tuf.ngclient import Updater, UpdaterConfig

url, root, folder, target = sys.argv[1:]
with open(root, "rb") as file:
    bootstrap = file.read()
# As it comes it reads 5 MB of targets and 2 MB of snapshot at most.
config = UpdaterConfig(targets_max_length=64 << 20, snapshot_max_length=16 << 20)
updater = Updater(
    folder, f"{url}/metadata/", folder, f"{url}/targets/", config=config, bootstrap=bootstrap
)
updater.refresh()
info = updater.get_targetinfo(target)
if info is None:
    sys.exit("nobody signs such a target")
if updater.find_cached_target(info) is None:
    updater.download_target(info)
