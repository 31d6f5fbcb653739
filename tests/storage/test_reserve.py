"""The reserve takes real space, gives it back, and does not take the last of a disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from hlmaster.storage.reserve import RESERVE_BYTES, Reserve


def test_it_holds_real_blocks_and_releases_them(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve")
    assert reserve.hold()
    assert reserve.held
    assert reserve.path.stat().st_blocks * 512 >= RESERVE_BYTES
    assert reserve.path.stat().st_mode & 0o077 == 0
    assert reserve.release()
    assert not reserve.path.exists()
    assert not reserve.release()


def test_half_a_reserve_is_made_whole(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve", 1 << 20)
    reserve.path.write_bytes(b"short")
    assert not reserve.held
    assert reserve.hold()
    assert reserve.held


def test_without_fallocate_zeros_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    reserve = Reserve(tmp_path / "reserve", (1 << 20) + 7)
    assert reserve.hold()
    assert reserve.held


def test_a_nearly_full_disk_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 99, RESERVE_BYTES))
    reserve = Reserve(tmp_path / "reserve")
    assert not reserve.hold()
    assert not reserve.path.exists()


def test_a_folder_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    assert not Reserve(tmp_path / "gone" / "reserve").hold()
