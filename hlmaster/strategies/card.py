"""How a strategy stands, for lists and dialogs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hlmaster.core.proposals import Policy
from hlmaster.strategies.base import Params
from hlmaster.strategies.known import Card, Checks
from hlmaster.strategies.roster import Entry


class Standing(StrEnum):
    RUNNING = "running"
    GETTING_READY = "getting ready"
    """Armed; it is being made or checked."""
    DISARMED = "disarmed"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class StrategyCard:
    """``params`` is a ``Config`` from which a dialog can be built; None for a file that did not load."""

    about: Card
    standing: Standing
    entry: Entry
    """What the user chose for it."""
    coins: tuple[str, ...]
    """On which it runs now."""
    policy: Policy
    """In force: its own, capped by the overall one."""
    params: Params | None
    broken: str
    """Why it stands still, as a sentence; empty when it does not."""
    notice: str
    """What else a person should know: that newer code of it is not used, and why."""
    checks: Checks
    """Of the present code and parameters; empty before they ran."""
    version: str
    signals: int
    """Made since the start."""
    decisions: int
    decision_us: float
    """Mean time of a decision on the loop, microseconds."""

    @property
    def name(self) -> str:
        return self.about.name

    @property
    def title(self) -> str:
        return self.about.title

    @property
    def armed(self) -> bool:
        return self.entry.armed
