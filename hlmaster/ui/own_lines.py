"""What the trader has in a market, as lines on its chart: position, liquidation price, resting and waiting orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from hlmaster.core.events import TrackedOrder
from hlmaster.core.model import FeeRates, Side
from hlmaster.core.orders import Order, TriggerKind
from hlmaster.core.rounding import to_float
from hlmaster.desk.desk import Desk
from hlmaster.trading.portfolio import PositionView
from hlmaster.trading.protection.cover import parent_of
from hlmaster.trading.protection.protector import LEAVING
from hlmaster.ui import figures
from hlmaster.ui.charts.lines import LineKind, PriceLine
from hlmaster.ui.charts.pill import Button, Cell, Pill, Tone
from hlmaster.ui.stake import Stake, distance

POSITION, LIQUIDATION, STOPS = "position", "liquidation", "stops"
MOVING = "moving …"
RESULT, SIZE, DISTANCE = 3, 2, 1
"""Weights of the cells: what goes first where a chart is narrow."""


@dataclass(frozen=True, slots=True)
class OwnLine:
    """``family`` names the lines that go along when Shift or Alt is held; ``stake`` what its price is judged by."""

    key: str
    kind: LineKind
    price: Decimal
    title: str
    size: str = ""
    stake: Stake | None = None
    buttons: tuple[Button, ...] = ()
    movable: bool = False
    family: str = ""
    is_kept: bool = False
    """A stop or target of the desk's own protection."""
    is_leaving: bool = False
    """One of those in whose place another stands already."""
    tip: str = ""

    def at(self, price: Decimal, mark: Decimal | None, *, note: str = "", in_hand: bool = False) -> PriceLine:
        """The line as it would stand at a price; ``note`` is said in the place of its size."""
        away = distance(price, mark)
        if self.key == POSITION and mark is not None and self.stake is not None and self.stake.entry:
            away = (mark / self.stake.entry - 1) * (1 if self.stake.size > 0 else -1)
        result = None if self.stake is None else self.stake.result(price if self.key != POSITION else mark or price)
        cells = (
            Cell(note or self.size, "text", SIZE if not note else RESULT + 1),
            Cell("" if away is None else figures.percent(away, signed=True), "muted", DISTANCE),
            Cell("" if result is None else figures.money(result, signed=True), tone(result), RESULT),
        )
        pill = Pill(
            self.key, self.title, cells, () if in_hand else self.buttons, self.movable and not note, in_hand, self.tip
        )
        return PriceLine(to_float(price), "", self.kind, pill=pill)


def successors(before: Mapping[str, OwnLine], now: Mapping[str, OwnLine]) -> dict[str, str]:
    """Protection puts new stops and targets into the place of its old ones, grown or trailed: by the old key, the new.

    In the order of their prices; where their number is another, nobody can say which became which.
    """
    found: dict[str, str] = {}
    for kind in {line.kind for line in before.values() if line.is_kept}:
        gone = [line for line in before.values() if line.kind == kind and line.is_kept and not _stays(line, now)]
        come = [line for line in now.values() if line.kind == kind and line.key not in before and _stays(line, now)]
        if len(gone) == len(come):
            pairs = zip(*(sorted(lines, key=lambda line: line.price) for lines in (gone, come)), strict=True)
            found |= {old.key: new.key for old, new in pairs}
    return found


def _stays(line: OwnLine, now: Mapping[str, OwnLine]) -> bool:
    found = now.get(line.key)
    return found is not None and found.is_kept and not found.is_leaving


def tone(result: Decimal | None) -> Tone:
    return "muted" if not result else "up" if result > 0 else "down"


@dataclass(frozen=True, slots=True)
class _Around:
    """What the lines of one market have in common. ``parents``: by a child's id, the entry that it came with."""

    position: PositionView | None
    movable: frozenset[str]
    leaving: frozenset[str]
    """What protection keeps: what can be moved, and what is about to go."""
    parents: Mapping[str, TrackedOrder]
    fees: FeeRates
    decimals: int

    def family(self, tracked: TrackedOrder) -> str:
        name = tracked.client_order_id
        trigger = tracked.order.trigger
        if name in self.parents:
            return self.parents[name].client_order_id
        if any(parent.client_order_id == name for parent in self.parents.values()):
            return name
        return STOPS if name in self.movable and trigger is not None and trigger.kind is TriggerKind.STOP else ""

    def ends(self, order: Order, size: Decimal) -> bool:
        """It can only make the position smaller, whatever it is called."""
        held = self.position.size if self.position is not None else Decimal(0)
        return held * order.side.sign < 0 and size <= abs(held)

    def stake(self, tracked: TrackedOrder, size: Decimal) -> Stake | None:
        """Of an exit; an entry of its own has nothing at stake yet."""
        order, position, parent = tracked.order, self.position, self.parents.get(tracked.client_order_id)
        rate = self.fees.taker if order.trigger is not None and order.trigger.market else self.fees.maker
        if parent is not None:
            entry = parent.order.price if parent.order.trigger is None else parent.order.trigger.price
            return Stake(entry, size * parent.order.side.sign, entry * size * self.fees.maker, rate)
        if position is None or position.size * order.side.sign > 0:
            return None
        return _stake(position, size, rate)


