"""The venue whole: generated and recorded participants, time, memory."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hlmaster.core.clock import HOUR_MS, MINUTE_MS
from hlmaster.core.model import Interval
from hlmaster.exchange.simulator.events import (
    ContextChanged,
    Event,
    FillRow,
    FundingRateRow,
    FundingRow,
    QuoteRow,
    TradeRow,
)
from hlmaster.exchange.simulator.listing import LISTINGS, Listing
from hlmaster.exchange.simulator.market import Market
from hlmaster.exchange.simulator.orders import ENTRY_GROUP, FRONTEND_MARKET, NewOrder, Resting, TriggerSpec
from hlmaster.exchange.simulator.replay import Recording
from hlmaster.exchange.simulator.venue import Venue

START = 1_763_600_000_000
ANN = "0x" + "a" * 40
COINS = LISTINGS[:3]
D = Decimal


def opened(start_ms: int = START, seed: int = 3, coins: Sequence[Listing] = COINS) -> Venue:
    return Venue(coins, Market(coins, seed, start_ms), start_ms)


def buy(venue: Venue, size: str = "0.1", asset: int = 0) -> None:
    coin = list(venue.instruments)[asset]
    worst = D(int(venue.mark(coin) * D("1.02")))
    replies = venue.place(ANN, [NewOrder(asset, True, worst, D(size), tif=FRONTEND_MARKET)], "na", venue.now_ms)
    assert not hasattr(replies[0], "text"), replies


def test_the_same_calls_give_the_same_events() -> None:
    told: list[list[Event]] = []
    for _ in range(2):
        venue = opened()
        venue.deposit(ANN, D(10_000), START + 1_000)
        buy(venue)
        for step in range(20):
            venue.advance(START + 1_000 + step * 777)
        told.append(venue.drain())
    assert told[0] == told[1]
    assert len(told[0]) > 300


def test_how_often_time_is_asked_for_changes_nothing() -> None:
    coarse, fine = opened(), opened()
    coarse.advance(START + 30_000)
    for ms in range(0, 30_001, 50):
        fine.advance(START + ms)
    assert coarse.drain() == fine.drain()


def test_books_are_deep_and_never_crossed_and_marks_follow_the_oracle() -> None:
    venue = opened()
    for second in range(60):
        venue.advance(START + second * 1000)
        for coin in venue.instruments:
            book = venue.book(coin)
            assert len(book.bids) == len(book.asks) == 20
            assert book.bids[0].price < venue.mid(coin) < book.asks[0].price
            assert abs(venue.mark(coin) / venue.oracle(coin) - 1) < D("0.01")


def test_oracle_and_mark_move_every_three_seconds_and_quotes_at_most_once_a_block() -> None:
    venue = opened()
    venue.advance(START + 30_000)
    events = venue.drain()
    moved = [event.time_ms for event in events if isinstance(event, ContextChanged) and event.coin == "BTC"]
    assert moved == [(START // 3000 + step) * 3000 for step in range(1, 11)]
    quotes = [event.time_ms for event in events if isinstance(event, QuoteRow) and event.coin == "BTC"]
    assert len(quotes) == len(set(quotes))
    assert all(time % 100 == 0 for time in quotes)


def test_candles_hold_exactly_the_trades_that_were_told() -> None:
    venue = opened()
    venue.advance(START + 3 * MINUTE_MS)
    trades = [event for event in venue.drain() if isinstance(event, TradeRow) and event.coin == "ETH"]
    rows = venue.candles("ETH", Interval.M1)
    assert sum(row.trades for row in rows) == len(trades)
    assert sum(row.volume for row in rows) == sum(trade.size for trade in trades)
    assert rows[-1].close == trades[-1].price == venue.recent_trades("ETH")[0].price
    assert len({trade.tid for trade in trades}) == len(trades)


def test_the_aggregated_book_rounds_away_from_the_touch_and_keeps_all_size() -> None:
    venue = opened()
    whole = venue.book("BTC", depth=10_000)
    for figures, mantissa in ((5, 1), (5, 2), (5, 5), (4, None), (3, None), (2, None)):
        shown = venue.book("BTC", figures, mantissa, depth=10_000)
        assert sum(row.size for row in shown.bids) == sum(row.size for row in whole.bids)
        assert sum(row.orders for row in shown.asks) == sum(row.orders for row in whole.asks)
        assert shown.bids[0].price <= whole.bids[0].price
        assert shown.asks[0].price >= whole.asks[0].price
        assert [row.price for row in shown.bids] == sorted({row.price for row in shown.bids}, reverse=True)
    assert all(row.price % 1000 == 0 for row in venue.book("BTC", 2).bids)


def test_funding_is_charged_on_the_hour_of_market_time() -> None:
    start = START // HOUR_MS * HOUR_MS + HOUR_MS - 60_000
    venue = opened(start)
    venue.deposit(ANN, D(10_000), start)
    buy(venue)
    venue.advance(start + 59_999)
    assert venue.funding(ANN) == []
    venue.advance(start + 60_000)
    events = venue.drain()
    rates = [event for event in events if isinstance(event, FundingRateRow)]
    assert [row.coin for row in rates] == list(venue.instruments)
    paid = [event for event in events if isinstance(event, FundingRow)]
    assert len(paid) == 1
    assert paid[0].usdc == -D("0.1") * venue.oracle("BTC") * rates[0].rate
    assert paid[0].time_ms == start + 60_000
    assert venue.funding_rates("BTC") == [rates[0]]


def test_participants_fill_a_users_resting_order() -> None:
    venue = opened()
    venue.deposit(ANN, D(10_000), START)
    bid = venue.book("BTC").bids[0].price
    venue.place(ANN, [NewOrder(0, True, bid, D("0.02"))], "na", START)
    venue.advance(START + 5 * MINUTE_MS)
    fills = [event for event in venue.drain() if isinstance(event, FillRow)]
    assert sum(fill.size for fill in fills) == D("0.02")
    assert all(not fill.crossed and fill.price == bid for fill in fills)


def busy() -> Venue:
    venue = opened()
    venue.deposit(ANN, D(10_000), START + 500)
    buy(venue)
    mark = D(int(venue.mark("ETH")))
    stop = TriggerSpec(mark - 500, True, "sl")
    entry = NewOrder(1, True, mark - 200, D(1), cloid="0x" + "5" * 32)
    venue.place(ANN, [entry, NewOrder(1, False, mark - 500, D(1), True, trigger=stop)], ENTRY_GROUP, START + 600)
    venue.place(ANN, [NewOrder(0, True, D(50_000), D("0.01"))], "na", START + 700)
    venue.advance(START + 130_000)
    return venue


def resumed(state: Mapping[str, object], venue: Venue, start_ms: int) -> Venue:
    oracles = {coin: float(venue.oracle(coin)) for coin in venue.instruments}
    return Venue(COINS, Market(COINS, 3, start_ms, oracles), start_ms, state=json.loads(json.dumps(state)))


def test_a_venue_made_from_its_state_is_as_it_was() -> None:
    venue = busy()
    again = resumed(venue.export_state(), venue, venue.now_ms + 3_600_000)
    assert again.account_state(ANN).summary == venue.account_state(ANN).summary
    assert again.account_state(ANN).positions == venue.account_state(ANN).positions
    assert again.account_state(ANN).withdrawable == venue.account_state(ANN).withdrawable
    assert again.open_orders(ANN) == venue.open_orders(ANN)
    assert again.historical_orders(ANN) == venue.historical_orders(ANN)
    assert again.order_by(ANN, "0x" + "5" * 32) == venue.order_by(ANN, "0x" + "5" * 32)
    assert (again.fills(ANN), again.ledger(ANN)) == (venue.fills(ANN), venue.ledger(ANN))
    assert again.volume(ANN) == venue.volume(ANN)
    assert [again.mark(coin) for coin in again.instruments] == [venue.mark(coin) for coin in venue.instruments]
    assert again.candles("BTC", Interval.M1) == venue.candles("BTC", Interval.M1)
    oid = venue.open_orders(ANN)[0].oid
    reply = again.place(ANN, [NewOrder(0, True, D(60_000), D("0.01"))], "na", again.now_ms)[0]
    assert isinstance(reply, Resting)
    assert reply.oid > oid, "ids are never given twice"
    again.advance(again.now_ms + 10_000)


def test_the_parts_that_are_saved_one_by_one_make_the_same_state() -> None:
    venue = opened()
    candles: dict[str, list[object]] = {}
    users: dict[str, dict[str, object]] = {}
    rows: dict[str, dict[str, list[object]]] = {}
    venue.deposit(ANN, D(10_000), START + 500)
    for step in range(1, 100):
        if step % 20 == 5:
            buy(venue, "0.01")
        venue.advance(START + step * 3_000)
        for user in venue.dirty_users():
            users[user] = venue.export_user(user)
            for name, new in venue.take_rows(user).items():
                rows.setdefault(user, {}).setdefault(name, []).extend(new)
        for series, new in venue.take_candles().items():
            candles.setdefault(series, []).extend(new)
    joined = {
        "venue": venue.export_venue(),
        "candles": candles,
        "users": {user: {"account": users[user], "rows": rows[user]} for user in users},
    }
    assert venue.dirty_users() == set()
    whole = venue.export_state()
    assert json.loads(json.dumps(joined["users"])) == json.loads(json.dumps(whole["users"]))
    again = resumed(joined, venue, venue.now_ms)
    assert again.candles("BTC", Interval.M1) == venue.candles("BTC", Interval.M1)
    assert len(json.dumps(venue.export_venue())) < 20_000


def test_strangers_have_nothing_and_are_not_made_by_asking() -> None:
    venue = opened()
    nobody = "0x" + "9" * 40
    assert venue.account_state(nobody).summary.account_value == 0
    assert (venue.open_orders(nobody), list(venue.fills(nobody)), venue.order_by(nobody, 7)) == ([], [], None)
    assert venue.active_asset(nobody, "BTC").max_trade_sizes == (0, 0)
    assert not venue.knows(nobody)


@pytest.mark.parametrize("coin", ["BTC", "ETH", "SOL"])
def test_a_context_is_plausible_and_complete(coin: str) -> None:
    venue = opened()
    venue.advance(START + 10 * MINUTE_MS)
    row = venue.context(coin)
    assert row.impact_bid is not None
    assert row.impact_ask is not None
    assert row.mid is not None
    assert row.impact_bid <= row.mid <= row.impact_ask
    assert row.day_notional > 0
    assert row.open_interest > 0
    assert abs(row.funding) < D("0.001")


def test_recorded_candles_come_out_of_the_venue_unchanged(tmp_path: Path) -> None:
    opens = [START // MINUTE_MS * MINUTE_MS + step * MINUTE_MS for step in range(20)]
    wave = [100_000 + 50 * (step % 7) for step in range(21)]
    columns: dict[str, list[Any]] = {
        "ts": opens,
        "open": [float(price) for price in wave[:-1]],
        "high": [float(max(pair) + 20) for pair in itertools.pairwise(wave)],
        "low": [float(min(pair) - 30) for pair in itertools.pairwise(wave)],
        "close": [float(price) for price in wave[1:]],
        "volume": [1.0 + step / 8 for step in range(20)],
    }
    file = tmp_path / "made_BTC_1m.parquet"
    pq.write_table(pa.table(columns), file)
    recording = Recording(file)
    venue = Venue(recording.coins, recording, recording.start_ms)
    venue.advance(opens[-1] + MINUTE_MS)
    rows = {row.open_ms: row for row in venue.candles("BTC", Interval.M1)}
    for number, open_ms in enumerate(opens):
        row = rows[open_ms]
        assert [row.open, row.high, row.low, row.close] == [D(columns[name][number]) for name in list(columns)[1:5]]
        assert float(row.volume) == pytest.approx(columns["volume"][number], abs=1e-4)
    assert recording.ended
