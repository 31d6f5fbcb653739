"""The file of the user's keys: whole or not, and nothing damaged stops the window."""

from __future__ import annotations

from pathlib import Path

import pytest

from hlmaster.core.errors import ConfigError
from hlmaster.ui.hands.key_file import read, write

pytestmark = pytest.mark.usefixtures("qapp")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "new folder" / "keys.toml"
    changes = {"trade.reverse": "Alt+R", "panel.chart": "G, C", "window.pause": ""}
    write(file, changes)
    assert read(file).changes == changes
    assert [path.name for path in file.parent.iterdir()] == ["keys.toml"]


def test_no_file_is_no_change(tmp_path: Path) -> None:
    found = read(tmp_path / "keys.toml")
    assert (found.changes, found.problems) == ({}, ())


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"version = 1\n[keys\n", b"version = 9\n", b"keys = 3\n"])
def test_a_damaged_file_gives_the_defaults_names_itself_and_is_kept(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "keys.toml"
    file.write_bytes(content)
    found = read(file)
    assert found.changes == {}
    assert str(file) in found.problems[0]
    assert "default keys" in found.problems[0]
    write(file, {"a": "Ctrl+J"})
    assert read(file).changes == {"a": "Ctrl+J"}
    assert (tmp_path / "keys.damaged").read_bytes() == content


def test_one_bad_line_costs_only_itself(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text('version = 1\n[keys]\n"a" = "Nonsense"\n"b" = "ctrl+j"\n"c" = 3\n')
    found = read(file)
    assert found.changes == {"b": "Ctrl+J"}
    assert len(found.problems) == 2
    assert "'Nonsense'" in found.problems[0]


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "keys.toml").mkdir()
    with pytest.raises(ConfigError, match=r"keys\.toml cannot be written"):
        write(tmp_path / "keys.toml", {})
