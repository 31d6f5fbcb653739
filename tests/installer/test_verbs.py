from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from installer import bootstrap, libraries, verbs
from installer.environment import DEVELOPMENT, RUNTIME, Environment


@pytest.fixture
def ensured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of the set-up, in order, instead of doing it."""
    asked: list[str] = []
    monkeypatch.setattr(Environment, "ensure", lambda self, lock: asked.append(lock))
    monkeypatch.setattr(libraries, "provide", lambda wanted, say: asked.append("libraries"))
    monkeypatch.setattr(libraries, "offer_programs", lambda say: asked.append("programs"))
    return asked


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The steps that are started; those that hold ``mypy`` fail."""
    steps: list[list[str]] = []

    def start(root: str, python: Path, step: list[str]) -> int:
        steps.append(step)
        return int("mypy" in step)

    monkeypatch.setattr(verbs, "start", start)
    return steps


@pytest.mark.parametrize(
    ("arguments", "prepared"),
    [
        ([], ["libraries", RUNTIME]),
        (["--mode", "demo"], ["libraries", RUNTIME]),
        (["simulate", "--port", "0"], [RUNTIME]),
    ],
)
def test_run_starts_the_terminal_with_all_arguments(
    ensured: list[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], prepared: list[str]
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda path, command: started.append(command))
    monkeypatch.setattr("subprocess.call", lambda command: len(started))
    verbs.run("/project", arguments)
    assert ensured == prepared
    assert started[0][1:] == ["-m", "hlmaster", *arguments]


def test_check_goes_on_after_a_failure_and_names_it(
    ensured: list[str], started: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert verbs.check("/project", []) == 1
    assert started == list(verbs.CHECKS)
    assert capsys.readouterr().err == "Failed: mypy\n"
    assert ensured == ["libraries", DEVELOPMENT]


def test_test_runs_the_tests_even_when_a_check_failed_and_still_fails(
    ensured: list[str], started: list[list[str]]
) -> None:
    assert verbs.test("/project", ["-k", "ledger"]) == 1
    assert started[-1] == [*verbs.TESTS, "-k", "ledger"]


@pytest.mark.parametrize(("arguments", "lock"), [([], RUNTIME), (["--dev"], DEVELOPMENT)])
def test_sync_makes_the_environment_only(ensured: list[str], arguments: list[str], lock: str) -> None:
    assert verbs.sync("/project", arguments) == 0
    assert ensured == [lock]


def test_make_has_a_target_for_every_verb() -> None:
    makefile = (Path(bootstrap.ROOT) / "Makefile").read_text("utf-8")
    assert set(verbs.VERBS) <= set(re.findall(r"\$\(BOOTSTRAP\) (\w+)", makefile))
