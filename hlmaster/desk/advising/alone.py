"""Whether the analyst as a strategy may act by itself: by its calibrated record, and never on strangers' words."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from decimal import Decimal

from hlmaster.core.clock import Clock
from hlmaster.core.opinions import Opinion
from hlmaster.core.signals import Signal
from hlmaster.insight.calibration.advice import expires_ms
from hlmaster.insight.calibration.record import Record
from hlmaster.trading.proposals.trust import Trust
from hlmaster.trading.titles import GROUP

STRATEGY = "analyst"
"""Its name among the strategies."""
MOST_TOLD = 16
"""Opinions of a coin that are remembered: more than come between a row's close and what is said of it."""


class Behind:
    """The opinions that something may still be opened on: a word lives longer than the opinion that it rests on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: dict[str, deque[Opinion]] = {}
        """By coin, as rows came to know them."""
        self._acted: dict[str, tuple[int, Opinion]] = {}
        """By call: until when a word that rests on it may be acted upon."""

    def tell(self, opinion: Opinion) -> None:
        self._told.setdefault(opinion.coin, deque(maxlen=MOST_TOLD)).append(opinion)

    def say(self, signal: Signal) -> None:
        """The strategy spoke: by the opinion that its row knew, or by one of those that came since."""
        told = list(self._told.get(signal.coin, ()))
        since = max((place for place, one in enumerate(told) if one.answered_ms <= signal.row_ms), default=0)
        for opinion in told[since:]:
            until, _ = self._acted.get(opinion.call_id, (0, opinion))
            self._acted[opinion.call_id] = max(until, signal.valid_until_ms), opinion

    @property
    def opinions(self) -> list[Opinion]:
        """Those that count, and those behind words that do."""
        now = self._clock.now_ms()
        self._acted = {name: known for name, known in self._acted.items() if now < known[0]}
        fresh = (told[-1] for told in self._told.values() if now < expires_ms(told[-1]))
        return [*(opinion for _, opinion in self._acted.values()), *fresh]


class AnalystTrust:
    """``trust`` holds for everybody, money that is not real included; ``record`` of who spoke and ``heard_strangers``
    beside it, where the analyst speaks alone or in a group. ``voters`` of a group by name."""

    def __init__(
        self,
        trust: Trust,
        record: Callable[[], Record],
        heard_strangers: Callable[[], bool],
        voters: Callable[[str], Collection[str]],
    ) -> None:
        self._trust, self._record, self._heard_strangers, self._voters = trust, record, heard_strangers, voters

    def share(self, source: str) -> Decimal:
        return self._trust.share(source)

    def text(self, source: str) -> str:
        return self._trust.text(source)

    def may_auto(self, source: str) -> str | None:
        if source == STRATEGY or (source.startswith(GROUP) and STRATEGY in self._voters(source.removeprefix(GROUP))):
            if self._heard_strangers():
                return "Strangers' words stood in the analyst's question; then a person decides."
            record = self._record()
            if not record.weight:
                return f"The analyst has not earned to act alone. {record.sentence}"
        return self._trust.may_auto(source)
