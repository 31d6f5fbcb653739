"""The versions that a workspace went through, and which of them is in force. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hlmaster.ui.workspaces.nodes import Workspace

MOST = 20


@dataclass(frozen=True, slots=True)
class Version:
    """A workspace as it was at this wall time."""

    time_ms: int
    workspace: Workspace


class History:
    """Oldest first. Whatever lies behind the version in force was undone, and goes with the next change."""

    def __init__(self, versions: Iterable[Version] = (), at: int | None = None) -> None:
        self.versions = list(versions)[-MOST:]
        last = len(self.versions) - 1
        self.at = last if at is None else min(max(at, 0), last)

    def add(self, version: Version) -> None:
        self.versions = [*self.versions[: self.at + 1], version][-MOST:]
        self.at = len(self.versions) - 1

    def step(self, by: int) -> Workspace | None:
        """One back (-1) or forth (1); None where there is none."""
        if not 0 <= self.at + by < len(self.versions):
            return None
        self.at += by
        return self.versions[self.at].workspace

    @property
    def now(self) -> Workspace | None:
        return self.versions[self.at].workspace if self.versions else None

    @property
    def can_undo(self) -> bool:
        return self.at > 0

    @property
    def can_redo(self) -> bool:
        return self.at < len(self.versions) - 1
