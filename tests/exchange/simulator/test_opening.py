"""A house opened afresh, again from its state file, and over a recording."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from hlmaster.core.clock import HOUR_MS, MINUTE_MS, ManualClock
from hlmaster.core.errors import ConfigError, StorageError
from hlmaster.core.model import Interval
from hlmaster.exchange.simulator import shapes
from hlmaster.exchange.simulator.events import Event, FillRow
from hlmaster.exchange.simulator.house import House
from hlmaster.exchange.simulator.opening import Options, open_house
from hlmaster.exchange.simulator.orders import IOC, NewOrder
from hlmaster.exchange.simulator.state import Change

START = 1_790_000_000_000
USER = "0x" + "11" * 20
RECORDINGS = Path(__file__).resolve().parents[4] / "shared" / "data"


def live(house: House, clock: ManualClock, ms: int) -> None:
    """Let the market live on in steps, as the server does."""
    for _ in range(ms // 500):
        clock.advance(500)
        house.step()


def opened(clock: ManualClock, state: Path | None = None) -> House:
    options = Options(seed=5, coins=("BTC", "ETH"), faucet=Decimal(10_000), state=state, budget_multiplier=0)
    return open_house(options, clock)


def buy(house: House) -> None:
    house.welcome(USER)
    price = Decimal(round(house.venue.mid("BTC") * Decimal("1.02")))
    house.venue.place(USER, [NewOrder(0, True, price, Decimal("0.01"), tif=IOC)], "na", house.now())
    house.settle()


def test_the_same_seed_and_start_make_the_same_market() -> None:
    mids = []
    for _ in range(2):
        clock = ManualClock(START)
        house = opened(clock)
        live(house, clock, 30_000)
        mids.append([house.venue.mid(coin) for coin in ("BTC", "ETH")])
    assert mids[0] == mids[1]


def test_drawn_past_and_lived_present_are_one_series() -> None:
    clock = ManualClock(START)
    house = opened(clock)
    live(house, clock, 3 * MINUTE_MS)
    minutes = house.chronicle.candles("BTC", Interval.M1, START - HOUR_MS, clock.now_ms())
    first = minutes[0]["t"]
    assert [row["t"] for row in minutes] == list(range(first, first + len(minutes) * MINUTE_MS, MINUTE_MS))
    hour = house.chronicle.candles("BTC", Interval.H1, START, clock.now_ms())[-1]
    inside = [row for row in minutes if row["t"] >= hour["t"]]
    assert Decimal(hour["h"]) == max(Decimal(row["h"]) for row in inside)
    assert Decimal(hour["v"]) == sum(Decimal(row["v"]) for row in inside)
    now = house.chronicle.open_candle("BTC", Interval.H1)
    assert now is not None
    assert shapes.candle(now) == hour
    assert len(house.chronicle.candles("BTC", Interval.M1, 0, clock.now_ms())) == 5000
    part = house.chronicle.candles("BTC", Interval.M1, START - 10 * MINUTE_MS, START - 5 * MINUTE_MS)
    assert part == [row for row in minutes if part[0]["t"] <= row["t"] <= START - 5 * MINUTE_MS]
    assert len(part) in (5, 6)


@pytest.mark.parametrize("offset_ms", [0, 100, 30_000, MINUTE_MS - 100])
def test_a_coin_that_is_quiet_at_the_opening_lacks_no_minute(offset_ms: int) -> None:
    """Wherever within a minute the exchange opens; the seed has coins without a trade for a minute."""
    clock = ManualClock(START // MINUTE_MS * MINUTE_MS + offset_ms)
    house = open_house(Options(seed=5, budget_multiplier=0), clock)
    for seconds in (2, 20, 70, 70, 70):
        live(house, clock, seconds * 1_000)
        for coin in house.venue.instruments:
            times = [row["t"] for row in house.chronicle.candles(coin, Interval.M1, START - HOUR_MS, clock.now_ms())]
            assert times == list(range(times[0], times[0] + len(times) * MINUTE_MS, MINUTE_MS)), coin


def test_the_time_between_two_lives_is_a_pause(tmp_path: Path) -> None:
    state, clock = tmp_path / "demo.state", ManualClock(START)
    house = opened(clock, state)
    buy(house)
    live(house, clock, 2 * MINUTE_MS)
    minutes = house.chronicle.candles("BTC", Interval.M1, START - HOUR_MS, clock.now_ms())
    house.shut()
    ended = clock.now_ms()
    clock.advance(5 * HOUR_MS)
    again = opened(clock, state)
    assert again.pause is not None
    assert (again.pause.from_ms // 100, again.pause.until_ms) == (ended // 100, ended + 5 * HOUR_MS)
    live(again, clock, MINUTE_MS)
    assert not again.venue.funding(USER)
    assert [row.size for row in again.venue.account_state(USER).positions] == [Decimal("0.01")]
    rows = again.chronicle.candles("BTC", Interval.M1, START - HOUR_MS, clock.now_ms())
    assert rows[: len(minutes) - 1] == minutes[:-1]
    assert not [row for row in rows if ended < row["t"] < ended + 5 * HOUR_MS - MINUTE_MS]
    again.shut()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_prices_go_on_after_a_restart_where_they_stopped(tmp_path: Path, seed: int) -> None:
    state, clock = tmp_path / "demo.state", ManualClock(START)
    house = open_house(Options(seed=seed, state=state), clock)
    live(house, clock, 2 * MINUTE_MS)
    coins = list(house.venue.instruments)
    before = {coin: (house.venue.mid(coin), house.venue.mark(coin)) for coin in coins}
    house.shut()
    clock.advance(HOUR_MS)
    again = open_house(Options(state=state), clock)
    for coin in coins:
        mid, mark = before[coin]
        spread = again.venue.book(coin).asks[0].price - again.venue.book(coin).bids[0].price
        assert abs(again.venue.mid(coin) - mid) <= max(spread, mid * Decimal("0.0001")), coin
        assert again.venue.mark(coin) == mark
    again.shut()


def test_nothing_is_told_before_it_is_on_disk(tmp_path: Path) -> None:
    clock = ManualClock(START)
    house = opened(clock, tmp_path / "demo.state")
    story: list[str] = []
    store = house._store
    assert store is not None
    commit = store.commit

    def noted(change: Change) -> None:
        commit(change)
        if change.users:
            story.append("committed")

    def heard(events: Sequence[Event]) -> None:
        if any(isinstance(event, FillRow) for event in events):
            story.append("told")

    store.commit = noted  # type: ignore[method-assign]
    house.listen(heard)
    buy(house)
    assert story[-2:] == ["committed", "told"]
    house.shut()


def test_a_disk_that_refuses_stops_the_telling(tmp_path: Path) -> None:
    clock = ManualClock(START)
    house = opened(clock, tmp_path / "demo.state")
    told: list[Event] = []
    house.listen(told.extend)
    assert house._store is not None
    house._store.close()
    with pytest.raises(StorageError, match=r"cannot be written"):
        buy(house)
    assert not told


def test_a_state_file_keeps_its_seed_and_coins(tmp_path: Path) -> None:
    state, clock = tmp_path / "demo.state", ManualClock(START)
    opened(clock, state).shut()
    for wrong in (Options(seed=6, state=state), Options(coins=("BTC",), state=state)):
        with pytest.raises(ConfigError, match=r"began with"):
            open_house(wrong, clock)
    house = open_house(Options(state=state), clock)
    assert list(house.venue.instruments) == ["BTC", "ETH"]
    house.shut()


def test_a_recording_is_the_market(tmp_path: Path) -> None:
    path = RECORDINGS / "candles" / "hl_BTC_1m.parquet"
    if not path.exists():
        pytest.skip("the recordings are not beside this checkout")
    from hlmaster.exchange.simulator.replay import Recording

    clock = ManualClock(Recording(path).start_ms)
    house = open_house(Options(replay=path, faucet=Decimal(10_000), state=tmp_path / "demo.state"), clock)
    live(house, clock, 3 * MINUTE_MS)
    assert house.venue.recent_trades("BTC")
    buy(house)
    assert house.venue.fills(USER)
    house.shut()
    again = open_house(Options(replay=path, state=tmp_path / "demo.state"), clock)
    live(again, clock, MINUTE_MS)
    assert again.venue.account_state(USER).positions
    again.shut()
