"""The chart of the coin in focus: its candles, the studies on them, and what the trader has in this market."""

from __future__ import annotations

import asyncio
import importlib
import logging
import sys
from typing import Any

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from hlmaster.core.candles import CandleBlock, Floats
from hlmaster.core.errors import VenueError
from hlmaster.core.events import (
    CandleChanged,
    ContextChanged,
    OrderChanged,
    PositionsChanged,
    QuoteChanged,
    SeriesLoaded,
    Severity,
)
from hlmaster.core.model import Interval
from hlmaster.core.signals import SignalMade
from hlmaster.market.series import Series
from hlmaster.ui import figures
from hlmaster.ui.candle_view import CandleView
from hlmaster.ui.chart_trading import ChartTrading
from hlmaster.ui.charts.candle_chart import CandleChart
from hlmaster.ui.context import Context
from hlmaster.ui.flow.chart_flow import ChartFlow
from hlmaster.ui.market_panel import MarketPanel, decimals_of
from hlmaster.ui.panels.chart_actions import add_actions
from hlmaster.ui.panels.chart_bar import ChartBar
from hlmaster.ui.signal_marks import SignalMarks
from hlmaster.ui.studies.built_in import HOUR_MS, MOST_RATES
from hlmaster.ui.studies.chart_studies import ChartStudies
from hlmaster.ui.studies.flow_offers import FlowOffers
from hlmaster.ui.theme import Theme

log = logging.getLogger(__name__)
LISTING_MS = 10
"""How often a chart without a listed coin looks whether the venue's list has come."""
CANVAS = "hlmaster.ui.charts.canvas"
MOST_STEPS = 50
"""Candles that are caught up one by one; after a longer absence the series is shown anew."""


