"""``hlmaster audit``: sound logs are said to be, changed ones name the line, and an export can be proven by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from hlmaster.__main__ import main
from hlmaster.core.clock import ManualClock
from hlmaster.storage.audit.log import AuditLog


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "demo" / "default"
    folder.mkdir(parents=True)
    log = AuditLog(folder, ManualClock(), {}, rotate_bytes=600)
    log.start()
    for n in range(9):
        log.write("order", f"0x{n}", {"n": n})
    log.close()
    return folder


def run(tmp_path: Path, *arguments: str) -> int:
    return main(["audit", *arguments, "--data", str(tmp_path)])


def test_a_sound_log_says_its_last_hash(tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "verify") == 0
    told = capsys.readouterr().out
    assert "as it was written" in told
    assert told.strip()[-64:].encode() in (folder / "audit.jsonl").read_bytes()


def test_a_changed_byte_is_named(tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "audit-000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"n":1', b'"n":2', 1))
    assert run(tmp_path, "verify") == 1
    assert f"{path.name}, line " in capsys.readouterr().out


def test_an_export_is_proven_by_itself(tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "export", "--to", str(tmp_path / "all.jsonl")) == 0
    assert run(tmp_path, "verify", str(tmp_path / "all.jsonl")) == 0
    assert run(tmp_path, "export", "--to", str(tmp_path / "all.jsonl")) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_session_without_a_log_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "verify", "--session", "none") == 2
    assert "no audit log" in capsys.readouterr().err
