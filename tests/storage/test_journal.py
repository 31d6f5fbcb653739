"""The journal: what is acknowledged is on disk, nonces never repeat, a full disk still takes exits."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import JournalUnavailable
from hlmaster.core.model import Side
from hlmaster.core.orders import ActionKind, Intent, Order, Trigger, TriggerKind
from hlmaster.storage import journal as journal_module
from hlmaster.storage.files import sqlite_files
from hlmaster.storage.intents import open_journal
from hlmaster.storage.journal import SqliteJournal
from hlmaster.storage.nonces import BLOCK, NonceBlocks
from hlmaster.storage.reserve import Reserve
from tests.storage.facts import intent_about

ROOT = Path(__file__).resolve().parents[2]
NOW = 1_700_000_000_000


def intent(n: int = 0, *, reduce_only: bool = False, kind: ActionKind = ActionKind.ORDER) -> Intent:
    trigger = Trigger(Decimal("96000.5"), TriggerKind.STOP, market=True) if reduce_only else None
    order = Order("BTC", Side.BUY, Decimal("0.010"), Decimal(97_000), reduce_only=reduce_only, trigger=trigger)
    return intent_about(order, NOW + n, kind=kind)


def opened(path: Path, reserve: Reserve | None = None) -> SqliteJournal:
    journal = SqliteJournal(path, ManualClock(), reserve)
    journal.open()
    return journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    journal = opened(path)
    yield journal
    journal.close()


async def test_what_is_committed_comes_back_equal_and_in_order(journal: SqliteJournal, path: Path) -> None:
    wanted = [intent(1), intent(2, reduce_only=True), intent(3, kind=ActionKind.CANCEL)]
    await journal.commit(wanted[:2])
    await journal.commit(wanted[2:])
    assert await journal.unresolved() == wanted
    journal.close()
    again = opened(path)
    assert await again.unresolved() == wanted
    again.close()


async def test_an_acknowledged_commit_is_seen_by_another_connection(journal: SqliteJournal, path: Path) -> None:
    await journal.commit([intent()])
    other = sqlite3.connect(path)
    assert other.execute("SELECT count(*) FROM intents").fetchall() == [(1,)]
    other.close()


async def test_what_is_resolved_is_no_longer_open_but_kept(journal: SqliteJournal, path: Path) -> None:
    first, second = intent(1), intent(2)
    await journal.commit([first, second])
    journal.resolve(first.subject, "filled", "")
    assert await journal.unresolved() == [second]
    other = sqlite3.connect(path)
    assert other.execute("SELECT status FROM intents ORDER BY id").fetchall() == [("filled",), (None,)]
    other.close()


async def test_an_intent_after_the_resolution_of_its_order_is_open_again(journal: SqliteJournal) -> None:
    first = intent(1)
    await journal.commit([first])
    journal.resolve(first.subject, "canceled", "")
    later = replace(first, nonce=NOW + 2, kind=ActionKind.MODIFY)
    await journal.commit([later])
    assert await journal.unresolved() == [later]


async def test_an_action_is_closed_by_its_nonce_and_kind_and_its_fence_apart_from_it(journal: SqliteJournal) -> None:
    order, other = intent(1), intent(2)
    fence = replace(order, kind=ActionKind.NOOP, subject=str(order.nonce))
    await journal.commit([order, fence, other])
    journal.conclude(ActionKind.NOOP, order.nonce, "used")
    assert await journal.unresolved() == [order, other]
    journal.conclude(ActionKind.ORDER, order.nonce, "resolved", "It is gone.")
    assert await journal.unresolved() == [other]


def test_an_end_in_order_is_told_from_a_crash_until_somebody_confirms_it(path: Path) -> None:
    def next_run(end: str) -> bool:
        one = opened(path)
        found = one.unclean
        if end == "crash":
            copies = [(file, path.with_name(f"after{number}")) for number, file in enumerate(sqlite_files(path)[:2])]
            for file, copy in copies:
                shutil.copy(file, copy)
            one.close()
            for file, copy in copies:
                shutil.move(copy, file)
        else:
            if end == "confirmed":
                one.confirm()
            one.close()
        return found

    ends = ["in order", "crash", "in order", "crash", "confirmed", "in order", "in order"]
    assert [next_run(end) for end in ends] == [False, False, True, True, True, False, False]


async def test_many_commits_at_once_all_return(journal: SqliteJournal) -> None:
    await asyncio.gather(*(journal.commit([intent(n)]) for n in range(500)))
    assert len(await journal.unresolved()) == 500


def test_nonces_rise_by_the_clock_and_by_one(journal: SqliteJournal) -> None:
    assert [journal.reserve_nonce(now) for now in (NOW, NOW, NOW - 5, NOW + 9)] == [NOW, NOW + 1, NOW + 2, NOW + 9]


def test_nonces_go_on_after_a_clean_end(path: Path) -> None:
    first = opened(path)
    assert first.reserve_nonce(NOW) == NOW
    first.close()
    second = opened(path)
    assert second.reserve_nonce(NOW - 3_600_000) == NOW + 1
    second.close()


async def test_sixty_four_tasks_a_restart_and_a_clock_set_back_an_hour_repeat_no_nonce(path: Path) -> None:
    venue_ms, our_clock_is_off_ms = NOW, 0
    nonces: list[int] = []
    ahead: list[int] = []

    async def trade(journal: SqliteJournal) -> None:
        nonlocal venue_ms
        for _ in range(500):
            nonces.append(journal.reserve_nonce(venue_ms + our_clock_is_off_ms))
            ahead.append(nonces[-1] - venue_ms)
            if len(nonces) % 3 == 0:
                await asyncio.sleep(0)
            venue_ms += len(nonces) % 2  # two nonces a millisecond: faster than the clock

    def crashed(journal: SqliteJournal) -> None:
        journal._nonces = NonceBlocks(path.with_name("nobody's"))
        journal.close()

    for off_ms in (0, -3_600_000, 0):
        journal, our_clock_is_off_ms = opened(path), off_ms
        await asyncio.gather(*(trade(journal) for _ in range(64)))
        crashed(journal)
        venue_ms += 20_000
    assert len(nonces) == 3 * 64 * 500
    assert all(before < after for before, after in pairwise(nonces))
    assert max(ahead) <= 60_000


async def test_a_closed_journal_refuses(path: Path) -> None:
    journal = opened(path)
    journal.close()
    journal.close()
    with pytest.raises(JournalUnavailable, match="closed"):
        await journal.commit([intent()])


async def test_a_full_queue_refuses_instead_of_growing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "QUEUE_SIZE", 3)
    journal = opened(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    tasks = [asyncio.create_task(journal.commit([intent(n)])) for n in range(10)]
    done, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    assert all("waiting for the disk" in str(task.exception()) for task in done)
    other.execute("ROLLBACK")
    other.close()
    await asyncio.gather(*waiting)
    journal.close()


def test_the_file_is_for_the_owner_alone_and_durable(journal: SqliteJournal, path: Path) -> None:
    for file in sqlite_files(path):
        assert file.stat().st_mode & 0o077 == 0
    other = sqlite3.connect(path)
    assert other.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
    other.close()


# --- kill -9 ---


def killed_after(path: Path, seconds: float) -> list[list[str]]:
    """What the writer had printed, line by line, when it was killed."""
    child = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("journal_writer.py")), str(path)],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT)},
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
    printed = child.stdout.read()
    child.stdout.close()
    child.wait()
    whole, _, _ = printed.rpartition("\n")
    return [line.split() for line in whole.splitlines()]


async def test_twenty_kills_lose_no_acknowledged_commit_and_repeat_no_nonce(path: Path) -> None:
    """The writer's clock stands still, so only what is on disk keeps nonces apart."""
    dice = random.Random(9)
    committed: list[str] = []
    nonces: list[int] = []
    for _ in range(20):
        for word, value in killed_after(path, dice.uniform(0.0, 0.12)):
            if word == "committed":
                committed.append(value)
            else:
                nonces.append(int(value))
    assert len(nonces) == len(set(nonces)) > 100
    assert nonces == sorted(nonces)
    journal = opened(path)
    found = await journal.unresolved()
    journal.close()
    on_disk = {one.subject for one in found}
    assert set(committed) <= on_disk
    assert len({one.nonce for one in found}) == len(found)
    assert nonces[-1] - NOW < 20 * BLOCK + 100_000


