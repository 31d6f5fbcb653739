"""What happened in one schedule, as the rig saw it: what a checker judges and a person reads."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from hlmaster.core.events import TrackedOrder


@dataclass(frozen=True, slots=True)
class WireAction:
    """One action as it reached the exchange, in the order of arrival."""

    time: float
    kind: str
    nonce: int
    names: tuple[str, ...]
    """Client order ids it places or changes."""
    values: tuple[tuple[str, bool, str, str], ...]
    """Of each order: coin, reduce only, price, size."""
    intended: bool
    """A committed intent of this nonce, for each of these names, was on disk when it arrived."""
    accepted: bool


@dataclass(slots=True)
class History:
    seed: int
    lines: list[str] = field(default_factory=list)
    wire: list[WireAction] = field(default_factory=list)
    told: list[tuple[int, TrackedOrder]] = field(default_factory=list)
    """Every order state a desk published, with the number of that desk's life."""
    broken: list[str] = field(default_factory=list)
    """Handlers, tasks and verbs that failed by themselves: never allowed."""
    counts: Counter[str] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)
    """How often each kind of fault really struck."""
    logs: list[str] = field(default_factory=list)

    def note(self, time: float, text: str) -> None:
        self.lines.append(f"{time:8.2f} {text}")


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.check}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Verdict:
    seed: int
    findings: tuple[Finding, ...]
    history: History
    virtual_seconds: float
    settled_after: float
    """Virtual seconds from the last fault to agreement."""
