"""What a verb of the desk answers."""

from __future__ import annotations

from dataclasses import dataclass

from hlmaster.core.events import TrackedOrder
from hlmaster.core.orders import Verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a verb. ``sentence`` is fit to show; ``verdict`` holds the failed rules, if the gate refused."""

    ok: bool
    sentence: str
    orders: tuple[TrackedOrder, ...] = ()
    verdict: Verdict | None = None


def refused(verdict: Verdict) -> Outcome:
    return Outcome(False, " ".join(failure.sentence for failure in verdict.failures), verdict=verdict)
