"""Info answers about one account: state, orders, fills, funding, ledger, fees, rights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hlmaster.core.clock import DAY_MS
from hlmaster.core.fees import PERP_TIERS
from hlmaster.exchange.simulator import market_answers, shapes
from hlmaster.exchange.simulator.house import House
from hlmaster.exchange.simulator.questions import Question, Unanswerable
from hlmaster.exchange.simulator.wire import dec

ZERO = Decimal(0)
MOST_FILLS = 2000
REACHABLE_FILLS = 10_000
"""Older ones are not served at all."""
MOST_ROWS = 500
SPOT_RATES = (
    ("0.0007", "0.0004"),
    ("0.0006", "0.0003"),
    ("0.0005", "0.0002"),
    ("0.0004", "0.0001"),
    ("0.00035", "0.0"),
    ("0.0003", "0.0"),
    ("0.00025", "0.0"),
)
"""Taker and maker by tier, after the venue's documentation of September 2026."""
MAKER_TIERS = (("0.005", "-0.00001"), ("0.015", "-0.00002"), ("0.03", "-0.00003"))
STAKING_TIERS = (
    ("0.0", "0.0"),
    ("0.0001", "0.05"),
    ("0.001", "0.1"),
    ("0.01", "0.15"),
    ("0.1", "0.2"),
    ("1.0", "0.3"),
    ("5.0", "0.4"),
)


def clearinghouse_state(house: House, question: Question) -> Any:
    question.dex  # noqa: B018 - an unknown dex has no answer
    return shapes.clearinghouse(house.venue.account_state(question.user))


def spot_state(house: House, question: Question) -> Any:
    return shapes.spot_state(house.venue.account_state(question.user).spot_usdc)


def open_orders(house: House, question: Question) -> Any:
    question.dex  # noqa: B018
    return [shapes.order(row) for row in house.venue.open_orders(question.user)]


def frontend_open_orders(house: House, question: Question) -> Any:
    question.dex  # noqa: B018
    return [shapes.frontend_order(row) for row in house.venue.open_orders(question.user)]


def order_status(house: House, question: Question) -> Any:
    found = house.order_seen(question.user, question.order)
    if found is None:
        return {"status": "unknownOid"}
    return {"status": "order", "order": shapes.order_with_status(found)}


def historical_orders(house: House, question: Question) -> Any:
    return [shapes.order_with_status(row) for row in house.venue.historical_orders(question.user)]


def user_fills(house: House, question: Question) -> Any:
    rows = house.venue.fills(question.user)[-MOST_FILLS:]
    shaped = shapes.merged_fills(rows) if question.flag("aggregateByTime") else [shapes.fill(row) for row in rows]
    return shaped[::-1]


def user_fills_by_time(house: House, question: Question) -> Any:
    start, end = question.start_ms, question.end_ms
    reachable = house.venue.fills(question.user)[-REACHABLE_FILLS:]
    rows = [row for row in reachable if start <= row.time_ms <= end]
    rows = rows[::-1][:MOST_FILLS] if question.flag("reversed") else rows[:MOST_FILLS]
    return shapes.merged_fills(rows) if question.flag("aggregateByTime") else [shapes.fill(row) for row in rows]


def user_funding(house: House, question: Question) -> Any:
    start, end = question.optional_start(), question.end_ms
    rows = [row for row in house.venue.funding(question.user) if start <= row.time_ms <= end]
    return [shapes.funding_delta(row) for row in rows[:MOST_ROWS]]


def ledger_updates(house: House, question: Question) -> Any:
    start, end = question.optional_start(), question.end_ms
    rows = [row for row in house.venue.ledger(question.user) if start <= row.time_ms <= end]
    return [shapes.ledger(row) for row in rows[:MOST_ROWS]]


def user_fees(house: House, question: Question) -> Any:
    view = house.venue.fees(question.user)
    return {
        "dailyUserVlm": [
            {
                "date": datetime.fromtimestamp(day.day_ms / 1000, UTC).date().isoformat(),
                "userCross": shapes.usd(day.taker),
                "userAdd": shapes.usd(day.maker),
                "exchange": shapes.usd(day.exchange),
            }
            for day in view.days
        ],
        "feeSchedule": _fee_schedule(),
        "userCrossRate": dec(view.taker),
        "userAddRate": dec(view.maker),
        "userSpotCrossRate": SPOT_RATES[0][0],
        "userSpotAddRate": SPOT_RATES[0][1],
        "activeReferralDiscount": "0.0",
        "trial": None,
        "feeTrialEscrow": "0.0",
        "nextTrialAvailableTimestamp": None,
        "stakingLink": None,
        "activeStakingDiscount": {"bpsOfMaxSupply": "0.0", "discount": "0.0"},
    }


def _fee_schedule() -> Any:
    base, *tiers = PERP_TIERS
    return {
        "cross": dec(base.taker),
        "add": dec(base.maker),
        "spotCross": SPOT_RATES[0][0],
        "spotAdd": SPOT_RATES[0][1],
        "tiers": {
            "vip": [
                {
                    "ntlCutoff": dec(tier.volume),
                    "cross": dec(tier.taker),
                    "add": dec(tier.maker),
                    "spotCross": cross,
                    "spotAdd": add,
                }
                for tier, (cross, add) in zip(tiers, SPOT_RATES[1:], strict=True)
            ],
            "mm": [{"makerFractionCutoff": cutoff, "add": add} for cutoff, add in MAKER_TIERS],
        },
        "referralDiscount": "0.04",
        "stakingDiscountTiers": [{"bpsOfMaxSupply": bps, "discount": discount} for bps, discount in STAKING_TIERS],
    }


