"""Whether the analyst as a strategy may act by itself: by its calibrated record, and never on strangers' words."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from hlmaster.insight.calibration.record import Record
from hlmaster.trading.proposals.trust import Trust

STRATEGY = "analyst"
"""Its name among the strategies; it takes no advice from itself."""


class AnalystTrust:
    """``trust`` holds for everybody, money that is not real included; ``record`` and ``heard_strangers`` beside it."""

    def __init__(self, trust: Trust, record: Callable[[], Record], heard_strangers: Callable[[], bool]) -> None:
        self._trust, self._record, self._heard_strangers = trust, record, heard_strangers

    def share(self, source: str) -> Decimal:
        return self._trust.share(source)

    def text(self, source: str) -> str:
        return self._trust.text(source)

    def may_auto(self, source: str) -> str | None:
        if source == STRATEGY:
            if self._heard_strangers():
                return "Strangers' words stood in the analyst's question; then a person decides."
            record = self._record()
            if not record.weight:
                return f"The analyst has not earned to act alone. {record.sentence}"
        return self._trust.may_auto(source)
