"""One picture of the candle chart before it is painted: what is visible, and where each thing comes to lie.

The layers only paint; everything they need to agree on is worked out here, once for each repaint.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from PySide6.QtCore import QRectF

from hlmaster.ui.charts.figures import price_text, round_values
from hlmaster.ui.charts.lines import PriceLine, chosen, line_colour, spread
from hlmaster.ui.charts.marks import Mark
from hlmaster.ui.charts.palette import ChartPalette, Typefaces
from hlmaster.ui.charts.reading import Reading
from hlmaster.ui.charts.series import CandleSeries, Columns, Floats
from hlmaster.ui.charts.strokes import Rectangles, rectangles
from hlmaster.ui.charts.times import DAY, LocalTime, TimeTick, time_ticks
from hlmaster.ui.charts.view import View

TIME_SCALE_HEIGHT = 26.0
VOLUME_SHARE = 0.17
LEAST_HEIGHT_WITH_VOLUME = 180.0
LEAST_BODY_PITCH = 2.8
"""Pixels a candle needs to show a body; below it is a bare wick."""
TAG_HEIGHT = 19.0
TICK_DISTANCE = 52.0
TIME_TICK_CHARACTERS = 13
ARROWS = {0: "", 1: "↑ ", -1: "↓ "}
HEAD_ROOM, FOOT_ROOM = 52.0, 14.0
"""Pixels kept free over the highest high (the read-out stands there) and under the lowest low."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A coloured price on the axis; `centre` is its height in the price pane, `wanted` the one of its price."""

    wanted: float
    centre: float
    height: float
    text: str
    below: str
    colour: str
    beyond: int = 0
    """1 where its price lies over the scale, -1 where it lies under it: then the tag stands at that end."""


@dataclass(frozen=True, slots=True)
class Label:
    """Words on an end of a price line."""

    centre: float
    text: str
    colour: str
    at_right: bool


@dataclass(frozen=True, slots=True)
class CandleShapes:
    """Pixel rectangles of the rising (closing no lower than they opened) and the falling columns."""

    wicks_up: Rectangles
    bodies_up: Rectangles
    wicks_down: Rectangles
    bodies_down: Rectangles


def _no_columns() -> Columns:
    return CandleSeries().columns(0, 0, 1)


