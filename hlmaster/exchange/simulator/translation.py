"""The simulator's rows in the desk's words."""

from __future__ import annotations

from hlmaster.core.model import Account, Position, Side
from hlmaster.core.orders import (
    CashMove,
    Fill,
    FundingPayment,
    Order,
    OrderReply,
    OrderStatus,
    ReplyKind,
    TimeInForce,
    Trigger,
    TriggerKind,
    VenueOrder,
)
from hlmaster.exchange.simulator.events import AccountView, FillRow, FundingRow, LedgerRow, OrderView, PositionView
from hlmaster.exchange.simulator.orders import (
    FRONTEND_MARKET,
    Filled,
    NewOrder,
    Refusal,
    Reply,
    Resting,
    TriggerSpec,
)

_STATUSES = {"open": OrderStatus.RESTING, "triggered": OrderStatus.RESTING, "filled": OrderStatus.FILLED}
_TIMES_IN_FORCE = {"Gtc": TimeInForce.GTC, "Ioc": TimeInForce.IOC, "Alo": TimeInForce.ALO}


def _side(is_buy: bool) -> Side:
    return Side.BUY if is_buy else Side.SELL


def new_order(order: Order, asset: int) -> NewOrder:
    trigger = order.trigger
    return NewOrder(
        asset=asset,
        is_buy=order.side is Side.BUY,
        price=order.price,
        size=order.size,
        reduce_only=order.reduce_only,
        tif=FRONTEND_MARKET if order.market else order.time_in_force.value,
        trigger=None if trigger is None else TriggerSpec(trigger.price, trigger.market, trigger.kind.value),
        cloid=order.client_order_id,
    )


def order_reply(reply: Reply) -> OrderReply:
    match reply:
        case Refusal(text):
            return OrderReply(ReplyKind.REJECTED, text=text)
        case Filled():
            return OrderReply(ReplyKind.FILLED, reply.oid, reply.total_size, reply.average_price)
        case Resting():
            return OrderReply(ReplyKind.RESTING, reply.oid)
        case _:
            return OrderReply(ReplyKind.WAITING, reply.oid)


def done_reply(error: str | None) -> OrderReply:
    return OrderReply(ReplyKind.DONE) if error is None else OrderReply(ReplyKind.REJECTED, text=error)


def venue_order(view: OrderView) -> VenueOrder:
    status = _STATUSES.get(view.status)
    if status is None:
        status = OrderStatus.REJECTED if view.status.endswith("Rejected") else OrderStatus.CANCELED
    elif view.status == "open" and view.is_trigger:
        status = OrderStatus.WAITING
    return VenueOrder(
        coin=view.coin,
        side=_side(view.is_buy),
        price=view.price,
        size=view.size,
        original_size=view.original_size,
        order_id=view.oid,
        client_order_id=view.cloid,
        time_ms=view.time_ms,
        reduce_only=view.reduce_only,
        trigger=_trigger(view),
        time_in_force=None if view.time_in_force is None else _TIMES_IN_FORCE.get(view.time_in_force, TimeInForce.IOC),
        order_type=view.order_type,
        is_position_tpsl=view.is_position_tpsl,
        status=status,
        status_text=view.status,
        status_time_ms=view.status_time_ms,
    )


def _trigger(view: OrderView) -> Trigger | None:
    if view.trigger_price is None:
        return None
    kind = TriggerKind.STOP if view.order_type.startswith("Stop") else TriggerKind.TAKE_PROFIT
    return Trigger(view.trigger_price, kind, market=view.order_type.endswith("Market"))


def fill(row: FillRow) -> Fill:
    return Fill(
        coin=row.coin,
        side=_side(row.is_buy),
        price=row.price,
        size=row.size,
        time_ms=row.time_ms,
        trade_id=row.tid,
        order_id=row.oid,
        client_order_id=row.cloid,
        fee=row.fee,
        closed_pnl=row.closed_pnl,
        start_position=row.start_position,
        is_maker=not row.crossed,
        direction=row.direction,
        liquidation=row.liquidation is not None and row.liquidation.liquidated_user == row.user,
    )


def funding_payment(row: FundingRow) -> FundingPayment:
    return FundingPayment(row.coin, row.time_ms, row.usdc, row.size, row.rate)


def cash_move(row: LedgerRow) -> CashMove:
    return CashMove(row.time_ms, row.amount, row.kind, row.hash)


def account(view: AccountView) -> Account:
    return Account(
        address=view.user,
        time_ms=view.time_ms,
        equity=view.summary.account_value,
        withdrawable=view.withdrawable,
        margin_used=view.summary.total_margin_used,
        maintenance_margin=view.cross_maintenance,
        total_notional=view.summary.total_notional,
        positions=tuple(_position(one) for one in view.positions),
    )


def _position(one: PositionView) -> Position:
    return Position(
        coin=one.coin,
        size=one.size,
        entry_price=one.entry_price,
        leverage=one.leverage,
        position_value=one.position_value,
        unrealised=one.unrealised,
        margin_used=one.margin_used,
        liquidation_price=one.liquidation_price,
        funding_since_open=one.funding_since_open,
    )
