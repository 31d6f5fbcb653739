"""Random sequences of everything a floor can see: after every step the books balance."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hlmaster.core.model import Leverage, MarginMode
from hlmaster.exchange.simulator.events import Event
from tests.exchange.simulator.arena import ANN, BOB, ENTRY_GROUP, POSITION_GROUP, Arena, limit, trigger

users = st.sampled_from((ANN, BOB))
sides = st.sampled_from(("buy", "sell"))
prices = st.integers(90, 110)
sizes = st.integers(1, 400)
coins = st.sampled_from(("SOL", "SOL", "LONE"))
tifs = st.sampled_from(("Gtc", "Gtc", "Ioc", "Alo", "FrontendMarket"))
flags = st.booleans()
steps = st.lists(
    st.one_of(
        st.tuples(st.just("order"), users, coins, sides, prices, sizes, tifs, flags),
        st.tuples(st.just("trigger"), users, coins, sides, prices, sizes, st.sampled_from(("tp", "sl")), flags),
        st.tuples(st.just("family"), users, coins, sides, prices, sizes, tifs),
        st.tuples(st.just("guard"), users, coins, sides, prices, flags),
        st.tuples(st.just("others"), coins, sides, prices, sizes),
        st.tuples(st.just("sweep"), coins, sides, sizes),
        st.tuples(st.just("cancel"), users, st.integers(0, 20)),
        st.tuples(st.just("modify"), users, st.integers(0, 20), prices, sizes, flags),
        st.tuples(st.just("mark"), coins, prices),
        st.tuples(st.just("leverage"), users, coins, st.integers(1, 20), flags),
        st.tuples(st.just("margin"), users, coins, st.integers(-100, 100)),
        st.tuples(st.just("funding"), coins, st.integers(-400, 400)),
    ),
    max_size=40,
)


def scaled(coin: str, price: int) -> str:
    return str(Decimal(price) / (10 if coin == "LONE" else 1))


def play(arena: Arena, step: tuple[Any, ...]) -> None:
    match step:
        case ("order", user, coin, side, price, size, tif, reduce):
            arena.place(user, limit(side, scaled(coin, price), size, coin, tif=tif, reduce=reduce))
        case ("trigger", user, coin, side, price, size, kind, reduce):
            arena.place(user, trigger(side, scaled(coin, price), size, kind, coin, reduce=reduce))
        case ("family", user, coin, side, price, size, tif):
            other = "sell" if side == "buy" else "buy"
            far = (price + 5, price - 5) if side == "buy" else (price - 5, price + 5)
            children = [
                trigger(other, scaled(coin, at), size, kind, coin) for at, kind in zip(far, ("tp", "sl"), strict=True)
            ]
            arena.place(user, limit(side, scaled(coin, price), size, coin, tif=tif), *children, grouping=ENTRY_GROUP)
        case ("guard", user, coin, side, price, is_stop):
            guard = trigger(side, scaled(coin, price), 0, "sl" if is_stop else "tp", coin)
            arena.place(user, guard, grouping=POSITION_GROUP)
        case ("others", coin, side, price, size):
            arena.others(coin, side, scaled(coin, price), size)
        case ("sweep", coin, side, size):
            arena.sweep(coin, side, size)
        case ("cancel", user, index):
            orders = list(arena.trader(user).orders.values())
            if index < len(orders):
                assert arena.engine.placing.cancel(user, orders[index].asset, orders[index].oid) is None
        case ("modify", user, index, price, size, always):
            orders = list(arena.trader(user).orders.values())
            if index < len(orders):
                modify(arena, user, orders[index], price, size, always)
        case _:
            play_money(arena, step)


def play_money(arena: Arena, step: tuple[Any, ...]) -> None:
    match step:
        case ("mark", coin, price):
            arena.mark(coin, scaled(coin, price))
            arena.engine.liquidate()
            arena.floor.now_ms += 3_000
        case ("leverage", user, coin, value, isolated):
            mode = MarginMode.ISOLATED if isolated else MarginMode.CROSS
            arena.engine.treasury.update_leverage(user, arena.floor.asset_of(coin), Leverage(mode, value))
        case ("margin", user, coin, usd):
            arena.engine.treasury.update_isolated_margin(user, arena.floor.asset_of(coin), Decimal(usd))
        case ("funding", coin, rate):
            arena.engine.treasury.charge_funding(coin, Decimal(rate) / 10_000)


def modify(arena: Arena, user: str, order: Any, price: int, size: int, always: bool) -> None:
    side, at = "buy" if order.is_buy else "sell", scaled(order.coin, price)
    new = limit(side, at, size, order.coin, reduce=order.reduce_only)
    if order.is_waiting:
        new = trigger(side, at, size, order.tpsl, order.coin, reduce=order.reduce_only)
    arena.engine.placing.modify(user, order.oid, new, always_place=always)


def prepared() -> Arena:
    arena = Arena()
    for coin in ("SOL", "LONE"):
        for distance in (1, 2, 3, 5, 8):
            arena.others(coin, "buy", scaled(coin, 100 - distance), 200)
            arena.others(coin, "sell", scaled(coin, 100 + distance), 200)
    return arena


@settings(max_examples=150)
@given(steps)
def test_after_every_step_money_orders_and_margin_agree(plan: list[tuple[Any, ...]]) -> None:
    arena = prepared()
    for step in plan:
        play(arena, step)
        arena.check()


@settings(max_examples=30)
@given(steps)
def test_the_same_steps_give_the_same_events(plan: list[tuple[Any, ...]]) -> None:
    told: list[list[Event]] = []
    for _ in range(2):
        arena = prepared()
        for step in plan:
            play(arena, step)
        told.append(arena.happened())
    assert told[0] == told[1]
