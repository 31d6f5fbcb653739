"""The chart of the coin in focus: its candles, two averages, and what the trader has in this market."""

from __future__ import annotations

import asyncio
import importlib
import logging
import sys

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from hlmaster.core.candles import CandleBlock, Floats
from hlmaster.core.errors import VenueError
from hlmaster.core.events import CandleChanged, ContextChanged, OrderChanged, PositionsChanged, SeriesLoaded
from hlmaster.core.model import Interval
from hlmaster.core.signals import SignalMade
from hlmaster.market.series import Series
from hlmaster.ui import figures
from hlmaster.ui.averages import MovingAverage
from hlmaster.ui.charts.candle_chart import CandleChart
from hlmaster.ui.charts.study import Study, Trace
from hlmaster.ui.context import Context
from hlmaster.ui.market_panel import MarketPanel, decimals_of
from hlmaster.ui.own_lines import own_lines
from hlmaster.ui.signal_marks import SignalMarks
from hlmaster.ui.theme import Theme

log = logging.getLogger(__name__)
QUICK_INTERVALS = (Interval.M1, Interval.M5, Interval.M15, Interval.H1, Interval.H4, Interval.D1)
AVERAGE_LENGTHS = (9, 21)
LISTING_MS = 10
"""How often a chart without a listed coin looks whether the venue's list has come."""
CANVAS = "hlmaster.ui.charts.canvas"
MOST_STEPS = 50
"""Candles that are caught up one by one; after a longer absence the series is shown anew."""