@dataclass(slots=True)
class Frame:
    palette: ChartPalette = field(default_factory=ChartPalette)
    fonts: Typefaces = field(init=False)
    series: CandleSeries = field(default_factory=CandleSeries)
    view: View = field(default_factory=View)
    zone: LocalTime = field(default_factory=LocalTime)
    decimals: int = 2
    lines: tuple[PriceLine, ...] = ()
    marks: tuple[Mark, ...] = ()
    overlay_colours: dict[str, str] = field(default_factory=dict)
    countdown: str = ""
    stale: str | None = None
    auto_scale: bool = True
    cursor: tuple[float, float] | None = None
    """The mouse in pixels of the chart."""
    cursor_slot: int = 0
    """The slot under the mouse; it may lie beyond the latest candle, where `reading` stays with that one."""
    reading: Reading | None = None

    low: float = 0.0
    high: float = 1.0
    volume_high: float = 1.0
    columns: Columns = field(default_factory=_no_columns)
    closed: Columns = field(default_factory=_no_columns)
    """The columns that a tick leaves alone."""
    latest: Columns = field(default_factory=_no_columns)
    """The column that holds the latest candle, or none when that is off the screen."""
    price_ticks: list[float] = field(default_factory=list)
    time_ticks: list[TimeTick] = field(default_factory=list)
    _ticks_shown: tuple[object, ...] = ()
    told: list[PriceLine] = field(default_factory=list)
    """The lines that have tags and labels; the others are lines alone."""
    tags: list[Tag] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)

    price_pane: QRectF = field(default_factory=QRectF)
    volume_pane: QRectF = field(default_factory=QRectF)
    price_scale: QRectF = field(default_factory=QRectF)
    volume_scale: QRectF = field(default_factory=QRectF)
    time_scale: QRectF = field(default_factory=QRectF)

    def __post_init__(self) -> None:
        self.fonts = Typefaces(self.palette)

    def dress(self, palette: ChartPalette) -> None:
        """Use other colours and fonts."""
        self.palette, self.fonts = palette, Typefaces(palette)

    def lay_out(self, width: float, height: float) -> None:
        """Share out the widget's pixels. Both panes end at the same x, for they share the column of the scales."""
        scale = self._scale_width()
        plot, rest = max(width - scale, 1.0), max(height - TIME_SCALE_HEIGHT, 1.0)
        volume = round(rest * VOLUME_SHARE) if rest >= LEAST_HEIGHT_WITH_VOLUME else 0
        self.price_pane = QRectF(0, 0, plot, rest - volume)
        self.volume_pane = QRectF(0, rest - volume, plot, volume)
        self.price_scale = QRectF(plot, 0, scale, rest - volume)
        self.volume_scale = QRectF(plot, rest - volume, scale, volume)
        self.time_scale = QRectF(0, rest, width, TIME_SCALE_HEIGHT)
        self.view.resize(plot, len(self.series))

    def rebuild(self) -> None:
        """Work out what is visible from the series and the view."""
        first, last = self.view.visible(len(self.series))
        self.columns = self.series.columns(first, last, self.view.column_width())
        live = bool(len(self.columns)) and int(self.columns.slot[-1]) + self.columns.width >= len(self.series)
        border = len(self.columns) - live
        self.closed, self.latest = self.columns.part(slice(border)), self.columns.part(slice(border, None))
        if len(self.columns):
            if self.auto_scale:
                self._fit_prices()
            self.volume_high = max(float(self.columns.volume.max()), 1e-12)
        self.price_ticks = self._ticks()
        self.time_ticks = self._time_ticks(first, last)
        self.told = self._told()
        self.tags = self._tags()
        self.labels = self._labels()
        if self.cursor is not None:
            self.cursor_slot = self.view.slot_at(self.cursor[0])
        self.reading = self.read()

    # -- mapping ------------------------------------------------------------------------------------------------

    def y_of(self, price: float) -> float:
        return (self.high - price) / (self.high - self.low) * self.price_pane.height()

    def shows(self, price: float) -> bool:
        return self.low <= price <= self.high

    def rows_of(self, prices: Floats) -> Floats:
        """`y_of` for an array, held near the pane so that far prices stay drawable."""
        height = self.price_pane.height()
        rows: Floats = (self.high - prices) * (height / (self.high - self.low))
        return np.clip(rows, -height, 2 * height)

    def price_at(self, y: float) -> float:
        return self.high - y / self.price_pane.height() * (self.high - self.low)

    def moment(self, time_ms: int) -> datetime:
        """A candle's time as it is shown: local, but the UTC day for candles of a day and longer."""
        if self.series.interval_ms >= DAY:
            return datetime.fromtimestamp(time_ms / 1000, UTC)
        return self.zone.at(time_ms)

    def price_text(self, price: float) -> str:
        return price_text(price, self.decimals)

    def still(self) -> tuple[object, ...]:
        """All that the part of the picture depends on which a tick, the mouse and the clock leave alone."""
        place = (self.view.right, self.view.pitch, self.low, self.high, self.volume_high)
        size = (self.price_pane.width(), self.time_scale.width(), self.time_scale.bottom())
        looks = (self.palette, self.zone, self.decimals, tuple(self.overlay_colours.items()))
        return self.series.revision, place, size, looks

    def read(self) -> Reading | None:
        """The column under the cursor, or the latest candle when there is no cursor. None without candles."""
        series = self.series
        if not len(series):
            return None
        width, slot, price = 1, len(series) - 1, None
        if self.cursor is not None:
            width, slot = self.columns.width, min(max(self.cursor_slot, 0), len(series) - 1)
            price = self.price_at(self.cursor[1]) if self.cursor[1] < self.price_pane.height() else None
        slot = slot // width * width
        column = series.columns(slot, slot + 1, width)
        if not len(column):
            hole = float("nan")
            missing = series.missing(slot)
            return Reading(slot, series.time_at(slot), hole, hole, hole, hole, 0.0, 0.0, missing, price)
        opened, high, low, close, volume = (
            float(part[0]) for part in (column.open, column.high, column.low, column.close, column.volume)
        )
        before = float(series.field("close")[slot - 1]) if slot else float("nan")
        before = before if np.isfinite(before) else opened
        change = close / before - 1 if before else 0.0
        return Reading(slot, series.time_at(slot), opened, high, low, close, volume, change, 0, price)

    # -- shapes -------------------------------------------------------------------------------------------------

    def column_edges(self, columns: Columns) -> tuple[Floats, Floats]:
        """Left and right pixel of each column, both inclusive: bars with a space between while there is room for it."""
        pitch = self.view.pitch
        slot = columns.slot - self.view.left
        if columns.width == 1 and pitch >= LEAST_BODY_PITCH:
            body = int(pitch * 0.72)
            # Odd, so that the wick stands in the middle; two pixels where three would leave no space between.
            body = 2 if body < 3 else body - 1 + body % 2
            left = np.floor((slot + 0.5) * pitch) - (body - 1) // 2
            return left, left + body - 1
        left, end = np.floor(slot * pitch), np.floor((slot + columns.width) * pitch)
        return left, left if columns.width == 1 and pitch > 1.5 else np.maximum(left, end - 1)

    def candle_shapes(self, columns: Columns) -> CandleShapes:
        left, right = self.column_edges(columns)
        rising = columns.close >= columns.open
        high, low = np.rint(self.rows_of(columns.high)), np.rint(self.rows_of(columns.low))
        middle = np.floor((left + right) / 2)
        thin = columns.width == 1
        wicks = rectangles(middle if thin else left, high, middle if thin else right, low)
        if not thin or self.view.pitch < LEAST_BODY_PITCH:
            none = wicks[:0]
            return CandleShapes(wicks[rising], none, wicks[~rising], none)
        top = np.rint(self.rows_of(np.maximum(columns.open, columns.close)))
        bottom = np.rint(self.rows_of(np.minimum(columns.open, columns.close)))
        bodies = rectangles(left, top, right, bottom - 1)
        return CandleShapes(wicks[rising], bodies[rising], wicks[~rising], bodies[~rising])

    def volume_bars(self, columns: Columns) -> tuple[Rectangles, Rectangles]:
        """Bars standing on the volume pane's floor: of the rising and of the falling columns."""
        height = self.volume_pane.height()
        left, right = self.column_edges(columns)
        top = np.floor(height - columns.volume / self.volume_high * (height - 20))
        bars = rectangles(left, top, right, np.full(len(left), height - 1))
        traded = columns.volume > 0
        rising = columns.close >= columns.open
        return bars[rising & traded], bars[~rising & traded]

    def overlay_points(self, name: str, points: slice) -> tuple[Floats, Floats]:
        """Pixels of an overlay, chosen among the visible ones: the value at the end of each column, NaN where it has
        none or candles are missing."""
        first, last = self.view.visible(len(self.series))
        width = self.columns.width
        first, last = max(first - width, 0), min(last + width, len(self.series))
        slots = np.arange(first // width * width, last, width)[points]
        ends = np.minimum(slots + width - 1, len(self.series) - 1)
        x = np.asarray((slots + width / 2 - self.view.left) * self.view.pitch, np.float64)
        return x, self.rows_of(self.series.field(name)[ends])

    # -- inside -------------------------------------------------------------------------------------------------

    def _scale_width(self) -> float:
        prices = (self.high, self.low, *(line.price for line in self.told))
        longest = max(len("0,000.0"), *(len(self.price_text(price)) for price in prices))
        return float(np.ceil(self.fonts.digit * longest)) + 18

    def _fit_prices(self) -> None:
        low, high = float(self.columns.low.min()), float(self.columns.high.max())
        if not high > low:
            room = max(abs(high) * 0.001, 10.0**-self.decimals)
            low, high = low - room, high + room
        height = self.price_pane.height()
        head = min(HEAD_ROOM, height * 0.2)
        foot = min(FOOT_ROOM, height * 0.06)
        unit = (high - low) / max(height - head - foot, 1.0)
        self.low, self.high = low - foot * unit, high + head * unit

    def _ticks(self) -> list[float]:
        if not len(self.series):
            return []
        return round_values(self.low, self.high, int(self.price_pane.height() / TICK_DISTANCE), self.decimals)

    def _time_ticks(self, first: int, last: int) -> list[TimeTick]:
        if last <= first:
            return []
        width = self.columns.width
        slots = np.arange(max(first - width, 0) // width * width, last, width)
        room = max(2, int(np.ceil(self.fonts.small_digit * TIME_TICK_CHARACTERS / self.view.pitch)))
        times = self.series.time
        shown = (int(times[slots[0]]), int(times[slots[-1]]), width, room, self.zone, self.series.interval_ms)
        if shown != self._ticks_shown:
            self._ticks_shown = shown
            self.time_ticks = time_ticks(times[slots], slots, room, self.zone, self.series.interval_ms)
        return self.time_ticks

    def last_colour(self) -> str:
        """The colour of the latest candle."""
        risen = self.series.field("close")[-1] >= self.series.field("open")[-1]
        return self.palette.up if risen else self.palette.down

    def _beyond(self, price: float) -> int:
        return (price > self.high) - (price < self.low)

    def _tags(self) -> list[Tag]:
        if not len(self.series):
            return []
        last, floor = float(self.series.field("close")[-1]), self.price_pane.height()
        marked = [(line.price, "", line_colour(line.kind, self.palette)) for line in self.told]
        if self.shows(last):
            marked.append((last, self.countdown, self.last_colour()))
        wanted = [min(max(self.y_of(price), 0.0), floor) for price, _, _ in marked]
        heights = [TAG_HEIGHT * 1.75 if below else TAG_HEIGHT for _, below, _ in marked]
        # A tag with a countdown hangs down from its price, so that the price stays at the price's own height.
        aims = [y + (height - TAG_HEIGHT) / 2 for y, height in zip(wanted, heights, strict=True)]
        centres = spread(aims, [height + 1 for height in heights], 0.0, floor)
        return [
            Tag(y, centre, height, self.price_text(price), below, colour, self._beyond(price))
            for (price, below, colour), y, centre, height in zip(marked, wanted, centres, heights, strict=True)
        ]

    def _told(self) -> list[PriceLine]:
        """As many as find room on the scale beside the latest price."""
        if not len(self.series):
            return []
        most = max(int(self.price_pane.height() / (TAG_HEIGHT + 1)) - 3, 1)
        return chosen(self.lines, self.low, self.high, float(self.series.field("close")[-1]), most)

    def _labels(self) -> list[Label]:
        result = []
        for at_right in (False, True):
            shown = [
                (ARROWS[self._beyond(line.price)] + text, line)
                for line in self.told
                if (text := line.right_text if at_right else line.label)
            ]
            floor = self.price_pane.height()
            aims = [min(max(self.y_of(line.price), 0.0), floor) - TAG_HEIGHT / 2 for _, line in shown]
            top = min(HEAD_ROOM, floor / 4)
            centres = spread(aims, [TAG_HEIGHT - 2] * len(shown), top, floor)
            result += [
                Label(centre, text, line_colour(line.kind, self.palette), at_right)
                for (text, line), centre in zip(shown, centres, strict=True)
            ]
        return result
