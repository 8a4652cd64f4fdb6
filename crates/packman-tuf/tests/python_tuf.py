"""The other side of `python_tuf.rs`: python-tuf as a client of our repositories, and as a maker of one for us.

    python_tuf.py refresh FOLDER STATE TARGET…   refresh from a published folder, download targets; prints JSON
    python_tuf.py publish FOLDER                 sign a repository with python-tuf; prints its safety numbers
"""

import hashlib
import json
import os
import sys
from datetime import datetime, timezone

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.formats import encode_canonical
from securesystemslib.signer import CryptoSigner
from tuf.api import exceptions
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.ngclient import FetcherInterface, Updater

# No test waits for a clock: what is signed here is current for as long as anybody runs it.
EXPIRES = datetime(2190, 1, 1, tzinfo=timezone.utc)

# What a canonical form can get wrong: escapes, control characters, the order of names beyond the first plane.
UNKNOWN = {
    "x-text": 'quote " backslash \\ slash / newline \n tab \t nul \0 delete \x7f é ключ \U0001f511 \u2028',
    "x-names": {"b": 1, "a": 2, "é": 3, "\uffee": 4, "\U00010000": 5, "": 6, "A": 7, "aa": 8, "\x00": 9},
    "x-numbers": [0, -1, 2**53 + 1, 2**63, -(2**63), 10**30],
    "x-rest": [None, True, False, [], {}, [[[]]], ""],
}


class FolderFetcher(FetcherInterface):
    """Fetches from a folder as if it were a server."""

    def __init__(self, folder):
        self.folder = folder

    def _fetch(self, url):
        path = os.path.join(self.folder, url.removeprefix("folder:///"))
        if not os.path.isfile(path):
            raise exceptions.DownloadHTTPError("not found", 404)
        with open(path, "rb") as file:
            yield file.read()


def refresh(folder, state, *paths):
    with open(os.path.join(folder, "metadata", "1.root.json"), "rb") as file:
        first = file.read()
    os.makedirs(os.path.join(state, "files"), exist_ok=True)
    updater = Updater(
        metadata_dir=state,
        metadata_base_url="folder:///metadata/",
        target_dir=os.path.join(state, "files"),
        target_base_url="folder:///targets/",
        fetcher=FolderFetcher(folder),
        bootstrap=first,
    )
    try:
        updater.refresh()
        found = {}
        for path in paths:
            info = updater.get_targetinfo(path)
            if info is None:
                found[path] = None
                continue
            with open(updater.download_target(info), "rb") as file:
                found[path] = file.read().decode()
    except (exceptions.RepositoryError, exceptions.DownloadError) as error:
        print(json.dumps({"refused": type(error).__name__}))
        return
    print(json.dumps({"files": found}))


def signer(seed):
    return CryptoSigner(Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def safety_number(root):
    canonical = encode_canonical(root.signed.to_dict()).encode()
    number = int.from_bytes(hashlib.sha256(b"packman-root-v1\0" + canonical).digest(), "big")
    return f"{number % 10**60:060d}"


def publish(folder):
    roots = [signer(1), signer(2)]
    keepers, online = [signer(3), CryptoSigner.generate_ecdsa()], signer(4)
    root = Root(expires=EXPIRES, consistent_snapshot=True, unrecognized_fields=dict(UNKNOWN))
    for key in roots:
        root.add_key(key.public_key, "root")
    for key in keepers:
        root.add_key(key.public_key, "targets")
    for role in ("snapshot", "timestamp"):
        root.add_key(online.public_key, role)
    root.roles["root"].threshold = 2
    root.roles["targets"].unrecognized_fields["x-role"] = UNKNOWN["x-text"]
    numbers = [write(folder, "1.root.json", root, roots)]

    # The second root gives the first of its keys to somebody else.
    root.version = 2
    root.revoke_key(roots[0].public_key.keyid, "root")
    after = [signer(5), roots[1]]
    root.add_key(after[0].public_key, "root")
    numbers.append(write(folder, "2.root.json", root, [*roots, after[0]]))

    targets = Targets(version=7, expires=EXPIRES, unrecognized_fields=dict(UNKNOWN))
    for path, data in {"projects/flask.json": b"flask", "about.json": b"about"}.items():
        info = TargetFile.from_data(path, data, ["sha256", "sha512"])
        info.unrecognized_fields["custom"] = UNKNOWN
        targets.targets[path] = info
        place, name = os.path.split(path)
        digest = info.hashes["sha256"]
        put(folder, os.path.join("targets", place, f"{digest}.{name}"), data)
    write(folder, "7.targets.json", targets, keepers)
    data = get(folder, "metadata/7.targets.json")
    pinned = MetaFile.from_data(7, data, ["sha256", "sha512"])
    snapshot = Snapshot(version=9, expires=EXPIRES, meta={"targets.json": pinned}, unrecognized_fields=UNKNOWN)
    write(folder, "9.snapshot.json", snapshot, [online])
    # As python-tuf does without being told: the timestamp pins the snapshot by its version alone.
    timestamp = Timestamp(version=11, expires=EXPIRES, snapshot_meta=MetaFile(9), unrecognized_fields=UNKNOWN)
    write(folder, "timestamp.json", timestamp, [online])
    print(json.dumps({"numbers": numbers}))


def write(folder, name, signed, keys):
    metadata = Metadata(signed)
    for key in keys:
        metadata.sign(key, append=True)
    put(folder, os.path.join("metadata", name), metadata.to_bytes())
    return safety_number(metadata)


def put(folder, path, data):
    place = os.path.join(folder, path)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(place, "wb") as file:
        file.write(data)


def get(folder, path):
    with open(os.path.join(folder, path), "rb") as file:
        return file.read()


if __name__ == "__main__":
    {"refresh": refresh, "publish": publish}[sys.argv[1]](*sys.argv[2:])
