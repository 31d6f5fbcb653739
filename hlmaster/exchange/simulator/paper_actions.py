"""What a paper order's prepared bytes say: the action itself, as JSON."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from hlmaster.core.errors import VenueRefused
from hlmaster.core.model import Leverage
from hlmaster.core.orders import CancelTarget
from hlmaster.exchange.simulator.orders import NewOrder


class Place(msgspec.Struct, frozen=True, tag="order"):
    orders: list[NewOrder]
    grouping: str


class Modify(msgspec.Struct, frozen=True, tag="modify"):
    changes: list[tuple[int | str, NewOrder]]
    """The order that is replaced, and what takes its place."""


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    targets: list[tuple[int, int | str]]
    """Asset and order id or client order id."""


class SetLeverage(msgspec.Struct, frozen=True, tag="leverage"):
    asset: int
    leverage: Leverage


class MoveMargin(msgspec.Struct, frozen=True, tag="margin"):
    asset: int
    usd: Decimal


class ScheduleCancel(msgspec.Struct, frozen=True, tag="schedule cancel"):
    time_ms: int | None


class Noop(msgspec.Struct, frozen=True, tag="noop"):
    """Only uses up its nonce."""


Action = Place | Modify | Cancel | SetLeverage | MoveMargin | ScheduleCancel | Noop


def reference(target: CancelTarget) -> int | str:
    if target.order_id is not None:
        return target.order_id
    if target.client_order_id is not None:
        return target.client_order_id
    raise VenueRefused(f"An order in {target.coin} to cancel was named by no id.")
