"""The user's strategies as they lie there: one file each, and what installed packages name."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path

from hlmaster.core.registry import Broken
from hlmaster.strategies.host.child import GROUP
from hlmaster.strategies.host.messages import Source

log = logging.getLogger(__name__)
LARGEST_FILE = 1_000_000
Stamp = Mapping[str, tuple[int, int]]
"""By file name: when it was last changed (ns), and its size."""


class Folder:
    """``path`` None: packages alone. Reads the disk: on a worker's thread, please."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def stamp(self) -> Stamp:
        """Differs when something in it was changed, came or went."""
        found = {}
        for file in self._files():
            try:
                state = file.stat()
            except OSError:  # gone between the two looks
                continue
            found[file.name] = (state.st_mtime_ns, state.st_size)
        return found

    def read(self) -> tuple[dict[str, Source], list[Broken]]:
        """By origin, as read now; and what cannot be read."""
        sources: dict[str, Source] = {}
        broken = []
        for file in self._files():
            try:
                text = file.read_bytes()
            except OSError as error:
                broken.append(Broken(file.name, f"It cannot be read: {error.strerror}."))
                continue
            if len(text) > LARGEST_FILE:
                broken.append(Broken(file.name, f"It has {len(text):,} bytes; at most {LARGEST_FILE:,} are read."))
                continue
            sources[file.name] = Source(file.name, str(file), text)
        for entry in entry_points(group=GROUP):
            origin = f"{entry.dist.name if entry.dist is not None else 'package'}: {entry.name}"
            sources[origin] = Source(origin, entry_point=entry.name)
        return sources, broken

    def _files(self) -> list[Path]:
        if self._path is None or not self._path.is_dir():
            return []
        found = (file for file in self._path.glob("*.py") if not file.name.startswith(("_", ".")))
        return sorted(file for file in found if file.is_file())
