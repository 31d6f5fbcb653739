from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import pytest

from hlmaster.core.rounding import is_valid_price
from hlmaster.exchange.simulator.listing import LISTINGS, listing
from hlmaster.exchange.simulator.market import FlowOrder, Market
from tests.exchange.simulator.plain_book import PlainBook

START_MS = 1_780_000_000_000
STEP_MS = 200


@dataclass
class Watched:
    book: PlainBook
    orders: list[FlowOrder] = field(default_factory=list)
    mids: list[float] = field(default_factory=list)
    spreads: list[int] = field(default_factory=list)
    oracles: list[float] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    depth: list[list[int]] = field(default_factory=list)

    def look(self, ticks_per_unit: int) -> None:
        bid, ask = self.book.best(True), self.book.best(False)
        assert bid is not None
        assert ask is not None
        assert bid < ask
        self.mids.append((bid + ask) / 2)
        self.spreads.append(ask - bid)
        self.oracles.append(self.book.flow.oracle_price * ticks_per_unit)
        sides = [self.book.levels(is_buy) for is_buy in (True, False)]
        self.levels.append(min(len(side) for side in sides))
        ordered = [side[ticks] for side in sides for ticks in sorted(side, key=lambda t: abs(t - self.mids[-1]))[:20]]
        self.depth.append(ordered if len(ordered) == 40 else [])


def watch(coins: list[str], minutes: int, seed: int = 5, *, report_fills: bool = True) -> dict[str, Watched]:
    market = Market(LISTINGS, seed, START_MS)
    seen = {coin: Watched(PlainBook(market.flow(coin), report_fills)) for coin in coins}
    for one in seen.values():
        one.book.apply(one.book.flow.seed_book(START_MS))
    for now_ms in range(START_MS + STEP_MS, START_MS + minutes * 60_000 + 1, STEP_MS):
        for coin, one in seen.items():
            book = one.book
            orders = book.flow.step(now_ms, STEP_MS, book.best(True), book.best(False))
            one.orders += orders
            book.apply(orders)
            if now_ms % 1000 == 0:
                found = listing(coin)
                assert found is not None
                one.look(found.ticks_per_unit)
    return seen


@pytest.fixture(scope="module")
def half_hour() -> dict[str, Watched]:
    return watch(["BTC", "SOL", "kPEPE"], 30)


def test_books_keep_twenty_levels_a_side_and_a_bounded_number_of_orders(half_hour: dict[str, Watched]) -> None:
    for coin, one in half_hour.items():
        assert np.mean(np.array(one.levels) >= 20) > 0.99, coin
        assert min(one.levels) >= 12, coin
        resting = sum(len(side) for side in one.book.sides.values())
        assert 80 <= resting < 260
        assert one.book.flow.resting == resting


def test_the_opening_book_has_twenty_levels_and_does_not_cross() -> None:
    market = Market(LISTINGS, 1, START_MS)
    for one in LISTINGS:
        book = PlainBook(market.flow(one.coin))
        book.apply(market.flow(one.coin).seed_book(START_MS))
        assert min(len(book.levels(True)), len(book.levels(False))) >= 30
        assert not book.trades
        assert abs(book.best(True) or 0) / one.ticks(one.start_price) == pytest.approx(1.0, abs=0.002)


def test_spreads_are_narrow_and_positive(half_hour: dict[str, Watched]) -> None:
    for coin, one in half_hour.items():
        found = listing(coin)
        assert found is not None
        basis_points = np.array(one.spreads) / np.array(one.mids) * 1e4
        assert np.median(np.array(one.spreads) / found.step(one.mids[0])) <= 4
        assert np.median(basis_points) < 2
        assert np.percentile(basis_points, 99) < 8


def test_depth_grows_from_the_touch_and_then_levels_off(half_hour: dict[str, Watched]) -> None:
    for coin, one in half_hour.items():
        mean = np.mean([row for row in one.depth if row], axis=0)
        near, middle, far = mean[:3].mean(), mean[6:12].mean(), mean[17:20].mean()
        assert near < middle, coin
        assert far < 1.6 * middle, coin


def test_the_mid_follows_the_oracle_and_the_premium_moves(half_hour: dict[str, Watched]) -> None:
    for coin, one in half_hour.items():
        premium = np.array(one.mids) / np.array(one.oracles) - 1.0
        assert np.abs(premium).max() < 0.008, coin
        assert np.abs(premium).mean() < 0.0015, coin
        assert premium.std() > 0.00005, coin


def test_returns_a_second_apart_remember_no_direction_but_do_remember_size(half_hour: dict[str, Watched]) -> None:
    for coin, one in half_hour.items():
        returns = np.diff(np.log(one.mids))
        lagged = [float(np.corrcoef(returns[:-lag], returns[lag:])[0, 1]) for lag in range(1, 11)]
        assert -0.1 < lagged[0] < 0.3, coin
        assert max(abs(value) for value in lagged[1:]) < 0.12, coin
        size = np.abs(returns)
        assert np.corrcoef(size[:-1], size[1:])[0, 1] > 0.02, coin


