"""Account payloads as facts in Decimal: orders, fills, positions, funding, transfers."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from hlmaster.core.model import Account, Leverage, MarginMode, Position, Side
from hlmaster.core.orders import (
    CashMove,
    Fill,
    FundingPayment,
    OrderStatus,
    TimeInForce,
    Trigger,
    TriggerKind,
    VenueOrder,
)
from hlmaster.exchange.hyperliquid import wire

_TIMES_IN_FORCE = {
    "Gtc": TimeInForce.GTC,
    "Ioc": TimeInForce.IOC,
    "Alo": TimeInForce.ALO,
    "FrontendMarket": TimeInForce.IOC,
    "LiquidationMarket": TimeInForce.IOC,
}
_STATUSES = {
    "open": OrderStatus.RESTING,
    "triggered": OrderStatus.RESTING,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "scheduledCancel": OrderStatus.CANCELED,
    "rejected": OrderStatus.REJECTED,
}


def side(letter: str) -> Side:
    return Side.BUY if letter == "B" else Side.SELL


def order_status(word: str) -> OrderStatus:
    """The venue's word as a state. New words ending in Canceled or Rejected appear over time; others stay UNKNOWN."""
    known = _STATUSES.get(word)
    if known is not None:
        return known
    if word.endswith("Canceled"):
        return OrderStatus.CANCELED
    return OrderStatus.REJECTED if word.endswith("Rejected") else OrderStatus.UNKNOWN


def _trigger(row: wire.Order) -> Trigger | None:
    waits = row.is_trigger or row.order_type.startswith(("Stop", "Take Profit"))
    if not waits or not row.trigger_px:
        return None
    kind = TriggerKind.TAKE_PROFIT if row.order_type.startswith("Take Profit") else TriggerKind.STOP
    return Trigger(row.trigger_px, kind, market=row.order_type.endswith("Market"))


def venue_order(row: wire.Order, word: str = "open", status_ms: int | None = None) -> VenueOrder:
    trigger = _trigger(row)
    status = order_status(word)
    if word == "open" and trigger is not None:
        status = OrderStatus.WAITING
    return VenueOrder(
        coin=row.coin,
        side=side(row.side),
        price=row.limit_px,
        size=row.sz,
        original_size=row.sz if row.orig_sz is None else row.orig_sz,
        order_id=row.oid,
        client_order_id=row.cloid,
        time_ms=row.timestamp,
        reduce_only=row.reduce_only,
        trigger=trigger,
        time_in_force=None if row.tif is None else _TIMES_IN_FORCE.get(row.tif),
        order_type=row.order_type,
        is_position_tpsl=row.is_position_tpsl,
        status=status,
        status_text=word,
        status_time_ms=row.timestamp if status_ms is None else status_ms,
    )


def reported_order(row: wire.OrderState) -> VenueOrder:
    return venue_order(row.order, row.status, row.status_timestamp)


def open_orders(rows: Iterable[wire.Order]) -> tuple[VenueOrder, ...]:
    """Every order once: children are listed inside their parent and again as rows of their own."""
    found: dict[int, VenueOrder] = {}
    waiting = list(rows)
    for row in waiting:
        found.setdefault(row.oid, venue_order(row))
        waiting.extend(row.children)
    return tuple(found.values())


def fill(row: wire.Fill, user: str) -> Fill:
    return Fill(
        coin=row.coin,
        side=side(row.side),
        price=row.px,
        size=row.sz,
        time_ms=row.time,
        trade_id=row.tid,
        order_id=row.oid,
        client_order_id=row.cloid,
        fee=row.fee,
        closed_pnl=row.closed_pnl,
        start_position=row.start_position,
        is_maker=not row.crossed,
        direction=row.dir,
        liquidation=_is_own_liquidation(row, user),
    )