# --- a disk that refuses ---


class Disk(Reserve):
    """A disk with a page limit: full at will, with as many pages in reserve as ``spare``."""

    def __init__(self, path: Path, spare: int) -> None:
        super().__init__(path, 4096)
        self.spare = spare
        self.connection: sqlite3.Connection | None = None
        self.room = True

    def fill(self) -> None:
        self.room = False
        self._limit(0)

    def free(self) -> None:
        self.room = True
        self._limit(1_000_000)

    def hold(self) -> bool:
        return self.room and super().hold()

    def release(self) -> bool:
        if released := super().release():
            self._limit(self.spare)
        return released

    def _limit(self, pages: int) -> None:
        if self.connection is not None:
            [(used,)] = self.connection.execute("PRAGMA page_count").fetchall()
            self.connection.execute(f"PRAGMA max_page_count = {used + pages}")


@pytest.fixture
def on_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[SqliteJournal, Disk]]:
    disk = Disk(path.with_name("reserve"), spare=1_000)

    def opening(at: Path) -> sqlite3.Connection:
        disk.connection = open_journal(at)
        return disk.connection

    monkeypatch.setattr("hlmaster.storage.journal.open_journal", opening)
    monkeypatch.setattr(journal_module, "RETRY_SECONDS", 0.02)
    journal = opened(path, disk)
    yield journal, disk
    journal.close()


