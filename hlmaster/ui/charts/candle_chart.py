"""The candle chart: prices over volume, from arrays, with the trader's own lines on it."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hlmaster.ui.charts import scales
from hlmaster.ui.charts.buttons import ChartButton
from hlmaster.ui.charts.chart_content import ChartContent
from hlmaster.ui.charts.frame import TIME_SCALE_HEIGHT, Frame
from hlmaster.ui.charts.hands import Hands
from hlmaster.ui.charts.legend_buttons import LegendButtons
from hlmaster.ui.charts.legend_cell import cell_at
from hlmaster.ui.charts.palette import ChartPalette

if TYPE_CHECKING:
    from hlmaster.ui.charts.canvas import Canvas

KEY_ZOOM = 1.25
KEY_PAN = 0.1
"""Share of the window that an arrow key moves."""
NEAR_THE_START = 0.5
"""Windows of history left of the screen below which older candles are asked for."""


class CandleChart(ChartContent):
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
    border_moved = Signal()
    """A pane was made higher or lower by hand."""
    canvas_wanted = Signal()
    """Once, after an early chart has been seen for the first time."""

    def __init__(
        self, parent: QWidget | None = None, palette: ChartPalette | None = None, *, early: bool = False
    ) -> None:
        super().__init__(parent, palette)
        self._canvas: Canvas | None = None
        self._canvas_asked = False
        self._places: tuple[object, ...] = ()
        """What the buttons' places hang on, as they stand."""
        self._hands = Hands()
        QVBoxLayout(self).setContentsMargins(0, 0, 0, 0)
        self.setMinimumSize(240, 160)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._latest = ChartButton("Latest »", "Jump to the latest candle (End)", self, framed=True)
        self._latest.clicked.connect(self.go_to_latest)
        self._auto = ChartButton("auto", "Fit the price scale to what is visible", self, framed=False)
        self._auto.setCheckable(True)
        self._auto.clicked.connect(self.set_auto_scale)
        self._buttons = LegendButtons(self)
        self._buttons.asked.connect(self.study_asked)
        self._buttons.hidden.connect(self.study_hidden)
        self._buttons.closed.connect(self.study_closed)
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
        canvas.hands = self._hands
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

    def set_hands(self, hands: Hands) -> None:
        """Let `hands` be asked first about what the mouse does."""
        self._hands = hands
        if self._canvas is not None:
            self._canvas.hands = hands

    def set_palette(self, palette: ChartPalette) -> None:
        super().set_palette(palette)
        for button in (self._latest, self._auto, self._buttons):
            button.dress(palette)

    # -- moving -------------------------------------------------------------------------------------------------

    def show_latest(self, candles: int) -> None:
        """Zoom so that this many of the latest candles fill the width."""
        self._frame.lay_out(self.width(), self.height())
        self._frame.view.show(candles, len(self._frame.series))
        self._changed()

    def pan(self, slots: float) -> None:
        """Move the window by so many candles, to the right when positive."""
        self._pan(slots)

    def go_to_oldest(self) -> None:
        self._frame.view.to_oldest(len(self._frame.series))
        self._moved()

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
        view = self._frame.view
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
                self.go_to_oldest()
            case Qt.Key.Key_End:
                self.go_to_latest()
            case _:
                super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._changed()
        # Now: the painting that follows comes before any timer, and what moves in it is painted once more.
        self._prepare()

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

    def _show_frame(self) -> None:
        self._place_buttons()
        if self._canvas is None:
            self.update()
        else:
            self._canvas.show_frame()

    def _place_buttons(self) -> None:
        frame = self._frame
        is_filled, is_latest = bool(len(frame.series)), frame.view.shows_latest(len(frame.series))
        areas = frame.price_pane, frame.price_scale, self.height()
        places = *areas, is_filled, is_latest, frame.auto_scale, frame.palette
        if places == self._places:
            return
        self._places = places
        corner = QRect(QPoint(0, 0), self._latest.sizeHint())
        corner.moveBottomRight(frame.price_pane.bottomRight().toPoint() - QPoint(12, 12))
        self._latest.setGeometry(corner)
        self._latest.setVisible(is_filled and not is_latest)
        scale = frame.price_scale
        self._auto.setGeometry(int(scale.left()), self.height() - int(TIME_SCALE_HEIGHT) + 1, int(scale.width()), 25)
        self._auto.setChecked(frame.auto_scale)
        self._auto.setVisible(is_filled)

    def _hover(self, at: QPointF | None) -> None:
        frame, left = self._frame, at is None
        if at is not None and (at.x() >= frame.price_pane.width() or at.y() >= frame.time_scale.top()):
            at = None
        if at is None and frame.cursor is None:
            return
        frame.cursor = None if at is None else (at.x(), at.y())
        self._changed()
        self._prepare()
        if not left:  # else it may be the legend's buttons that it went to, and those see to themselves
            self._offer_buttons()
        self.crosshair_moved.emit(frame.reading if frame.cursor is not None else None)

    def _offer_buttons(self) -> None:
        """The buttons of the study whose name is under the mouse."""
        frame = self._frame
        cell = None if frame.cursor is None else cell_at(frame.legend, *frame.cursor)
        if cell is not None:
            left = cell.box.left() + 4 + frame.fonts.small_digit * (len(cell.name) + 1)
            study = frame.studies.get(cell.key)
            self._buttons.offer(cell.key, cell.name, study, QPoint(int(left), int(cell.box.top())))
        else:
            self._buttons.hide()

    def leaveEvent(self, event: QEvent) -> None:
        self._buttons.hide()
        super().leaveEvent(event)

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
            self.border_moved.emit()

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