def user_rate_limit(house: House, question: Question) -> Any:
    user = question.user
    volume = house.venue.volume(user)
    return {
        "cumVlm": shapes.usd(volume),
        "nRequestsUsed": house.address_budget.used.get(user, 0),
        "nRequestsCap": house.address_budget.cap(user, volume),
        "nRequestsSurplus": 0,
    }


def user_role(house: House, question: Question) -> Any:
    user = question.user
    agent = house.delegations.agent(user, house.now())
    if agent is not None:
        return {"role": "agent", "data": {"user": agent.master}}
    if user in house.delegations.sub_accounts:
        return {"role": "subAccount", "data": {"master": house.delegations.sub_accounts[user].master}}
    return {"role": "user" if house.venue.knows(user) else "missing"}


def extra_agents(house: House, question: Question) -> Any:
    return [
        {"name": agent.name, "address": agent.address, "validUntil": agent.valid_until}
        for agent in house.delegations.agents_of(question.user)
        if agent.name
    ]


def active_asset_data(house: House, question: Question) -> Any:
    if not house.is_coin(question.coin):
        raise Unanswerable(f"there is no coin {question.coin}")
    return shapes.active_asset(house.venue.active_asset(question.user, question.coin))


def sub_accounts(house: House, question: Question) -> Any:
    subs = house.delegations.sub_accounts_of(question.user)
    states = [(sub, house.venue.account_state(sub.address)) for sub in subs]
    return [
        {
            "name": sub.name,
            "subAccountUser": sub.address,
            "master": sub.master,
            "clearinghouseState": shapes.clearinghouse(state),
            "spotState": shapes.spot_state(state.spot_usdc),
        }
        for sub, state in states
    ] or None


def sub_accounts_by_dex(house: House, question: Question) -> Any:
    rows = sub_accounts(house, question) or []
    for row in rows:
        row["dexToClearinghouseState"] = [["", row.pop("clearinghouseState")]]
    return rows or None


def portfolio(house: House, question: Question) -> Any:
    """Value and profit at the account's first day and now; no finer history is kept."""
    user, now = question.user, house.now()
    ledger = house.venue.ledger(user)
    value = house.venue.account_state(user).summary.account_value
    profit = value - sum((row.amount for row in ledger), ZERO)
    answer = []
    for prefix in ("", "perp"):
        for period, days in (("day", 1), ("week", 7), ("month", 30), ("allTime", None)):
            since = 0 if days is None else now - days * DAY_MS
            volume = sum((row.price * row.size for row in house.venue.fills(user) if row.time_ms >= since), ZERO)
            values, profits = [[now, shapes.usd(value)]], [[now, shapes.usd(profit)]]
            if ledger:
                began = max(since, ledger[0].time_ms)
                values.insert(0, [began, shapes.usd(value - profit)])
                profits.insert(0, [began, "0.0"])
            name = period if not prefix else prefix + period[0].upper() + period[1:]
            histories = {"accountValueHistory": values, "pnlHistory": profits, "vlm": shapes.usd(volume)}
            answer.append([name, histories])
    return answer


def web_data(house: House, question: Question) -> Any:
    user, now = question.user, house.now()
    state = house.venue.account_state(user)
    agent = next((agent for agent in house.delegations.agents_of(user) if not agent.name), None)
    return {
        "clearinghouseState": shapes.clearinghouse(state),
        "leadingVaults": [],
        "totalVaultEquity": "0.0",
        "openOrders": frontend_open_orders(house, question),
        "agentAddress": agent.address if agent else None,
        "agentValidUntil": agent.valid_until if agent else None,
        "cumLedger": shapes.usd(sum((row.amount for row in house.venue.ledger(user)), ZERO)),
        "meta": market_answers.meta_shape(house),
        "assetCtxs": market_answers.contexts_shape(house),
        "serverTime": now,
        "isVault": False,
        "user": user,
        "twapStates": [],
        "spotState": shapes.spot_state(state.spot_usdc),
        "spotAssetCtxs": [],
        "perpsAtOpenInterestCap": [],
    }


ANSWERS: Mapping[str, Callable[[House, Question], Any]] = {
    "clearinghouseState": clearinghouse_state,
    "spotClearinghouseState": spot_state,
    "openOrders": open_orders,
    "frontendOpenOrders": frontend_open_orders,
    "orderStatus": order_status,
    "historicalOrders": historical_orders,
    "userFills": user_fills,
    "userFillsByTime": user_fills_by_time,
    "userFunding": user_funding,
    "userNonFundingLedgerUpdates": ledger_updates,
    "userFees": user_fees,
    "userRateLimit": user_rate_limit,
    "userRole": user_role,
    "extraAgents": extra_agents,
    "activeAssetData": active_asset_data,
    "subAccounts": sub_accounts,
    "subAccounts2": sub_accounts_by_dex,
    "portfolio": portfolio,
    "webData2": web_data,
}
