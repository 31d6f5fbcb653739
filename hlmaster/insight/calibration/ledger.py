"""The scored calls of every model, and the records they make: overall, by coin, by regime."""

from __future__ import annotations

import numpy as np

from hlmaster.core.opinions import OutcomeKnown, Question
from hlmaster.insight.calibration.record import Record, record_of
from hlmaster.insight.calibration.scored import Scored

MOST_CALLS = 5_000
"""Of all models, the youngest; a record is about how a model does lately."""


class Ledger:
    """Records are made when they are asked for, and kept until the next outcome.

    Under one name a model may come with other weights: calls of the weights that spoke last count alone. A yes to an
    entry counts for nothing: its side is that of whoever proposed it, and saying yes to all would earn their skill.
    """

    def __init__(self) -> None:
        self.unknown = 0
        """Opinions whose outcome could not be learnt, since the start."""
        self._scored: list[OutcomeKnown] = []
        self._ids: set[str] = set()
        self._digests: dict[str, tuple[int, str]] = {}
        """By model: when its newest call was asked, and the digest of that."""
        self._columns: dict[str, Scored] = {}
        self._records: dict[tuple[str, str | None, str | None], Record] = {}

    def add(self, *known: OutcomeKnown) -> None:
        """A call that is in already changes nothing."""
        for one in known:
            opinion = one.opinion
            self.spoke(opinion.model, one.digest, opinion.asked_ms)
            if not one.outcome.known:
                self.unknown += 1
            elif opinion.question is not Question.ENTRY and opinion.call_id not in self._ids:
                self._ids.add(opinion.call_id)
                self._scored.append(one)
        self._scored.sort(key=_age)
        self._ids.difference_update(one.opinion.call_id for one in self._scored[:-MOST_CALLS])
        del self._scored[:-MOST_CALLS]
        self._forget()

    def spoke(self, model: str, digest: str, asked_ms: int) -> None:
        """It was asked; from now on its record is that of these weights."""
        newest, before = self._digests.get(model, (asked_ms, digest))
        if asked_ms >= newest:
            self._digests[model] = (asked_ms, digest)
            if digest != before:
                self._forget()

    # --- records ---

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(sorted(self._digests))

    def overall(self, model: str) -> Record:
        return self._record(model)

    def by_coin(self, model: str) -> dict[str, Record]:
        return {coin: self._record(model, coin) for coin in np.unique(self._calls(model).coin).tolist()}

    def by_regime(self, model: str) -> dict[str, Record]:
        """Where it was not known, under an empty name."""
        return {name: self._record(model, None, name) for name in np.unique(self._calls(model).regime).tolist()}

    def calibrated(self, model: str, confidence: float) -> float | None:
        """How often calls of such a confidence come true; None before there are enough."""
        return self.overall(model).calibrated(confidence)

    def weight(self, model: str, coin: str, regime: str = "") -> float:
        """0 to 1. What the whole record earns; less where calls on this coin or in this regime, once there are enough
        of them, show less. Never more there: among many coins some do well by luck."""
        parts = [self._record(model, coin)]
        if regime:
            parts.append(self._record(model, None, regime))
        return min(self.overall(model).weight, *(part.weight for part in parts if part.is_enough), 1.0)

    def _record(self, model: str, coin: str | None = None, regime: str | None = None) -> Record:
        """None: of any."""
        found = self._records.get((model, coin, regime))
        if found is None:
            calls = self._calls(model)
            chosen = np.ones(len(calls), np.bool_)
            if coin is not None:
                chosen &= calls.coin == coin
            if regime is not None:
                chosen &= calls.regime == regime
            found = self._records[model, coin, regime] = record_of(calls.where(chosen))
        return found

    def _calls(self, model: str) -> Scored:
        found = self._columns.get(model)
        if found is None:
            _, digest = self._digests.get(model, (0, ""))
            own = [one for one in self._scored if one.opinion.model == model and one.digest == digest]
            found = self._columns[model] = Scored.of(own)
        return found

    def _forget(self) -> None:
        self._columns.clear()
        self._records.clear()


def _age(known: OutcomeKnown) -> tuple[int, str]:
    return known.outcome.at_ms, known.opinion.call_id
