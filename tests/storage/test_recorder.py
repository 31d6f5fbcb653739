"""The recorder: what is saved comes back after a restart, twice saved is once kept, a refusing disk loses nothing."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hlmaster.core.differences import Adjustment, Discrepancy
from hlmaster.core.errors import DatabaseDamaged, DatabaseTooNew, StorageError
from hlmaster.core.events import EquityPoint, TrackedOrder
from hlmaster.core.model import Leverage, MarginMode, Position
from hlmaster.core.orders import CashMove, Fill, FundingPayment, OrderStatus
from hlmaster.storage import batches
from hlmaster.storage import recorder as recorder_module
from hlmaster.storage.files import touch_private
from hlmaster.storage.recorder import Recorder
from tests.storage import facts
from tests.storage.facts import DEMO, NOW, a_fill, an_order


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.sqlite"


def started(path: Path) -> Recorder:
    recorder = Recorder(DEMO, f"sqlite:///{path}")
    recorder.start()
    return recorder


@pytest.fixture
def recorder(path: Path) -> Iterator[Recorder]:
    recorder = started(path)
    yield recorder
    recorder.close()


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(facts.tracked, max_size=5),
    st.lists(facts.fills, max_size=5, unique_by=lambda fill: fill.key),
    st.lists(facts.payments, max_size=5, unique_by=lambda payment: payment.key),
    st.lists(facts.moves, max_size=5, unique_by=lambda move: (move.time_ms, move.kind, move.reference)),
)
def test_everything_comes_back_after_a_restart(
    tmp_path_factory: pytest.TempPathFactory,
    orders: list[TrackedOrder],
    fills: list[Fill],
    payments: list[FundingPayment],
    moves: list[CashMove],
) -> None:
    path = tmp_path_factory.mktemp("desk") / "desk.sqlite"

    async def read(recorder: Recorder) -> None:
        assert sorted(await recorder.orders(), key=repr) == sorted(orders, key=repr)
        assert sorted(await recorder.fills(), key=repr) == sorted(fills, key=repr)
        assert sorted(await recorder.funding(), key=repr) == sorted(payments, key=repr)
        assert sorted(await recorder.cash(), key=repr) == sorted(moves, key=repr)

    first = started(path)
    for order in orders:
        first.save_order(order)
    for fill in fills:
        first.save_fill(fill, Decimal(1))
    for payment in payments:
        first.save_funding(payment)
    for move in moves:
        first.save_cash(move)
    asyncio.run(read(first))
    first.close()
    second = started(path)
    asyncio.run(read(second))
    second.close()


async def test_a_fact_saved_twice_is_kept_once(recorder: Recorder) -> None:
    for _ in range(3):
        recorder.save_fill(a_fill(1), Decimal("2.5"))
    await recorder.flush()
    recorder.save_fill(a_fill(1), Decimal("2.5"))
    assert await recorder.fills() == [a_fill(1)]


async def test_an_order_is_kept_as_last_saved(recorder: Recorder) -> None:
    order = an_order()
    recorder.save_order(order)
    recorder.save_order(replace(order, status=OrderStatus.FILLED, updated_ms=NOW + 5))
    [found] = await recorder.orders()
    assert (found.status, found.updated_ms) == (OrderStatus.FILLED, NOW + 5)


async def test_fills_are_listed_oldest_first(recorder: Recorder) -> None:
    for n in (5, 1, 3):
        recorder.save_fill(a_fill(n), Decimal(0))
    assert [fill.trade_id for fill in await recorder.fills()] == [1, 3, 5]


async def test_equity_gives_the_latest_points_oldest_first(recorder: Recorder) -> None:
    for n in range(10):
        recorder.save_equity(EquityPoint(NOW + n, Decimal(n)))
    assert [point.time_ms - NOW for point in await recorder.equity(3)] == [7, 8, 9]


async def test_what_reconciliation_found_comes_back_oldest_first(recorder: Recorder, path: Path) -> None:
    stated = Adjustment(NOW, "BTC", Decimal("-0.5"), Decimal(97_000), Decimal(0), "Out of reach.")
    told = [Discrepancy("BTC position", "0", "-0.5", "The exchange counts.", NOW + n) for n in range(3)]
    recorder.save_adjustment(stated)
    recorder.save_adjustment(stated)
    for discrepancy in told:
        recorder.save_discrepancy(discrepancy)
    await recorder.flush()
    recorder.close()
    again = started(path)
    assert await again.adjustments() == [stated]
    assert await again.discrepancies() == told
    assert await again.discrepancies(2) == told[1:]
    again.close()


async def test_refusals_and_positions_are_written(recorder: Recorder, path: Path) -> None:
    recorder.save_refusal(NOW, "BTC", "price band", "Too far.")
    recorder.save_refusal(NOW, "BTC", "price band", "Too far.")
    position = Position(
        "BTC",
        Decimal("-0.5"),
        Decimal("97000.5"),
        Leverage(MarginMode.ISOLATED, 5),
        Decimal("48500.25"),
        Decimal("-3.5"),
        Decimal("9700.05"),
        None,
    )
    recorder.save_positions(NOW, [position])
    await recorder.flush()
    other = sqlite3.connect(path)
    assert other.execute("SELECT rule FROM refusals").fetchall() == [("price band",)] * 2
    assert other.execute("SELECT size, margin_mode, leverage FROM positions").fetchall() == [("-0.5", "isolated", 5)]
    other.close()


async def test_what_is_saved_before_the_start_is_not_lost(path: Path) -> None:
    recorder = Recorder(DEMO, f"sqlite:///{path}")
    recorder.save_fill(a_fill(1), Decimal(0))
    assert recorder.waiting == 1
    recorder.start()
    assert await recorder.fills() == [a_fill(1)]
    assert recorder.waiting == 0
    recorder.close()


async def test_closing_writes_what_waits(path: Path) -> None:
    recorder = started(path)
    await recorder.ready()
    for n in range(100):
        recorder.save_fill(a_fill(n), Decimal(0))
    recorder.close()
    recorder.close()
    with pytest.raises(StorageError, match="closed"):
        await recorder.fills()
    again = started(path)
    assert len(await again.fills()) == 100
    again.close()


async def test_sessions_share_a_database_and_see_only_their_own(path: Path) -> None:
    mine = started(path)
    mine.save_fill(a_fill(1), Decimal(0))
    await mine.flush()
    other = Recorder(replace(DEMO, id="paper/x/1"), f"sqlite:///{path}")
    other.start()
    assert await other.fills() == []
    other.save_fill(a_fill(1), Decimal(0))
    await other.flush()
    assert len(await mine.fills()) == 1
    other.close()
    mine.close()


async def test_a_store_that_refuses_keeps_facts_and_writes_them_later(
    recorder: Recorder, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "RETRY_SECONDS", 0.02)
    await recorder.ready()
    broken = sqlite3.connect(path, isolation_level=None)
    broken.execute("ALTER TABLE fills RENAME TO elsewhere")
    recorder.save_fill(a_fill(1), Decimal(0))
    with pytest.raises(StorageError):
        await recorder.flush()
    recorder.save_fill(a_fill(2), Decimal(0))
    assert recorder.waiting == 2
    assert recorder.trouble
    broken.execute("ALTER TABLE elsewhere RENAME TO fills")
    broken.close()
    assert len(await recorder.fills()) == 2
    assert recorder.trouble == ""


async def test_a_full_queue_raises_instead_of_dropping(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "QUEUE_SIZE", 3)
    recorder = Recorder(DEMO, f"sqlite:///{path}")
    for n in range(3):
        recorder.save_fill(a_fill(n), Decimal(0))
    with pytest.raises(StorageError, match="3 facts wait"):
        recorder.save_fill(a_fill(4), Decimal(0))
    recorder.start()
    assert len(await recorder.fills()) == 3
    recorder.close()


async def test_a_damaged_store_is_said_to_every_asker(path: Path) -> None:
    touch_private(path)
    recorder = started(path)
    for _ in range(2):
        with pytest.raises(DatabaseDamaged, match="Restore a backup"):
            await recorder.ready()
    assert "damaged" in recorder.trouble
    recorder.close()


@pytest.fixture
def damaged(path: Path) -> Path:
    path.write_bytes(b"no database" * 1_000)
    return path


async def test_a_store_that_could_not_be_opened_can_be_started_again(damaged: Path) -> None:
    recorder = started(damaged)
    recorder.save_equity(EquityPoint(1, Decimal(5)))
    with pytest.raises(DatabaseDamaged):
        await recorder.ready()
    await asyncio.to_thread(damaged.unlink)
    for _ in range(2):
        recorder.start()
    assert await recorder.equity() == [EquityPoint(1, Decimal(5))]
    recorder.close()


async def test_a_newer_store_is_left_alone(path: Path) -> None:
    first = started(path)
    await first.ready()
    first.close()
    other = sqlite3.connect(path)
    other.execute("UPDATE alembic_version SET version_num = '9999'")
    other.commit()
    other.close()
    recorder = started(path)
    with pytest.raises(DatabaseTooNew, match="9999"):
        await recorder.orders()
    recorder.close()


def test_no_sql_library_is_imported_before_the_start() -> None:
    program = (
        "import sys, hlmaster.storage.recorder, hlmaster.storage.sessions, hlmaster.storage.journal, hlmaster.settings;"
        "print([name for name in ('sqlalchemy', 'alembic') if name in sys.modules])"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
