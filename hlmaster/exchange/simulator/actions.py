"""What a signed action does, once its signer and account are known, and how it is answered.

Handlers return the ``response`` of ``{"status": "ok"}``; a whole refusal is raised as ``Refused`` in the venue's words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hlmaster.core.model import Leverage, MarginMode
from hlmaster.exchange.simulator import money_actions, rights_actions
from hlmaster.exchange.simulator.faults import FaultKind
from hlmaster.exchange.simulator.house import House
from hlmaster.exchange.simulator.orders import (
    ALO,
    FRONTEND_MARKET,
    GTC,
    IOC,
    Filled,
    NewOrder,
    Refusal,
    Reply,
    Resting,
    TriggerSpec,
)
from hlmaster.exchange.simulator.requests import DEFAULT, MICRO, Handler, Refused, Request, done
from hlmaster.exchange.simulator.wire import dec

ABSTRACTIONS = {"i": "disabled", "u": "unifiedAccount", "p": "portfolioMargin"}
PORTFOLIO_VALUE = 10_000
POST_ONLY_PERIOD = "Only post-only orders allowed immediately after a network upgrade."
NOT_OFFERED = "This action is not offered by the embedded exchange."


def perform(house: House, request: Request) -> Any:
    return HANDLERS[request.action["type"]](house, request)


def batch_size(action: Mapping[str, Any]) -> int:
    """How many orders or cancels an action carries: what the address budget counts."""
    for name in ("orders", "cancels", "modifies"):
        if name in action:
            return max(1, len(action[name]))
    return 1


def is_cancel(action: Mapping[str, Any]) -> bool:
    return action["type"] in ("cancel", "cancelByCloid", "scheduleCancel", "noop")


# --- orders ---


def order(house: House, request: Request) -> Any:
    action = request.action
    _check_builder(house, request)
    orders = [read_order(wire) for wire in action["orders"]]
    named = isinstance(action["grouping"], str)
    problem = _batch_problem(house, orders) or (None if named else _priority_problem(orders))
    if problem is not None:
        return _statuses("order", [Refusal(problem)])
    return _statuses("order", house.venue.place(request.account, orders, action["grouping"], request.now_ms))


def read_order(wire: Mapping[str, Any]) -> NewOrder:
    """From an order in its rebuilt form."""
    limit, trigger = wire["t"].get("limit"), wire["t"].get("trigger")
    return NewOrder(
        asset=wire["a"],
        is_buy=wire["b"],
        price=Decimal(wire["p"]),
        size=Decimal(wire["s"]),
        reduce_only=wire["r"],
        tif=GTC if limit is None else limit["tif"],
        trigger=None
        if trigger is None
        else TriggerSpec(Decimal(trigger["triggerPx"]), trigger["isMarket"], trigger["tpsl"]),
        cloid=wire.get("c"),
    )


def _batch_problem(house: House, orders: Sequence[NewOrder]) -> str | None:
    if not orders:
        return "Orders are empty"
    if any(one.tif not in (GTC, IOC, ALO, FRONTEND_MARKET) for one in orders):
        return "Invalid TIF"
    if any(one.asset >= len(house.venue.instruments) for one in orders):
        return "Order action has different asset classes"
    if house.faults.standing(FaultKind.POST_ONLY) and any(one.tif != ALO or one.trigger for one in orders):
        return POST_ONLY_PERIOD
    return None


def _priority_problem(orders: Sequence[NewOrder]) -> str:
    """A priority fee is for all IOC, or for all post-only orders that do not reduce, and is paid from staked funds."""
    if all(one.tif == IOC for one in orders) or all(one.tif == ALO and not one.reduce_only for one in orders):
        return "Insufficient delegatable balance for priority order"
    return "Priority orders must all be IOC or all be ALO"


def _check_builder(house: House, request: Request) -> None:
    builder = request.action.get("builder")
    if builder and builder["f"] > house.delegations.builder_fee(request.master, builder["b"]):
        raise Refused("Builder fee has not been approved.")


def _status(reply: Reply) -> Any:
    if isinstance(reply, Refusal):
        return {"error": reply.text}
    cloid = {} if reply.cloid is None else {"cloid": reply.cloid}
    if isinstance(reply, Resting):
        return {"resting": {"oid": reply.oid, **cloid}}
    if isinstance(reply, Filled):
        filled = {"totalSz": dec(reply.total_size), "avgPx": dec(reply.average_price), "oid": reply.oid}
        return {"filled": filled | cloid}
    return "waitingForFill" if reply.for_fill else "waitingForTrigger"


def _statuses(kind: str, replies: Sequence[Reply]) -> Any:
    return {"type": kind, "data": {"statuses": [_status(reply) for reply in replies]}}


def modify(house: House, request: Request) -> Any:
    reply = _modify_one(house, request, request.action)
    if isinstance(reply, Refusal):
        raise Refused(reply.text)
    return DEFAULT


def batch_modify(house: House, request: Request) -> Any:
    return _statuses("order", [_modify_one(house, request, one) for one in request.action["modifies"]])


def _modify_one(house: House, request: Request, wire: Mapping[str, Any]) -> Reply:
    new = read_order(wire["order"])
    problem = _batch_problem(house, [new])
    if problem is not None:
        return Refusal(problem)
    always = bool(request.action.get("a"))
    return house.venue.modify(request.account, wire["oid"], new, request.now_ms, always_place=always)


# --- cancels ---


def cancel(house: House, request: Request) -> Any:
    return _cancelled(
        house.venue.cancel(request.account, one["a"], one["o"], request.now_ms) for one in request.action["cancels"]
    )


def cancel_by_cloid(house: House, request: Request) -> Any:
    return _cancelled(
        house.venue.cancel_by_cloid(request.account, one["asset"], one["cloid"], request.now_ms)
        for one in request.action["cancels"]
    )


def _cancelled(outcomes: Any) -> Any:
    statuses = ["success" if text is None else {"error": text} for text in outcomes]
    return {"type": "cancel", "data": {"statuses": statuses or [{"error": "Cancels are empty"}]}}


def schedule_cancel(house: House, request: Request) -> Any:
    time_ms = request.action.get("time")
    return done(house.venue.schedule_cancel(request.account, time_ms, request.now_ms))


# --- leverage and margin ---


def update_leverage(house: House, request: Request) -> Any:
    action = request.action
    _known_asset(house, action["asset"])
    mode = MarginMode.CROSS if action["isCross"] else MarginMode.ISOLATED
    leverage = Leverage(mode, action["leverage"])
    return done(house.venue.update_leverage(request.account, action["asset"], leverage, request.now_ms))


def update_isolated_margin(house: House, request: Request) -> Any:
    action = request.action
    _known_asset(house, action["asset"])
    usd = Decimal(action["ntli"]) / MICRO
    return done(house.venue.update_isolated_margin(request.account, action["asset"], usd, request.now_ms))


def top_up_isolated(house: House, request: Request) -> Any:
    """Bring an isolated position down to a leverage by adding what margin that takes."""
    action = request.action
    _known_asset(house, action["asset"])
    coin = list(house.venue.instruments)[action["asset"]]
    state = house.venue.account_state(request.account)
    position = next((one for one in state.positions if one.coin == coin and not one.is_cross), None)
    if position is None:
        raise Refused("Position does not use isolated margin.")
    leverage = Decimal(action["leverage"])
    missing = position.position_value / leverage - position.margin_used if leverage > 0 else Decimal(0)
    if missing <= 0:
        raise Refused("Invalid leverage value")
    missing = missing.quantize(1 / MICRO)
    return done(house.venue.update_isolated_margin(request.account, action["asset"], missing, request.now_ms))


def _known_asset(house: House, asset: int) -> None:
    if asset >= len(house.venue.instruments):
        raise Refused(f"Invalid asset {asset}")


# --- what this exchange has not, and what needs no doing ---


def reserve_weight(house: House, request: Request) -> Any:
    weight = request.action["weight"]
    house.address_budget.buy(request.account, weight)
    return DEFAULT


def twap_order(house: House, request: Request) -> Any:
    return {"type": "twapOrder", "data": {"status": {"error": "TWAP orders are not offered by the embedded exchange."}}}


def twap_cancel(house: House, request: Request) -> Any:
    return {
        "type": "twapCancel",
        "data": {"status": {"error": "TWAP was never placed, already canceled, or filled."}},
    }


def nothing(house: House, request: Request) -> Any:
    return DEFAULT


def no_vault(house: House, request: Request) -> Any:
    raise Refused(f"Vault not registered: {request.action['vaultAddress']}")


def account_mode(house: House, request: Request) -> Any:
    """What the account calls itself; it is margined as a classic one whatever it says, perpetuals and spot apart."""
    word = ABSTRACTIONS.get(request.action["abstraction"], request.action["abstraction"])
    if word not in ABSTRACTIONS.values():
        raise Refused("Abstraction transition not allowed")
    if word == "portfolioMargin" and house.venue.account_state(request.master).summary.account_value < PORTFOLIO_VALUE:
        raise Refused("Portfolio margin requires account value of $10000 or total volume of $5000000.")
    house.delegations.modes[request.master] = word
    house.mark("delegations")
    return DEFAULT


def no_dex_abstraction(house: House, request: Request) -> Any:
    if request.action.get("enabled") is False:
        return DEFAULT
    raise Refused("Abstraction transition not allowed")


def not_offered(house: House, request: Request) -> Any:
    raise Refused(NOT_OFFERED)


HANDLERS: Mapping[str, Handler] = {
    "order": order,
    "modify": modify,
    "batchModify": batch_modify,
    "cancel": cancel,
    "cancelByCloid": cancel_by_cloid,
    "scheduleCancel": schedule_cancel,
    "updateLeverage": update_leverage,
    "updateIsolatedMargin": update_isolated_margin,
    "topUpIsolatedOnlyMargin": top_up_isolated,
    **money_actions.HANDLERS,
    **rights_actions.HANDLERS,
    "reserveRequestWeight": reserve_weight,
    "twapOrder": twap_order,
    "twapCancel": twap_cancel,
    "vaultTransfer": no_vault,
    "vaultModify": no_vault,
    "vaultDistribute": no_vault,
    "userSetAbstraction": account_mode,
    "agentSetAbstraction": account_mode,
    "userDexAbstraction": no_dex_abstraction,
    "userPortfolioMargin": no_dex_abstraction,
    **dict.fromkeys(
        ("noop", "evmUserModify", "setDisplayName", "registerReferrer", "spotUser", "claimRewards", "subAccountModify"),
        nothing,
    ),
    **dict.fromkeys(
        (
            "createVault",
            "subAccountSpotTransfer",
            "spotSend",
            "borrowLend",
            "tokenDelegate",
            "cDeposit",
            "cWithdraw",
            "linkStakingUser",
            "convertToMultiSigUser",
            "agentEnableDexAbstraction",
            "gossipPriorityBid",
            "perpDeploy",
            "spotDeploy",
            "userOutcome",
            "CSignerAction",
            "CValidatorAction",
        ),
        not_offered,
    ),
}
