"""Trading on one chart: the trader's lines are shown and moved, clicks become orders, fills are marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from PySide6.QtCore import QObject, QPoint, QPointF
from PySide6.QtWidgets import QMenu
from shiboken6 import Shiboken

from hlmaster.core.events import FillBooked, OrderChanged, SessionRestored
from hlmaster.core.model import Side
from hlmaster.core.orders import OrderStatus
from hlmaster.core.records import TradeChanged, TradesRestored
from hlmaster.core.rounding import PERP_MAX_DECIMALS, snap_price, to_decimal, to_float
from hlmaster.trading.protection.protector import LEAVING
from hlmaster.ui import figures, moving
from hlmaster.ui.attempts import Placed
from hlmaster.ui.chart_menu import chart_menu
from hlmaster.ui.chart_switches import ChartSwitches
from hlmaster.ui.charts.candle_chart import CandleChart
from hlmaster.ui.charts.click_orders import ClickKind, Touch, implied_side, impossible, offers, order_words
from hlmaster.ui.charts.drag import Drag, left_of, renamed
from hlmaster.ui.charts.fill_layer import FillLayer
from hlmaster.ui.charts.fill_marks import Deal
from hlmaster.ui.charts.handles import Handles
from hlmaster.ui.charts.lines import PriceLine
from hlmaster.ui.charts.owner import Held, Owner, Preview
from hlmaster.ui.charts.pill import Button
from hlmaster.ui.draft_lines import draft_lines
from hlmaster.ui.ladder.queues import Queues
from hlmaster.ui.market_panel import MarketPanel, decimals_of
from hlmaster.ui.own_deals import FillKey, own_deals, own_trips, told
from hlmaster.ui.own_lines import MOVING, OwnLine, own_lines, successors

PATIENCE_SECONDS = 10.0
"""For a stop of ours to stand where it was dropped; then it is told that it does not."""


@dataclass(frozen=True, slots=True)
class Move:
    """A line on its way. ``until``: monotonic seconds, of a move that only the exchange's orders end."""

    price: Decimal
    until: float | None = None


