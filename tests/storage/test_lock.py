"""The lock: one holder, named to others; a dead holder holds nothing."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hlmaster.core.errors import SessionBusy, StorageError
from hlmaster.storage.lock import SessionLock

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys
from pathlib import Path
from hlmaster.storage.lock import SessionLock
SessionLock(Path(sys.argv[1])).acquire() or sys.stdout.write("held\\n")
sys.stdout.flush()
sys.stdin.read()
"""


def test_a_second_holder_is_told_who_holds_it(tmp_path: Path) -> None:
    first, second = SessionLock(tmp_path / "main.lock"), SessionLock(tmp_path / "main.lock")
    first.acquire()
    with pytest.raises(SessionBusy, match=rf"session main is open .*process {os.getpid()}"):
        second.acquire()
    first.release()
    first.release()
    second.acquire()
    second.release()


def test_a_killed_holder_is_taken_over_at_once(tmp_path: Path) -> None:
    path = tmp_path / "main.lock"
    arguments = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        with pytest.raises(SessionBusy, match=f"process {child.pid}"):
            SessionLock(path).acquire()
        child.kill()
        child.wait()
        lock = SessionLock(path)
        lock.acquire()
        assert path.read_text() == f"{os.getpid()}\n"
        lock.release()


def test_a_lock_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "main.lock").mkdir()
    with pytest.raises(StorageError, match="cannot be opened"):
        SessionLock(tmp_path / "main.lock").acquire()


def test_a_lock_on_a_full_disk_is_explained_and_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int, _text: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    lock = SessionLock(tmp_path / "main.lock")
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StorageError, match="No space left"):
        lock.acquire()
    monkeypatch.undo()
    lock.acquire()
    lock.release()
