"""The order book to trade from: as a book, asks over bids, or as a ladder of all prices with one's own orders."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QAction,
    QHelpEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip
from shiboken6 import isValid

from hlmaster.core.events import (
    BookChanged,
    ContextChanged,
    DataDefect,
    LinkChanged,
    OrderChanged,
    PositionsChanged,
    StalenessChanged,
    TradesSeen,
)
from hlmaster.ui import figures
from hlmaster.ui.actions import Action
from hlmaster.ui.attempts import Placed
from hlmaster.ui.context import Context
from hlmaster.ui.ink import colour
from hlmaster.ui.ladder.gestures import IDLE, Deed, Gesture, Now
from hlmaster.ui.ladder.grid import step_text
from hlmaster.ui.ladder.hands import Hands
from hlmaster.ui.ladder.header import Header
from hlmaster.ui.ladder.keyboard import Keyboard
from hlmaster.ui.ladder.options import Follow, Layout, Options
from hlmaster.ui.ladder.painting import Picture
from hlmaster.ui.ladder.rows import Row
from hlmaster.ui.ladder.scene import Scene
from hlmaster.ui.ladder.view import Look, View
from hlmaster.ui.ladder.words import explain, nothing_to_show, says
from hlmaster.ui.market_panel import PaintedPanel, decimals_of
from hlmaster.ui.theme import Theme

NOTCH = 120
ROWS_A_NOTCH = 3


class LadderPanel(PaintedPanel):
    KEY, TITLE = "book", "Book"

    def __init__(self, context: Context) -> None:
        self.options = Options()
        self.scene = Scene(context, self.options)
        self.view: View | None = None
        """What was painted last."""
        self._said = ""
        self._turned = 0
        super().__init__(context)
        self.hands = Hands(lambda: self.view, self._now, context.desk.clock.monotonic)
        self.keyboard = Keyboard(self.hands, lambda: self.view, self._now, self.perform, self.centre, self._scroll)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumSize(180, 120)
        self.controls = Header(context, self.options, self.options_changed, self.centre)
        self.header, self.grouping = self.controls, self.controls.grouping
        self.grouping.menu().aboutToShow.connect(self._fill_grouping)
        self._listen(context)
        self._add_actions(context)
        self.show_coin()

    def _listen(self, context: Context) -> None:
        bridge = context.bridge
        bridge.on_state(self, BookChanged, self._redraw)
        bridge.on_state(self, ContextChanged, self._redraw)
        bridge.on_state(self, TradesSeen, self._redraw)
        bridge.on_state(self, PositionsChanged, lambda _: self._show_position())
        bridge.on_fact(self, OrderChanged, self._order_changed)
        bridge.on_fact(self, StalenessChanged, self._redraw)
        bridge.on_fact(self, LinkChanged, self._link_changed)
        bridge.on_fact(self, DataDefect, lambda fact: self.scene.take_defect(fact, self.market))
        bridge.on_fact(self, TradesSeen, lambda fact: self.scene.take_trades(fact, self.coin))
        context.arming.changed.connect(self.refresh)
        context.quick.size_changed.connect(self.refresh)

    def _add_actions(self, context: Context) -> None:
        for key, title, run, hint in (
            ("ladder.mode", "Book or ladder", self.turn_layout, "Asks over bids, or one column of all prices"),
            ("ladder.centre", "Centre the ladder", self.centre, "Bring the best prices into the middle"),
            ("ladder.follow", "How the ladder follows", self.turn_follow, "Still, centred by itself, always centred"),
            ("ladder.grouping_finer", "Finer prices in the book", partial(self.step_group, -1), "The next finer step"),
            ("ladder.grouping_coarser", "Coarser prices in the book", partial(self.step_group, 1), "The next step"),
            ("ladder.totals", "Totals in the book", self.turn_totals, "Sums from the best price on"),
            ("ladder.unit", "Book in coins or USD", partial(self.turn, "in_usd"), "The unit of the sizes"),
            ("ladder.traded", "Traded volume in the ladder", partial(self.turn, "traded"), "Bars at each price"),
        ):
            context.actions.add(Action(key, title, "Book", run, hint=hint), self)

    def dress(self, theme: Theme) -> None:
        self.scene.look = Look.of(theme)
        self.picture = Picture(self.scene.look)
        super().dress(theme)

    def help_page(self) -> str:
        return "ladder"

    # --- what is remembered ---

    def save_state(self) -> dict[str, Any]:
        return self.options.save()

    def restore_state(self, state: dict[str, Any]) -> None:
        self.options.restore(state)
        self.options_changed()

    # --- what is shown ---

    def show_coin(self) -> None:
        self.scene.begin()
        self.scene.count_traded(self.market)
        self.hands.let_go()
        self.view = None  # Its prices are another coin's: no gesture may be read from it
        self._said = ""
        self.options_changed()
        self._show_position()

    def beat(self) -> None:
        self._show_grouping()
        self._show_position()
        market = self.market
        if market is not None and self.scene.stale_sentence(market):
            self.refresh()

    def refresh(self) -> None:
        """Paint again if the picture would be another."""
        view = self._lay_out()
        if view is None or view != self.view:
            self.update()

    def _redraw(self, fact: BookChanged | ContextChanged | StalenessChanged | TradesSeen) -> None:
        if fact.coin == self.coin and self.isVisible():
            self.refresh()

    def _order_changed(self, fact: OrderChanged) -> None:
        if fact.order.order.coin == self.coin:
            self.scene.orders_changed()
            if self.isVisible():
                self.refresh()

    def _link_changed(self, fact: LinkChanged) -> None:
        self.scene.take_link(fact, self.market)
        self.refresh()

    def _show_position(self) -> None:
        position, market = self.context.desk.portfolio.position(self.coin), self.market
        price = None if market is None else market.mid or market.mark
        self.controls.show_position(position, 2 if market is None or not price else decimals_of(market, price))

    # --- options ---

    def options_changed(self) -> None:
        self.scene.begin()
        self._show_grouping()
        self.refresh()

    def turn_layout(self) -> None:
        self.options.layout = Layout.LADDER if self.options.layout is Layout.BOOK else Layout.BOOK
        self.options_changed()

    def turn_follow(self) -> None:
        follows = tuple(Follow)
        self.options.follow = follows[(follows.index(self.options.follow) + 1) % len(follows)]
        self.options_changed()

    def turn_totals(self) -> None:
        self.turn("cumulative" if self.options.layout is Layout.LADDER else "totals")

    def turn(self, name: str) -> None:
        """A switch of the options over."""
        setattr(self.options, name, not getattr(self.options, name))
        self.options_changed()

    def centre(self) -> None:
        self.scene.begin()
        self.refresh()

    # --- grouping ---

    def choose_group(self, index: int) -> None:
        """The n-th step that is offered; 0 is the book as it is."""
        self.scene.choose(self.coin, self.scene.steps(self.market)[index][1])
        self.options_changed()

    def step_group(self, by: int) -> None:
        chosen, steps = self._group, [group for _, group in self.scene.steps(self.market)]
        index = steps.index(chosen) + by if chosen in steps else 0
        if 0 <= index < len(steps):
            self.choose_group(index)

    @property
    def _group(self) -> tuple[int, int] | None:
        market = self.market
        return None if market is None else self.scene.grid(market).group

    def _show_grouping(self) -> None:
        text = self.scene.step_text(self.market)
        self.controls.show_step(text if text == figures.UNKNOWN else f"{text} ▾")
        # The venue groups one book for all ladders: who is out of sight does not keep it
        self.context.desk.charts.group_book(self.coin, self._group if self.isVisible() else None, self)

    def _fill_grouping(self) -> None:
        menu, chosen = self.grouping.menu(), self._group
        menu.clear()
        for index, (step, group) in enumerate(self.scene.steps(self.market)):
            action = QAction(step_text(step), menu, checkable=True, checked=group == chosen)
            action.triggered.connect(lambda _=False, index=index: self.choose_group(index))
            menu.addAction(action)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_grouping()

    def hideEvent(self, event: QHideEvent) -> None:
        self.context.desk.charts.group_book(self.coin, None, self)
        super().hideEvent(event)

    # --- the picture ---

    def _lay_out(self) -> View | None:
        market, scene = self.market, self.scene
        scene.resize(self.width(), self.height())
        scene.holds_still = self.hands.grip is not None or (
            self.context.arming.is_on and self.hands.at is not None and self.underMouse()
        )
        view = None if market is None else scene.view(market)
        if view is None or market is None:
            return None
        self.hands.settle(view.rows, scene.look.row)
        one, other, pointed = self.hands.intents(view, scene.look.row)
        cursor = self.hands.cursor_row(view.rows) if self.hasFocus() else None
        lines, warns = says(view, one, other, self._said, self.context.quick.size_text(view.coin))
        return replace(view, says=lines, warns=warns, told=bool(self._said), pointed=pointed, cursor=cursor)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour(self.theme.panel))
        self.view = self._lay_out()
        if self.view is None:
            self.picture.teach(painter, self.rect(), nothing_to_show(self.context.desk, self.coin, self.market))
            return
        self.picture.paint(painter, self.view, self.width(), self.height())

    @property
    def rows(self) -> tuple[Row, ...]:
        """What was painted last, top to bottom."""
        return () if self.view is None else self.view.rows

    def _now(self) -> Now:
        market = self.market
        assert market is not None, "gestures need rows, and rows a market"
        return self.scene.now(market, 0 if self.view is None else self.view.price_decimals)

    # --- gestures ---

    def perform(self, gesture: Gesture) -> None:
        """Do what was said, or say why not."""
        quick = self.context.quick
        self._said = gesture.text if gesture.is_refused else ""
        match gesture.deed:
            case Deed.PICK if self.coin != self.context.coin:
                self._said = f"The ticket is for {self.context.coin}, not {self.coin}."
            case Deed.PICK:
                self.context.price_picked.emit(self.coin, gesture.price)
            case Deed.LIMIT:
                self._await(quick.limit(self.coin, gesture.price, gesture.side))
            case Deed.STOP:
                self._await(quick.stop(self.coin, gesture.price, gesture.side))
            case Deed.CANCEL:
                for order in gesture.orders:
                    self._await(quick.cancel(order))
            case Deed.MOVE:
                self._await(quick.move_all(dict.fromkeys(gesture.orders, gesture.price)))
        self.refresh()

    def _await(self, placed: Placed | None) -> None:
        """What came to nothing says so here, where it was meant."""
        if placed is None:
            self._said = self.context.quick.why_not(placed)
        else:
            placed.add_done_callback(self._say_why)

    def _say_why(self, placed: Placed) -> None:
        why = self.context.quick.why_not(placed)
        if why and isValid(self):
            self._said = why
            self.refresh()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.view is not None and event.position().y() >= self.height() - self.picture.strip(
            self.view, self.width()
        ):
            self._said = ""  # What is said lies over rows that nobody sees: a press there puts it away
            self.refresh()
            return
        self._said = ""
        self.hands.press(event.button(), event.position(), self.scene.look.row)
        self.refresh()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        grip = self.hands.grip
        if grip is None or event.button() is not grip.button:
            return
        gesture = self.hands.release(event.position(), self.scene.look.row)
        if event.button() is Qt.MouseButton.MiddleButton and gesture is IDLE:
            self.centre()
            return
        self.perform(gesture)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        gesture = self.hands.double(event.position(), self.scene.look.row)
        if gesture is not None and event.button() is Qt.MouseButton.LeftButton:
            self.perform(gesture)
        else:
            self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def _hover(self, at: QPointF | None) -> None:
        if at is not None and self.hands.at is not None and at.y() != self.hands.at.y():
            self._said = ""
        self.hands.hover(at, self.scene.look.row)
        self.refresh()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scrolls the ladder; with Ctrl the grouping."""
        market = self.market
        self._turned += event.angleDelta().y()
        notches = int(self._turned / NOTCH)
        self._turned -= notches * NOTCH
        if notches and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.step_group(1 if notches > 0 else -1)
        elif notches and market is not None and self.options.layout is Layout.LADDER:
            self.scene.scroll(market, notches * ROWS_A_NOTCH)
            self.refresh()
        event.accept()

    # --- keys ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.keyboard.is_ours(event):
            super().keyPressEvent(event)
            return
        self._said = ""
        self.keyboard.take(event)
        self.refresh()
        self.setAccessibleDescription(self.keyboard.description())
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))

    def _scroll(self, price: float, rows: int) -> float | None:
        market = self.market
        if market is None or self.options.layout is not Layout.LADDER:
            return None
        self.scene.scroll(market, -rows)
        return self.scene.grid(market).moved(price, -rows)

    # --- the tooltip ---

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.explain(event.pos().y()), self)
            return True
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.ShortcutOverride
            and self.keyboard.is_ours(event)
        ):
            event.accept()  # What is a shortcut elsewhere is the ladder's key while it has the focus
            return True
        return super().event(event)

    def explain(self, y: float) -> str:
        """The tooltip at this height."""
        index = self.hands.row_at(y, self.scene.look.row)
        row = None if index is None or self.view is None else self.view.rows[index]
        return explain(row, self.view, self.market)
