"""What cannot be written is told once, and once when it can be again; small files are tried again meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.errors import StorageError
from hlmaster.core.events import Notice, Severity
from hlmaster.desk.deciding import Deciding
from hlmaster.desk.kept import Kept
from hlmaster.desk.limits_in_force import LimitsInForce
from hlmaster.desk.protecting import Protecting
from hlmaster.desk.risk import RiskDesk

RETRY_SECONDS = 1.0
CURE = "Make room on the disk, or look at the folder's permissions; it is tried again until then."


class Written(Protocol):
    @property
    def trouble(self) -> str:
        """Why it cannot be written, as a sentence; empty when it can."""


class DiskWatch:
    """``files`` by what they are, for people. ``look`` a few times a second."""

    def __init__(self, bus: Bus, clock: Clock, files: Mapping[str, Written]) -> None:
        self._bus, self._clock, self._files = bus, clock, files
        self._told: set[str] = set()
        self._retry_at = clock.monotonic()

    def look(self) -> None:
        for what, file in self._files.items():
            trouble = file.trouble
            if trouble and what not in self._told:
                self._told.add(what)
                self._bus.publish(Notice(Severity.ERROR, trouble, StorageError.code, CURE))
            elif not trouble and what in self._told:
                self._told.discard(what)
                self._bus.publish(Notice(Severity.INFO, f"The {what} can be written again.", StorageError.code))
        if self._told and self._clock.monotonic() >= self._retry_at:
            self._retry_at = self._clock.monotonic() + RETRY_SECONDS
            for file in self._files.values():
                if isinstance(file, Kept):
                    file.retry()


def files(
    audit: Written, limits: LimitsInForce, risk: RiskDesk, protecting: Protecting, deciding: Deciding
) -> dict[str, Written]:
    """All that a desk writes beside its journal and its store, by what it is."""
    return {
        "audit log": audit,
        "limits in force": limits.kept,
        "memory of the circuit breakers": risk.kept,
        "memory of protection": protecting.memory.kept,
        "memory of proposals": deciding.proposing.memory.kept,
        "rows of decisions": deciding.rows,
    }
