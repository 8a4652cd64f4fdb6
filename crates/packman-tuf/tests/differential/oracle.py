"""python-tuf's verdicts, for `main.rs`: one process, a case a line on stdin, a verdict a line on stdout.

{"bootstrap": HEX, "visits": [{"now": SECONDS, "files": {PATH: HEX}, "targets": [PATH…]}…]}
    a client that was shipped a root visits a mirror again and again, and keeps what python-tuf keeps in between
{"documents": [HEX…]}
    the canonical form of each JSON document, as securesystemslib writes it, or null where it refuses
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
from datetime import datetime, timezone

from securesystemslib.formats import encode_canonical
from tuf.api import exceptions
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

PLACE = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

# The limits of `packman_tuf::Limits`, so that the two differ in nothing that is a number.
CONFIG = {
    "max_root_rotations": 1000,
    "max_delegations": 32,
    "root_max_length": 512 << 10,
    "timestamp_max_length": 32 << 10,
    "snapshot_max_length": 16 << 20,
    "targets_max_length": 64 << 20,
}


class Mirror(FetcherInterface):
    """Serves files from memory."""

    def __init__(self, files):
        self.files = files

    def _fetch(self, url):
        data = self.files.get(url.removeprefix("mirror:///"))
        if data is None:
            raise exceptions.DownloadHTTPError("not found", 404)
        yield bytes.fromhex(data)


def why(error):
    causes = [f"{type(error).__name__}: {error}"]
    while error.__cause__ is not None:
        error = error.__cause__
        causes.append(f"{type(error).__name__}: {error}")
    return " < ".join(causes)


def look(updater, path):
    try:
        info = updater.get_targetinfo(path)
        if info is None:
            return {"nobody": True}
        with open(updater.download_target(info), "rb") as file:
            data = file.read()
    except Exception as error:
        return {"refused": why(error)}
    return {"found": hashlib.sha256(data).hexdigest()}


def visit(folder, bootstrap, visit):
    updater = None
    try:
        updater = Updater(
            metadata_dir=folder,
            metadata_base_url="mirror:///metadata/",
            target_dir=os.path.join(folder, "files"),
            target_base_url="mirror:///targets/",
            fetcher=Mirror(visit["files"]),
            config=UpdaterConfig(**CONFIG),
            bootstrap=bootstrap,
        )
        updater._trusted_set.reference_time = datetime.fromtimestamp(visit["now"], timezone.utc)
        updater.refresh()
    except Exception as error:
        root = updater._trusted_set.root.version if updater else 0
        return {"refused": why(error), "root": str(int(root))}
    trusted = updater._trusted_set
    roles = (trusted.root, trusted.timestamp, trusted.snapshot, trusted.targets)
    return {
        "versions": [str(int(role.version)) for role in roles],
        "targets": {path: look(updater, path) for path in visit["targets"]},
    }


def canonical(document):
    try:
        form = encode_canonical(json.loads(bytes.fromhex(document).decode("utf-8")))
        return form.encode("utf-8").hex()
    except Exception:
        return None


def answer(case):
    if "documents" in case:
        return {"forms": [canonical(document) for document in case["documents"]]}
    folder = tempfile.mkdtemp(prefix="packman-differential-", dir=PLACE)
    try:
        bootstrap = bytes.fromhex(case["bootstrap"])
        return {"visits": [visit(folder, bootstrap, one) for one in case["visits"]]}
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
