"""The scored calls of every model, and the records they make: overall, by coin, by regime."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable

from hlmaster.core.opinions import OutcomeKnown
from hlmaster.insight.calibration.record import Record, record_of

MOST_CALLS = 5_000
"""Of all models, the youngest; a record is about how a model does lately."""


class Ledger:
    """Records are made when they are asked for, and kept until the next outcome.

    Under one name a model may come with other weights: calls of the weights that spoke last count alone.
    """

    def __init__(self) -> None:
        self.unknown = 0
        """Opinions whose outcome could not be learnt, since the start."""
        self._scored: list[OutcomeKnown] = []
        self._ids: set[str] = set()
        self._digests: dict[str, tuple[int, str]] = {}
        """By model: when its newest call was asked, and the digest of that."""
        self._records: dict[tuple[str, str, str], Record] = {}

    def add(self, known: OutcomeKnown) -> None:
        """A call that is in already changes nothing."""
        opinion = known.opinion
        self.spoke(opinion.model, known.digest, opinion.asked_ms)
        if not known.outcome.known:
            self.unknown += 1
            return
        if opinion.call_id in self._ids:
            return
        insort(self._scored, known, key=_age)
        self._ids.add(opinion.call_id)
        if len(self._scored) > MOST_CALLS:
            self._ids.discard(self._scored.pop(0).opinion.call_id)
        self._records.clear()

    def spoke(self, model: str, digest: str, asked_ms: int) -> None:
        """It was asked; from now on its record is that of these weights."""
        newest, before = self._digests.get(model, (asked_ms, digest))
        if asked_ms >= newest:
            self._digests[model] = (asked_ms, digest)
            if digest != before:
                self._records.clear()

    # --- records ---

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(sorted(self._digests))

    def overall(self, model: str) -> Record:
        return self._record(model)

    def by_coin(self, model: str) -> dict[str, Record]:
        return {coin: self._record(model, coin=coin) for coin in self._names(model, _coin)}

    def by_regime(self, model: str) -> dict[str, Record]:
        """Where it was not known, under an empty name."""
        return {regime: self._record(model, regime=regime) for regime in self._names(model, _regime)}

    def calibrated(self, model: str, confidence: float) -> float | None:
        """How often calls of such a confidence come true; None before there are enough."""
        return self.overall(model).calibrated(confidence)

    def weight(self, model: str, coin: str, regime: str = "") -> float:
        """0 to 1. What the whole record earns; less where calls on this coin or in this regime, once there are enough
        of them, show less. Never more there: among many coins some do well by luck."""
        parts = [self._record(model, coin=coin)]
        if regime:
            parts.append(self._record(model, regime=regime))
        return min(self.overall(model).weight, *(part.weight for part in parts if part.is_enough), 1.0)

    def _record(self, model: str, *, coin: str = "", regime: str | None = None) -> Record:
        key = (model, coin, "any" if regime is None else f"in {regime}")
        found = self._records.get(key)
        if found is None:
            calls = [one for one in self._of(model) if coin in ("", _coin(one)) and regime in (None, _regime(one))]
            found = self._records[key] = record_of(calls)
        return found

    def _of(self, model: str) -> list[OutcomeKnown]:
        _, digest = self._digests.get(model, (0, ""))
        return [one for one in self._scored if one.opinion.model == model and one.digest == digest]

    def _names(self, model: str, name: Callable[[OutcomeKnown], str]) -> list[str]:
        return sorted({name(one) for one in self._of(model)})


def _age(known: OutcomeKnown) -> tuple[int, str]:
    return known.outcome.at_ms, known.opinion.call_id


def _coin(known: OutcomeKnown) -> str:
    return known.opinion.coin


def _regime(known: OutcomeKnown) -> str:
    return known.outcome.regime