def _is_own_liquidation(row: wire.Fill, user: str) -> bool:
    """Both sides of a liquidation carry its mark; only the liquidated user's fill is one for that user."""
    if row.liquidation is None:
        return False
    if row.liquidation.liquidated_user is None:
        return row.dir.startswith("Liquidated")
    return row.liquidation.liquidated_user.lower() == user.lower()


def fills(rows: Iterable[wire.Fill], user: str) -> tuple[Fill, ...]:
    """Oldest first, whatever order the venue chose. Within a millisecond its order stands, or is turned round too."""
    ordered = [fill(row, user) for row in rows]
    if ordered and ordered[0].time_ms > ordered[-1].time_ms:
        ordered.reverse()
    ordered.sort(key=lambda item: item.time_ms)
    return tuple(ordered)


def leverage(row: wire.LeverageSetting) -> Leverage:
    return Leverage(MarginMode.ISOLATED if row.type == "isolated" else MarginMode.CROSS, row.value)


def _position(row: wire.PositionRow) -> Position:
    return Position(
        coin=row.coin,
        size=row.szi,
        entry_price=row.entry_px or Decimal(0),
        leverage=leverage(row.leverage),
        position_value=row.position_value,
        unrealised=row.unrealized_pnl,
        margin_used=row.margin_used,
        liquidation_price=row.liquidation_px,
        funding_since_open=row.cum_funding.since_open,
    )


def account(state: wire.ClearinghouseState, address: str) -> Account:
    return Account(
        address=address,
        time_ms=state.time,
        equity=state.margin_summary.account_value,
        withdrawable=state.withdrawable,
        margin_used=state.margin_summary.total_margin_used,
        maintenance_margin=state.cross_maintenance_margin_used,
        total_notional=state.margin_summary.total_ntl_pos,
        positions=tuple(_position(row.position) for row in state.asset_positions if row.position.szi),
    )


def funding_payment(time_ms: int, row: wire.FundingPaid | wire.StreamedFunding) -> FundingPayment:
    return FundingPayment(row.coin, time_ms, row.usdc, row.szi, row.funding_rate)


def cash_move(row: wire.LedgerEntry, user: str) -> CashMove | None:
    """The USD that entered (positive) or left the perpetuals balance; None where it did not change."""
    amount = _perp_usd(row.delta, user.lower())
    return CashMove(row.time, amount, row.delta.type, row.hash) if amount else None


def cash_moves(rows: Iterable[wire.LedgerEntry], user: str) -> tuple[CashMove, ...]:
    moves = (cash_move(row, user) for row in rows)
    return tuple(sorted((move for move in moves if move is not None), key=lambda move: move.time_ms))


def _perp_usd(delta: wire.LedgerDelta, user: str) -> Decimal | None:
    usdc = delta.usdc or Decimal(0)
    incoming = (delta.destination or "").lower() == user
    match delta.type:
        case "deposit" | "vaultDistribution":
            return usdc
        case "withdraw":
            return -(usdc + delta.fee)
        case "accountClassTransfer":
            return usdc if delta.to_perp else -usdc
        case "internalTransfer" | "subAccountTransfer":
            return usdc if incoming else -(usdc + delta.fee)
        case "vaultCreate" | "vaultDeposit":
            return -usdc
        case "vaultWithdraw":
            return delta.net_withdrawn_usd
        case "vaultLeaderCommission":
            return usdc or delta.commission
        case "send":
            return _sent_usd(delta, incoming, (delta.user or "").lower() == user)
        case _:
            return None


def _sent_usd(delta: wire.LedgerDelta, incoming: bool, outgoing: bool) -> Decimal:
    """``send`` moves between wallets; the empty dex name is the perpetuals balance of the first dex."""
    amount = Decimal(delta.amount or 0)
    gained = amount if incoming and delta.destination_dex == "" else Decimal(0)
    lost = amount + delta.fee if outgoing and delta.source_dex == "" else Decimal(0)
    return gained - lost
