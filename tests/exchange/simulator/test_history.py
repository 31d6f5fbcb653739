from decimal import Decimal

import numpy as np
import pytest

from hlmaster.core.candles import CandleBlock, aggregate, open_time
from hlmaster.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from hlmaster.core.margin import BASE_FUNDING_PER_HOUR, funding_rate_per_hour
from hlmaster.core.model import Interval
from hlmaster.core.rounding import is_valid_price
from hlmaster.exchange.simulator.history import CandleHistory
from hlmaster.exchange.simulator.listing import LISTINGS, Listing, listing

START_MS = 1_780_000_123_456
COINS = [one.coin for one in LISTINGS]


@pytest.fixture(scope="module")
def history() -> CandleHistory:
    return CandleHistory(LISTINGS, 7, START_MS)


def known(coin: str) -> Listing:
    found = listing(coin)
    assert found is not None
    return found


def assert_equal(block: CandleBlock, other: CandleBlock, lot: float) -> None:
    for name in ("time_ms", "open", "high", "low", "close", "trades"):
        np.testing.assert_array_equal(getattr(block, name), getattr(other, name), err_msg=name)
    np.testing.assert_array_equal(np.rint(block.volume / lot), np.rint(other.volume / lot))


@pytest.mark.parametrize("coin", ["BTC", "ARB", "kPEPE"])
@pytest.mark.parametrize("interval", list(Interval))
def test_every_frame_equals_the_aggregated_minutes(history: CandleHistory, coin: str, interval: Interval) -> None:
    minutes = history.candles(coin, Interval.M1, START_MS, 50_000)
    frame = history.candles(coin, interval, START_MS)
    first_whole = next(t for t in frame.time_ms.tolist() if t >= minutes.time_ms[0])
    folded = aggregate(minutes.between(first_whole, START_MS), interval)
    assert len(folded) >= 1
    assert_equal(folded, frame.between(first_whole, START_MS), known(coin).lot)


def test_days_weeks_and_months_equal_the_aggregated_hours_of_three_years(history: CandleHistory) -> None:
    hours = history.candles("SOL", Interval.H1, START_MS, 100_000)
    for interval in (Interval.H4, Interval.D1, Interval.D3, Interval.W1, Interval.MO1):
        frame = history.candles("SOL", interval, START_MS, 100_000)
        assert_equal(aggregate(hours, interval), frame, 0.01)


