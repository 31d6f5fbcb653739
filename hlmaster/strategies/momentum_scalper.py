"""Momentum scalper: a quick move, with the book leaning and the volume rising the same way."""

from __future__ import annotations

import math
from typing import Self

import numpy as np
from pydantic import model_validator

from hlmaster.core.candles import Floats
from hlmaster.core.signals import Check, Detail, Opportunity, Terms, direction_of
from hlmaster.market.indicators.sma import Sma
from hlmaster.market.window import Grid, Needs, Window
from hlmaster.strategies.base import Explanation, Signals, Strategy, number, strategy
from hlmaster.strategies.costs import Costs
from hlmaster.strategies.evidence import Reckoned, missing, part
from hlmaster.strategies.rolling import Bools, ago

SAMPLE_MS = 250
PRICES = ("entry", "stop", "target")
FULL = 3.0
"""Times its threshold at which momentum, and the book's lean, count fully."""


class ScalperParams(Costs):
    span: int = number(5, 1, 60, "Momentum over", "Time over which the move of the mid price is measured.", "s")
    track: float = number(0.02, 0.001, 5, "Watches from", "Move from which a coin is listed as an opportunity.", "%")
    trade: float = number(0.04, 0.002, 5, "Trades from", "Move from which it is an idea, if every check passes.", "%")
    book: float = number(1.2, 1.01, 10, "Book lean", "Depth of the side of the move over that of the other.", "x")
    spread: float = number(
        0.03, 0.001, 1, "Widest spread", "Best offer less best bid; beyond this the book fails.", "%"
    )
    volume: float = number(
        1.5,
        0.1,
        20,
        "Volume",
        "Traded during the momentum over what is traded in the same time, mean of a minute.",
        "x",
    )
    take_profit: float = number(
        0.3, 0.01, 10, "Take profit", "From the entry; must be more than a round trip costs.", "%"
    )
    stop: float = number(0.15, 0.01, 10, "Stop", "From the entry.", "%")
    size: float = number(10, 0.1, 100, "Size", "Notional of a position, of the balance.", "%")
    most_open: int = number(2, 1, 20, "Most open", "Positions of this strategy at one time.", "positions")
    cool_down: int = number(30, 0, 3_600, "Cool-down", "After a position on a coin, before the next one there.", "s")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.track > self.trade:
            raise ValueError("a coin must be watched from a smaller move than it is traded from")
        if self.take_profit <= self.round_trip * 100:
            cost = f"{self.round_trip * 100:g} %"
            raise ValueError(f"the take profit must be more than a round trip costs, which is {cost} in fees")
        return self


