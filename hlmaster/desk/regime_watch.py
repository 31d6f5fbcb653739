"""The regime of every coin that a strategy runs on, told to the decision grids and to whoever sizes."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

from hlmaster.core.bus import Bus
from hlmaster.core.events import SeriesLoaded
from hlmaster.core.signals import Regime, RowClosed, StrategiesChanged
from hlmaster.market.grid.grids import Grids
from hlmaster.trading.regimes import NEEDS, regime_of

OWNER = "regime"


class RegimeWatch:
    """``coins``: those that matter now; read anew whenever the strategies change."""

    def __init__(self, bus: Bus, grids: Grids, listed: Container[str], coins: Callable[[], Iterable[str]]) -> None:
        self._grids, self._listed, self._coins = grids, listed, coins
        self._known: dict[str, Regime | None] = {}
        bus.subscribe(StrategiesChanged, lambda _: self.choose())
        bus.subscribe(RowClosed, self._on_row)
        bus.subscribe(SeriesLoaded, self._on_series)

    def __call__(self, coin: str) -> Regime | None:
        """None while its history is not there, and for a coin on which nobody runs."""
        return self._known.get(coin)

    def choose(self) -> None:
        wanted = {coin for coin in self._coins() if coin in self._listed}
        for coin in sorted(self._known.keys() - wanted):
            self._grids.drop(OWNER, coin)
            self._grids.state(coin, "regime", None)
            del self._known[coin]
        for coin in sorted(wanted - self._known.keys()):
            self._grids.need(coin, NEEDS, OWNER)
            self._known[coin] = None
            self._look(coin)

    def _on_row(self, fact: RowClosed) -> None:
        if fact.grid == NEEDS.grid.name:
            self._look(fact.coin)

    def _on_series(self, fact: SeriesLoaded) -> None:
        if fact.interval is NEEDS.grid.interval:
            self._look(fact.coin)

    def _look(self, coin: str) -> None:
        if coin not in self._known:
            return
        window = self._grids.window(coin, NEEDS)
        found = None if window is None else regime_of(window)
        if found is not self._known[coin]:
            self._known[coin] = found
            self._grids.state(coin, "regime", None if found is None else float(found.level))
