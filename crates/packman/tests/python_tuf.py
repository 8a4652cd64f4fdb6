"""python-tuf as a client of a published folder.

    python_tuf.py FOLDER STATE TARGET…    refreshes, downloads the targets with verification, prints what they say

The state is kept from run to run, as a client's is: the first run believes `1.root.json`.
"""

import json
import os
import sys

from tuf.api import exceptions
from tuf.ngclient import FetcherInterface, Updater


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


def main(folder, state, *paths):
    files = os.path.join(state, "files")
    os.makedirs(files, exist_ok=True)
    with open(os.path.join(folder, "metadata", "1.root.json"), "rb") as file:
        first = file.read()
    updater = Updater(
        metadata_dir=state,
        metadata_base_url="folder:///metadata/",
        target_dir=files,
        target_base_url="folder:///targets/",
        fetcher=FolderFetcher(folder),
        bootstrap=first,
    )
    try:
        updater.refresh()
        for path in paths:
            info = updater.get_targetinfo(path)
            with open(updater.find_cached_target(info) or updater.download_target(info), "rb") as file:
                told = json.load(file)
            releases = sorted(one["filename"] for one in told.get("files", []))
            print(path, told.get("name", told.get("title")), *releases)
    except (exceptions.RepositoryError, exceptions.DownloadError) as error:
        sys.exit(print("refused:", type(error).__name__) or 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
