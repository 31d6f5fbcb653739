"""One picture of the candle chart before it is painted: what is visible, and where each thing comes to lie.

The layers only paint; everything they need to agree on is worked out here, once for each repaint.
"""

import math
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from PySide6.QtCore import QRectF

from hlmaster.ui.charts.figures import log_values, price_text, round_values
from hlmaster.ui.charts.layers import ChartLayers
from hlmaster.ui.charts.legend_cell import Cell
from hlmaster.ui.charts.lines import PriceLine
from hlmaster.ui.charts.marks import MARK_ROOM, Mark
from hlmaster.ui.charts.palette import ChartPalette, Typefaces
from hlmaster.ui.charts.panes import VOLUME_HEAD, Panes, SubPane
from hlmaster.ui.charts.reading import Reading
from hlmaster.ui.charts.scale import Scale
from hlmaster.ui.charts.series import CandleSeries, Columns, Floats, Indices
from hlmaster.ui.charts.study import PRICE_PANE, VOLUME_PANE, Study
from hlmaster.ui.charts.tag import FOOT_ROOM, FOOT_SHARE, HEAD_ROOM, AxisMade, AxisValue, Label, Quote, Tag, Word
from hlmaster.ui.charts.times import DAY, LocalTime, TimeTick, time_ticks
from hlmaster.ui.charts.view import View

TIME_SCALE_HEIGHT = 26.0
TICK_DISTANCE = 42.0
PANE_TICK_DISTANCE = 30.0
TIME_TICK_CHARACTERS = 13
FUZZ = 1e-6
"""Pixels added before rounding down: an edge that falls on a pixel must not jump with the last bit of the view."""
END = 2.0
"""Pixels by which the end of a line reaches beyond its last point."""
PANE_HEAD, PANE_FOOT = 18.0, 4.0
"""Pixels kept free over and under what is drawn in a pane: its legend stands there."""


def _no_columns() -> Columns:
    return CandleSeries().columns(0, 0, 1)


