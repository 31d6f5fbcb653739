"""What is open at this moment, in numbers, and what of it a stop at the exchange protects while nobody is here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hlmaster.core.events import TrackedOrder
from hlmaster.core.model import Mode
from hlmaster.core.orders import Order
from hlmaster.desk.desk import Desk
from hlmaster.trading.portfolio import PositionView
from hlmaster.trading.protection.protector import Shield
from hlmaster.ui import figures


@dataclass(frozen=True, slots=True)
class WhatIsOpen:
    """As the desk knows it; ``stops`` has each position's shield, by coin."""

    orders: tuple[TrackedOrder, ...]
    positions: tuple[PositionView, ...]
    stops: dict[str, Shield | None]

    @property
    def exits(self) -> int:
        return sum(tracked.order.reduce_only for tracked in self.orders)

    @property
    def entries(self) -> int:
        return len(self.orders) - self.exits

    @property
    def is_nothing(self) -> bool:
        return not (self.orders or self.positions)

    @property
    def worth(self) -> str:
        """``worth $4,321.00`` together; a notional that is not known leaves no sum."""
        values = [view.notional for view in self.positions]
        known = [value for value in values if value is not None]
        return f"worth {figures.money(sum(known, Decimal(0)))}" if known and len(known) == len(values) else ""

    @property
    def bare(self) -> tuple[str, ...]:
        """Coins whose position no stop covers as a whole."""
        return tuple(view.coin for view in self.positions if self._covered(view.coin) < 1)

    def _covered(self, coin: str) -> Decimal:
        shield = self.stops.get(coin)
        return Decimal(0) if shield is None else shield.covered

    def cancelling(self, *, exits: bool) -> str:
        """What cancelling would do now."""
        going = counted(self.entries, "entry")
        if exits:
            going += f" and {counted(self.exits, 'stop or target', 'stops and targets')}"
        if not (self.entries or (exits and self.exits)):
            return f"No such order rests. {self._staying}".strip()
        return f"Cancels {going}. {self._staying}".strip()

    def flattening(self) -> str:
        """What going flat would do now."""
        if self.is_nothing:
            return "Nothing is open, as far as this desk knows."
        closed = f"closes {counted(len(self.positions), 'position')} {self.worth}".strip()
        if not self.orders:
            return f"{closed.capitalize()}."
        return f"Cancels {counted(len(self.orders), 'order')}, {closed if self.positions else 'no position is open'}."

    @property
    def _staying(self) -> str:
        held = len(self.positions)
        return f"{counted(held, 'position')} {self.worth}".strip() + f" stay{'s' if held == 1 else ''}." if held else ""

    def protection(self) -> str:
        """Whether positions have stops that work without this window; empty without a position."""
        held, bare = len(self.positions), self.bare
        if not held:
            return ""
        if not bare:
            every = "The position has" if held == 1 else f"All {held} positions have"
            return f"{every} a stop at the exchange."
        shown = ", ".join(bare[:MOST_NAMED]) + (f" and {len(bare) - MOST_NAMED} more" if len(bare) > MOST_NAMED else "")
        if len(bare) == held:
            return f"No stop covers {shown}."
        return f"{held - len(bare)} of {held} positions have a stop at the exchange; none covers {shown}."

    def resting(self) -> Sequence[str]:
        """``Buy 0.5 ETH limit 3,400``, stops and targets after what could open something."""
        ordered = sorted(self.orders, key=lambda tracked: tracked.order.reduce_only)
        return [_order_line(tracked.order) for tracked in ordered]

    def held(self) -> Sequence[str]:
        """A line each: ``0.42 ETH long, $1,442.28, stop at 3,418.6``."""
        return [self._line(view) for view in self.positions]

    def _line(self, view: PositionView) -> str:
        side = "long" if view.size > 0 else "short"
        worth = "" if view.notional is None else f", {figures.money(view.notional)}"
        return f"{figures.size(abs(view.size))} {view.coin} {side}{worth}, {self._stop(view.coin)}"

    def _stop(self, coin: str) -> str:
        shield, covered = self.stops.get(coin), self._covered(coin)
        if shield is None or shield.stop_price is None or not covered:
            return "no stop"
        part = "" if covered == 1 else f" for {covered * 100:.0f} % of it"
        return f"stop at {figures.plain(shield.stop_price)}{part}"


MOST_NAMED = 3
ALONE = {
    Mode.DEMO: "The demo's market stands still until you come back, and all of it with it.",
    Mode.PAPER: "Paper orders are matched on this computer: none of them works while it is closed, stops included.",
}
AT_THE_EXCHANGE = "Stops and orders stay at the exchange and work without this window."
CUT_OFF_ON_PAPER = "On paper nothing is matched, and no stop works, until prices come again."
CUT_OFF = "Stops at the exchange stay in force."


def left_alone(mode: Mode) -> str:
    """What becomes of stops and orders that stay when the window goes."""
    return ALONE.get(mode, AT_THE_EXCHANGE)


def cut_off(desk: Desk) -> str:
    """What protects the positions while nothing is heard from the exchange."""
    if desk.mode is Mode.PAPER:
        return CUT_OFF_ON_PAPER
    now = what_is_open(desk)
    kept = f" {CUT_OFF}" if len(now.bare) < len(now.positions) else " Nothing can be changed until it is back."
    return f"{now.protection()}{kept}" if now.positions else CUT_OFF


def _order_line(order: Order) -> str:
    price = order.trigger.price if order.trigger is not None else None if order.market else order.price
    at = "" if price is None else f" {figures.plain(price)}"
    return f"{str(order.side).capitalize()} {figures.size(order.size)} {order.coin} {order.kind}{at}"


def counted(number: int, one: str, many: str = "") -> str:
    """``1 entry``, ``3 entries``, ``no position``."""
    plural = many or (f"{one[:-1]}ies" if one.endswith("y") else f"{one}s")
    return f"{number or 'no'} {one if number < 2 else plural}"


def what_is_open(desk: Desk) -> WhatIsOpen:
    positions = tuple(desk.portfolio.positions())
    stops = {view.coin: desk.protector.shield(view.coin) for view in positions}
    return WhatIsOpen(tuple(desk.orders.live()), positions, stops)
