"""What a chart can show besides indicators: volume, tags of the market's prices, the day's high and low, funding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from hlmaster.core.clock import DAY_MS
from hlmaster.market.coin_market import CoinMarket
from hlmaster.ui.charts.candle_chart import CandleChart
from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.layers import ChartLayer
from hlmaster.ui.charts.palette import faded
from hlmaster.ui.charts.tag import Quote

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class BuiltIn:
    key: str
    title: str
    help: str
    is_on: bool
    """From the start."""


BUILT_IN = (
    BuiltIn("volume", "Volume", "What was traded in each candle, in a pane of its own.", True),
    BuiltIn("mark", "Mark price", "M on the price axis: what positions and liquidations are measured by.", True),
    BuiltIn("oracle", "Oracle price", "O on the price axis: the spot price that funding pulls towards.", True),
    BuiltIn("bid", "Best bid", "B on the price axis: the highest price that somebody pays.", False),
    BuiltIn("ask", "Best ask", "A on the price axis: the lowest price that somebody asks.", False),
    BuiltIn("session", "Day's high and low", "The highest and the lowest price since midnight UTC.", False),
    BuiltIn(
        "funding", "Funding", "A mark over the time axis at each hour's funding, with its rate at the crosshair.", False
    ),
)
QUOTES = {"mark": "M", "oracle": "O", "bid": "B", "ask": "A"}
DASHES = [6.0, 4.0]
MARK = 4.0
MOST_RATES = 500
"""Of hours; what one answer of the venue holds."""


class BuiltIns(QObject):
    """``switched`` after each change of what is on."""

    switched = Signal()
    rates_wanted = Signal()
    """Funding is shown and its rates are not known."""

    def __init__(self, chart: CandleChart, parent: QObject) -> None:
        super().__init__(parent)
        self._chart = chart
        self.on = {one.key for one in BUILT_IN if one.is_on}
        self._layers: dict[str, list[ChartLayer]] = {}
        self._market: CoinMarket | None = None
        self._times, self._rates = np.empty(0, np.int64), np.empty(0)

    def switch(self, key: str, on: bool) -> None:
        """Raises KeyError for a name that is none's."""
        if key not in {one.key for one in BUILT_IN}:
            raise KeyError(key)
        if on == (key in self.on):
            return
        (self.on.add if on else self.on.discard)(key)
        if key == "volume":
            self._chart.set_volume_shown(on)
        elif key in QUOTES:
            self.quote(self._market)
        elif on:
            self._add_layers(key)
        else:
            for layer in self._layers.pop(key):
                self._chart.remove_layer(layer)
        self.switched.emit()

    def quote(self, market: CoinMarket | None) -> None:
        """Show this market's prices on the axis."""
        self._market = market
        colours, prices = self._chart.colours, _prices(market)
        tones = {"mark": colours.warning, "oracle": colours.tones[3], "bid": colours.up, "ask": colours.down}
        shown = [(key, prices[key]) for key in QUOTES if key in self.on]
        self._chart.set_quotes([Quote(QUOTES[key], price, tones[key]) for key, price in shown if price is not None])

    def set_rates(self, rates: Sequence[tuple[int, float]]) -> None:
        """(time in ms, hourly rate), oldest first; nothing for a market whose rates are not known."""
        self._times = np.array([time for time, _ in rates], np.int64)
        self._rates = np.array([rate for _, rate in rates], np.float64)
        self._chart.repaint_layers()

    # --- layers ---

    def _add_layers(self, key: str) -> None:
        chart = self._chart
        if key == "session":
            self._layers[key] = [chart.add_layer(_draw_session)]
        else:
            self._layers[key] = [chart.add_layer(self._draw_funding), chart.add_layer(self._draw_rate)]
            self.rates_wanted.emit()

    def _seen(self, frame: Frame) -> tuple[list[int], list[float]]:
        """Slots and rates of the fundings on the screen; none where a candle holds many."""
        series = frame.series
        if not len(self._times) or series.interval_ms > HOUR_MS or not len(series):
            return [], []
        first, last = frame.view.visible(len(series))
        slots = np.searchsorted(series.time, self._times, side="right") - 1
        seen = (slots >= first) & (slots < last) & (slots >= 0)
        return slots[seen].tolist(), self._rates[seen].tolist()

    def _draw_funding(self, painter: QPainter, frame: Frame, area: QRectF) -> None:
        """A small triangle on the floor of the prices: up where longs pay, down where shorts do."""
        slots, rates = self._seen(frame)
        if len(slots) * 2.5 * MARK > area.width():
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(Qt.PenStyle.NoPen)
        for slot, rate in zip(slots, rates, strict=True):
            x, floor = frame.view.x_of(slot + 0.5), area.height() - 2
            tip, foot = (floor - 1.5 * MARK, floor) if rate >= 0 else (floor, floor - 1.5 * MARK)
            painter.setBrush(QColor(frame.palette.down if rate >= 0 else frame.palette.up))
            painter.drawPolygon(QPolygonF([QPointF(x, tip), QPointF(x - MARK, foot), QPointF(x + MARK, foot)]))

    def _draw_rate(self, painter: QPainter, frame: Frame, area: QRectF) -> None:
        if frame.cursor is None:
            return
        slots, rates = self._seen(frame)
        x = frame.cursor[0]
        near = [
            rate for slot, rate in zip(slots, rates, strict=True) if abs(frame.view.x_of(slot + 0.5) - x) < 2 * MARK
        ]
        if not near:
            return
        text = f"funding {near[-1] * 100:+.4f}% · {'longs' if near[-1] >= 0 else 'shorts'} pay"
        painter.setFont(frame.fonts.small)
        width = frame.fonts.small_digit * len(text) + 12
        left = min(max(x - width / 2, 2.0), area.width() - width - 2)
        box = QRectF(left, area.height() - 30, width, 18)
        painter.fillRect(box, QColor(frame.palette.raised))
        painter.setPen(QColor(frame.palette.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _prices(market: CoinMarket | None) -> Mapping[str, float | None]:
    quote = None if market is None else market.quote
    return {
        "mark": None if market is None else market.mark,
        "oracle": None if market is None else market.oracle,
        "bid": None if quote is None or quote.bid is None else quote.bid.price,
        "ask": None if quote is None or quote.ask is None else quote.ask.price,
    }


def session(frame: Frame) -> tuple[int, float, float] | None:
    """First slot, highest and lowest price of the UTC day of the latest candle; None for candles of a day or longer."""
    series = frame.series
    if not len(series) or series.interval_ms >= DAY_MS:
        return None
    midnight = int(series.time[-1]) // DAY_MS * DAY_MS
    first = int(np.searchsorted(series.time, midnight))
    return first, float(np.nanmax(series.field("high")[first:])), float(np.nanmin(series.field("low")[first:]))


def _draw_session(painter: QPainter, frame: Frame, area: QRectF) -> None:
    found = session(frame)
    if found is None:
        return
    first, *ends = found
    left = max(frame.view.x_of(first), 0.0)
    pen = QPen(faded(frame.palette.muted, 0.8))
    pen.setDashPattern(DASHES)
    painter.setFont(frame.fonts.caption)
    for word, price, drop in (("DAY HIGH", ends[0], -4), ("DAY LOW", ends[1], 12)):
        if frame.shows(price):
            y = round(frame.y_of(price))
            painter.setPen(pen)
            painter.drawLine(int(left), y, int(area.width()), y)
            painter.setPen(QColor(frame.palette.muted))
            room = QRectF(0, y + drop - 12, area.width() - 8, 14)
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, word)