@strategy("momentum_scalper", "Momentum scalper")
class MomentumScalper(Strategy[ScalperParams]):
    """Goes with a quick move of the mid price when book and volume go with it, for a small target."""

    Parameters = ScalperParams
    warning = "Targets are a few times the fees: where fills are worse than the mid price there is nothing left."

    def __init__(self, params: ScalperParams) -> None:
        super().__init__(params)
        self._move, self._company = Reckoned(self._reckon), Reckoned(self._reckon_company)

    @classmethod
    def declare(cls, params: ScalperParams) -> Needs:
        rows = params.span * 1_000 // SAMPLE_MS
        averages = (Sma(rows, source="taker_volume"), Sma(60_000 // SAMPLE_MS, source="taker_volume"))
        return Needs(Grid.of(f"{SAMPLE_MS}ms"), rows + 1, ("mid", "imbalance", "spread", "taker_volume"), averages)

    @property
    def horizon_ms(self) -> int:
        return 120_000

    @property
    def terms(self) -> Terms:
        p = self.params
        return Terms(size_percent=p.size, most_open=p.most_open, cool_down_ms=p.cool_down * 1_000)

    def signals(self, window: Window) -> Signals:
        p, mid, move = self.params, window["mid"], self._move(window)
        far = np.abs(move)
        acts = far >= p.trade / 100
        if np.count_nonzero(acts):
            lean, book, volume = self._company(window)
            acts &= book & volume
        if not np.count_nonzero(acts):
            return Signals.silent(len(window), *PRICES)
        direction, needed = np.copysign(acts, move), math.log(p.book)
        strength = (part(far, p.trade / 100, FULL * p.trade / 100) + part(lean, needed, FULL * needed)) / 2
        stop, target = mid * (1 - direction * (p.stop / 100)), mid * (1 + direction * (p.take_profit / 100))
        return Signals.of(direction, strength, entry=mid, stop=stop, target=target)

    def _reckon(self, window: Window) -> Floats:
        """Logarithm of the mid price now over then; NaN where either is absent."""
        mid, then = window["mid"], ago(window.time_ms, self.params.span * 1_000, SAMPLE_MS)
        move: Floats = np.log(mid / mid[then])
        move[then < 0] = np.nan
        return move

    def _reckon_company(self, window: Window) -> tuple[Floats, Bools, Bools]:
        """Log of book depth on the side of the move over the other's; whether book and volume go with the move."""
        p, move = self.params, self._move(window)
        quick, usual = (window[average] for average in self.needs.indicators)
        lean = np.log(window["imbalance"]) * np.sign(move)
        book = (lean >= math.log(p.book)) & (window["spread"] <= p.spread / 100)
        return lean, book, (quick >= p.volume * usual) & (quick > 0)

    def explain(self, window: Window) -> Explanation:
        rows = window.tail(self.needs.lookback)
        moves = self._move(rows)
        if lacking := self._lacking(rows, moves):
            return Explanation.lacking(*lacking)
        checks, moved = self._checks(rows, moves), self._moved(moves)
        details = tuple(Detail(check.name, check.text, "passed" if check.passed else "not passed") for check in checks)
        if failed := [check for check in checks if not check.passed]:
            return Explanation(f"{moved}, but {failed[0].name}: {failed[0].text}", details)
        return Explanation(f"{moved}, {checks[1].text}, volume {checks[2].text}", details)

    def opportunity(self, window: Window) -> Opportunity | None:
        """From the smaller move on; what only the trading desk knows is left open."""
        rows = window.tail(self.needs.lookback)
        moves = self._move(rows)
        move = float(moves[-1])
        if not abs(move) >= self.params.track / 100:
            return None
        p = self.params
        own = (
            Check("cool-down", None, f"{p.cool_down} s after a position"),
            Check("limits", None, f"at most {p.most_open} open, {p.size:g} % of the balance each"),
        )
        checks = (*self._checks(rows, moves), *own)
        return Opportunity(self.name, rows.coin, direction_of(move), self._moved(moves), checks, int(rows.time_ms[-1]))

    def _moved(self, moves: Floats) -> str:
        return f"momentum {moves[-1] * 100:+.3f} % in {self.params.span} s"

    def _checks(self, rows: Window, moves: Floats) -> tuple[Check, Check, Check]:
        """Momentum, book and volume of the last row; None where it cannot be told."""
        p = self.params
        lean, book, volume = (column[-1] for column in self._company(rows))
        move, spread = float(moves[-1]), float(rows["spread"][-1])
        quick, usual = (float(rows[average][-1]) for average in self.needs.indicators)
        wanted, other = ("bids", "offers") if move > 0 else ("offers", "bids")
        leaning = f"{wanted if lean > 0 else other} {math.exp(abs(lean)):.2f}x the other side"
        if lean < math.log(p.book):
            leaning += f", needs {wanted} {p.book:g}x"
        if spread > p.spread / 100:
            leaning += f", spread {spread * 100:.3f} % wide"
        traded = f"{quick / usual:.1f}x the usual" if usual > 0 else "none"
        if not volume:
            traded += f", needs {p.volume:g}x"
        return (
            Check("momentum", abs(move) >= p.trade / 100, f"{move * 100:+.3f} %, trades from {p.trade:g} %"),
            Check("book", bool(book), leaning) if math.isfinite(lean + spread) else Check("book", None, "unknown"),
            Check("volume", bool(volume), traded) if math.isfinite(usual) else Check("volume", None, "unknown"),
        )

    def _lacking(self, rows: Window, moves: Floats) -> tuple[str, ...]:
        if lacking := missing(rows, ("mid", "imbalance", "spread", "taker_volume")):
            return lacking
        if not np.isfinite(moves[-1]):
            return (f"the mid price {self.params.span} s ago",)
        return ("the volume of the last minute",) if missing(rows, self.needs.indicators) else ()