async def fill_up(journal: SqliteJournal, disk: Disk) -> int:
    """Fill the disk and commit entries until one is refused; returns how many were taken."""
    disk.fill()
    for taken in range(1_000):
        try:
            await journal.commit([intent(taken)])
        except JournalUnavailable:
            await journal.unresolved()
            return taken
    raise AssertionError("the disk never filled")


async def test_a_full_disk_refuses_entries_and_takes_exits(on_disk: tuple[SqliteJournal, Disk]) -> None:
    journal, disk = on_disk
    taken = await fill_up(journal, disk)
    assert "disk is full" in journal.trouble
    for n in range(50):
        await journal.commit([intent(n, reduce_only=True)])
        await journal.commit([intent(n, kind=ActionKind.CANCEL)])
        with pytest.raises(JournalUnavailable):
            await journal.commit([intent(n)])
    assert len(await journal.unresolved()) == taken + 100


async def test_when_space_returns_so_do_entries_and_the_reserve(on_disk: tuple[SqliteJournal, Disk]) -> None:
    journal, disk = on_disk
    await fill_up(journal, disk)
    assert not disk.held
    disk.free()
    await journal.commit([intent(9_999)])
    assert journal.trouble == ""
    assert disk.held


async def test_without_a_reserve_exits_wait_in_memory_and_none_is_lost(on_disk: tuple[SqliteJournal, Disk]) -> None:
    journal, disk = on_disk
    disk.spare = 0
    taken = await fill_up(journal, disk)
    exits = [intent(n, reduce_only=True) for n in range(200)]
    refused = 0
    for one in exits:
        try:
            await journal.commit([one])
        except JournalUnavailable:
            refused += 1
    assert refused > 0
    assert len(await journal.unresolved()) == taken + 200
    disk.free()
    await journal.commit([intent(9_999)])
    assert disk.connection is not None
    assert disk.connection.execute("SELECT count(*) FROM intents").fetchall() == [(taken + 201,)]


async def test_a_disk_that_turns_read_only_is_said_and_survived(on_disk: tuple[SqliteJournal, Disk]) -> None:
    journal, disk = on_disk
    await journal.commit([intent(1)])
    assert disk.connection is not None
    disk.connection.execute("PRAGMA query_only = ON")
    with pytest.raises(JournalUnavailable, match="may only be read"):
        await journal.commit([intent(2)])
    assert journal.reserve_nonce(NOW + 10**9) == NOW + 10**9
    disk.connection.execute("PRAGMA query_only = OFF")
    await journal.commit([intent(3)])
    assert journal.trouble == ""
    assert len(await journal.unresolved()) == 2


async def test_a_writer_that_fails_leaves_nobody_waiting(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = opened(path)

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(journal, "_write", broken)
    journal.resolve("0x1", "filled", "")
    with pytest.raises(JournalUnavailable):
        await journal.unresolved()
    with pytest.raises(JournalUnavailable, match="writer failed"):
        await journal.commit([intent()])
    assert "writer failed" in journal.trouble
    journal.close()