def own_lines(desk: Desk, coin: str, price_decimals: int) -> list[OwnLine]:
    position, orders = desk.portfolio.position(coin), desk.orders.live(coin)
    parents = {
        order.client_order_id: parent
        for order in orders
        if order.order.reduce_only and (parent := parent_of(order, orders)) is not None
    }
    keeping, none = desk.protector.keeping(coin) if position is not None else None, frozenset[str]()
    movable, leaving = (none, none) if keeping is None else (keeping.names, keeping.leaving)
    around = _Around(position, movable, leaving, parents, desk.survey.fees, price_decimals)
    lines = _numbered([_order_line(order, around) for order in orders])
    if position is not None:
        lines.append(_position_line(position, price_decimals))
        if position.liquidation_price is not None:
            stake = _stake(position, abs(position.size), Decimal(0))
            tip = "Liquidation price: the exchange closes the position there"
            lines.append(OwnLine(LIQUIDATION, "liquidation", position.liquidation_price, "LIQ", stake=stake, tip=tip))
    return lines


def _position_line(position: PositionView, decimals: int) -> OwnLine:
    return OwnLine(
        POSITION,
        "position",
        position.entry_price,
        "LONG" if position.size > 0 else "SHORT",
        f"{figures.size(abs(position.size))} @ {figures.fixed(position.entry_price, decimals)}",
        # Beside what the other panels call unrealised, so before fees and funding.
        None if position.mark_price is None else Stake(position.entry_price, position.size),
        (Button.REVERSE, Button.CLOSE),
        tip="Your position at its average entry price; the result is before fees and funding",
    )


def _stake(position: PositionView, size: Decimal, fee_rate: Decimal) -> Stake:
    """``size`` coins of a position leave."""
    size = min(size, abs(position.size))
    share = size / abs(position.size)
    sign = 1 if position.size > 0 else -1
    return Stake(position.entry_price, size * sign, (position.fees - position.funding) * share, fee_rate)


def _order_line(tracked: TrackedOrder, around: _Around) -> OwnLine:
    order, trigger = tracked.order, tracked.order.trigger
    # A stop for the whole position is listed with no size of its own.
    size = tracked.remaining or (abs(around.position.size) if around.position is not None else tracked.remaining)
    name = "entry " if tracked.client_order_id in around.parents else ""
    kind, title = _kind(order, is_exit=order.reduce_only or around.ends(order, size))
    text = figures.size(size)
    if trigger is not None and not trigger.market:
        text = f"{text} @ {figures.fixed(order.price, around.decimals)}"
    is_leaving = tracked.client_order_id in around.leaving
    is_kept = is_leaving or tracked.client_order_id in around.movable
    family = around.family(tracked)
    return OwnLine(
        tracked.client_order_id,
        kind,
        order.price if trigger is None else trigger.price,
        name + title,
        text,
        around.stake(tracked, size),
        # What we keep is placed again at once when it is cancelled.
        () if is_kept else (Button.CANCEL,),
        movable=not is_leaving,
        family=family,
        is_kept=is_kept,
        is_leaving=is_leaving,
        tip=LEAVING if is_leaving else _tip(title, family),
    )


def _kind(order: Order, *, is_exit: bool) -> tuple[LineKind, str]:
    if order.trigger is not None and is_exit:
        return ("stop", "stop") if order.trigger.kind is TriggerKind.STOP else ("take_profit", "take profit")
    name = order.kind if order.trigger is None else order.kind.removesuffix(" market").removesuffix(" limit")
    return ("order_buy" if order.side is Side.BUY else "order_sell"), f"{order.side.value.upper()} {name}"


def _tip(title: str, family: str) -> str:
    """One sentence about what the hand can do with the line."""
    if family == STOPS:
        return "Drag to move this stop; with Shift all stops of the position move together"
    if family:
        return "Drag to move; with Shift or Alt entry, stop and take profit move by the same distance"
    return f"Drag to move this {title}"


def _numbered(lines: list[OwnLine]) -> list[OwnLine]:
    """Several stops of one position are 1/3, 2/3, 3/3, the nearest first; so are take profits."""
    result = list(lines)
    for kind in ("stop", "take_profit"):
        for families in {line.family for line in lines if line.kind == kind}:
            same = [number for number, line in enumerate(lines) if line.kind == kind and line.family == families]
            if len(same) < 2:
                continue
            rises = any(line.stake is not None and line.stake.size < 0 for line in (lines[n] for n in same))
            same.sort(key=lambda n: lines[n].price, reverse=(kind == "stop") != rises)
            for place, number in enumerate(same, start=1):
                result[number] = replace(lines[number], title=f"{lines[number].title} {place}/{len(same)}")
    return result