class Trouble(QFrame):
    """Why there is no history, and a button to ask again."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "notice")
        self.setProperty("severity", "error")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 8, 6)
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.retry = QPushButton("Try again")
        self.retry.setProperty("role", "small")
        row.addWidget(self.sentence, 1)
        row.addWidget(self.retry)
        self.hide()

    def tell(self, error: VenueError) -> None:
        self.sentence.setText(f"{error.sentence} {error.cure}".strip())
        self.show()


class ChartPanel(MarketPanel):
    KEY, TITLE = "chart", "Chart"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.header = self.bar = ChartBar(self)
        self.chart = CandleChart(palette=context.theme.chart_palette(), early=CANVAS not in sys.modules)
        self.chart.setAccessibleName("Candle chart")
        self.trouble = Trouble()
        self.trouble.retry.clicked.connect(self._begin)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.trouble)
        box.addWidget(self.chart, 1)
        self.setFocusProxy(self.chart)
        self.trading = ChartTrading(self, self.chart)
        self._said = SignalMarks(context.desk)
        self._owes = True
        """What it is to show is not drawn before it is seen."""
        self._drawn: tuple[str, Interval] | None = None
        """Whose candles the chart holds."""
        self._arrived: set[tuple[str, Interval]] = set()
        """Whose history has been answered, be it empty."""
        self._first_ms = self._last_ms = self._candles = 0
        self.studies = ChartStudies(self.chart, self._held, context.desk.clock, context.theme, self)
        self.flow = ChartFlow(self, self.chart)
        self.studies.join(FlowOffers(self.flow))
        self._rates_of = ("", 0)
        """The coin whose funding is fetched, or being fetched, and the hour of that."""
        self._view = CandleView(context, self, self._tell)
        self._listing = QTimer(self, interval=LISTING_MS)
        self._listing.timeout.connect(self._load)
        self._listen()
        self._take_settings()
        self.retitle(self.titled())

    def _listen(self) -> None:
        context, bridge = self.context, self.context.bridge
        context.theme_changed.connect(self._dress)
        context.settings_changed.connect(self._take_settings)
        self.bar.indicators.clicked.connect(lambda: self.studies.pick(self.bar.indicators))
        self.bar.log_scale.clicked.connect(self.set_log_scale)
        for changed in (
            self.studies.changed,
            self.flow.changed,
            self.trading.switches.changed,
            self.chart.border_moved,
        ):
            changed.connect(self.memory_changed)
        self.studies.refused.connect(lambda sentence: context.notify(Severity.INFO, sentence))
        self.studies.built_in.rates_wanted.connect(self._want_rates)
        add_actions(self, self.chart, self.studies, self.bar)
        self.chart.older_wanted.connect(self._want_older)
        self.chart.canvas_wanted.connect(lambda: context.run(self._add_canvas(), "Loading the chart"))
        bridge.on_fact(self, SeriesLoaded, self._series_loaded)
        bridge.on_state(self, CandleChanged, self._candle_changed, key=lambda fact: (fact.coin, fact.interval))
        bridge.on_state(self, ContextChanged, lambda fact: self._draw_lines() if fact.coin == self.coin else None)
        bridge.on_state(self, QuoteChanged, lambda fact: self._quote() if fact.coin == self.coin else None)
        bridge.on_state(self, PositionsChanged, lambda _: self._draw_lines())
        bridge.on_fact(self, OrderChanged, self._order_changed)
        bridge.on_fact(self, SignalMade, self._signal_made)

    def _dress(self, theme: Theme) -> None:
        self.chart.set_palette(theme.chart_palette())
        self.studies.dress(theme)
        self._quote()

    # --- what is shown ---

    def titled(self) -> str:
        return f"{self.coin}-PERP"

    def show_coin(self) -> None:
        self._begin()

    def show_interval(self) -> None:
        self._begin()

    def _begin(self) -> None:
        """Show what is held of this market at once, and have the rest fetched; unseen, it waits until it is seen."""
        self._owes = not self.isVisible()
        if self._owes:
            return
        self.trouble.hide()
        series = self._series
        if series is not None and self._is_worth_showing(series):
            self._draw_whole(series)
        elif self._drawn is not None:
            self._forget()
        self._draw_lines()
        self.beat()
        self._load()

    def catch_up_on_sight(self) -> None:
        super().catch_up_on_sight()
        if self._owes:
            self._begin()
        else:
            self._load()

    async def _add_canvas(self) -> None:
        """Loaded beside the loop, once the window has been seen."""
        await asyncio.to_thread(importlib.import_module, CANVAS)
        if self.is_released:
            return
        self.chart.add_canvas()
        if self._drawn is not None:
            log.info("the chart shows %d candles", self._candles)

    @property
    def _series(self) -> Series | None:
        market = self.market
        return None if market is None else market.series(self.interval)

    def _is_worth_showing(self, series: Series) -> bool:
        """A candle or two before their history would flash; a market that has no history shows the first it makes."""
        return len(series) > 2 or (len(series) > 0 and (self.coin, self.interval) in self._arrived)

    def _load(self) -> None:
        """Fetch the history where it is seen, or wait until the venue has listed the coin."""
        if not self.isVisible():
            self._listing.stop()
            return
        if self.market is None:
            self._listing.start()
            return
        self._listing.stop()
        self.trouble.hide()
        self._view.show(self.coin, self.interval)

    def _tell(self, coin: str, interval: Interval, error: VenueError) -> None:
        if (coin, interval) == (self.coin, self.interval) and not self.is_released:
            self.trouble.tell(error)

    def release(self) -> None:
        super().release()
        self._listing.stop()
        self._view.end()

    def _want_older(self, before_ms: int) -> None:
        self.context.run(self._fetch_older(self.coin, self.interval), f"Loading older candles of {self.coin}")

    async def _fetch_older(self, coin: str, interval: Interval) -> None:
        try:
            added = await self.context.desk.charts.older(coin, interval)
        except VenueError as error:
            self._tell(coin, interval, error)
            return
        if not added and self._drawn == (coin, interval) and not self.is_released:
            nothing = CandleBlock.empty()
            self.chart.prepend(nothing.time_ms, *_prices(nothing))

    def _series_loaded(self, fact: SeriesLoaded) -> None:
        self._arrived.add((fact.coin, fact.interval))
        series = self._series
        if (fact.coin, fact.interval) != (self.coin, self.interval) or series is None or not len(series):
            return
        block = series.block()
        older = block.between(0, self._first_ms)
        only_older = self._candles and len(block) == self._candles + len(older) and block.time_ms[-1] == self._last_ms
        if self._drawn == (fact.coin, fact.interval) and only_older:
            self.chart.prepend(older.time_ms, *_prices(older))
            self._remember(series)
            self.studies.engine.begin()
        else:
            self._draw_whole(series)

    def _draw_whole(self, series: Series) -> None:
        block = series.block()
        same = self._drawn == (self.coin, self.interval)
        frame = self.chart.frame
        behind = self._slots_behind() if same and not frame.view.shows_latest(len(frame.series)) else 0.0
        is_auto = frame.auto_scale or not same
        self.chart.set_price_decimals(self._decimals(float(block.close[-1])))
        self.chart.set_series(block.time_ms, *_prices(block), self.interval.ms)
        self.chart.set_auto_scale(is_auto)
        if behind:
            self.chart.pan(self._slots_behind() - behind)
        if self._drawn is None and self.chart.is_whole:
            log.info("the chart shows %d candles", len(block))
        self._drawn = (self.coin, self.interval)
        self._remember(series)
        self.studies.engine.begin()
        self.flow.look()
        self._draw_lines()

    def _slots_behind(self) -> float:
        frame = self.chart.frame
        return len(frame.series) - frame.view.right

    def _forget(self) -> None:
        nothing = CandleBlock.empty()
        self.chart.set_series(nothing.time_ms, *_prices(nothing), self.interval.ms)
        self._drawn, self._candles = None, 0
        self.studies.engine.forget()

    def _remember(self, series: Series) -> None:
        times = series.block().time_ms
        self._first_ms, self._last_ms, self._candles = int(times[0]), int(times[-1]), len(times)

    def _candle_changed(self, fact: CandleChanged) -> None:
        """Catch up with the series: a hidden chart, or a fast market, may have missed more than one candle."""
        series = self._series
        if (fact.coin, fact.interval) != (self.coin, self.interval) or series is None or series.last is None:
            return
        block = series.block()
        first = int(np.searchsorted(block.time_ms, self._last_ms))
        # What came late between candles, or fell off the beginning, is not on the chart yet.
        is_other = len(block) <= first or block.time_ms[0] != self._first_ms or first != self._candles - 1
        if self._drawn != (fact.coin, fact.interval) or is_other or len(block) - first > MOST_STEPS:
            if self._is_worth_showing(series):
                self._draw_whole(series)
            return
        for index in range(first, len(block)):
            self._draw_latest(block, index)
        self._remember(series)

    def _draw_latest(self, block: CandleBlock, index: int) -> None:
        time_ms = int(block.time_ms[index])
        self.chart.update_last(time_ms, *(float(column[index]) for column in _prices(block)))
        self.studies.engine.step(block, index, opens=time_ms > self._last_ms)

    def _held(self) -> CandleBlock:
        """The candles that the chart holds."""
        series = self._series
        if self._drawn is None or series is None:
            return CandleBlock.empty()
        return series.block().between(self._first_ms, self._last_ms + 1)

    def _decimals(self, price: float) -> int:
        market = self.market
        return 2 if market is None else decimals_of(market, price)

    # --- the trader's own ---

    def _order_changed(self, fact: OrderChanged) -> None:
        if fact.order.order.coin == self.coin:
            self._draw_lines()

    def _draw_lines(self) -> None:
        self.trading.refresh()
        self.chart.set_marks(self._said.of(self.coin))
        self._quote()

    def _quote(self) -> None:
        self.studies.built_in.quote(self.market)

    def _signal_made(self, fact: SignalMade) -> None:
        if self._said.take(fact.signal) and fact.signal.coin == self.coin:
            self.chart.set_marks(self._said.of(self.coin))

    def beat(self) -> None:
        """The countdown, and whether the data may be trusted."""
        desk, market = self.context.desk, self.market
        self.trading.beat()
        self.chart.set_now(desk.clock.now_ms())
        if market is not None:
            self.chart.set_stale(market.stale_for_entries)
        else:
            self.chart.set_stale(f"The exchange does not list {self.coin}." if desk.is_ready else None)

    # --- scale and studies ---

    def set_log_scale(self, on: bool) -> None:
        self.chart.set_log_scale(on)
        self.bar.log_scale.setChecked(on)
        self.memory_changed.emit()

    def _want_rates(self) -> None:
        """Have the funding of the coin fetched where it is shown: once, and anew with every hour."""
        now_of = (self.coin, self.context.desk.clock.now_ms() // HOUR_MS)
        if "funding" in self.studies.built_in.on and now_of != self._rates_of and self.market is not None:
            if self._rates_of[0] != self.coin:
                self.studies.built_in.set_rates(())
            self._rates_of = now_of
            self.context.run(self._fetch_rates(self.coin), f"Loading the funding of {self.coin}")

    async def _fetch_rates(self, coin: str) -> None:
        desk = self.context.desk
        rates = await desk.charts.funding(coin, desk.clock.now_ms() - MOST_RATES * HOUR_MS)
        if coin == self.coin:
            self.studies.built_in.set_rates(rates)

    def save_state(self) -> dict[str, Any]:
        return {**self.studies.save_state(), "flow": self.flow.save_state(), "own": self.trading.switches.save_state()}

    def restore_state(self, state: dict[str, Any]) -> None:
        self.studies.restore_state(state)
        self.flow.restore_state(state.get("flow"))
        self.trading.switches.restore_state(state.get("own"))
        self.bar.log_scale.setChecked(self.chart.shown.prices.wants_log)

    def _take_settings(self) -> None:
        self.chart.set_time_zone(figures.zone(self.context.desk.settings.general.time_zone))


def _prices(block: CandleBlock) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    return block.open, block.high, block.low, block.close, block.volume