class IntervalBar(QWidget):
    """Buttons for the usual timeframes, a menu for the others."""

    def __init__(self, panel: MarketPanel) -> None:
        super().__init__()
        self._panel = panel
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 0, 0)
        row.setSpacing(1)
        self._group = QButtonGroup(self)
        self.buttons: dict[Interval, QPushButton] = {}
        for interval in QUICK_INTERVALS:
            button = QPushButton(interval.value)
            button.setCheckable(True)
            button.setProperty("role", "ghost")
            button.setAccessibleName(f"Timeframe {interval.value}")
            button.clicked.connect(lambda _=False, interval=interval: panel.choose_interval(interval))
            self._group.addButton(button)
            self.buttons[interval] = button
            row.addWidget(button)
        self.more = QToolButton()
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setToolTip("More timeframes")
        self.more.setAccessibleName("More timeframes")
        self.more.setMenu(self._menu())
        row.addWidget(self.more)
        row.addStretch()
        panel.interval_changed.connect(self.show_interval)
        self.show_interval(panel.interval)

    def _menu(self) -> QMenu:
        menu = QMenu(self.more)
        group = QActionGroup(menu)
        self.actions_by_interval: dict[Interval, QAction] = {}
        for interval in Interval:
            if interval not in QUICK_INTERVALS:
                action = QAction(interval.value, menu, checkable=True)
                action.triggered.connect(lambda _=False, interval=interval: self._panel.choose_interval(interval))
                group.addAction(action)
                menu.addAction(action)
                self.actions_by_interval[interval] = action
        return menu

    def show_interval(self, interval: Interval) -> None:
        # Exclusive groups refuse to have nothing checked
        self._group.setExclusive(False)
        for of, button in self.buttons.items():
            button.setChecked(of is interval)
        self._group.setExclusive(True)
        for of, action in self.actions_by_interval.items():
            action.setChecked(of is interval)
        rare = interval not in self.buttons
        self.more.setText(f"{interval.value} ▾" if rare else "▾")


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
        self.header = self.bar = IntervalBar(self)
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
        self._said = SignalMarks(context.desk)
        self._averages = [MovingAverage(length) for length in AVERAGE_LENGTHS]
        self._drawn: tuple[str, Interval] | None = None
        """Whose candles the chart holds."""
        self._arrived: set[tuple[str, Interval]] = set()
        """Whose history has been answered, be it empty."""
        self._first_ms = self._last_ms = self._candles = 0
        self._listing = QTimer(self, interval=LISTING_MS)
        self._listing.timeout.connect(self._load)
        self._listen()
        self._take_settings()
        self.retitle(self.titled())
        self.show_coin()

    def _listen(self) -> None:
        context, bridge = self.context, self.context.bridge
        context.theme_changed.connect(self._dress)
        context.settings_changed.connect(self._take_settings)
        self.chart.older_wanted.connect(self._want_older)
        self.chart.canvas_wanted.connect(lambda: context.run(self._add_canvas(), "Loading the chart"))
        bridge.on_fact(self, SeriesLoaded, self._series_loaded)
        bridge.on_state(self, CandleChanged, self._candle_changed, key=lambda fact: (fact.coin, fact.interval))
        bridge.on_state(self, ContextChanged, lambda fact: self._draw_lines() if fact.coin == self.coin else None)
        bridge.on_state(self, PositionsChanged, lambda _: self._draw_lines())
        bridge.on_fact(self, OrderChanged, self._order_changed)
        bridge.on_fact(self, SignalMade, self._signal_made)

    def _dress(self, theme: Theme) -> None:
        self.chart.set_palette(theme.chart_palette())
        self._draw_averages()

    # --- what is shown ---

    def titled(self) -> str:
        return f"{self.coin}-PERP"

    def show_coin(self) -> None:
        self._begin()

    def show_interval(self) -> None:
        self._begin()

    def _begin(self) -> None:
        """Show what is held of this market at once, and have the rest fetched."""
        self.trouble.hide()
        series = self._series
        if series is not None and self._is_worth_showing(series):
            self._draw_whole(series)
        elif self._drawn is not None:
            self._forget()
        self._draw_lines()
        self.beat()
        self._load()

    async def _add_canvas(self) -> None:
        """Loaded beside the loop, once the window has been seen."""
        await asyncio.to_thread(importlib.import_module, CANVAS)
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
        """Fetch the history, or wait until the venue has listed the coin."""
        if self.market is None:
            self._listing.start()
            return
        self._listing.stop()
        self.trouble.hide()
        self.context.run(self._fetch(self.coin, self.interval), f"Loading the candles of {self.coin}")

    async def _fetch(self, coin: str, interval: Interval) -> None:
        try:
            await self.context.desk.charts.show(coin, interval)
        except VenueError as error:
            self._tell(coin, interval, error)

    def _tell(self, coin: str, interval: Interval, error: VenueError) -> None:
        if (coin, interval) == (self.coin, self.interval):
            self.trouble.tell(error)

    def _want_older(self, before_ms: int) -> None:
        self.context.run(self._fetch_older(self.coin, self.interval), f"Loading older candles of {self.coin}")

    async def _fetch_older(self, coin: str, interval: Interval) -> None:
        try:
            added = await self.context.desk.charts.older(coin, interval)
        except VenueError as error:
            self._tell(coin, interval, error)
            return
        if not added and self._drawn == (coin, interval):
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
            self._draw_averages()
        else:
            self._draw_whole(series)

    def _draw_whole(self, series: Series) -> None:
        block = series.block()
        same = self._drawn == (self.coin, self.interval)
        view = self.chart.frame.view
        behind = self._slots_behind() if same and not view.shows_latest(len(self.chart.frame.series)) else 0.0
        self.chart.set_price_decimals(self._decimals(float(block.close[-1])))
        self.chart.set_series(block.time_ms, *_prices(block), self.interval.ms)
        if behind:
            self.chart.pan(self._slots_behind() - behind)
        if self._drawn is None and self.chart.is_whole:
            log.info("the chart shows %d candles", len(block))
        self._drawn = (self.coin, self.interval)
        self._remember(series)
        self._draw_averages()
        self._draw_lines()

    def _slots_behind(self) -> float:
        frame = self.chart.frame
        return len(frame.series) - frame.view.right

    def _forget(self) -> None:
        nothing = CandleBlock.empty()
        self.chart.set_series(nothing.time_ms, *_prices(nothing), self.interval.ms)
        self._drawn, self._candles = None, 0

    def _remember(self, series: Series) -> None:
        times = series.block().time_ms
        self._first_ms, self._last_ms, self._candles = int(times[0]), int(times[-1]), len(times)

    def _candle_changed(self, fact: CandleChanged) -> None:
        """Catch up with the series: a hidden chart, or a fast market, may have missed more than one candle."""
        series = self._series
        if (fact.coin, fact.interval) != (self.coin, self.interval) or series is None or series.last is None:
            return
        block = series.block()
        missed = block.between(self._last_ms, int(block.time_ms[-1]) + 1)
        if self._drawn != (fact.coin, fact.interval) or len(missed) > MOST_STEPS:
            if self._is_worth_showing(series):
                self._draw_whole(series)
            return
        for index in range(len(missed)):
            self._draw_latest(missed, index)
        self._remember(series)

    def _draw_latest(self, block: CandleBlock, index: int) -> None:
        opens = int(block.time_ms[index]) > self._last_ms
        close = float(block.close[index])
        self.chart.update_last(
            int(block.time_ms[index]),
            float(block.open[index]),
            float(block.high[index]),
            float(block.low[index]),
            close,
            float(block.volume[index]),
        )
        for average in self._averages:
            self.chart.set_last_values(_name(average), [average.step(close, opens=opens)])

    def _draw_averages(self) -> None:
        series = self._series
        if self._drawn is None or series is None:
            return
        theme = self.context.theme
        close = series.block().close
        for average, tone in zip(self._averages, (theme.accent, theme.second), strict=True):
            study = Study(_name(average), _name(average), (Trace(_name(average), tone),))
            self.chart.set_study(study, [average.over(close)])

    def _decimals(self, price: float) -> int:
        market = self.market
        return 2 if market is None else decimals_of(market, price)

    # --- the trader's own ---

    def _order_changed(self, fact: OrderChanged) -> None:
        if fact.order.order.coin == self.coin:
            self._draw_lines()

    def _draw_lines(self) -> None:
        market = self.market
        price = None if market is None else market.mark or market.mid
        decimals = 2 if price is None else self._decimals(price)
        self.chart.set_lines(own_lines(self.context.desk, self.coin, decimals))
        self.chart.set_marks(self._said.of(self.coin))

    def _signal_made(self, fact: SignalMade) -> None:
        if self._said.take(fact.signal) and fact.signal.coin == self.coin:
            self.chart.set_marks(self._said.of(self.coin))

    def beat(self) -> None:
        """The countdown, and whether the data may be trusted."""
        desk, market = self.context.desk, self.market
        self.chart.set_now(desk.clock.now_ms())
        if market is not None:
            self.chart.set_stale(market.stale_for_entries)
        else:
            self.chart.set_stale(f"The exchange does not list {self.coin}." if desk.is_ready else None)

    def _take_settings(self) -> None:
        self.chart.set_time_zone(figures.zone(self.context.desk.settings.general.time_zone))


def _prices(block: CandleBlock) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    return block.open, block.high, block.low, block.close, block.volume


def _name(average: MovingAverage) -> str:
    return f"EMA {average.length}"
