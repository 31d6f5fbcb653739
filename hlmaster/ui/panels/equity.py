"""What the account was worth over time, and how well the trades behind it did."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from hlmaster.core.events import EquityPoint, FillBooked, SessionRestored
from hlmaster.core.model import Side
from hlmaster.core.rounding import to_float
from hlmaster.trading.holding import RoundTrip
from hlmaster.trading.portfolio import TradeStats
from hlmaster.ui import figures
from hlmaster.ui.charts.equity_chart import HEAD, EquityChart
from hlmaster.ui.charts.trade_dots import ClosedTrade
from hlmaster.ui.context import Context
from hlmaster.ui.notices import KEEPS_CLEAR
from hlmaster.ui.panel import Panel
from hlmaster.ui.theme import Theme

POINTS_PER_JUDGEMENT = 10
"""The drawdown is looked for in the whole curve, so not at every point of it."""


class EquityPanel(Panel):
    KEY = "equity"
    TITLE = "Equity"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.chart = EquityChart(self, context.theme.chart_palette())
        self.chart.setProperty(KEEPS_CLEAR, round(HEAD))
        self.chart.setAccessibleName("Equity curve")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.chart)
        self.stats = QLabel()
        self.stats.setProperty("role", "caption")
        self.stats.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.stats.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.header = QWidget()
        row = QHBoxLayout(self.header)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.stats)
        self._since_judged = 0
        self._take_settings()
        self._catch_up()
        context.settings_changed.connect(self._take_settings)
        context.theme_changed.connect(self._on_theme)
        context.bridge.on_fact(self, SessionRestored, lambda _: self._catch_up())
        context.bridge.on_fact(self, EquityPoint, self._on_point)
        context.bridge.on_fact(self, FillBooked, lambda _: self._judge())

    def _take_settings(self) -> None:
        self.chart.set_time_zone(figures.zone(self.context.desk.settings.general.time_zone))

    def _catch_up(self) -> None:
        """Show the whole curve, also what the desk remembered only after the window was there.

        Of several points at one time the last counts, as for those that arrive.
        """
        points = {point.time_ms: to_float(point.equity) for point in self.context.desk.portfolio.equity_curve}
        times = sorted(points)
        self.chart.set_points(np.array(times, np.int64), np.array([points[t] for t in times], np.float64))
        self._judge()

    def _on_point(self, point: EquityPoint) -> None:
        latest = self.chart.time
        if not len(latest):
            self._catch_up()
            return
        if point.time_ms < latest[-1]:
            return
        self.chart.append_point(point.time_ms, to_float(point.equity))
        self._since_judged += 1
        if self._since_judged >= POINTS_PER_JUDGEMENT:
            self._judge()

    def _judge(self) -> None:
        self._since_judged = 0
        stats = self.context.desk.portfolio.stats()
        self.chart.set_trades([_closed(trip) for trip in self.context.desk.portfolio.round_trips])
        self.stats.setText(summary(stats))
        self.stats.setToolTip(
            f"{stats.trades} closed trade{'s' if stats.trades != 1 else ''}, after fees and funding. "
            "Drawdown: the deepest fall from a high of the curve. Profit factor: gains over losses."
        )

    def _on_theme(self, theme: Theme) -> None:
        self.chart.set_palette(theme.chart_palette())


def _closed(trip: RoundTrip) -> ClosedTrade:
    way = "LONG" if trip.side is Side.BUY else "SHORT"
    return ClosedTrade(trip.closed_ms, to_float(trip.net), f"{trip.coin} {way}")


def summary(stats: TradeStats) -> str:
    """``max drawdown 0.6% · win 61% · PF 1.7``, and what there is not enough of in words."""
    parts = []
    if stats.max_drawdown_fraction is not None:
        parts.append(f"max drawdown {figures.percent(stats.max_drawdown_fraction, 1)}")
    if stats.win_fraction is None:
        parts.append("not enough trades yet")
    else:
        parts.append(f"win {figures.percent(stats.win_fraction, 0)}")
        parts.append("PF –" if stats.profit_factor is None else f"PF {figures.fixed(stats.profit_factor, 1)}")
    return " · ".join(parts)
