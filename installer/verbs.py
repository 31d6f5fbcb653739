"""What the bootstrap does for each verb, once the Python is known to be a supported one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from installer import libraries
from installer.environment import DEVELOPMENT, RUNTIME, Environment

# import-linter is a console script only; python -m works in an environment that was moved, scripts do not
FLOORS = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
CHECKS = (
    ["-m", "ruff", "check"],
    ["-m", "ruff", "format", "--check", "--quiet"],
    ["-m", "mypy"],
    ["-c", FLOORS, "--no-logo"],
    ["-m", "pytest", "tests/house", "-p", "no:xdist"],
)
TESTS = ["-m", "pytest", "--ignore=tests/house", "-n", "3", "--dist", "worksteal"]


def run(root: str, arguments: list[str]) -> int:
    """Start the terminal in the caller's working directory; does not return where the system can replace a process."""
    environment = Environment(Path(root), say)
    if opens_a_window(arguments):
        libraries.provide(libraries.wanted(os.environ), say)
    environment.ensure(RUNTIME)
    command = [str(environment.python), "-m", "hlmaster", *arguments]
    if os.name != "nt":
        os.execv(command[0], command)
    return subprocess.call(command)


def check(root: str, arguments: list[str]) -> int:
    """Every check, also after one that failed: a person wants the whole list."""
    python = developer(root)
    failed = [step for step in CHECKS if start(root, python, step)]
    for step in failed:
        say(f"Failed: {title(step)}")
    return 1 if failed else 0


def test(root: str, arguments: list[str]) -> int:
    checked = check(root, [])
    libraries.offer_programs(say)
    tested = start(root, developer(root), [*TESTS, *arguments])
    return tested or checked


def bench(root: str, arguments: list[str]) -> int:
    return start(root, developer(root), ["-m", "tests.bench", *arguments])


def soak(root: str, arguments: list[str]) -> int:
    """The long hostile runs; ends by itself, or goes on another time where it was interrupted."""
    return start(root, developer(root), ["-m", "tests.hostile", "--soak", "--jobs", "2", *arguments])


def sync(root: str, arguments: list[str]) -> int:
    Environment(Path(root), say).ensure(DEVELOPMENT if "--dev" in arguments else RUNTIME)
    return 0


VERBS: dict[str, Callable[[str, list[str]], int]] = {
    "run": run,
    "test": test,
    "check": check,
    "bench": bench,
    "soak": soak,
    "sync": sync,
}


def developer(root: str) -> Path:
    """The Python that holds the development tools, and under it what Qt needs to draw off screen."""
    libraries.provide(libraries.wanted({}), say)
    environment = Environment(Path(root), say)
    environment.ensure(DEVELOPMENT)
    return environment.python


def opens_a_window(arguments: list[str]) -> bool:
    """The window is the terminal's default command, and the only one that needs Qt."""
    return not arguments or arguments[0].startswith("-") or arguments[0] == "gui"


def start(root: str, python: Path, step: list[str]) -> int:
    say(f"== {title(step)}")
    return subprocess.call([str(python), *step], cwd=root)


def title(step: list[str]) -> str:
    return "import-linter" if step[0] == "-c" else " ".join(step[1:])


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