class ChartTrading(QObject, Owner):
    """``refresh`` whenever something of the coin's orders, position or mark has changed."""

    def __init__(self, panel: MarketPanel, chart: CandleChart) -> None:
        super().__init__(panel)
        self._panel, self._chart, self._context = panel, chart, panel.context
        self._desk = panel.context.desk
        self.switches = ChartSwitches.of(panel.context)
        self.handles = Handles(chart, self)
        self._fills = FillLayer(chart)
        self._coin = panel.coin
        self._lines: dict[str, OwnLine] = {}
        self._picked: dict[str, OwnLine] = {}
        """As they stood when the hand took one."""
        self._moves: dict[str, Move] = {}
        self._deals: dict[FillKey, Deal] = {}
        self._told = ""
        Queues.of(panel.context)  # From an order's placement on, whether or not a ladder is open then
        self.handles.pulled.connect(self._draw)
        self.handles.dropped.connect(self._drop)
        self.handles.pressed.connect(self._press)
        self.handles.clicked.connect(self._click)
        self.handles.menu_wanted.connect(self.open_menu)
        self._listen()

    def _listen(self) -> None:
        context, bridge = self._context, self._context.bridge
        context.arming.changed.connect(self._take_arming)
        context.theme_changed.connect(self.refresh)
        context.quick.size_changed.connect(self._chart.repaint_layers)
        context.quick.bracket_changed.connect(self._draw)
        self.switches.changed.connect(self._take_switches)
        self._take_switches()
        bridge.on_fact(self._panel, FillBooked, lambda fact: self._take_deals(fact.fill.coin))
        bridge.on_fact(self._panel, TradeChanged, self._take_trade)
        for kind in (SessionRestored, TradesRestored):
            bridge.on_fact(self._panel, kind, lambda _: self._take_deals(self._coin))
        bridge.on_fact(self._panel, OrderChanged, lambda fact: self._look_after(fact.order.client_order_id))

    # --- what is shown ---

    def _take_coin(self) -> None:
        """Whatever was in the hand or on its way is the other market's."""
        if self._panel.coin != self._coin:
            self.handles.let_go(f"Nothing was sent: the chart shows {self._panel.coin} by now.")
            self._coin = self._panel.coin
            self._moves.clear()
            self._take_deals(self._coin)

    def refresh(self) -> None:
        self._take_coin()
        shown = own_lines(self._desk, self._coin, self._decimals) if self.switches.orders else []
        self._lines = {line.key: line for line in shown}
        self._settle_moves()
        drag = self.handles.drag
        if drag is not None:
            drag = renamed(drag, successors(self._picked, self._lines))
            left = left_of(drag, self._lines.keys())
            if left is None:
                self.handles.let_go(self._why_gone(drag.key))
            else:
                self.handles.drag = left
        self._draw()
        self._tell_readers()

    def _tell_readers(self) -> None:
        """For who hears the screen: the lines, without what every mark price changes."""
        lines = [
            f"{line.title} {line.size} at {self._price_text(to_float(line.price))}" for line in self._lines.values()
        ]
        words = "; ".join(lines) or "No orders and no position"
        if words != self._told:
            self._told = words
            self._chart.setAccessibleDescription(words)

    def beat(self) -> None:
        """What only time can end."""
        if any(move.until is not None for move in self._moves.values()):
            self.refresh()

    def _draw(self) -> None:
        mark = self._desk.survey.mark(self._coin)
        drag = self.handles.drag
        targets = {key: (move.price, MOVING) for key, move in self._moves.items()}
        if drag is not None and drag.has_moved:
            there = {key: self._exact(price) for key, price in drag.prices.items()}
            why_not = moving.obstacles(self._desk, self._coin, there)
            targets |= {key: (price, why_not.get(key, "")) for key, price in there.items()}
        shown: list[PriceLine] = []
        standing = {(line.kind, line.price) for line in self._lines.values()} if drag is None else set()
        for line in self._lines.values():
            if line.family in targets and line.stake is not None:
                # The exits of an entry that is moved are judged by where that will be.
                line = replace(line, stake=replace(line.stake, entry=targets[line.family][0]))
            if line.key not in targets:
                shown.append(self._dressed(line).at(line.price, mark))
                continue
            target, note = targets[line.key]
            shown.append(PriceLine(to_float(line.price), "", line.kind, faint=True))
            if (line.kind, target) in standing:
                continue  # what takes its place is there already
            shown.append(line.at(target, mark, note=note, in_hand=True))
        if self.switches.orders:
            shown += draft_lines(self._context.quick.bracket, self._coin, mark)
        self._chart.set_lines(shown)

    def _dressed(self, line: OwnLine) -> OwnLine:
        """Without what only an armed hand may press: one click on it trades at the market."""
        if self.locked and Button.CLOSE in line.buttons:
            return replace(line, buttons=())
        return line

    def _take_switches(self) -> None:
        self.plain_clicks = self.switches.clicks
        self._take_deals(self._coin)
        self.refresh()

    def _take_arming(self) -> None:
        if self.locked:
            self.handles.let_go(f"Nothing was sent. {self.locked}")
        self._draw()
        self._chart.repaint_layers()

    def _take_trade(self, fact: TradeChanged) -> None:
        """An open trade is measured all the time, and has no line yet."""
        if fact.trade.closed_ms:
            self._take_deals(fact.trade.coin)

    def _take_deals(self, coin: str) -> None:
        if coin == self._coin:
            self._deals = own_deals(self._desk, coin, self._deals)
            deals = list(self._deals.values()) if self.switches.fills else []
            self._fills.show(deals, own_trips(self._desk, coin) if self.switches.trades else [])

    @property
    def _decimals(self) -> int:
        market = self._panel.market
        price = None if market is None else market.mark or market.mid
        return 2 if market is None or price is None else decimals_of(market, price)

    # --- what the hand asks ---

    @property
    def locked(self) -> str:  # type: ignore[override]
        return "" if self._context.arming.is_on else self._context.arming.refusal

    def seconds(self) -> float:
        return self._desk.clock.monotonic()

    def snap(self, price: float) -> float:
        return to_float(self._exact(price))

    def _exact(self, price: float) -> Decimal:
        market = self._panel.market
        exact = to_decimal(max(price, 0.0), PERP_MAX_DECIMALS)
        if market is None:
            return exact
        decimals = market.instrument.size_decimals
        least = Decimal(1).scaleb(decimals - PERP_MAX_DECIMALS)
        return snap_price(max(exact, least), decimals)

    def held(self, key: str, *, together: bool) -> Held:
        line = self._lines.get(key)
        if line is None or key in self._moves:
            return ()
        if self.handles.drag is None:
            self._picked = self._lines
        company = [
            other
            for other in self._lines.values()
            if together and line.family and other.family == line.family and other is not line
        ]
        return tuple((one.key, to_float(one.price)) for one in (line, *company) if one.key not in self._moves)

    def busy(self, key: str) -> str:
        if key in self._moves:
            return moving.ON_ITS_WAY
        line = self._lines.get(key)
        return LEAVING if line is not None and line.is_leaving else ""

    def preview(self, price: float) -> Preview | None:
        touch, size = self._touch, self._context.quick.size_text(self._coin) or "(no size)"
        sides = {kind: implied_side(kind, price, touch) for kind in ClickKind}
        if self.locked or touch.middle is None:
            return None
        words = {
            kind: order_words(kind, side, size, self._price_text(price))
            for kind, side in sides.items()
            if side is not None
        }
        palette = self._chart.colours
        lines = (words[ClickKind.LIMIT], f"right click: {words[ClickKind.STOP]}")
        return Preview(price, lines, palette.up if sides[ClickKind.LIMIT] is Side.BUY else palette.down)

    def side(self, kind: ClickKind, price: float) -> Side | None:
        return implied_side(kind, price, self._touch)

    def tip(self, x: float, y: float) -> tuple[str, ...]:
        mark = self._fills.mark_at(x, y)
        if mark is None:
            return ()
        zone = figures.zone(self._desk.settings.general.time_zone)
        return told(mark, figures.moment(mark.time_ms, zone), self._price_text(mark.price))

    @property
    def _touch(self) -> Touch:
        market = self._panel.market
        quote = None if market is None else market.quote
        if quote is None:
            return Touch()
        bid, ask = quote.bid, quote.ask
        return Touch(None if bid is None else bid.price, None if ask is None else ask.price)

    def _price_text(self, price: float) -> str:
        market = self._panel.market
        return figures.price(price, None if market is None else market.instrument.size_decimals)

    # --- what the hand does ---

    def _drop(self, drag: Drag) -> None:
        """All that was held goes as one gesture. What protection keeps stands anew before the old one goes."""
        self.refresh()
        drag = renamed(drag, successors(self._picked, self._lines))
        there = {key: self._exact(price) for key, price in drag.prices.items() if key in self._lines}
        task = self._context.quick.move_all({key: to_float(price) for key, price in there.items()})
        if task is None:
            self._tell_failure(task, drag.key)
            return
        self._moves |= {key: Move(price) for key, price in there.items()}
        task.add_done_callback(lambda done: self._answered(done, there))
        self._draw()

    def _answered(self, task: Placed, there: Mapping[str, Decimal]) -> None:
        """What went is there, or is kept and on its way; the rest is back where it was, and says why."""
        if not Shiboken.isValid(self):
            return  # the chart was closed meanwhile
        failed = self._context.quick.why_not(task) or task.cancelled()
        until = self._desk.clock.monotonic() + PATIENCE_SECONDS
        for key, price in there.items():
            move, line = self._moves.pop(key, None), self._lines.get(key)
            if move is not None and line is not None and line.is_kept and not failed:
                self._moves[key] = Move(price, until)
        self.refresh()
        if failed:
            self._tell_failure(task, next(iter(there)))

    def _tell_failure(self, task: Placed | None, key: str) -> None:
        """At the line, which is back where it was."""
        why = self._context.quick.why_not(task) or "The order was not moved."
        self.handles.say(why, self._place_of(key))

    def _settle_moves(self) -> None:
        """A kept stop is there when its old order is gone; one that takes too long is told of."""
        now = self._desk.clock.monotonic()
        for key, move in tuple(self._moves.items()):
            if move.until is None:
                continue
            if key not in self._lines:
                del self._moves[key]
            elif now >= move.until:
                del self._moves[key]
                price = self._price_text(to_float(self._lines[key].price))
                self.handles.say(f"The stop still stands at {price}; it is tried again.", self._place_of(key))

    def _look_after(self, key: str) -> None:
        drag = self.handles.drag
        if drag is not None and drag.holds(key):
            self.refresh()

    def _why_gone(self, key: str) -> str:
        tracked = self._desk.orders.get(key)
        if tracked is not None and tracked.status is OrderStatus.FILLED:
            return "The order was filled while it was held, so nothing was moved."
        return "The order is gone, so nothing was moved."

    def _place_of(self, key: str) -> QPointF | None:
        line, frame = self._lines.get(key), self._chart.frame
        if line is None:
            return None
        row = min(max(frame.y_of(to_float(line.price)), 0.0), frame.price_pane.height())
        return QPointF(frame.price_pane.width() / 3, row)

    def _press(self, key: str, button: Button) -> None:
        quick = self._context.quick
        match button:
            case Button.CANCEL:
                task = quick.cancel(key)
            case Button.CLOSE:
                task = quick.close(self._coin, 1)
            case Button.REVERSE:
                task = quick.reverse(self._coin)
        self._follow(task)

    def _click(self, kind: ClickKind, side: Side | None, price: float) -> None:
        """``side`` as it was when the button went down: a market that passes the price turns no buy into a sell."""
        reason = "there is no market price" if side is None else impossible(kind, side, price, self._touch)
        if side is None or reason:
            self.handles.say(f"Nothing was sent: {reason}.")
        else:
            self._order(self._coin, kind, side, price)

    def _order(self, coin: str, kind: ClickKind, side: Side, price: float) -> None:
        """``coin``: whose price was clicked."""
        if coin != self._coin:
            self.handles.say(f"Nothing was sent: the chart shows {self._coin} by now.")
            return
        quick = self._context.quick
        self._follow((quick.limit if kind is ClickKind.LIMIT else quick.stop)(coin, price, side))

    def _follow(self, task: Placed | None) -> None:
        """What comes of a gesture is said where it was made, when it is not what was meant."""
        if task is None:
            self._say_why(task)
        else:
            task.add_done_callback(self._say_why)

    def _say_why(self, task: Placed | None) -> None:
        if Shiboken.isValid(self) and (why := self._context.quick.why_not(task)):
            self.handles.say(why)

    # --- the menu ---

    def open_menu(self, price: float, place: QPoint) -> QMenu:
        """Shown at a place of the screen."""
        words = self._price_text(price)
        size = self._context.quick.size_text(self._coin)
        shown = offers(price, words, self._touch, size, "gestures are locked" if self.locked else "")
        menu = chart_menu(self._chart, self._context, self._coin, price, words, shown, partial(self._order, self._coin))
        menu.popup(place)
        return menu