def test_market_orders_come_in_bursts(half_hour: dict[str, Watched]) -> None:
    market = Market(LISTINGS, 2, START_MS)
    flow = market.flow("BTC")
    book = PlainBook(flow)
    book.apply(flow.seed_book(START_MS))
    counts = np.zeros(90)
    for now_ms in range(START_MS + STEP_MS, START_MS + 900_000, STEP_MS):
        orders = flow.step(now_ms, STEP_MS, book.best(True), book.best(False))
        book.apply(orders)
        counts[(now_ms - START_MS) // 10_000] += sum(order.kind == "market" for order in orders)
    assert np.var(counts) > 2.0 * np.mean(counts)
    signs = [order.is_buy for order in half_hour["BTC"].orders if order.kind == "market"]
    assert np.mean(np.array(signs[1:]) == np.array(signs[:-1])) > 0.55


def test_rates_and_turnover_are_those_of_the_listing(half_hour: dict[str, Watched]) -> None:
    for coin, one in half_hour.items():
        found = listing(coin)
        assert found is not None
        assert 4 < len(one.orders) / 1800 < 45
        kinds = Counter(order.kind for order in one.orders)
        assert 0.02 < kinds["market"] / len(one.orders) < 0.3
        turnover = sum(ticks * lots for ticks, lots, _ in one.book.trades) * found.tick * found.lot * 48
        assert 0.3 < turnover / found.daily_volume_usd < 4
        assert 0.4 < len(one.book.trades) * 48 / found.trades_per_day < 3.5


def test_every_order_is_valid_on_the_venue(half_hour: dict[str, Watched]) -> None:
    for coin, one in half_hour.items():
        found = listing(coin)
        assert found is not None
        ids = [order.order_id for order in one.orders if order.kind != "cancel"]
        assert len(set(ids)) == len(ids)
        assert min(ids) > 0
        for order in one.orders:
            assert (order.lots > 0) == (order.kind != "cancel")
            assert (order.ticks > 0) == (order.kind == "limit")
        for order in one.orders[::37]:
            if order.kind == "limit":
                assert is_valid_price(Decimal(order.ticks) / found.ticks_per_unit, found.size_decimals)
        assert one.book.crossing == 0


def test_the_same_seed_gives_the_same_orders_and_another_does_not() -> None:
    one, same, other = (watch(["ETH"], 1, seed)["ETH"].orders for seed in (3, 3, 4))
    assert one == same
    assert one != other


def test_oracle_prices_do_not_depend_on_how_often_one_looks() -> None:
    often, seldom = Market(LISTINGS, 9, START_MS), Market(LISTINGS, 9, START_MS)
    for now_ms in range(START_MS, START_MS + 300_001, 130):
        often.advance(now_ms)
    often.advance(START_MS + 300_000)
    seldom.advance(START_MS + 300_000)
    seldom.advance(START_MS)
    for one in LISTINGS:
        assert often.flow(one.coin).oracle_price == seldom.flow(one.coin).oracle_price


def test_a_long_absence_is_crossed_quickly_and_moves_the_price_believably() -> None:
    market = Market(LISTINGS, 9, START_MS)
    market.advance(START_MS + 5 * 86_400_000)
    for one in LISTINGS:
        assert 0.4 < market.flow(one.coin).oracle_price / one.start_price < 2.5


def test_a_restarted_market_goes_on_from_the_last_prices_with_fresh_noise() -> None:
    prices = {"BTC": 90_000.0}
    again = Market(LISTINGS, 9, START_MS + 1000, prices)
    assert again.flow("BTC").oracle_price == 90_000.0
    assert again.flow("ETH").oracle_price == 3_350.0
    again.advance(START_MS + 61_000)
    first = Market(LISTINGS, 9, START_MS)
    first.advance(START_MS + 60_000)
    moves = again.flow("BTC").oracle_price / 90_000.0, first.flow("BTC").oracle_price / 96_500.0
    assert moves[0] != pytest.approx(moves[1], rel=1e-9)


def test_oracle_returns_have_fat_tails_clusters_and_a_common_factor() -> None:
    few = [one for one in LISTINGS if one.coin in ("BTC", "ETH")]
    market = Market(few, 3, START_MS)
    prices = []
    for minute in range(12 * 60):
        market.advance(START_MS + minute * 60_000)
        prices.append([market.flow(one.coin).oracle_price for one in few])
    returns = np.diff(np.log(prices), axis=0)
    for column, one in zip(returns.T, few, strict=True):
        assert ((column - column.mean()) ** 4).mean() / column.var() ** 2 - 3 > 1.0
        size = np.abs(column)
        assert np.mean([np.corrcoef(size[:-lag], size[lag:])[0, 1] for lag in range(1, 21)]) > 0.05
        assert abs(np.corrcoef(column[:-1], column[1:])[0, 1]) < 0.12
        assert 0.5 < column.std() * np.sqrt(525_600) / one.annual_vol < 2.0
    assert np.corrcoef(returns.T)[0, 1] > 0.5


def test_participants_refill_a_swept_book_at_once_and_forget_orders_that_are_gone() -> None:
    flow = Market(LISTINGS, 4, START_MS).flow("SOL")
    book = PlainBook(flow)
    book.apply(flow.seed_book(START_MS))
    book.apply([FlowOrder("market", True, 0, 10**12, 10**9)])
    assert book.best(False) is None
    book.apply(flow.step(START_MS + 100, 100, book.best(True), None))
    assert len(book.levels(False)) >= 12
    book.sides[True].clear()
    book.apply(flow.step(START_MS + 200, 100, None, book.best(False)))
    assert len(book.levels(True)) >= 12
    assert flow.resting == sum(len(side) for side in book.sides.values())


def test_a_venue_that_reports_no_fills_still_gets_a_sound_book() -> None:
    one = watch(["BTC"], 3, report_fills=False)["BTC"]
    assert min(one.levels) >= 12


def test_a_partial_fill_leaves_the_rest_and_unknown_orders_are_ignored() -> None:
    flow = Market(LISTINGS, 4, START_MS).flow("ETH")
    orders = flow.seed_book(START_MS)
    flow.on_filled(orders[0].order_id, 1)
    flow.on_filled(10**9, 0)
    assert flow.resting == len(orders)
    flow.on_filled(orders[0].order_id, 0)
    assert flow.resting == len(orders) - 1


def test_an_unlisted_coin_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Market(LISTINGS, 1, START_MS).flow("NONE")
