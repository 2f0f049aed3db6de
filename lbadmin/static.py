"""Which front-end files are served: all of ours, and of Tabler the one style sheet we use."""

from collections.abc import Iterable
from typing import Any

from django.contrib.staticfiles.finders import FileSystemFinder

TABLER = "tabler.min.css"


class Finder(FileSystemFinder):
    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        for path, storage in super().list(ignore_patterns):
            if getattr(storage, "prefix", "") != "tabler" or path == TABLER:
                yield path, storage