def _no_slots() -> Indices:
    return np.empty(0, np.int64)


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
    fill_room: float = 0.0
    """Pixels that marks of executions need under a candle."""
    quotes: tuple[Quote, ...] = ()
    studies: dict[str, Study] = field(default_factory=dict)
    """By their keys, in the order of the legend."""
    layers: ChartLayers = field(default_factory=ChartLayers)
    countdown: str = ""
    stale: str | None = None
    auto_scale: bool = True
    are_candles_shown: bool = True
    cursor: tuple[float, float] | None = None
    """The mouse in pixels of the chart."""
    cursor_slot: int = 0
    """The slot under the mouse; it may lie beyond the latest candle, where `reading` stays with that one."""
    reading: Reading | None = None

    prices: Scale = field(default_factory=Scale)
    panes: Panes = field(default_factory=Panes)
    volume_high: float = 1.0
    columns: Columns = field(default_factory=_no_columns)
    closed: Columns = field(default_factory=_no_columns)
    """The columns that a tick leaves alone."""
    latest: Columns = field(default_factory=_no_columns)
    """The column that holds the latest candle, or none when that is off the screen."""
    column_slots: Indices = field(default_factory=_no_slots)
    """First slots of the columns in which studies are drawn: those on the screen and one beyond either end."""
    price_ticks: list[float] = field(default_factory=list)
    time_ticks: list[TimeTick] = field(default_factory=list)
    _ticks_shown: tuple[object, ...] = ()
    told: list[PriceLine] = field(default_factory=list)
    """The lines that have tags and labels; the others are lines alone."""
    tags: list[Tag] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    legend: list[Cell] = field(default_factory=list)
    legend_key: tuple[object, ...] = ()
    """What it was made of."""
    axis_words: dict[str, tuple[Word, ...]] = field(default_factory=dict)
    """By pane: the round values that nothing else covers."""
    axis_values: dict[str, tuple[AxisValue, ...]] = field(default_factory=dict)
    axis_known: dict[str, tuple[tuple[object, ...], tuple[Word, ...]]] = field(default_factory=dict)
    """By pane: the scale that was written last, and all its round values."""
    axis_made: dict[str, AxisMade] = field(default_factory=dict)

    price_pane: QRectF = field(default_factory=QRectF)
    price_scale: QRectF = field(default_factory=QRectF)
    time_scale: QRectF = field(default_factory=QRectF)
    _points: tuple[object, ...] = ()
    _samples: dict[str, Floats] = field(default_factory=dict)
    _ends: dict[tuple[str, ...], tuple[float, float]] = field(default_factory=dict)
    """The lowest and the highest sample of some columns but for the latest."""
    _middles: Floats | None = None
    _sampled_at: Indices | slice | None = None
    _still: tuple[tuple[object, ...], dict[str, tuple[object, ...]]] | None = None

    def __post_init__(self) -> None:
        self.fonts = Typefaces(self.palette)

    def dress(self, palette: ChartPalette) -> None:
        """Use other colours and fonts."""
        self.palette, self.fonts = palette, Typefaces(palette)

    def lay_out(self, width: float, height: float) -> None:
        """Share out the widget's pixels. All panes end at the same x, for they share the column of the scales."""
        scale = self._scale_width()
        plot, rest = max(width - scale, 1.0), max(height - TIME_SCALE_HEIGHT, 1.0)
        prices = self.panes.lay_out(plot, scale, rest)
        self.price_pane = QRectF(0, 0, plot, prices)
        self.price_scale = QRectF(plot, 0, scale, prices)
        self.prices.height = prices
        self.time_scale = QRectF(0, rest, width, TIME_SCALE_HEIGHT)
        self.view.resize(plot, len(self.series))

    def fits_scale(self) -> bool:
        """Whether the column of the scales is as wide as the prices that came out need."""
        return self._scale_width() == self.price_scale.width()

    def rebuild(self) -> None:
        """Work out what is visible from the series and the view; a `Picture` also what is said about it."""
        self._still = None
        first, last = self._take_columns(self.view.column_width())
        if len(self.columns):
            if self.auto_scale:
                self._fit_prices()
            self.volume_high = max(float(self.columns.volume.max()), 1e-12)
        for pane in self.panes.shown:
            self._fit_pane(pane)
        self.price_ticks = self._ticks()
        self.time_ticks = self._time_ticks(first, last)
        if self.cursor is not None:
            self.cursor_slot = self.view.slot_at(self.cursor[0])

    def reaching(self, left: int, right: int) -> "Frame":
        """The same picture, in the same scales, from one pixel of the panes to another: either may lie beyond them."""
        wide = copy(self)
        wide.view = View(self.view.right + (right - self.view.width) / self.view.pitch, self.view.pitch, right - left)
        wide.price_pane = QRectF(0, 0, right - left, self.price_pane.height())
        wide.panes = self.panes.of_width(right - left)
        wide._points, wide._samples, wide._ends = (), {}, {}
        wide.time_ticks = wide._time_ticks(*wide._take_columns(self.columns.width))
        return wide

    # -- mapping ------------------------------------------------------------------------------------------------

    @property
    def low(self) -> float:
        return self.prices.low

    @property
    def high(self) -> float:
        return self.prices.high

    @property
    def volume_pane(self) -> QRectF:
        pane = self.panes.get(VOLUME_PANE)
        return QRectF() if pane is None else pane.area

    @property
    def whole(self) -> QRectF:
        return QRectF(0, 0, self.time_scale.width(), self.time_scale.bottom())

    @property
    def last_price(self) -> float:
        return float(self.series.field("close")[-1])

    def y_of(self, price: float) -> float:
        return self.prices.y_of(price)

    def shows(self, price: float) -> bool:
        return self.prices.holds(price)

    def rows_of(self, prices: Floats) -> Floats:
        """`y_of` for an array, held near the pane so that far prices stay drawable."""
        return self.prices.rows_of(prices)

    def price_at(self, y: float) -> float:
        return self.prices.value_at(y)

    def scale_of(self, pane: str) -> Scale:
        found = self.panes.get(pane)
        return self.prices if found is None else found.scale

    def moment(self, time_ms: int) -> datetime:
        """A candle's time as it is shown: local, but the UTC day for candles of a day and longer."""
        if self.series.interval_ms >= DAY:
            return datetime.fromtimestamp(time_ms / 1000, UTC)
        return self.zone.at(time_ms)

    def price_text(self, price: float) -> str:
        return price_text(price, self.decimals)

    def studies_in(self, pane: str) -> Iterable[Study]:
        """The studies that are drawn in a pane; hidden ones are not."""
        return (study for study in self.studies.values() if study.pane == pane and not study.is_hidden)

    def still(self) -> tuple[object, ...]:
        """All that the part of the picture depends on which a tick, the mouse and the clock leave alone."""
        return self.view.right, *self.still_parts()

    def still_parts(self) -> tuple[tuple[object, ...], dict[str, tuple[object, ...]]]:
        """The same but for where the view stands: what all panes depend on, and by their names what each does."""
        if self._still is None:
            self._still = self._still_looks(), {pane: self._still_pane(pane) for pane in self.panes_shown()}
        return self._still

    def _still_looks(self) -> tuple[object, ...]:
        """What every pane's still picture depends on, but for where the view stands."""
        size = (self.price_pane.width(), self.time_scale.width(), self.time_scale.bottom())
        days = tuple(tick.slot for tick in self.time_ticks if tick.strong)
        looks = (self.palette, self.zone, self.decimals, self.are_candles_shown)
        return self.series.revision, self.view.pitch, size, days, looks

    def _still_pane(self, pane: str) -> tuple[object, ...]:
        """What one pane's still picture depends on besides."""
        area, studies = self.area_of(pane), tuple(self.studies_in(pane))
        volume = self.volume_high if pane == VOLUME_PANE else 0.0
        return pane, area.top(), area.height(), self.scale_of(pane).key(), volume, studies, self.layers.state(pane)

    def panes_shown(self) -> list[str]:
        return [PRICE_PANE, *(pane.key for pane in self.panes.shown)]

    def area_of(self, pane: str) -> QRectF:
        found = self.panes.get(pane)
        return self.price_pane if found is None else found.area

    def column_of(self, slot: float) -> int:
        """The pixel column in which a slot begins."""
        return math.floor(self.view.x_of(slot) + FUZZ)

    # -- studies ------------------------------------------------------------------------------------------------

    def column_middles(self) -> Floats:
        """Pixels at which studies have their points: the middles of `column_slots`."""
        if self._middles is None:
            middles = (self.column_slots + self.columns.width / 2 - self.view.left) * self.view.pitch
            self._middles = np.asarray(middles, np.float64)
        return self._middles

    def points_between(self, left: float, right: float) -> slice:
        """The `column_slots` that are drawn between two pixels, and the neighbours that lines lead to."""
        first, last = np.searchsorted(self.column_middles(), (left - END, right + END)).tolist()
        return slice(max(first - 1, 0), last + 1)

    def columns_between(self, columns: Columns, left: float, right: float) -> Columns:
        """Those columns that reach into the pixels between."""
        slots = (self.view.left + left / self.view.pitch - columns.width, self.view.left + right / self.view.pitch + 1)
        first, last = np.searchsorted(columns.slot, slots).tolist()
        return columns if (first, last) == (0, len(columns)) else columns.part(slice(first, last))

    def sampled(self, column: str) -> Floats:
        """A study's column at the end of each of `column_slots`: NaN where it has no value or candles are missing."""
        found = self._samples.get(column)
        if found is None:
            if self._sampled_at is None:
                self._sampled_at = self._ends_of_columns()
            found = self._samples[column] = self.series.values_at(column, self._sampled_at)
        return found

    @property
    def is_open_drawn(self) -> bool:
        """Whether what is drawn reaches to the latest candle, which a tick moves."""
        return bool(len(self.column_slots)) and self.column_slots.item(-1) + self.columns.width >= len(self.series)

    # -- inside -------------------------------------------------------------------------------------------------

    def _take_columns(self, width: int) -> tuple[int, int]:
        """Cut the columns on the screen, so many slots wide each, from the series; returns the slots' range."""
        first, last = self.view.visible(len(self.series))
        self.columns = self.series.columns(first, last, width)
        live = bool(len(self.columns)) and int(self.columns.slot[-1]) + self.columns.width >= len(self.series)
        border = len(self.columns) - live
        self.closed, self.latest = self.columns.part(slice(border)), self.columns.part(slice(border, None))
        self._place_points(first, last)
        return first, last

    def _ends_of_columns(self) -> Indices | slice:
        """The last slot of each of `column_slots`; where those are slots of their own, they as a slice: a view."""
        if self.columns.width == 1 and len(self.column_slots):
            return slice(int(self.column_slots[0]), int(self.column_slots[-1]) + 1)
        return np.minimum(self.column_slots + self.columns.width, len(self.series)) - 1

    def _place_points(self, first: int, last: int) -> None:
        """Which columns have points of studies; where these are the same as before, only the latest values are new."""
        width = self.columns.width
        first, last = max(first - width, 0) // width * width, min(last + width, len(self.series))
        points = (self.series, self.series.revision, self.view.right, self.view.pitch, first, last, width)
        if points == self._points:
            for column, samples in self._samples.items() if len(self.column_slots) else ():
                samples[-1] = self.series.value_of(
                    column, min(int(self.column_slots[-1]) + width, len(self.series)) - 1
                )
            return
        self._points, self._middles, self._sampled_at = points, None, None
        self._samples.clear()
        self._ends.clear()
        self.column_slots = np.arange(first, last, width)

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
        foot = max(FOOT_ROOM, self.fill_room + (MARK_ROOM if self.marks else 0.0))
        self.prices.fit(low, high, min(HEAD_ROOM, height * 0.2), min(foot, height * FOOT_SHARE))

    def _fit_pane(self, pane: SubPane) -> None:
        """Let the pane show all that its studies have on the screen."""
        height = pane.scale.height
        if pane.key == VOLUME_PANE:
            pane.scale.low, pane.scale.high = 0.0, self.volume_high * height / max(height - VOLUME_HEAD, 1.0)
            pane.ticks = []
            return
        studies = tuple(self.studies_in(pane.key))
        ends = next((study.bounds for study in reversed(studies) if study.bounds), (-math.inf, math.inf))
        low, high = ends if math.isfinite(ends[0]) and math.isfinite(ends[1]) else self._needed(studies, ends)
        if not math.isfinite(low) or not math.isfinite(high):
            pane.ticks, pane.fitted = [], None
            return
        if not high > low:
            room = abs(low) * 0.01 or 1.0
            low, high = low - room, high + room
        # What a bounded study is read by says more than round values do.
        levels = tuple(level for study in studies for level in study.levels) if math.isfinite(sum(ends)) else ()
        if pane.fitted == (low, high, height, levels):
            return
        pane.fitted = low, high, height, levels
        pane.scale.fit(low, high, min(PANE_HEAD, height * 0.3), min(PANE_FOOT, height * 0.1))
        most = max(int((height - PANE_HEAD) / PANE_TICK_DISTANCE), 1)
        pane.ticks = list(levels) or round_values(low, high, most, 15)

    def _needed(self, studies: tuple[Study, ...], ends: tuple[float, float]) -> tuple[float, float]:
        """The values that a pane has to show where it is not told its ``ends``."""
        traces = [trace for study in studies for trace in study.traces if trace.kind != "events"]
        low, high = self._extremes(tuple(trace.column for trace in traces))
        if low <= high and any(trace.kind == "histogram" for trace in traces):
            low, high = min(low, 0.0), max(high, 0.0)
        return ends[0] if math.isfinite(ends[0]) else low, ends[1] if math.isfinite(ends[1]) else high

    def _extremes(self, columns: tuple[str, ...]) -> tuple[float, float]:
        """The lowest and the highest sample of studies; infinite where there is none."""
        samples = [self.sampled(column) for column in columns]
        ends = self._ends.get(columns)
        if ends is None:
            closed = np.array([values[:-1] for values in samples])
            low, high = np.fmin.reduce(closed, None, initial=np.inf), np.fmax.reduce(closed, None, initial=-np.inf)
            ends = self._ends[columns] = float(low), float(high)
        latest = [value for values in samples if len(values) and (value := values.item(-1)) == value]
        return min(ends[0], *latest, math.inf), max(ends[1], *latest, -math.inf)

    def _ticks(self) -> list[float]:
        if not len(self.series):
            return []
        most = int(self.price_pane.height() / TICK_DISTANCE)
        if self.prices.is_log and self.high > 3 * self.low:
            return log_values(self.low, self.high, most, self.decimals)
        return round_values(self.low, self.high, most, self.decimals)

    def _time_ticks(self, first: int, last: int) -> list[TimeTick]:
        if last <= first:
            self._ticks_shown = ()
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
