#!/usr/bin/env python3
"""From a fresh machine to a running terminal: ``python3 installer/bootstrap.py VERB [ARGUMENTS]``.

Needs the standard library alone. Everything it says goes to stderr, so that stdout belongs to the program it starts.
This file must parse on any Python 3.7, for it is the one that tells people that their Python is too old.
"""

from __future__ import annotations

import os
import shutil
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - pathlib is 5 ms of a warm start
OLDEST, TOO_NEW = (3, 11), (3, 15)
USAGE = """usage: bootstrap.py VERB [ARGUMENTS]
  run [ARGUMENTS]    start the terminal; arguments go to it (run simulate --port 0)
  test [ARGUMENTS]   check, then every test; arguments go to pytest (test -k ledger)
  check              ruff, mypy, the floors, the house tests
  bench [ARGUMENTS]  the benchmarks; arguments name some of them
  soak [ARGUMENTS]   the long hostile runs, over as many runs as it takes (soak --minutes 30)
  sync [--dev]       only make or renew .venv"""


def main(arguments: list[str]) -> int:
    version = sys.version_info[:2]
    if not OLDEST <= version < TOO_NEW:
        return start_with_another_python(arguments)
    if not __package__:  # started as a script: its own folder is on the path, the project's is not
        sys.path[0] = ROOT
    from installer import verbs
    from installer.trouble import SetupError

    verb, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    action = verbs.VERBS.get(verb)
    if action is None:
        say(USAGE)
        return 0 if verb in ("-h", "--help", "help") else 2
    try:
        return action(ROOT, rest)
    except SetupError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130


def start_with_another_python(arguments: list[str]) -> int:
    """Hand over to a Python of a supported version from the PATH, else say which versions would do."""
    for minor in range(TOO_NEW[1] - 1, OLDEST[1] - 1, -1):
        found = shutil.which(f"python{OLDEST[0]}.{minor}")
        if found:
            command = [found, os.path.abspath(__file__), *arguments]  # noqa: PTH100
            if os.name != "nt":
                os.execv(found, command)
            import subprocess

            return subprocess.call(command)
    say(wrong_python())
    return 1


def wrong_python() -> str:
    mine = ".".join(str(part) for part in sys.version_info[:3])
    newest = f"{TOO_NEW[0]}.{TOO_NEW[1] - 1}"
    return (
        f"HyperliquidMaster needs Python {OLDEST[0]}.{OLDEST[1]} to {newest}, and this is Python {mine} "
        f"({sys.executable}). Install one of those versions beside it and run the same command again; it is found by "
        f"its name, for example python{newest}."
    )


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
