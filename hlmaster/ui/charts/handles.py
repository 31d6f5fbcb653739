"""The hand on a chart: what is under the pointer, what is held, what a click there would do.

It decides nothing about orders: it tells whoever owns it what was dropped, pressed or clicked, and shows what that one
answers. ``Canvas`` asks it first about each event of the mouse.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QPoint, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter

from hlmaster.core.model import Side
from hlmaster.ui.charts.bubble import draw_bubble
from hlmaster.ui.charts.candle_chart import CandleChart
from hlmaster.ui.charts.click_orders import ClickKind
from hlmaster.ui.charts.drag import THRESHOLD, Drag, pulled, regrouped
from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.hands import Hands
from hlmaster.ui.charts.layers import ON_TOP
from hlmaster.ui.charts.legend import ROW
from hlmaster.ui.charts.owner import Owner
from hlmaster.ui.charts.pill import Button
from hlmaster.ui.charts.pill_paint import PillPictures
from hlmaster.ui.charts.pills import Hit, PlacedPill, Room, hit, place
from hlmaster.ui.charts.study import PRICE_PANE
from hlmaster.ui.jumps import JumpGuard

JUMPED = "The chart moved under the pointer just now: nothing was sent."
GONE = "This order is not there any more, so nothing was moved."
SAID_MS = 4_000
TIP_MS = 600
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
CONTROL = Qt.KeyboardModifier.ControlModifier
TOGETHER = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier


@dataclass(frozen=True, slots=True)
class _Press:
    """A button that went down on nothing of ours."""

    button: Qt.MouseButton
    at: QPointF
    price: float
    """What was there then: the scale may be another when the button goes up."""
    kind: ClickKind | None
    side: Side | None
    is_ours: bool
    """The chart does not hear of it: it cannot become a pan."""


class Handles(QObject, Hands):
    pulled = Signal()
    """The drag began, moved or ended."""
    dropped = Signal(object)
    """A ``Drag`` that has moved."""
    pressed = Signal(str, object)
    """(key, ``Button``)."""
    clicked = Signal(object, object, float)
    """(``ClickKind``, side or None, price on the grid), as they stood when the button went down."""
    menu_wanted = Signal(float, QPoint)
    """(price on the grid, place on the screen)."""

    def __init__(self, chart: CandleChart, owner: Owner) -> None:
        super().__init__(chart)
        self._chart, self._owner = chart, owner
        self._guard = JumpGuard(owner.seconds)
        self._pictures = PillPictures()
        self._placed_by: tuple[object, ...] = ()
        self._placed: tuple[PlacedPill, ...] = ()
        self.drag: Drag | None = None
        self._under: Hit | None = None
        self._button: Hit | None = None
        self._press: _Press | None = None
        self._swallows = False
        self._at: QPointF | None = None
        self._previews = False
        self._said: tuple[str, QPointF] | None = None
        self._tip: tuple[str, ...] = ()
        self._quiet = QTimer(self, singleShot=True, interval=SAID_MS)
        self._quiet.timeout.connect(self._hush)
        self._patience = QTimer(self, singleShot=True, interval=TIP_MS)
        self._patience.timeout.connect(self._explain)
        self._layer = chart.add_layer(self.paint, PRICE_PANE, ON_TOP, live=self._looks)
        chart.set_hands(self)

    # --- what is shown ---

    def placed(self, frame: Frame) -> tuple[PlacedPill, ...]:
        if not len(frame.series):
            return ()
        height = frame.price_pane.height()
        head = max((cell.box.bottom() for cell in frame.legend if cell.box.bottom() < height), default=ROW) + 3
        room = Room(frame.price_pane.width(), height, frame.fonts.small_digit, head, frame.y_of(frame.last_price))
        key = (room, frame.prices.key(), tuple(frame.told))
        if key != self._placed_by:
            lines = [(line, frame.y_of(line.price), frame.prices.beyond(line.price)) for line in frame.told]
            self._placed_by, self._placed = key, place(lines, room)
        return self._placed

    def say(self, sentence: str, at: QPointF | None = None) -> None:
        """At a place of the price pane for some seconds; where the pointer is, or in the middle, without one."""
        area = self._chart.frame.price_pane
        self._said = sentence, at or self._at or QPointF(area.width() / 2, area.height() / 2)
        self._quiet.start()
        self._repaint()

    @property
    def said(self) -> str:
        """What stands beside the place now, empty when nothing does."""
        return "" if self._said is None else self._said[0]

    @property
    def shown_tip(self) -> tuple[str, ...]:
        return self._tip

    def _looks(self, frame: Frame) -> object:
        """A preview says what it would cost at the market's prices, so it is never the same twice."""
        placed = self.placed(frame)
        self._settle(frame, placed)
        previewed = object() if self._previews and self._at is not None else None
        return placed, self._under, self._said, self._tip, self._at, previewed

    def paint(self, painter: QPainter, frame: Frame, area: QRectF) -> None:
        if self._previews and self._at is not None and self.drag is None:
            self._draw_preview(painter, frame, area, self._at)
        self._pictures.draw(painter, frame, area, self.placed(frame), self._under)
        if self._said is not None:
            draw_bubble(painter, frame, area, self._said[1], (self._said[0],), frame.palette.warning)
        elif self._tip and self._at is not None:
            draw_bubble(painter, frame, area, self._at, self._tip)

    def _draw_preview(self, painter: QPainter, frame: Frame, area: QRectF, at: QPointF) -> None:
        shown = self._owner.preview(self._price(at))
        if shown is None:
            return
        y = round(frame.y_of(shown.price))
        painter.setPen(QColor(shown.colour))
        painter.drawLine(0, y, int(area.width()), y)
        draw_bubble(painter, frame, area, QPointF(at.x(), y), shown.words, shown.colour)

    @property
    def cursor(self) -> Qt.CursorShape | None:
        """None where it is the chart's own."""
        if self.drag is not None:
            return Qt.CursorShape.SizeVerCursor
        if self._under is None:
            return None
        can_act = self._under.button is not None or self._under.placed.pill.movable
        if not can_act:
            return None
        if self._owner.locked:
            return Qt.CursorShape.ForbiddenCursor
        return Qt.CursorShape.PointingHandCursor if self._under.button else Qt.CursorShape.SizeVerCursor

    # --- what the mouse does ---

    def press(self, event: QMouseEvent) -> bool:
        """Whether the event is ours; the chart does not hear of those."""
        at = self._inside(event.position())
        if self.drag is not None:
            # A second button while a line is held means: not this.
            self.let_go()
            self._swallows = True
            return True
        self._press = self._button = None
        if at is None:
            return False
        frame = self._chart.frame
        placed = self.placed(frame)
        self._settle(frame, placed)
        self._under = hit(placed, at.x(), at.y())
        if at != self._at:
            self._guard.hover(self._beneath(frame, at, self._under))
        self._at, self._tip = at, ()
        on_pill = self._under is not None and self._under.placed.covers(at.x(), at.y())
        # A click that misses a button by a hair must not become an order beneath it.
        kind = None if on_pill else self._kind_of(event)
        if event.button() == LEFT and (on_pill or not self._has_control(event)) and self._take(event, at):
            return True
        is_ours = event.button() == RIGHT or self._has_control(event)
        price = self._price(at) if len(self._chart.frame.series) else 0.0
        side = None if kind is None else self._owner.side(kind, price)
        if kind is not None and not self._owner.locked and self._guard.has_jumped:
            self.say(JUMPED, at)
            self._swallows = is_ours
            return is_ours
        self._press = _Press(event.button(), at, price, kind, side, is_ours)
        return is_ours

    def _take(self, event: QMouseEvent, at: QPointF) -> bool:
        """Hold of what is under the pointer."""
        under = self._under
        if under is None or not (under.button is not None or under.placed.pill.movable):
            if why := self._missed(under):
                self.say(why, at)
                self._swallows = True
            return bool(why) or (under is not None and under.placed.covers(at.x(), at.y()))
        self._swallows = True
        if self._owner.locked:
            self.say(self._owner.locked, at)
        elif self._guard.has_jumped:
            self.say(JUMPED, at)
        elif under.button is not None:
            self._button = under
        else:
            held = self._owner.held(under.key, together=bool(event.modifiers() & TOGETHER))
            if held:
                self.drag = Drag(held, at.y(), self._chart.frame.price_at(at.y()))
            else:
                self.say(self._owner.busy(under.key) or GONE, at)
        return True

    def _missed(self, under: Hit | None) -> str:
        """Why a hand gets no hold of what it reaches for; empty where it reaches for nothing."""
        if under is not None:
            return self._owner.busy(under.key)
        before = self._guard.before
        if not (self._guard.has_jumped and isinstance(before, tuple)):
            return ""
        key, button = before
        pill = next((one.pill for one in self._placed if one.pill.key == key), None)
        return (self._owner.locked or JUMPED) if pill is None or pill.movable or button is not None else ""

    def move(self, event: QMouseEvent) -> bool:
        at = self._inside(event.position(), clamped=self.drag is not None)
        if self.drag is not None and at is not None:
            self._pull(event, at)
            return True
        if self._swallows:
            return True
        self._hover(at, event)
        # Over a pill the crosshair would strike its words out.
        over = self._under is not None and at is not None and self._under.placed.covers(at.x(), at.y())
        return over and not event.buttons()

    def _pull(self, event: QMouseEvent, at: QPointF) -> None:
        assert self.drag is not None
        self._at = at
        held = self._owner.held(self.drag.key, together=bool(event.modifiers() & TOGETHER))
        others = [(key, price) for key, price in held if key != self.drag.key]
        before = self.drag
        price = self._chart.frame.price_at(at.y())
        self.drag = pulled(regrouped(before, others), at.y(), price, self._owner.snap)
        if self.drag != before:
            self.pulled.emit()

    def release(self, event: QMouseEvent) -> bool:
        drag, button, press = self.drag, self._button, self._press
        swallowed, self._swallows = self._swallows, False
        self.drag = self._button = self._press = None
        if drag is not None:
            if drag.has_moved:
                self.dropped.emit(drag)
            self.pulled.emit()
        elif button is not None:
            at = event.position()
            under = hit(self.placed(self._chart.frame), at.x(), at.y())
            if under is not None and (under.key, under.button) == (button.key, button.button):
                self.pressed.emit(button.key, button.button)
        elif press is not None and press.button == event.button():
            self._click(press, event)
            return press.is_ours
        return swallowed

    def _click(self, press: _Press, event: QMouseEvent) -> None:
        """Only where the pointer has stayed: what has moved was a pan."""
        moved = event.position() - press.at
        if max(abs(moved.x()), abs(moved.y())) >= THRESHOLD:
            return
        if press.kind is not None:
            if self._owner.locked:
                self.say(self._owner.locked, press.at)
            else:
                self.clicked.emit(press.kind, press.side, press.price)
        elif press.button == RIGHT:
            self.menu_wanted.emit(press.price, event.globalPosition().toPoint())

    def leave(self) -> None:
        if self.drag is None:
            self._at = self._under = None
            self._guard.hover(None)
            self._previews = False
            self._tip = ()
            self._patience.stop()
            self._repaint()

    def key(self, key: int, *, is_down: bool) -> bool:
        """Whether the key was meant for the hand."""
        if key == Qt.Key.Key_Control and self.drag is None and self._at is not None:
            self._previews = is_down or self._owner.plain_clicks
            self._repaint()
            return False
        if not is_down or not self.wants(key):
            return False
        self.let_go()
        return True

    def wants(self, key: int) -> bool:
        return key == Qt.Key.Key_Escape and self.drag is not None

    def menu(self, place: QPoint) -> None:
        """At the pointer's price, or at the latest where it is not over the prices."""
        frame = self._chart.frame
        if len(frame.series):
            price = self._owner.snap(frame.last_price) if self._at is None else self._price(self._at)
            self.menu_wanted.emit(price, place)

    def let_go(self, sentence: str = "") -> None:
        """End what the hand has begun, a drag or a press, with nothing done; the button may still be down. The
        sentence is about that: a hand that has begun nothing but a pan does not hear it."""
        begun = self.drag or self._button or (self._press is not None and self._press.kind)
        self._press = self._button = None
        if self.drag is not None:
            self.drag = None
            self.pulled.emit()
        if sentence and begun:
            self.say(sentence)

    # --- inside ---

    def _hover(self, at: QPointF | None, event: QMouseEvent) -> None:
        frame = self._chart.frame
        under = None if at is None else hit(self.placed(frame), at.x(), at.y())
        tip = () if at is None or under is not None else self._owner.tip(at.x(), at.y())
        wants = self._owner.plain_clicks or self._has_control(event)
        previews = wants and at is not None and under is None and not event.buttons()
        was = (self._under, self._tip, self._previews)
        if under != self._under:
            self._patience.start() if under is not None else self._patience.stop()
        elif under is not None and self._tip and not tip:
            tip = self._tip
        self._at, self._under, self._tip, self._previews = at, under, tip, previews
        self._guard.hover(None if at is None else self._beneath(frame, at, under))
        if previews or was != (under, tip, previews):
            self._repaint()

    def _settle(self, frame: Frame, placed: tuple[PlacedPill, ...]) -> None:
        """A new picture under a resting pointer: another line, or the same prices elsewhere."""
        at = self._at
        if at is not None and self.drag is None:
            self._guard.settle(self._beneath(frame, at, hit(placed, at.x(), at.y())))

    def _beneath(self, frame: Frame, at: QPointF, under: Hit | None) -> object:
        """The line or button, else the price; a scale that moves by less than a click may miss shows the same one."""
        if not len(frame.series):
            return None
        if under is not None:
            return under.key, under.button
        known = self._guard.under
        if isinstance(known, float) and abs(frame.y_of(known) - at.y()) < THRESHOLD:
            return known
        return frame.price_at(at.y())

    def _explain(self) -> None:
        """The pointer has rested on a line."""
        if self._under is None or self.drag is not None:
            return
        pill, button = self._under.placed.pill, self._under.button
        words = {Button.CANCEL: "Cancel this order", Button.CLOSE: "Close the position at market"}
        tip = pill.tip if button is None else words.get(button, "Close, then open the same size on the other side")
        can_act = button is not None or pill.movable
        lines = (self._under.placed.untold, tip, self._owner.locked if can_act else "")
        self._tip = tuple(line for line in lines if line)
        self._repaint()

    def _hush(self) -> None:
        self._said = None
        self._repaint()

    def _repaint(self) -> None:
        self._chart.repaint_layers()

    def _inside(self, at: QPointF, *, clamped: bool = False) -> QPointF | None:
        """In pixels of the price pane, None outside of it; while something is held, the nearest place in it."""
        area = self._chart.frame.price_pane
        if clamped:
            return QPointF(min(max(at.x(), 0.0), area.width()), min(max(at.y(), 0.0), area.height()))
        return at - area.topLeft() if area.contains(at) else None

    def _price(self, at: QPointF) -> float:
        return self._owner.snap(self._chart.frame.price_at(at.y()))

    def _kind_of(self, event: QMouseEvent) -> ClickKind | None:
        """What an order by this click would be."""
        button, control = event.button(), self._has_control(event)
        if not control:
            # The menu stays within reach: by Shift, and while nothing trades.
            shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            if not self._owner.plain_clicks or (button == RIGHT and (shifted or self._owner.locked)):
                return None
        return {LEFT: ClickKind.LIMIT, RIGHT: ClickKind.STOP}.get(button)

    @staticmethod
    def _has_control(event: QMouseEvent) -> bool:
        return bool(event.modifiers() & CONTROL)
