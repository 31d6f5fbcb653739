"""The user's folder: what lies there is read as it is, and what cannot be read is named."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from hlmaster.strategies.host import folder
from hlmaster.strategies.host.folder import Folder


def test_python_files_are_read_and_others_left_alone(tmp_path: Path) -> None:
    for name in ("b.py", "a.py", "_hidden.py", ".swap.py", "notes.txt"):
        (tmp_path / name).write_text(name)
    (tmp_path / "package.py").mkdir()
    sources, broken = Folder(tmp_path).read()
    assert list(sources) == ["a.py", "b.py"]
    assert (sources["a.py"].text, sources["a.py"].path) == (b"a.py", str(tmp_path / "a.py"))
    assert broken == []


def test_a_folder_that_is_not_there_is_an_empty_one(tmp_path: Path) -> None:
    for empty in (Folder(tmp_path / "none"), Folder(None)):
        assert empty.read() == ({}, [])
        assert empty.stamp() == {}


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "dangling.py").symlink_to(tmp_path / "nowhere")
    (tmp_path / "big.py").write_bytes(b"#" * (folder.LARGEST_FILE + 1))
    sources, broken = Folder(tmp_path).read()
    assert sources == {}
    assert [entry.name for entry in broken] == ["big.py"]
    assert "at most 1,000,000 are read" in broken[0].error


def test_the_stamp_tells_every_change(tmp_path: Path) -> None:
    looked = Folder(tmp_path)
    stamps = [looked.stamp()]
    (tmp_path / "a.py").write_text("1")
    stamps.append(looked.stamp())
    (tmp_path / "a.py").write_text("12")
    stamps.append(looked.stamp())
    (tmp_path / "a.py").unlink()
    stamps.append(looked.stamp())
    assert [one == other for one, other in pairwise(stamps)] == [False] * 3
    assert stamps[0] == stamps[-1]