@pytest.mark.parametrize("interval", list(Interval))
def test_a_frame_holds_five_thousand_candles_or_all_since_listing(history: CandleHistory, interval: Interval) -> None:
    block = history.candles("ETH", interval, START_MS)
    age_ms = START_MS - known("ETH").listed_ms_offset
    since_listing = len({open_time(t, interval) for t in range(age_ms // DAY_MS * DAY_MS, START_MS, 12 * HOUR_MS)})
    assert len(block) == min(5000, since_listing) if interval.ms > 12 * HOUR_MS else len(block) >= 2000
    if interval.ms <= 4 * HOUR_MS:
        assert len(block) == 5000
    assert all(open_time(t, interval) == t for t in block.time_ms[-50:].tolist())
    spans = np.diff(block.time_ms)[1:]
    assert (spans == interval.ms).all() if interval is not Interval.MO1 else (spans >= 28 * DAY_MS).all()


@pytest.mark.parametrize("coin", COINS)
def test_candles_are_whole_and_on_the_venues_price_grid(history: CandleHistory, coin: str) -> None:
    one = known(coin)
    for interval in (Interval.M1, Interval.H1, Interval.D1):
        block = history.candles(coin, interval, START_MS, 1500)
        assert (block.high >= np.maximum(block.open, block.close)).all()
        assert (block.low <= np.minimum(block.open, block.close)).all()
        assert (block.low > 0).all()
        assert (block.trades >= 4).all()
        assert (block.volume > 0).all()
        np.testing.assert_array_equal(block.open[1:], block.close[:-1])
        for column in (block.open, block.high, block.low, block.close):
            for price in column[::97].tolist():
                assert is_valid_price(Decimal(repr(price)), one.size_decimals), (coin, price)


@pytest.mark.parametrize("coin", COINS)
def test_the_last_close_is_the_start_price_at_any_time_of_day(coin: str) -> None:
    for start_ms in (START_MS, START_MS // DAY_MS * DAY_MS, START_MS // DAY_MS * DAY_MS + 90_000):
        history = CandleHistory(LISTINGS, 3, start_ms)
        for interval in (Interval.M1, Interval.M15, Interval.H12, Interval.D1, Interval.MO1):
            block = history.candles(coin, interval, start_ms)
            assert block.close[-1] == known(coin).start_price
            assert block.time_ms[-1] < start_ms


def test_any_stretch_drawn_alone_equals_the_same_stretch_of_a_longer_one(history: CandleHistory) -> None:
    whole = history.candles("BTC", Interval.M1, START_MS, 5000)
    end_ms = int(whole.time_ms[2500])
    fresh = CandleHistory(LISTINGS, 7, START_MS)
    assert_equal(fresh.candles("BTC", "1m", end_ms, 77), whole.between(end_ms - 77 * MINUTE_MS, end_ms), 1e-5)


def test_seeds_and_coins_differ_and_a_seed_repeats() -> None:
    one, same, other = (CandleHistory(LISTINGS, seed, START_MS).candles("BTC", "1h", START_MS) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.close, same.close)
    assert (one.close != other.close).mean() > 0.9


def test_nothing_is_told_of_the_time_before_listing_or_after_opening(history: CandleHistory) -> None:
    first_ms = int(history.candles("BTC", "1d", START_MS).time_ms[0])
    assert len(history.candles("BTC", "1m", first_ms)) == 0
    later = history.candles("BTC", "1m", START_MS + DAY_MS, 3)
    np.testing.assert_array_equal(later.time_ms, history.candles("BTC", "1m", START_MS, 3).time_ms)
    assert len(history.candles("BTC", "1m", START_MS, 0)) == 0
    with pytest.raises(KeyError):
        history.candles("NONE", "1m", START_MS)


def acf(series: "np.ndarray[tuple[int], np.dtype[np.float64]]", lag: int) -> float:
    return float(np.corrcoef(series[:-lag], series[lag:])[0, 1])


@pytest.mark.parametrize("coin", ["BTC", "ETH", "ARB"])
def test_minute_returns_have_fat_tails_clustered_volatility_and_no_memory_of_direction(coin: str) -> None:
    block = CandleHistory(LISTINGS, 11, START_MS).candles(coin, "1m", START_MS, 60_000)
    returns = np.diff(np.log(block.close))
    assert ((returns - returns.mean()) ** 4).mean() / returns.var() ** 2 - 3 > 2.0
    assert all(acf(np.abs(returns), lag) > 0.02 for lag in range(1, 21))
    assert all(abs(acf(returns, lag)) < 0.08 for lag in range(1, 21))
    assert 0.4 < returns.std() * np.sqrt(525_600) / known(coin).annual_vol < 1.8


def test_coins_move_together(history: CandleHistory) -> None:
    closes = [np.diff(np.log(history.candles(coin, "1d", START_MS).close)) for coin in ("BTC", "ETH", "SOL")]
    assert np.corrcoef(closes).min() > 0.4


def test_funding_is_hourly_follows_the_venues_formula_and_often_rests_at_the_base_rate(history: CandleHistory) -> None:
    rows = history.funding_history("HYPE", START_MS - 90 * DAY_MS, START_MS + DAY_MS)
    times = np.array([time_ms for time_ms, _, _ in rows])
    assert (np.diff(times) == HOUR_MS).all()
    assert times[-1] <= START_MS < times[-1] + HOUR_MS
    assert times[0] >= START_MS - 90 * DAY_MS
    for _, rate, premium in rows:
        assert Decimal(repr(rate)) == pytest.approx(funding_rate_per_hour(Decimal(repr(premium))), abs=Decimal("2e-10"))
    base = np.mean([rate == float(BASE_FUNDING_PER_HOUR) for _, rate, _ in rows])
    assert 0.3 < base < 0.95
    later = history.funding_history("HYPE", START_MS - DAY_MS, START_MS)
    assert later == rows[-len(later) :]
    assert history.funding_history("HYPE", START_MS + HOUR_MS, START_MS + DAY_MS) == []
