from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from installer.environment import CONTAINS, DEVELOPMENT, INSTALLER, RUNTIME, STAMP, Environment
from installer.trouble import SetupError, ToolFailedError


class Recorded(Environment):
    """Makes a real ``.venv`` without packages; every other tool is only written down, or fails as told."""

    def __init__(self, root: Path) -> None:
        self.said: list[str] = []
        self.commands: list[list[str]] = []
        self.failures: dict[str, str] = {}
        super().__init__(root, self.said.append)

    def _run(self, command: list[str], what: str) -> None:
        self.commands.append(command)
        if "venv" in command:
            super()._run(command, what)
        for word, output in self.failures.items():
            if word in command:
                raise ToolFailedError(output, what)

    def _pip(self) -> list[str]:
        return ["pip"]


@pytest.fixture
def environment(tmp_path: Path) -> Recorded:
    (tmp_path / "installer").mkdir()
    for lock in (RUNTIME, DEVELOPMENT, INSTALLER):
        (tmp_path / "installer" / lock).write_text(f"# {lock}\n", "utf-8")
    return Recorded(tmp_path)


def test_a_cold_start_installs_uv_and_the_lock_with_hashes(environment: Recorded) -> None:
    environment.ensure(RUNTIME)
    venv, uv, packages = environment.commands
    assert venv[1:4] == ["-m", "venv", "--without-pip"]
    assert uv[0] == "pip"
    assert packages[:5] == [str(environment.python), "-m", "uv", "pip", "install"]
    assert packages[packages.index("--python") + 1] == str(environment.python)
    assert all("--require-hashes" in command for command in (uv, packages))
    assert "--compile-bytecode" in packages
    assert packages[-1] == str(environment.root / "installer" / RUNTIME)


def program(environment: Recorded, text: str) -> Path:
    package = environment.root / "hlmaster"
    package.mkdir()
    (package / "__init__.py").write_text(text, "utf-8")
    return package


def test_the_program_is_compiled_for_its_first_start(environment: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    package = program(environment, "")
    environment.ensure(RUNTIME)
    assert list(package.rglob("*.pyc"))


def test_a_program_that_cannot_be_compiled_is_installed_all_the_same(environment: Recorded) -> None:
    program(environment, "def")
    environment.ensure(RUNTIME)
    assert environment.holds(RUNTIME)
    assert any("starts slower" in line for line in environment.said)


def test_a_warm_start_runs_nothing(environment: Recorded) -> None:
    environment.ensure(RUNTIME)
    environment.commands.clear()
    environment.ensure(RUNTIME)
    assert environment.commands == []


def test_development_holds_the_runtime_but_not_the_other_way_round(environment: Recorded) -> None:
    environment.ensure(RUNTIME)
    assert not environment.holds(DEVELOPMENT)
    environment.ensure(DEVELOPMENT)
    assert environment.holds(RUNTIME)
    assert CONTAINS[DEVELOPMENT] == (RUNTIME, DEVELOPMENT)


def changed_lock(environment: Recorded) -> None:
    (environment.root / "installer" / RUNTIME).write_text("# newer\n", "utf-8")


def spoilt_stamp(environment: Recorded) -> None:
    (environment.folder / STAMP).write_text("[1, 2", "utf-8")


def stamp_of_another_kind(environment: Recorded) -> None:
    (environment.folder / STAMP).write_text("[1, 2]", "utf-8")


def python_gone(environment: Recorded) -> None:
    environment.python.unlink()


def python_replaced(environment: Recorded) -> None:
    target = environment.python.resolve()
    environment.python.unlink()
    (environment.root / "python-new").symlink_to(target)
    shutil.copy(target, environment.python)


@pytest.mark.parametrize("change", [changed_lock, spoilt_stamp, stamp_of_another_kind, python_gone, python_replaced])
def test_what_makes_the_environment_stale_renews_it(environment: Recorded, change: Callable[[Recorded], None]) -> None:
    environment.ensure(RUNTIME)
    change(environment)
    assert not environment.holds(RUNTIME)
    environment.ensure(RUNTIME)
    assert environment.holds(RUNTIME)


def test_a_moved_project_renews_the_path_to_itself(environment: Recorded, tmp_path: Path) -> None:
    environment.ensure(RUNTIME)
    moved = tmp_path.parent / f"{tmp_path.name}-moved"
    tmp_path.rename(moved)
    after = Recorded(moved)
    assert not after.holds(RUNTIME)
    after.ensure(RUNTIME)
    (path_file,) = moved.rglob("hlmaster-project.pth")
    assert path_file.read_text("utf-8") == f"{moved}\n"


def test_an_interrupted_installation_is_not_taken_for_a_whole_one(environment: Recorded) -> None:
    environment.ensure(RUNTIME)
    changed_lock(environment)
    environment.failures = {"uv": "No space left on device (os error 28)"}
    with pytest.raises(SetupError, match="disk is full"):
        environment.ensure(RUNTIME)
    assert not environment.holds(RUNTIME)


def test_pip_takes_over_where_uv_cannot_get_through(environment: Recorded) -> None:
    environment.failures = {"uv": "error sending request for url"}
    environment.ensure(RUNTIME)
    last = environment.commands[-1]
    assert last[0] == "pip"
    assert "--require-hashes" in last
    assert last[-1] == str(environment.root / "installer" / RUNTIME)
    assert environment.holds(RUNTIME)


@pytest.mark.parametrize("output", ["Hash mismatch for `numpy`", "No space left on device", "Permission denied"])
def test_what_pip_would_meet_too_is_told_at_once(environment: Recorded, output: str) -> None:
    environment.failures = {"uv": output}
    with pytest.raises(SetupError):
        environment.ensure(RUNTIME)
    assert len(environment.commands) == 3


def test_too_little_room_is_said_before_anything_is_fetched(
    environment: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(environment.root)._replace(free=50_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(SetupError, match=r"takes about 1,000 MB, and the disk of .* has 50 MB free"):
        environment.ensure(RUNTIME)
    assert environment.commands == []


def test_a_base_without_pip_is_told_how_to_get_it(tmp_path: Path) -> None:
    bare = tmp_path / "python-without-pip"
    bare.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    bare.chmod(0o755)
    environment = Environment(tmp_path, print, base=str(bare))
    environment.python = bare
    with pytest.raises(SetupError, match=r"has no pip .*\n    sudo apt-get install python3-pip\n"):
        environment._pip()


def test_a_tools_lines_are_shown_as_they_come_and_its_failure_explained(tmp_path: Path) -> None:
    said: list[str] = []
    environment = Environment(tmp_path, said.append)
    script = "print('fetching'); print(' + numpy==2'); raise SystemExit('Connection refused')"
    with pytest.raises(ToolFailedError, match="cannot be reached, so fetching was stopped"):
        environment._run([sys.executable, "-c", script], "fetching")
    assert sorted(said) == ["  Connection refused", "  fetching"]
