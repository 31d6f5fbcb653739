"""Which cards are judged anew at a look: asking every rule about every card four times a second says little new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hlmaster.core.clock import Clock

PERIOD_SECONDS = 1.0
"""Wall seconds after which a card is judged anew though nothing moved: rules have clocks of their own."""
IN_TURN = 4
"""Cards a look, or a quarter of all, that are judged for a price or a clock: looks are a quarter of a second apart."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a card's verdict hangs on, as it is seen at a look; compared, never read.

    ``terms`` are seldom other than before, and then the card is judged at once: the card itself, limits, orders, the
    trading state. ``prices`` move all the time, and cards of moved prices take turns.
    """

    name: str
    terms: tuple[object, ...]
    prices: tuple[object, ...]


class Attention:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._judged: dict[str, tuple[Sight, float]] = {}

    def choose(self, sights: Sequence[Sight]) -> set[str]:
        """Names of those to be judged now; cards that are not among ``sights`` are forgotten."""
        now, before = self._clock.monotonic(), self._judged
        at_once, waiting = set(), []
        for sight in sights:
            known = before.get(sight.name)
            if known is None or known[0].terms != sight.terms:
                at_once.add(sight.name)
            elif known[0].prices != sight.prices or now - known[1] >= PERIOD_SECONDS:
                waiting.append((known[1], sight.name))
        most = max(IN_TURN, -(-len(sights) // 4))
        chosen = at_once | {name for _, name in sorted(waiting)[:most]}
        self._judged = {sight.name: (sight, now) if sight.name in chosen else before[sight.name] for sight in sights}
        return chosen
