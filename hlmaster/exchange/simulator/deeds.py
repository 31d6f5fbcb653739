"""Faults that are deeds: they happen once, to accounts and prices rather than to bytes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hlmaster.core.rounding import snap_price
from hlmaster.exchange.simulator.faults import DEEDS, Fault, FaultError, FaultKind
from hlmaster.exchange.simulator.house import House
from hlmaster.exchange.simulator.orders import GTC, IOC, NewOrder

MARKET_PERCENT = Decimal(5)


def strike(house: House, fault: Fault) -> None:
    """Do a deed, put any other fault in force. Raises FaultError."""
    if fault.kind in DEEDS:
        _do(house, fault)
    else:
        house.faults.add(fault)


def _do(house: House, fault: Fault) -> None:
    """Raises FaultError for a coin or an account that is not here."""
    if fault.coin and not house.is_coin(fault.coin):
        raise FaultError(f"There is no coin {fault.coin!r} here.", f"Use one of {', '.join(house.venue.instruments)}.")
    if fault.user and not house.venue.knows(fault.user):
        raise FaultError(f"There is no account {fault.user} here.", "Leave out user to mean every account.")
    match fault.kind:
        case FaultKind.EXTERNAL_ORDER:
            for user in [fault.user] if fault.user else house.venue.users():
                house.venue.place(user, [_order(house, fault)], "na", house.now())
        case FaultKind.PRICE_JUMP:
            house.venue.jolt(fault.coin, Decimal(str(fault.percent)))
        case FaultKind.AGENT_EXPIRED:
            agents = house.delegations.agents
            for agent in list(agents.values()):
                if fault.user in ("", agent.master):
                    agents[agent.address] = replace(agent, valid_until=min(agent.valid_until, house.now()))
            house.mark("delegations")
    house.settle()


def _order(house: House, fault: Fault) -> NewOrder:
    """No client order id, as of somebody who clicks on the venue's own page."""
    instrument, is_buy = house.venue.instruments[fault.coin], fault.side == "buy"
    at_market = fault.percent == 0
    away = -MARKET_PERCENT if at_market else Decimal(str(abs(fault.percent)))
    price = house.venue.mid(fault.coin) * (1 - away / 100 if is_buy else 1 + away / 100)
    return NewOrder(
        asset=instrument.asset,
        is_buy=is_buy,
        price=snap_price(price, instrument.size_decimals),
        size=Decimal(fault.size),
        tif=IOC if at_market else GTC,
    )
