"""What the account is worth, its day, its curve, and what happens when the venue says otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.clock import DAY_MS, ManualClock
from hlmaster.core.differences import Discrepancy
from hlmaster.core.events import (
    AccountSnapshot,
    CashMoved,
    FillBooked,
    FillsReported,
    FundingReported,
    Notice,
    PositionsChanged,
    Severity,
)
from hlmaster.core.model import Account, Leverage, MarginMode, Position, Side
from hlmaster.core.orders import CashMove, Fill, FundingPayment
from hlmaster.trading import portfolio as module
from hlmaster.trading.agreement import GRACE_MS
from hlmaster.trading.portfolio import Portfolio, max_drawdown
from tests.trading.scenes import D, MemoryStore, fill

MORNING = 1_700_006_400_000 // DAY_MS * DAY_MS


@dataclass
class Scene:
    store: MemoryStore = field(default_factory=MemoryStore)
    clock: ManualClock = field(default_factory=lambda: ManualClock(MORNING))
    mark: Decimal | None = Decimal(3000)

    def __post_init__(self) -> None:
        self.bus = Bus()
        self.portfolio = Portfolio(self.bus, self.clock, lambda coin: self.mark, self.store)
        self.told: list[Discrepancy] = []
        self.bus.subscribe(Discrepancy, self.told.append)
        self.notices: list[Notice] = []
        self.bus.subscribe(Notice, self.notices.append)

    def cash(self, amount: str, name: str = "first") -> None:
        self.bus.publish(CashMoved((CashMove(self.clock.now_ms(), D(amount), "deposit", name),)))

    def trade(self, side: Side, size: str, price: str, fee: str = "0") -> Fill:
        made = fill(side, size, price, self.clock.now_ms(), fee=D(fee))
        self.bus.publish(FillsReported((made,)))
        return made

    def statement(self, size: str, ago_ms: int = 0) -> None:
        held = Position("ETH", D(size), D(3000), Leverage(MarginMode.CROSS, 20), D(0), D(0), D(150), None)
        positions = (held,) if D(size) else ()
        zero = D(0)
        self.bus.publish(
            AccountSnapshot(Account("0x", self.clock.now_ms() - ago_ms, D(10_000), zero, zero, zero, zero, positions))
        )

    def sample(self, ms: int = 0) -> Decimal:
        self.clock.advance(ms)
        return self.portfolio.sample_equity().equity


def test_a_repeated_fact_is_booked_and_stored_once() -> None:
    scene = Scene()
    made = scene.trade(Side.BUY, "1", "3000")
    scene.bus.publish(FillsReported((made, made)))
    payment = FundingPayment("ETH", MORNING, D(-1), D(1), D(0))
    scene.bus.publish(FundingReported((payment, payment)))
    scene.cash("100")
    scene.cash("100")
    assert (scene.portfolio.size("ETH"), scene.portfolio.equity) == (1, 99)
    assert (len(scene.store.saved_fills), len(scene.store.saved_funding), len(scene.store.saved_cash)) == (1, 1, 1)


def test_the_day_counts_from_midnight_and_leaves_deposits_out() -> None:
    scene = Scene()
    scene.cash("10000")
    scene.sample()
    scene.trade(Side.BUY, "1", "3000", fee="2")
    scene.mark = D(3050)
    scene.cash("500", "second")
    scene.sample(60_000)
    assert scene.portfolio.day_pnl == 48
    scene.sample(DAY_MS)
    assert scene.portfolio.day_pnl == 0
    scene.mark = D(3040)
    assert scene.portfolio.day_pnl == -10


async def test_a_restart_in_mid_day_knows_the_days_opening_and_what_was_paid_in_since() -> None:
    before = Scene()
    before.cash("10000")
    before.sample()
    before.clock.advance(60_000)
    before.trade(Side.BUY, "1", "3000")
    before.cash("500", "second")
    before.mark = D(3100)
    before.sample(60_000)
    after = Scene(before.store, before.clock, D(3100))
    await after.portfolio.restore()
    after.sample(60_000)
    assert after.portfolio.day_pnl == before.portfolio.day_pnl == 100


async def test_a_restart_rebuilds_the_same_books_and_writes_nothing_again() -> None:
    live = Scene()
    live.cash("10000")
    for side, size, price in [(Side.BUY, "1", "3000"), (Side.SELL, "3", "3100"), (Side.BUY, "0.5", "2900")]:
        live.clock.advance(1_000)
        live.trade(side, size, price, fee="1")
    live.bus.publish(FundingReported((FundingPayment("ETH", live.clock.now_ms(), D("0.25"), D(-1), D(0)),)))
    stored = len(live.store.saved_fills)
    again = Scene(live.store, live.clock)
    await again.portfolio.restore()
    assert again.portfolio.ledger.holdings == live.portfolio.ledger.holdings
    assert again.portfolio.round_trips == live.portfolio.round_trips
    assert again.portfolio.fills == live.portfolio.fills
    assert (again.portfolio.equity, again.portfolio.positions()) == (live.portfolio.equity, live.portfolio.positions())
    assert len(live.store.saved_fills) == stored


def test_statistics_are_of_closed_trips_after_costs() -> None:
    scene = Scene()
    assert scene.portfolio.stats() == module.TradeStats(0, None, None, None)
    for entry, exit_ in [("3000", "3030"), ("3000", "2990"), ("3000", "3000.5")]:
        scene.trade(Side.BUY, "1", entry)
        scene.trade(Side.SELL, "1", exit_, fee="1")
    stats = scene.portfolio.stats()
    assert (stats.trades, stats.win_fraction) == (3, pytest.approx(1 / 3))
    assert stats.profit_factor == pytest.approx(29 / 11.5)
    assert scene.portfolio.day_trades == 3
    scene.clock.advance(DAY_MS)
    assert scene.portfolio.day_trades == 0


@pytest.mark.parametrize(
    ("equity", "fall"),
    [
        ([], None),
        ([100], 0.0),
        ([100, 120, 90, 130, 117], 0.25),
        ([100, 90, 80], 0.2),
        ([0, 0], 0.0),
    ],
)
def test_drawdown_is_the_largest_fall_from_a_peak(equity: list[float], fall: float | None) -> None:
    assert max_drawdown(equity) == fall


def test_the_curve_is_thinned_and_still_spans_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_POINTS", 10)
    scene = Scene()
    for _ in range(100):
        scene.sample(1_000)
    times = [point.time_ms for point in scene.portfolio.equity_curve]
    assert len(times) <= 10
    assert times == sorted(times)
    assert (times[0], times[-1]) == (MORNING + 1_000, MORNING + 100_000)


def test_equity_before_anything_is_known_is_nothing_and_nothing_is_free() -> None:
    scene = Scene()
    assert (scene.portfolio.equity, scene.portfolio.withdrawable, scene.portfolio.day_pnl) == (0, 0, 0)


def test_a_position_without_a_mark_is_not_worth_recording() -> None:
    scene = Scene(mark=None)
    valued = [scene.portfolio.is_valued]
    scene.trade(Side.BUY, "1", "3000")
    assert [*valued, scene.portfolio.is_valued] == [True, False]
    (view,) = scene.portfolio.positions()
    assert (view.mark_price, view.unrealised, view.notional) == (None, None, None)


# --- the venue says otherwise ---


def test_a_difference_is_told_only_when_it_outlasts_the_grace() -> None:
    scene = Scene()
    scene.statement("1")
    assert (scene.portfolio.mismatched, scene.told) == ((), [])
    scene.trade(Side.BUY, "1", "3000")
    scene.statement("1")
    scene.clock.advance(GRACE_MS + 1)
    scene.statement("1")
    assert (scene.portfolio.mismatched, scene.told) == ((), [])


def test_a_difference_that_lasts_is_told_once_and_the_venues_word_stands() -> None:
    scene = Scene()
    scene.trade(Side.BUY, "2", "3000")
    scene.statement("1")
    for _ in range(4):
        scene.clock.advance(GRACE_MS // 2 + 1)
        scene.statement("1")
    assert scene.portfolio.mismatched == ("ETH",)
    assert [(fact.ours, fact.venues) for fact in scene.told] == [("2", "1")]
    assert [notice.severity for notice in scene.notices] == [Severity.ERROR]
    assert "ETH entries are off" in scene.notices[0].sentence
    assert scene.portfolio.size("ETH") == 1
    scene.statement("0")
    assert scene.portfolio.size("ETH") == 0
    scene.statement("2")
    assert (scene.portfolio.mismatched, scene.portfolio.size("ETH")) == ((), 2)
    assert scene.notices[-1].sentence == "The ETH position agrees with the exchange's again."


def stated(scene: Scene) -> list[Decimal]:
    assert scene.portfolio.account is not None
    return [position.size for position in scene.portfolio.account.positions]


def test_an_older_statement_does_not_replace_a_younger_one() -> None:
    scene = Scene()
    scene.statement("1")
    scene.statement("0", ago_ms=1)
    assert stated(scene) == [1]
    scene.statement("2")
    assert stated(scene) == [2]


def test_a_statement_with_a_time_of_the_future_does_not_count_for_ever() -> None:
    scene = Scene()
    scene.statement("1", ago_ms=-DAY_MS)
    scene.clock.advance(int(module.STATEMENT_SECONDS * 1000))
    scene.statement("2")
    assert stated(scene) == [1]
    scene.clock.advance(1)
    scene.statement("2")
    assert stated(scene) == [2]


def test_all_fills_are_told_before_the_first_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that takes its time, or takes no more, delays no stop."""
    scene, order = Scene(), list[str]()
    scene.bus.subscribe(FillBooked, lambda fact: order.append("told"))
    scene.bus.subscribe(PositionsChanged, lambda fact: order.append("changed"))
    monkeypatch.setattr(scene.store, "save_fill", lambda *_: order.append("saved"))
    at = scene.clock.now_ms()
    scene.bus.publish(FillsReported(tuple(fill(Side.BUY, "1", "3000", at + step) for step in range(2))))
    assert order == ["told", "told", "changed", "saved", "saved"]
