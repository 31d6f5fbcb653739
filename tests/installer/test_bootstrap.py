from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import Path

import pytest

from installer import bootstrap, verbs
from installer.trouble import SetupError

ROOT = Path(bootstrap.ROOT)
FILES = sorted((ROOT / "installer").glob("*.py"))


def test_the_versions_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    oldest, too_new = (".".join(map(str, version)) for version in (bootstrap.OLDEST, bootstrap.TOO_NEW))
    assert project["requires-python"] == f">={oldest},<{too_new}"


def test_an_old_python_can_read_the_file_that_turns_it_away() -> None:
    ast.parse((ROOT / "installer" / "bootstrap.py").read_text("utf-8"), feature_version=(3, 7))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_set_up_needs_the_standard_library_alone(file: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert imported - set(sys.stdlib_module_names) <= {"installer"}


def test_a_python_that_is_too_old_or_new_hands_over_or_says_which_would_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "TOO_NEW", (3, 11))
    monkeypatch.setattr(bootstrap, "OLDEST", (3, 10))
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}" if name == "python3.10" else None)
    monkeypatch.setattr("os.execv", lambda path, command: started.append(command))
    monkeypatch.setattr("subprocess.call", started.append)
    bootstrap.main(["run", "headless"])
    assert started[0][0] == "/bin/python3.10"
    assert started[0][2:] == ["run", "headless"]

    monkeypatch.setattr("shutil.which", lambda name: None)
    assert bootstrap.main(["run"]) == 1
    assert "needs Python 3.10 to 3.10, and this is Python" in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["dance"], 2), (["--help"], 0)])
def test_an_unknown_verb_shows_the_usage(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.main(arguments) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert all(f"\n  {verb} " in shown.err for verb in verbs.VERBS)


def test_trouble_is_one_sentence_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(root: str, arguments: list[str]) -> int:
        raise SetupError("The disk is full.")

    monkeypatch.setitem(verbs.VERBS, "sync", fail)
    assert bootstrap.main(["sync"]) == 1
    assert capsys.readouterr().err == "The disk is full.\n"
