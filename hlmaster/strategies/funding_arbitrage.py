"""Funding arbitrage: stand on the side that extreme funding pays, for as long as it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from pydantic import model_validator

from hlmaster.core.candles import Floats
from hlmaster.core.signals import Check, Detail, Opportunity, Terms, direction_of
from hlmaster.market.indicators.sma import Sma
from hlmaster.market.window import Grid, Needs, Window
from hlmaster.strategies.base import Explanation, Signals, Strategy, number, strategy
from hlmaster.strategies.costs import Costs
from hlmaster.strategies.evidence import missing, part
from hlmaster.strategies.rolling import Bools, Rows, latest

HOURS_A_YEAR = 24 * 365
MOST = 0.8
"""Confidence at the most: without a hedge the price may take more than funding gives."""


class FundingParams(Costs):
    enter: float = number(
        40, 1, 2_000, "Opens from", "Funding received in a year, after the fees of a holding time.", "%/year"
    )
    keep: float = number(15, 0, 1_000, "Keeps down to", "Funding received in a year, before fees.", "%/year")
    holding: int = number(48, 1, 720, "Expected holding", "Over which the fees of the round trip are spread.", "h")
    smooth: int = number(8, 1, 168, "Average", "Funding must be as extreme in the mean of so many hours as now.", "h")
    patience: int = number(
        72, 2, 720, "Patience", "Lets go when for so long funding did not reach the rate it opens from.", "h"
    )
    stop: float = number(2, 0.1, 20, "Stop", "From the close: caps what the unhedged price may take.", "%")
    size: float = number(5, 0.1, 100, "Size", "Notional at the most, of the balance, while there is no hedge.", "%")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.keep >= self.enter:
            raise ValueError("it must keep a position down to a lower rate than it opens one from")
        if self.patience < self.smooth:
            raise ValueError("the patience must be at least as long as the average")
        return self


@dataclass(frozen=True, slots=True)
class Income:
    """Row by row, for the side that funding pays; percent a year."""

    side: Floats
    """+1: longs are paid, -1: shorts are; 0 where now and the mean disagree or are not known."""
    gross: Floats
    net: Floats
    """After the fees of a round trip, spread over the expected holding."""
    held: Bools
    """It opened within the patience and did not fall under what keeps it since."""
    opened: Rows
    """The latest row from which it would open."""


@strategy("funding_arbitrage", "Funding arbitrage")
class FundingArbitrage(Strategy[FundingParams]):
    """Collects extreme funding: stands on the paid side while the rate outlasts fees, and leaves when it decays."""

    Parameters = FundingParams
    warning = (
        "There is no hedge yet (no spot, no other venue): it holds one side of the market, and the price can take "
        "many times what funding gives. Its size and its stop are the cap on that."
    )

    @classmethod
    def declare(cls, params: FundingParams) -> Needs:
        return Needs(Grid.of("1h"), params.patience, ("funding",), (Sma(params.smooth, source="funding"),))

    @property
    def horizon_ms(self) -> int:
        return self.params.holding * self.needs.grid.ms

    @property
    def terms(self) -> Terms:
        return Terms(size_percent=self.params.size, neutral_closes=True)

    def signals(self, window: Window) -> Signals:
        income = self._income(window)
        direction = np.where(income.held, income.side, 0.0)
        stop = window["close"] * (1 - direction * (self.params.stop / 100))
        strength = part(income.net, self.params.enter, 4 * self.params.enter)
        return Signals.of(direction, np.where(income.held, strength, 0.0), most=MOST, stop=stop)

    def _income(self, window: Window) -> Income:
        p = self.params
        now, mean = window["funding"], window[self.needs.indicators[0]]
        side = np.where(now * mean > 0, -np.sign(now), 0.0)
        gross = np.minimum(np.abs(now), np.abs(mean)) * (100 * HOURS_A_YEAR)
        net = gross - p.round_trip * 100 * HOURS_A_YEAR / p.holding
        opens, keeps = net >= p.enter, gross >= p.keep
        known = np.isfinite(now + mean)  # an hour that is not known ends nothing
        held, opened = np.zeros(len(window), np.bool_), np.full(len(window), -1)
        rows = np.arange(len(window))
        for sign in (1.0, -1.0):
            there = side == sign
            since = latest(there & opens)
            lasts = (since > latest(known & ~(there & keeps))) & (rows - since < p.patience)
            held |= lasts
            opened = np.where(there, since, opened)
        return Income(side, gross, net, held & np.isfinite(window["close"]), opened)

    def explain(self, window: Window) -> Explanation:
        p, seen = self.params, window.tail(self.needs.lookback)
        if lacking := missing(seen, ("funding", "close", *self.needs.indicators)):
            return Explanation.lacking(*lacking)
        income = self._income(seen)
        side, gross, net = float(income.side[-1]), float(income.gross[-1]), float(income.net[-1])
        now, mean = float(seen["funding"][-1]) * 100, float(seen[self.needs.indicators[0]][-1]) * 100
        details = (
            Detail("Funding", f"{now:+.5f} %/h", "positive: longs pay shorts"),
            Detail(f"Mean of {p.smooth} h", f"{mean:+.5f} %/h", "must be of the same sign"),
            Detail("Received", f"{gross:.1f} %/year", f"by {paid(side)}; kept down to {p.keep:g}"),
            Detail("After fees", f"{net:.1f} %/year", f"held for {p.holding} h; opens from {p.enter:g}"),
        )
        if not side:
            return Explanation(f"funding {now:+.5f} %/h pays no side for long: its mean is {mean:+.5f} %/h", details)
        pays = f"funding {now:+.5f} %/h pays {paid(side)} {gross:.0f} % a year, {net:.0f} % after fees"
        if not income.held[-1]:
            return Explanation(f"{pays}: too little to open (from {p.enter:g} %)", details)
        age = len(seen) - 1 - int(income.opened[-1])
        since = "" if not age else f", last above {p.enter:g} % {age} h ago"
        return Explanation(f"{pays}{since}; one side only, no hedge", details)

    def opportunity(self, window: Window) -> Opportunity | None:
        """Funding beyond what keeps a position, on its way to what opens one."""
        p, seen = self.params, window.tail(self.needs.lookback)
        income = self._income(seen)
        side, gross, net = float(income.side[-1]), float(income.gross[-1]), float(income.net[-1])
        if not side or not gross >= p.keep:
            return None
        checks = (
            Check("funding", True, f"{gross:.0f} %/year to {paid(side)}"),
            Check("after fees", bool(income.held[-1]), f"{net:.0f} %/year, opens from {p.enter:g}"),
        )
        text = f"funding {float(seen['funding'][-1]) * 100:+.5f} %/h pays {paid(side)}"
        return Opportunity(self.name, seen.coin, direction_of(side), text, checks, int(seen.time_ms[-1]))


def paid(side: float) -> str:
    return "longs" if side > 0 else "shorts" if side < 0 else "nobody"
