"""What is remembered is the latest that was said, whole; what cannot be read is as if it had never been."""

from __future__ import annotations

from pathlib import Path

import pytest

from hlmaster.core.files import write_whole
from hlmaster.desk.kept import Kept
from hlmaster.desk.memory import Memory


async def test_the_latest_of_many_is_what_is_found_again(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "things.json", "nothing is known")
    assert memory.load() == {}
    for number in range(100):
        memory.save({"number": number})
    await memory.stop()
    assert Memory(tmp_path / "things.json", "").load() == {"number": 99}


@pytest.mark.parametrize("content", [b"\xff\xfe", b"{", b"[1]", b""])
async def test_a_damaged_file_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "things.json"
    write_whole(path, content)
    memory = Memory(path, "nothing is known")
    assert memory.load() == {}
    await memory.stop()


async def test_a_folder_that_takes_nothing_stops_nothing_and_is_tried_again(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "gone" / "things.json", "nothing is known")
    memory.save({"number": 1})
    await memory.kept._pen.settled()
    assert memory.kept.trouble == f"{tmp_path / 'gone' / 'things.json'} cannot be written: No such file or directory."
    (tmp_path / "gone").mkdir()
    memory.kept.retry()
    await memory.kept._pen.settled()
    assert memory.kept.trouble == ""
    assert memory.load() == {"number": 1}
    await memory.stop()


async def test_what_the_disk_refused_is_tried_once_more_at_the_end(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "gone" / "thing")
    kept.save(b"one")
    await kept._pen.settled()
    (tmp_path / "gone").mkdir()
    await kept.stop()
    assert (kept.load(), kept.trouble) == (b"one", "")


async def test_equal_content_is_written_once(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "thing")
    kept.save(b"one")
    await kept._pen.settled()
    (tmp_path / "thing").unlink()
    kept.save(b"one")
    await kept._pen.settled()
    assert kept.load() is None
    kept.save(b"two")
    await kept.stop()
    assert kept.load() == b"two"
