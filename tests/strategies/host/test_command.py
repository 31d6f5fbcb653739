"""``hlmaster strategies``: what there is, and whether a file would pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from hlmaster.__main__ import main
from tests.strategies.host.code import LOOKS_AHEAD, good


def test_everything_there_is_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies" / "mine.py").write_text(good())
    assert main(["strategies", "--data", str(tmp_path), "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("template") and "built in" in line for line in lines)
    assert any(
        line.split() == ["mine", "mine.py:", "LONG", "above", "its", "average,", "SHORT", "below."] for line in lines
    )
    (tmp_path / "strategies" / "odd.py").write_text("def x(:")
    assert main(["strategies", "--data", str(tmp_path), "list"]) == 1
    assert "broken  odd.py, line 1: invalid syntax: def x(:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        (good(), 0, "passed  look-ahead and warm-up"),
        (good(signals=LOOKS_AHEAD), 1, "FAILED  look-ahead: Row"),
        ("def x(:", 1, "broken  mine.py, line 1"),
        ("import os; os._exit(3)", 1, "broken  Its process ended by itself with code 3."),
    ],
)
def test_a_file_is_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, status: int, words: str
) -> None:
    (tmp_path / "mine.py").write_text(text)
    assert main(["strategies", "check", str(tmp_path / "mine.py")]) == status
    assert words in capsys.readouterr().out


def test_a_file_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["strategies", "check", str(tmp_path / "none.py")]) == 2
    assert "none.py cannot be read" in capsys.readouterr().err
