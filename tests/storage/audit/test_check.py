"""Whatever is changed, removed, inserted or reordered in a log is found, and its line is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import StorageError
from hlmaster.storage.audit.check import check_file, check_folder
from hlmaster.storage.audit.files import HEAD
from hlmaster.storage.audit.log import AuditLog
from tests.storage.facts import NOW


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Start, three entries, a torn line closed off, start and stop again."""
    folder = tmp_path_factory.mktemp("audit")
    for run in range(2):
        log = AuditLog(folder, ManualClock(NOW), {})
        log.write("order", "0x1", {"size": "0.5", "n": run})
        log.start()
        log.close()
        if not run:
            with (folder / "audit.jsonl").open("ab") as file:
                file.write(b'{"entry":{"data"')
    assert check_folder(folder).is_sound
    return folder


@pytest.fixture(scope="module")
def path(folder: Path) -> Path:
    return folder / "audit.jsonl"


def test_every_flipped_byte_is_found_on_its_line_or_one_beside(folder: Path, path: Path) -> None:
    whole = path.read_bytes()
    try:
        for position, byte in enumerate(whole):
            for mask in (0x01, 0x20, 0x80):
                path.write_bytes(whole[:position] + bytes([byte ^ mask]) + whole[position + 1 :])
                faults = check_folder(folder).faults
                line = whole[:position].count(b"\n") + 1
                assert faults, position
                assert abs(faults[0].line - line) <= 1, (position, faults[0])
                assert not check_file(path).is_sound
    finally:
        path.write_bytes(whole)


def test_every_flipped_byte_of_the_head_is_found(folder: Path) -> None:
    head = folder / HEAD
    whole = head.read_bytes()
    try:
        for position, byte in enumerate(whole):
            head.write_bytes(whole[:position] + bytes([byte ^ 0x01]) + whole[position + 1 :])
            assert not check_folder(folder).is_sound, position
        head.unlink()
        assert "missing" in str(check_folder(folder).faults[0])
    finally:
        head.write_bytes(whole)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_every_edit_is_found(folder: Path, path: Path, data: st.DataObject) -> None:
    whole = path.read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 400)))
    put = data.draw(st.binary(max_size=40) | st.sampled_from(whole.splitlines(keepends=True)))
    edited = whole[:start] + put + whole[end:]
    try:
        path.write_bytes(edited)
        assert check_folder(folder).is_sound == (edited == whole)
    finally:
        path.write_bytes(whole)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_lines_removed_repeated_or_reordered_are_found(folder: Path, path: Path, data: st.DataObject) -> None:
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    chosen = data.draw(st.lists(st.sampled_from(range(len(lines))), max_size=len(lines) + 2))
    edited = b"".join(lines[n] for n in chosen)
    try:
        path.write_bytes(edited)
        assert check_folder(folder).is_sound == (edited == whole)
    finally:
        path.write_bytes(whole)


def test_the_line_of_a_changed_word_is_named(folder: Path, path: Path) -> None:
    whole = path.read_bytes()
    try:
        path.write_bytes(whole.replace(b'"size":"0.5"', b'"size":"5.0"', 1))
        fault = check_folder(folder).faults[0]
        assert str(fault).startswith("audit.jsonl, line 2: It was changed")
    finally:
        path.write_bytes(whole)


def test_a_folder_without_a_log_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no audit log"):
        check_folder(tmp_path)
    with pytest.raises(StorageError, match="cannot be read"):
        check_file(tmp_path / "gone.jsonl")
