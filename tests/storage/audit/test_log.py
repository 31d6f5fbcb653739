"""The audit log of an open session: chained, on disk soon, let go by whole sealed files, sound after a kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import StorageError
from hlmaster.storage.audit import log as log_module
from hlmaster.storage.audit.check import check_folder
from hlmaster.storage.audit.files import log_files
from hlmaster.storage.audit.log import YEAR_MS, AuditLog
from tests.storage.facts import NOW

ROOT = Path(__file__).parents[3]


def opened(folder: Path, clock: ManualClock | None = None, rotate_bytes: int = 1 << 24) -> AuditLog:
    log = AuditLog(folder, clock or ManualClock(NOW), {"session": "demo"}, rotate_bytes=rotate_bytes)
    log.start()
    return log


def entries(folder: Path) -> list[dict[str, object]]:
    lines = [line for path in log_files(folder) for line in path.read_bytes().split(b"\n")]
    return [json.loads(line)["entry"] for line in lines if line.startswith(b'{"entry":') and line.endswith(b'"}')]


def sealed_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("audit-*.jsonl"))


def kinds(folder: Path) -> list[object]:
    return [entry["kind"] for entry in entries(folder)]


async def test_what_is_written_is_on_disk_in_order_between_start_and_stop(tmp_path: Path) -> None:
    log = opened(tmp_path)
    for n in range(2_500):
        log.write("order", f"0x{n}", {"n": n})
    await log.flush()
    log.close()
    found = entries(tmp_path)
    assert [entry["number"] for entry in found] == list(range(1, 2_503))
    assert [entry["kind"] for entry in (found[0], found[-1])] == ["start", "stop"]
    assert check_folder(tmp_path).is_sound
    assert (tmp_path / "audit.jsonl").stat().st_mode & 0o077 == 0


async def test_a_second_run_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    for _ in range(3):
        log = opened(tmp_path)
        log.write("order", "0x1", {})
        log.close()
    assert kinds(tmp_path) == ["start", "order", "stop"] * 3
    assert check_folder(tmp_path).is_sound


async def test_secrets_are_masked(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.write("setting", "x", {"private_key": "0x12", "text": "key 0x" + "ab" * 32, "list": ["sk-" + "a" * 20]})
    log.close()
    text = (tmp_path / "audit.jsonl").read_text()
    assert "abab" not in text.split('"hash"')[1]
    assert entries(tmp_path)[1]["data"] == {
        "private_key": "[redacted]", "text": "key [redacted]", "list": ["[redacted]"]
    }  # fmt: skip


async def test_odd_data_is_told_as_well_as_it_can_be(tmp_path: Path) -> None:
    log = opened(tmp_path)
    loop: list[object] = []
    loop.append(loop)
    log.write("odd", "\ud800\n", {"nan": float("nan"), "thing": object, "half": "\udcff", "loop": loop})
    log.close()
    assert kinds(tmp_path) == ["start", "odd", "stop"]
    assert check_folder(tmp_path).is_sound


@pytest.mark.parametrize("torn", [b'{"entry":{"da', b"\x00\x00\x00", b"no entry\nat all\n", b"{"])
async def test_a_line_that_a_crash_cut_off_stays_and_is_told_of(tmp_path: Path, torn: bytes) -> None:
    opened(tmp_path).close()
    path = tmp_path / "audit.jsonl"
    with path.open("ab") as file:
        file.write(torn)
    assert not check_folder(tmp_path).is_sound
    opened(tmp_path).close()
    assert kinds(tmp_path) == ["start", "stop", "torn", "start", "stop"]
    assert torn in path.read_bytes()
    found = check_folder(tmp_path)
    assert (found.is_sound, found.torn) == (True, 1)
    path.write_bytes(path.read_bytes().replace(torn, b"?" + torn[1:], 1))
    assert not check_folder(tmp_path).is_sound


async def test_a_crash_while_closing_a_torn_line_off_is_closed_off_too(tmp_path: Path) -> None:
    opened(tmp_path).close()
    path = tmp_path / "audit.jsonl"
    with path.open("ab") as file:
        file.write(b'{"entry":{"a\n{"entry":{"data":{"bytes"')
    opened(tmp_path).close()
    found = check_folder(tmp_path)
    assert (found.is_sound, found.torn) == (True, 1)


async def test_files_are_sealed_and_the_chain_goes_on(tmp_path: Path) -> None:
    log = opened(tmp_path, rotate_bytes=2_000)
    for n in range(60):
        log.write("order", f"0x{n}", {"n": n})
        await log.flush()
    log.close()
    sealed = sealed_files(tmp_path)
    assert len(sealed) > 3
    assert all(path.read_bytes().splitlines()[-1].count(b'"sealed"') for path in sealed)
    found = check_folder(tmp_path)
    assert (found.is_sound, found.files) == (True, len(sealed) + 1)


async def test_a_log_goes_on_after_a_crash_between_two_files(tmp_path: Path) -> None:
    opened(tmp_path).close()
    (tmp_path / "audit.jsonl").rename(tmp_path / "audit-000001.jsonl")
    opened(tmp_path).close()
    assert kinds(tmp_path) == ["start", "stop", "continued", "start", "stop"]
    (tmp_path / "audit.jsonl").rename(tmp_path / "audit-000002.jsonl")
    (tmp_path / "audit.jsonl").touch()
    opened(tmp_path).close()
    assert kinds(tmp_path)[5:] == ["continued", "start", "stop"]
    assert check_folder(tmp_path).is_sound


async def test_old_sealed_files_go_and_leave_their_closing_hash(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    log = opened(tmp_path, clock, rotate_bytes=1_000)
    for n in range(20):
        log.write("order", f"0x{n}", {"n": n})
        await log.flush()
    log.close()
    clock.advance(6 * YEAR_MS)
    opened(tmp_path, clock).close()
    before = check_folder(tmp_path)
    assert before.first == 1
    clock.advance(2 * YEAR_MS)
    opened(tmp_path, clock).close()
    found = check_folder(tmp_path)
    assert found.is_sound
    assert found.first > 1
    assert "pruned" in kinds(tmp_path)


async def test_files_that_were_taken_away_are_missed(tmp_path: Path) -> None:
    log = opened(tmp_path, rotate_bytes=1_000)
    for n in range(20):
        log.write("order", f"0x{n}", {"n": n})
        await log.flush()
    log.close()
    sealed = sealed_files(tmp_path)
    kept = sealed[0].read_bytes()
    sealed[0].unlink()
    assert "nothing says that they were let go" in str(check_folder(tmp_path).faults[0])
    sealed[0].write_bytes(kept)
    sealed[1].unlink()
    assert "removed" in str(check_folder(tmp_path).faults[0])


async def test_a_shortened_log_is_not_made_good_by_a_restart(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.write("order", "0x1", {})
    log.close()
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:1]))
    [fault] = check_folder(tmp_path).faults
    assert "Entries 2 to 3 are missing" in str(fault)
    opened(tmp_path).close()
    assert kinds(tmp_path) == ["start", "gap", "start", "stop"]
    assert "entries 2 to 3 were missing" in str(check_folder(tmp_path).faults[0])


async def test_a_disk_that_refuses_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = opened(tmp_path)
    await log.flush()
    refuse, real = True, os.write

    def write(descriptor: int, content: bytes) -> int:
        if refuse and b'"entry"' in content:
            real(descriptor, content[:10])
            raise OSError(28, "No space left on device")
        return real(descriptor, content)

    monkeypatch.setattr(os, "write", write)
    log.write("order", "0x1", {})
    with pytest.raises(StorageError, match="No space left"):
        await log.flush()
    refuse = False
    log.close()
    assert kinds(tmp_path) == ["start", "order", "stop"]
    assert check_folder(tmp_path).is_sound


async def test_too_much_waiting_stops_whoever_trades(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "QUEUE_SIZE", 3)
    log = AuditLog(tmp_path, ManualClock(NOW), {})
    for _ in range(3):
        log.write("order", "0x1", {})
    with pytest.raises(StorageError, match="3 audit entries wait"):
        log.write("order", "0x1", {})


WRITER = """
import asyncio, sys
from pathlib import Path
from hlmaster.core.clock import SystemClock
from hlmaster.storage.audit.log import AuditLog

async def run():
    log = AuditLog(Path(sys.argv[1]), SystemClock(), {}, rotate_bytes=20_000)
    log.start()
    for n in range(10**9):
        log.write("order", f"0x{n}", {"n": n, "text": "x" * (n % 200)})
        if n % 50 == 0:
            await log.flush()
            print(n, flush=True)

asyncio.run(run())
"""


def test_a_killed_writer_loses_nothing_that_it_had_told_was_on_disk(tmp_path: Path) -> None:
    told = -1
    for _ in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(8)][-1]
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        written = [entry["data"]["n"] for entry in entries(tmp_path) if entry["kind"] == "order"]  # type: ignore[index]
        assert told in written
    opened(tmp_path).close()
    assert check_folder(tmp_path).faults == []
