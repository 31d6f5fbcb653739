"""Strategies that do as they are told, and rows to run them on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hlmaster.core.bus import Bus
from hlmaster.core.events import Notice
from hlmaster.core.signals import Check, RowClosed, Signal, SignalMade
from hlmaster.market.window import PRICES, Grid, Needs, Window
from hlmaster.strategies.base import Explanation, Params, Signals, Strategy, number
from hlmaster.strategies.engine import Engine
from hlmaster.strategies.known import BuiltIn, Checks, Known
from hlmaster.strategies.roster import Roster

START_MS, MINUTE = 1_750_032_000_000, 60_000
PASSED: Checks = (Check("look-ahead", True, "fine"),)


class TwistParams(Params):
    above: float = number(100.0, 0.0, 1_000_000.0, "Above", "LONG above this close.", "USD")
    lookback: int = number(3, 1, 500, "Rows", "How far it looks back.")


class Twist(Strategy[TwistParams]):
    """LONG above a price, SHORT below it, NEUTRAL on it."""

    name, title = "twist", "Twist"
    Parameters = TwistParams
    act: ClassVar[Callable[[Window], Any] | None] = None
    """What ``signals`` does instead."""

    @classmethod
    def declare(cls, params: TwistParams) -> Needs:
        return Needs(Grid.of("1m"), params.lookback)

    @property
    def horizon_ms(self) -> int:
        return 10 * MINUTE

    def signals(self, window: Window) -> Signals:
        act = type(self).act
        if act is not None:
            said: Signals = act(window)
            return said
        close = window["close"]
        return Signals.of(np.sign(close - self.params.above), np.full(len(close), 0.5))

    def explain(self, window: Window) -> Explanation:
        return Explanation(f"the close is {window['close'][-1]:g}")


def variant(named: str, act: Callable[[Window], Any] | None = None, **extra: Any) -> type[Strategy[Any]]:
    """Another strategy of this kind."""
    kind: Any = type(named.capitalize(), (Twist,), {"act": staticmethod(act) if act else None, **extra})
    kind.name, kind.title = named, named.capitalize()
    kind.__doc__ = f"{named} does as it is told."
    made: type[Strategy[Any]] = kind
    return made


class Tape:
    """Rows of coins by hand; what the engine asks of the grids."""

    def __init__(self, *coins: str) -> None:
        self.closes: dict[str, list[float]] = {coin: [] for coin in coins}
        self.needed: dict[tuple[str, str], Needs] = {}

    def need(self, coin: str, needs: Needs, owner: str) -> None:
        self.needed[owner, coin] = needs

    def drop(self, owner: str, coin: str | None = None) -> None:
        for key in [key for key in self.needed if key[0] == owner and coin in (None, key[1])]:
            del self.needed[key]

    def window(self, coin: str, needs: Needs) -> Window | None:
        closes = self.closes[coin]
        if not closes:
            return None
        count = min(needs.lookback, len(closes))
        times = START_MS + MINUTE * np.arange(len(closes) - count + 1, len(closes) + 1, dtype=np.int64)
        column = np.array(closes[-count:], np.float64)
        return Window(times, dict.fromkeys(PRICES, column), coin, needs.grid)

    def progress(self, coin: str, needs: Needs) -> tuple[int, int]:
        return min(len(self.closes[coin]), needs.warm_up), needs.warm_up


class Stage:
    """An engine on a tape, and everything that it said."""

    def __init__(
        self,
        *kinds: type[Strategy[Any]],
        coins: Sequence[str] = ("BTC",),
        file: Path | None = None,
        checks: Callable[[str], Checks] = lambda _: PASSED,
        known: Iterable[Known] = (),
        **parts: Any,
    ) -> None:
        self.bus, self.tape, self.watchlist = Bus(), Tape(*coins), tuple(coins)
        self.stale: str | None = None
        self.checked: list[str] = []
        self.signals: list[Signal] = []
        self.notices: list[str] = []
        self.bus.subscribe(SignalMade, lambda made: self.signals.append(made.signal))
        self.bus.subscribe(Notice, lambda notice: self.notices.append(notice.sentence))

        async def check(name: str, params: Params) -> Checks:
            self.checked.append(name)
            return checks(name)

        everything = [*(BuiltIn(kind, check) for kind in kinds or (Twist,)), *known]
        self.engine = Engine(
            self.bus,
            self.tape,
            Roster(file, self.notices.append),
            everything,
            watchlist=lambda: self.watchlist,
            listed=lambda coin: coin in self.tape.closes,
            stale=lambda coin: self.stale,
            **parts,
        )

    async def __aenter__(self) -> Stage:
        await self.engine.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.engine.stop()

    async def arm(self, *names: str) -> None:
        for name in names or ("twist",):
            self.engine.arm(name)
        await self.engine.settled()

    def close(self, price: float, coin: str = "BTC") -> None:
        """One more row, told."""
        self.tape.closes[coin].append(price)
        self.bus.publish(RowClosed(coin, "1m", START_MS + MINUTE * len(self.tape.closes[coin])))

    def run(self, *prices: float, coin: str = "BTC") -> list[str]:
        """The directions that were said while these rows closed."""
        before = len(self.signals)
        for price in prices:
            self.close(price, coin)
        return [str(signal.direction) for signal in self.signals[before:]]


async def breath() -> None:
    """Let every task take its step."""
    for _ in range(5):
        await asyncio.sleep(0)
