"""Oracle update: the price has left its usual distance to the oracle, and the oracle is about to speak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from pydantic import model_validator

from hlmaster.core.candles import Floats
from hlmaster.core.signals import Check, Detail, Opportunity, direction_of
from hlmaster.market.window import Grid, Needs, Window
from hlmaster.strategies.base import Explanation, Signals, Strategy, number, strategy
from hlmaster.strategies.costs import Costs
from hlmaster.strategies.evidence import Reckoned, missing
from hlmaster.strategies.rolling import rolling_mean

SAMPLE_MS = 250
PRICES = ("entry", "stop", "target")
LEAST, MOST = 0.6, 0.9
"""Confidence where the gap just pays, and where it is twice that; 0.7 from a third beyond on."""
KNOWN = 0.75
"""Of the gaps that are averaged so many must be known."""
DEAD_CYCLES = 2
"""An oracle that has not moved for so many cycles is about to do nothing."""


class OracleParams(Costs):
    gap: float = number(0.1, 0.01, 5, "Least gap", "Beyond the usual distance of price and oracle.", "%")
    profit: float = number(0.02, 0, 5, "Least profit", "What must be left of the gap after fees and spread.", "%")
    memory: int = number(60, 5, 600, "Usual distance", "The distance is usual if it was the mean for so long.", "s")
    cycle: float = number(3, 0.5, 60, "Oracle cycle", "Time between two prices of the oracle.", "s")
    late: float = number(30, 1, 100, "Acts in the last", "Part of the cycle, up to the oracle's next price.", "%")
    stop: float = number(100, 10, 500, "Stop distance", "In percent of the gap that is traded.", "%")

    @model_validator(mode="after")
    def _longer_than_a_cycle(self) -> Self:
        if self.memory < 5 * self.cycle:
            raise ValueError("the usual distance must be measured over five cycles at least")
        return self


@dataclass(frozen=True, slots=True)
class Gaps:
    """Row by row, as fractions: natural logarithms, so that above and below weigh the same."""

    excess: Floats
    """Price over oracle beyond the usual; positive is too high. NaN where it is not known."""
    usual: Floats
    needed: Floats
    """What it must exceed: the least gap, or fees, spread and the least profit where those are more."""


@strategy("oracle_update", "Oracle update")
class OracleUpdate(Strategy[OracleParams]):
    """Late in the oracle's cycle, trades an unusual gap between price and oracle back to its usual size."""

    Parameters = OracleParams
    warning = "Ideas live for seconds: useful with automatic execution only. The oracle's cycle is an estimate."

    def __init__(self, params: OracleParams) -> None:
        super().__init__(params)
        self._gaps = Reckoned(self._reckon)

    @classmethod
    def declare(cls, params: OracleParams) -> Needs:
        columns = ("mid", "oracle", "oracle_age", "oracle_phase", "spread")
        return Needs(Grid.of(f"{SAMPLE_MS}ms"), params.memory * 1_000 // SAMPLE_MS, columns)

    @property
    def horizon_ms(self) -> int:
        return round(4 * self.params.cycle * 1_000)

    @property
    def valid_ms(self) -> int:
        """One cycle: after the next price of the oracle the gap is another."""
        return round(self.params.cycle * 1_000)

    def signals(self, window: Window) -> Signals:
        p, mid, gaps = self.params, window["mid"], self._gaps(window)
        far = np.abs(gaps.excess)
        acts = far > gaps.needed
        acts &= window["oracle_phase"] >= 1 - p.late / 100
        acts &= window["oracle_age"] <= DEAD_CYCLES * p.cycle
        if not np.count_nonzero(acts):
            return Signals.silent(len(window), *PRICES)
        direction = np.copysign(acts, -gaps.excess)
        stop = mid * (1 - direction * far * (p.stop / 100))
        target = window["oracle"] * np.exp(gaps.usual)
        strength = far / gaps.needed - 1
        return Signals.of(direction, strength, LEAST, MOST, entry=mid, stop=stop, target=target)

    def _reckon(self, window: Window) -> Gaps:
        gap = np.log(window["mid"] / window["oracle"])
        rows = self.needs.lookback
        usual = rolling_mean(gap, rows, round(KNOWN * rows))
        pays = window["spread"] + (self.params.round_trip + self.params.profit / 100)
        return Gaps(gap - usual, usual, np.maximum(pays, self.params.gap / 100))

    def explain(self, window: Window) -> Explanation:
        seen = window.tail(self.needs.lookback)
        gaps = self._gaps(seen)
        if lacking := self._lacking(seen, gaps):
            return Explanation.lacking(*lacking)
        excess, usual, needed = (float(x[-1]) * 100 for x in (gaps.excess, gaps.usual, gaps.needed))
        phase = float(seen["oracle_phase"][-1]) * 100
        details = (
            Detail("Gap", f"{excess + usual:+.3f} %", "mid price over oracle"),
            Detail("Usual gap", f"{usual:+.3f} %", f"mean of {self.params.memory} s"),
            Detail("Unusual", f"{excess:+.3f} %", f"pays from {needed:.3f} % on, fees and spread included"),
            Detail("Oracle's cycle", f"{phase:.0f} %", f"estimate; acts from {100 - self.params.late:.0f} % on"),
        )
        where = f"mid price {abs(excess):.3f} % too {'high' if excess > 0 else 'low'} for the oracle"
        if abs(excess) <= needed:
            return Explanation(f"{where}, under the {needed:.3f} % that pays", details)
        if phase < 100 - self.params.late:
            return Explanation(f"{where}, but the oracle's next price is not near: {phase:.0f} % of its cycle", details)
        return Explanation(f"{where}, the oracle's next price is near: about {phase:.0f} % of its cycle", details)

    def opportunity(self, window: Window) -> Opportunity | None:
        """A gap that pays, waiting for the oracle's next price."""
        seen = window.tail(self.needs.lookback)
        gaps = self._gaps(seen)
        excess, needed = float(gaps.excess[-1]), float(gaps.needed[-1])
        if not abs(excess) > needed or self._lacking(seen, gaps):
            return None
        phase, late = float(seen["oracle_phase"][-1]), 1 - self.params.late / 100
        checks = (
            Check("gap", True, f"{excess * 100:+.3f} %, pays from {needed * 100:.3f} %"),
            Check("cycle", phase >= late, f"about {phase:.0%} passed, acts from {late:.0%}"),
        )
        text = f"mid price {excess * 100:+.3f} % off the oracle"
        return Opportunity(self.name, seen.coin, direction_of(-excess), text, checks, int(seen.time_ms[-1]))

    def _lacking(self, window: Window, gaps: Gaps) -> tuple[str, ...]:
        age = float(window["oracle_age"][-1])
        if age > DEAD_CYCLES * self.params.cycle:
            return (f"a live oracle (unchanged for {age:.1f} s)",)
        if lacking := missing(window, self.needs.columns):
            return lacking
        if not np.isfinite(gaps.usual[-1]):
            return (f"the gap throughout the last {self.params.memory} s",)
        return ()
