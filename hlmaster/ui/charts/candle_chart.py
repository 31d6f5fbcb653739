"""The candle chart: prices over volume, from arrays, with the trader's own lines on it."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hlmaster.ui.charts import scales
from hlmaster.ui.charts.buttons import ChartButton
from hlmaster.ui.charts.figures import countdown
from hlmaster.ui.charts.frame import TIME_SCALE_HEIGHT, Frame
from hlmaster.ui.charts.layers import OVER, ChartLayer, Draw
from hlmaster.ui.charts.lines import PriceLine
from hlmaster.ui.charts.marks import Mark
from hlmaster.ui.charts.palette import ChartPalette
from hlmaster.ui.charts.series import FIELDS, Floats, Times
from hlmaster.ui.charts.study import PRICE_PANE, VOLUME_PANE, Study, Trace, TraceKind
from hlmaster.ui.charts.tags import Quote
from hlmaster.ui.charts.times import LocalTime

if TYPE_CHECKING:
    from hlmaster.ui.charts.canvas import Canvas

KEY_ZOOM = 1.25
KEY_PAN = 0.1
"""Share of the window that an arrow key moves."""
NEAR_THE_START = 0.5
"""Windows of history left of the screen below which older candles are asked for."""


class CandleChart(QWidget):
    """Candles and volume of one market and timeframe.

    Times are UTC milliseconds of the candles' open, strictly rising; prices and volumes are float64. The x axis counts
    candles; where some are missing a hatched slot marks the gap (see `series`). Setters may be called as often as data
    comes: the work is done once, when the widget is next painted.

    The mouse is heard by a canvas of pyqtgraph, a library that takes longer to load than the rest of a window takes to
    appear. A chart made ``early`` paints the same picture without it until `add_canvas`.

    What else can be shown:

    * `set_study` draws lines, steps, histograms and events, over the prices or in a pane of their own, from columns of
      one value for each candle (NaN is a hole); `set_last_values` keeps the open candle's up to date, `set_pane` is the
      short way to a pane of one's own. `remove_study` takes away either, and a pane that nothing is left in.
    * `add_layer` lets a function paint: under or over the candles, in any pane, kept or at each repaint (see `layers`).
      It maps with `frame.view.x_of(slot)`, `frame.y_of(price)` or `frame.scale_of(pane).y_of(value)`, and finds what is
      on the screen in `frame.columns`. `repaint_layers` asks for a repaint after a layer's own data has changed.
    """

    older_wanted = Signal(object)
    """The time (int, ms) before which older candles would be shown. Sent once until `prepend` or `set_series`;
    a `prepend` of nothing says that there is no more."""
    crosshair_moved = Signal(object)
    """A `Reading` while the mouse is over the chart, None when it leaves."""
    study_closed = Signal(str)
    study_hidden = Signal(str)
    study_asked = Signal(str)
    """The x, eye and gear buttons of a study in the legend; who set the study acts upon them."""
    canvas_wanted = Signal()
    """Once, after an early chart has been seen for the first time."""

    def __init__(
        self, parent: QWidget | None = None, palette: ChartPalette | None = None, *, early: bool = False
    ) -> None:
        super().__init__(parent)
        self._frame = Frame(palette=palette or ChartPalette())
        self._dirty = False
        self._asked_for_older = False
        self._now_ms: int | None = None
        # Not in the paint event: moving items there would ask for a second painting of the same picture.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._prepare)
        self._canvas: Canvas | None = None
        self._canvas_asked = False
        QVBoxLayout(self).setContentsMargins(0, 0, 0, 0)
        self.setMinimumSize(240, 160)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._latest = ChartButton("Latest »", "Jump to the latest candle (End)", self, framed=True)
        self._latest.clicked.connect(self.go_to_latest)
        self._auto = ChartButton("auto", "Fit the price scale to what is visible", self, framed=False)
        self._auto.setCheckable(True)
        self._auto.clicked.connect(self.set_auto_scale)
        self.set_palette(self._frame.palette)
        if not early:
            self.add_canvas()

    def add_canvas(self) -> None:
        """Hand the picture to pyqtgraph, which is imported here unless it was before."""
        from hlmaster.ui.charts.canvas import Canvas

        if self._canvas is not None:
            return
        had_focus = self.hasFocus()
        self._canvas = canvas = Canvas(self._frame, self)
        canvas.dragged.connect(self._drag)
        canvas.scrolled.connect(lambda notches: self._pan(-notches * self._frame.view.span * KEY_PAN))
        canvas.zoomed.connect(self._zoom)
        canvas.stretched.connect(self._stretch)
        canvas.released.connect(lambda: self.set_auto_scale(True))
        canvas.border_moved.connect(self._move_border)
        canvas.painting.connect(self._prepare)
        canvas.hovered.connect(self._hover)
        layout = self.layout()
        assert layout is not None
        layout.addWidget(canvas)
        canvas.setGeometry(self.rect())
        canvas.show()  # now: a layout would do so a frame later
        canvas.lower()  # under the buttons
        self.setFocusProxy(canvas)
        if had_focus:
            canvas.setFocus()
        self._changed()

    @property
    def is_whole(self) -> bool:
        """False for an early chart until its canvas is there."""
        return self._canvas is not None

    # -- data ---------------------------------------------------------------------------------------------------

    def set_series(
        self,
        time_ms: Times,
        open: Floats,  # noqa: A002 (the candle's own word)
        high: Floats,
        low: Floats,
        close: Floats,
        volume: Floats,
        interval_ms: int,
    ) -> None:
        """Show these candles instead, from the latest, with the zoom as it is.

        Lines, studies and panes stay; the studies' values are forgotten and have to be given anew.

        Raises ValueError when the arrays differ in length or the times do not rise.
        """
        data = dict(zip(FIELDS, (open, high, low, close, volume), strict=True))
        self._frame.series.replace(time_ms, data, interval_ms)
        self._frame.auto_scale = True
        self._asked_for_older = False
        self._tell_countdown()
        self.go_to_latest()

    def update_last(self, time_ms: int, o: float, h: float, l: float, c: float, v: float) -> None:
        """Replace the candle of that time or append it; the view follows if the latest candle is on the screen.

        Raises ValueError for a time before the last candle that the chart does not hold.
        """
        frame = self._frame
        followed = frame.view.shows_latest(len(frame.series))
        empty = not len(frame.series)
        added = frame.series.put(time_ms, dict(zip(FIELDS, (o, h, l, c, v), strict=True)))
        if added:
            self._tell_countdown()
        if empty:
            frame.view.to_latest(1)
        elif followed:
            frame.view.right += added
        self._changed()

    def prepend(
        self,
        time_ms: Times,
        open: Floats,  # noqa: A002
        high: Floats,
        low: Floats,
        close: Floats,
        volume: Floats,
    ) -> None:
        """Lay older candles before the first without moving what is on the screen; what is not older is left out."""
        frame = self._frame
        added = frame.series.prepend(time_ms, dict(zip(FIELDS, (open, high, low, close, volume), strict=True)))
        frame.view.right += added
        self._asked_for_older = not added
        self._changed()

    def set_study(self, study: Study, values: Sequence[Floats] | None = None) -> None:
        """Draw a study, or draw it otherwise: `values` has an array for each of `study.columns`, with one value for
        each candle from the oldest, and None leaves those that are there. Its pane is opened unless it is.

        Raises ValueError when there are more values than candles.
        """
        frame = self._frame
        for column, array in zip(study.columns, values or (), strict=values is not None):
            frame.series.set_overlay(column, array)
        frame.studies[study.key] = study
        if study.pane != PRICE_PANE:
            frame.panes.open(study.pane)
        self._changed()

    def set_last_values(self, key: str, values: Sequence[float]) -> None:
        """Change a study at the latest candle alone. Raises KeyError when the study is not there or has no values."""
        for column, value in zip(self._frame.studies[key].columns, values, strict=True):
            self._frame.series.set_last_overlay(column, value)
        self._changed()

    def remove_study(self, key: str) -> None:
        """Take a study away, and its pane when nothing else is drawn there; nothing happens when it is not there."""
        frame = self._frame
        study = frame.studies.pop(key, None)
        if study is None:
            return
        for column in study.columns:
            frame.series.set_overlay(column, None)
        if not any(other.pane == study.pane for other in frame.studies.values()):
            frame.panes.close(study.pane)
        self._changed()

    def set_pane(
        self,
        name: str,
        columns: Mapping[str, Floats],
        kind: TraceKind = "line",
        colours: Sequence[str] = (),
        title: str = "",
        falls: Sequence[str] = (),
    ) -> None:
        """Show columns in a pane of their own called `name`; `falls` are the colours below 0 of a histogram.

        The pane's x button emits `study_closed` with `name`. Raises ValueError as `set_study` does.
        """
        tones, sinks = [*colours, *self._frame.palette.tones], [*falls, *[""] * len(columns)]
        label = len(columns) > 1
        traces = tuple(
            Trace(f"{name}.{column}", tone, column if label else "", kind, fall=sink)
            for column, tone, sink in zip(columns, tones, sinks, strict=False)
        )
        self.set_study(Study(name, title or name.upper(), traces, pane=name), list(columns.values()))

    def add_layer(
        self,
        draw: Draw,
        pane: str = PRICE_PANE,
        z: float = OVER,
        state: Callable[[], Hashable] | None = None,
    ) -> ChartLayer:
        """Let `draw` paint into a pane; see `ChartLayer` for `z` and `state`."""
        layer = ChartLayer(draw, pane, z, state)
        self._frame.layers.add(layer)
        self._changed()
        return layer

    def remove_layer(self, layer: ChartLayer) -> None:
        """Raises ValueError when it is not there."""
        self._frame.layers.remove(layer)
        self._changed()

    def repaint_layers(self) -> None:
        self._changed()

    def set_volume_shown(self, on: bool) -> None:
        (self._frame.panes.open if on else self._frame.panes.close)(VOLUME_PANE)
        self._changed()

    def set_candles_shown(self, on: bool) -> None:
        """Off while a layer paints something else in their place."""
        self._frame.are_candles_shown = on
        self._changed()

    def set_quotes(self, quotes: Sequence[Quote]) -> None:
        """The market's prices that have small tags on the axis."""
        if tuple(quotes) != self._frame.quotes:
            self._frame.quotes = tuple(quotes)
            self._changed()

    def set_lines(self, lines: Sequence[PriceLine]) -> None:
        if tuple(lines) != self._frame.lines:
            self._frame.lines = tuple(lines)
            self._changed()

    def set_marks(self, marks: Sequence[Mark]) -> None:
        if tuple(marks) != self._frame.marks:
            self._frame.marks = tuple(marks)
            self._changed()

    # -- looks --------------------------------------------------------------------------------------------------

    def set_palette(self, palette: ChartPalette) -> None:
        self._frame.dress(palette)
        for button in (self._latest, self._auto):
            button.dress(palette)
        self._changed()

    def set_price_decimals(self, decimals: int) -> None:
        self._frame.decimals = decimals
        self._changed()

    def set_time_zone(self, zone: tzinfo | None) -> None:
        """Label times in this zone; None is the computer's own."""
        self._frame.zone = LocalTime(zone)
        self._changed()

    def set_now(self, now_ms: int) -> None:
        """Tell the market's time, for the countdown to the close of the open candle."""
        self._now_ms = now_ms
        self._tell_countdown()

    def set_stale(self, reason: str | None) -> None:
        """Grey the chart and say why, in one sentence; None makes it fresh again."""
        if reason != self._frame.stale:
            self._frame.stale = reason
            self._changed()

    # -- moving -------------------------------------------------------------------------------------------------

    def go_to_latest(self) -> None:
        self._frame.view.to_latest(len(self._frame.series))
        self._changed()

    def show_latest(self, candles: int) -> None:
        """Zoom so that this many of the latest candles fill the width."""
        self._frame.lay_out(self.width(), self.height())
        self._frame.view.show(candles, len(self._frame.series))
        self._changed()

    def pan(self, slots: float) -> None:
        """Move the window by so many candles, to the right when positive."""
        self._pan(slots)

    def set_auto_scale(self, on: bool) -> None:
        self._frame.auto_scale = on
        self._changed()

    def set_log_scale(self, on: bool) -> None:
        """Equal distances for equal changes in per cent."""
        self._frame.prices.wants_log = on
        self._changed()

    def zoom(self, factor: float) -> None:
        """Make candles `factor` times as wide, about the latest one when that is on the screen."""
        view, count = self._frame.view, len(self._frame.series)
        self._zoom(factor, view.x_of(count) if view.shows_latest(count) else view.width / 2)

    @property
    def frame(self) -> Frame:
        """What is visible now, worked out if anything has changed."""
        self._prepare()
        return self._frame

    def keyPressEvent(self, event: QKeyEvent) -> None:
        view, count = self._frame.view, len(self._frame.series)
        match event.key():
            case Qt.Key.Key_Left:
                self._pan(-view.span * KEY_PAN)
            case Qt.Key.Key_Right:
                self._pan(view.span * KEY_PAN)
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom(KEY_ZOOM)
            case Qt.Key.Key_Minus:
                self.zoom(1 / KEY_ZOOM)
            case Qt.Key.Key_Home:
                view.to_oldest(count)
                self._moved()
            case Qt.Key.Key_End:
                self.go_to_latest()
            case _:
                super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._changed()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._canvas is not None:
            return
        self._prepare()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._frame.palette.background))
        scales.draw_whole(painter, self._frame)
        painter.end()
        if not self._canvas_asked:
            self._canvas_asked = True
            QTimer.singleShot(0, self, self.canvas_wanted.emit)

    # -- inside -------------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        """Work out the picture and paint it, once for all changes until the event loop is reached."""
        if not self._dirty:
            self._dirty = True
            self._soon.start()

    def _prepare(self) -> None:
        if not self._dirty:
            return
        self._dirty = False
        self._soon.stop()
        frame = self._frame
        frame.lay_out(self.width(), self.height())
        frame.rebuild()
        self._place_buttons()
        if self._canvas is None:
            self.update()
        else:
            self._canvas.show_frame()

    def _place_buttons(self) -> None:
        frame = self._frame
        corner = QRect(QPoint(0, 0), self._latest.sizeHint())
        corner.moveBottomRight(frame.price_pane.bottomRight().toPoint() - QPoint(12, 12))
        self._latest.setGeometry(corner)
        self._latest.setVisible(bool(len(frame.series)) and not frame.view.shows_latest(len(frame.series)))
        scale = frame.price_scale
        self._auto.setGeometry(int(scale.left()), self.height() - int(TIME_SCALE_HEIGHT) + 1, int(scale.width()), 25)
        self._auto.setChecked(frame.auto_scale)
        self._auto.setVisible(bool(len(frame.series)))

    def _tell_countdown(self) -> None:
        series = self._frame.series
        text = ""
        if self._now_ms is not None and len(series):
            text = countdown(int(series.time[-1]) + series.interval_ms - self._now_ms)
        if text != self._frame.countdown:
            self._frame.countdown = text
            self._changed()

    def _hover(self, at: QPointF | None) -> None:
        frame = self._frame
        if at is not None and (at.x() >= frame.price_pane.width() or at.y() >= frame.time_scale.top()):
            at = None
        if at is None and frame.cursor is None:
            return
        frame.cursor = None if at is None else (at.x(), at.y())
        self._changed()
        self._prepare()
        self.crosshair_moved.emit(frame.reading if frame.cursor is not None else None)

    def _drag(self, x: float, y: float) -> None:
        if not self._frame.auto_scale:
            self._frame.prices.shift(y)
        self._pan(-x / self._frame.view.pitch)

    def _stretch(self, factor: float) -> None:
        self._frame.auto_scale = False
        self._frame.prices.stretch(factor)
        self._changed()

    def _move_border(self, key: str, y: float) -> None:
        panes = self._frame.panes
        pane = panes.get(key)
        if pane is not None:
            panes.drag_border(key, y - pane.area.top(), self._frame.price_pane.height())
            self._changed()

    def _pan(self, slots: float) -> None:
        self._frame.view.pan(slots, len(self._frame.series))
        self._moved()

    def _zoom(self, factor: float, x: float) -> None:
        self._frame.view.zoom(factor, x, len(self._frame.series))
        self._moved()

    def _moved(self) -> None:
        """After the user moved the window: ask for older candles when it comes near the first."""
        frame = self._frame
        self._changed()
        if len(frame.series) and not self._asked_for_older and frame.view.left < frame.view.span * NEAR_THE_START:
            self._asked_for_older = True
            self.older_wanted.emit(int(frame.series.time[0]))
