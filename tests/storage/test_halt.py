"""A halt is seen by everybody, whole, and for as long as its file lies there."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from hlmaster.core.errors import StorageError
from hlmaster.core.model import Mode
from hlmaster.storage.halt import Halt, HaltFile

HALT = Halt("hlmaster kill", 1_700_000_000_000, "A drill.")


@pytest.fixture
def file(tmp_path: Path) -> HaltFile:
    return HaltFile(tmp_path, Mode.DEMO, "default")


def test_a_halt_is_read_as_it_was_written_by_anybody(file: HaltFile, tmp_path: Path) -> None:
    assert file.read() is None
    file.write(HALT)
    assert file.read() == HALT
    assert HaltFile.of_session(tmp_path / "demo" / "default").read() == HALT
    assert HaltFile(tmp_path, Mode.DEMO, "other").read() is None
    assert file.path == tmp_path / "run" / "demo-default.halt"


def test_it_belongs_to_its_owner_alone(file: HaltFile) -> None:
    file.write(HALT)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.path.parent.iterdir()] == ["demo-default.halt"]


def test_a_change_by_another_process_is_seen(file: HaltFile, tmp_path: Path) -> None:
    other = HaltFile(tmp_path, Mode.DEMO, "default")
    other.write(HALT)
    assert file.read() == HALT
    later = Halt("the watchdog", 1, "It hung.")
    other.write(later)
    assert file.read() == later
    other.remove()
    assert file.read() is None
    other.remove()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"wall_ms": "soon"}', '{"wall_ms": null}', '{"wall_ms": 1e999}', '{"wall_ms": 1e18}']
)
def test_a_file_that_cannot_be_understood_halts_too(file: HaltFile, text: str) -> None:
    file.write(HALT)
    file.path.write_text(text)
    found = file.read()
    assert found is not None
    assert "cannot be read" in found.why


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("in the way")
    with pytest.raises(StorageError):
        HaltFile(tmp_path, Mode.DEMO, "default").write(HALT)


def test_a_halt_that_cannot_be_replaced_stays_as_it_was(file: HaltFile, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write(HALT)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        file.write(Halt("x", 1, "y"))
    assert file.read() == HALT
    assert len(list(file.path.parent.iterdir())) == 1


def test_reports_of_one_instant_do_not_overwrite_each_other(file: HaltFile) -> None:
    first, second = (file.keep_report({"flat": flat}, HALT.wall_ms) for flat in (False, True))
    assert first != second
    assert json.loads(first.read_text()) == {"flat": False}
    assert first.name.startswith("demo-default-kill-20231114T221320")
