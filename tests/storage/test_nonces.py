"""No nonce is handed out twice: not by threads, not by processes, not by a desk that was frozen and thaws."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.clock import DAY_MS, HOUR_MS
from hlmaster.storage.lock import take_lock
from hlmaster.storage.nonces import BLOCK, NonceBlocks
from tests.storage.nonce_taker import THREADS

ROOT = Path(__file__).resolve().parents[2]
NOW = 1_700_000_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "nonces"


def test_nonces_rise_by_the_clock_and_by_one(path: Path) -> None:
    blocks = NonceBlocks(path)
    assert [blocks.reserve(now) for now in (NOW, NOW, NOW - 5, NOW + 9)] == [NOW, NOW + 1, NOW + 2, NOW + 9]


def test_a_frozen_desk_that_thaws_repeats_nothing_a_guest_has_sent(path: Path) -> None:
    desk, guest = NonceBlocks(path), NonceBlocks(path, apart=True)
    before = [desk.reserve(NOW) for _ in range(3)]
    sent = [guest.reserve(NOW + BLOCK // 5) for _ in range(50)]
    assert min(sent) == NOW + BLOCK
    thawed = [desk.reserve(now) for now in (NOW + BLOCK // 5, NOW + BLOCK + 5, NOW + BLOCK + 6)]
    assert len({*before, *sent, *thawed}) == 56
    assert thawed == sorted(thawed)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-100, 300)), max_size=200))
def test_any_interleaving_of_desks_and_guests_is_free_of_repeats(
    tmp_path_factory: pytest.TempPathFactory, turns: list[tuple[int, int]]
) -> None:
    path = tmp_path_factory.mktemp("n") / "nonces"
    takers = [NonceBlocks(path, block=20, apart=number == 3) for number in range(4)]
    now, taken = NOW, []
    for number, step in turns:
        now += step
        taken.append(takers[number].reserve(now))
    assert len(set(taken)) == len(taken)


def test_processes_of_several_threads_share_no_nonce(path: Path) -> None:
    arguments = [sys.executable, "-m", "tests.storage.nonce_taker", str(path), "250"]
    takers = [subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(4)]
    taken = [int(line) for taker in takers for line in taker.communicate(timeout=60)[0].split()]
    assert len(taken) == 4 * THREADS * 250
    assert len(set(taken)) == len(taken)


def test_the_rest_of_a_block_is_given_back_at_an_orderly_end(path: Path) -> None:
    first = NonceBlocks(path)
    assert first.reserve(NOW) == NOW
    first.release()
    assert NonceBlocks(path).reserve(NOW - HOUR_MS) == NOW + 1


def test_nothing_is_given_back_that_lies_below_somebody_elses_block(path: Path) -> None:
    first, second = NonceBlocks(path), NonceBlocks(path)
    first.reserve(NOW)
    other = second.reserve(NOW)
    first.release()
    assert NonceBlocks(path).reserve(NOW) > other


def test_a_crash_leaves_its_whole_block_unused(path: Path) -> None:
    assert NonceBlocks(path).reserve(NOW) == NOW
    assert NonceBlocks(path).reserve(NOW) == NOW + BLOCK


def test_nothing_at_or_below_the_floor_is_handed_out(path: Path) -> None:
    assert NonceBlocks(path, floor=NOW + 7).reserve(NOW) == NOW + 8


@pytest.mark.parametrize("days", [1, 2, 40_000])
def test_a_bound_that_the_venue_could_never_have_taken_does_not_spoil_what_follows(path: Path, days: int) -> None:
    path.write_bytes(b"%020d" % (NOW + days * DAY_MS))
    blocks = NonceBlocks(path, floor=NOW + days * DAY_MS)
    assert [blocks.reserve(NOW), blocks.reserve(NOW)] == [NOW, NOW + 1]
    assert blocks.last == NOW + 1
    blocks.release()
    assert NonceBlocks(path).reserve(NOW) == NOW + 2


@pytest.mark.parametrize("text", [b"", b"12", b"x" * 20])
def test_a_damaged_file_yields_nonces_still_and_a_guest_keeps_away(path: Path, text: bytes) -> None:
    path.write_bytes(text)
    assert NonceBlocks(path, apart=True).reserve(NOW) >= NOW + HOUR_MS
    path.write_bytes(text)
    assert NonceBlocks(path).reserve(NOW) == NOW


def test_a_lock_held_by_a_frozen_process_stops_nobody(path: Path) -> None:
    path.touch()
    handle = os.open(path, os.O_RDWR)
    take_lock(handle)
    try:
        desk, guest = NonceBlocks(path), NonceBlocks(path, apart=True)
        assert desk.reserve(NOW) == NOW
        assert guest.reserve(NOW) >= NOW + HOUR_MS
        assert desk.reserve(NOW) == NOW + 1
    finally:
        os.close(handle)


def test_a_folder_that_is_not_there_stops_nobody(tmp_path: Path) -> None:
    blocks = NonceBlocks(tmp_path / "gone" / "nonces")
    assert [blocks.reserve(NOW), blocks.reserve(NOW)] == [NOW, NOW + 1]
    blocks.release()
