"""The command line in forks of one process that has loaded it already: ``python -m tests.flow.refusals``.

A line of arguments (JSON) on standard input is answered with a line of exit code, output and error output. Each run is
a process of its own, as a user's is, without the half second that loading everything takes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from typing import IO

from hlmaster import __main__ as program


class Refusals:
    """The other end: asks the process above. Use as a context manager."""

    def __enter__(self) -> Refusals:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.flow.refusals"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(list(arguments)) + "\n")
        self._process.stdin.flush()
        code, output, errors = json.loads(self._process.stdout.readline())
        return subprocess.CompletedProcess(list(arguments), code, output, errors)


def _run(arguments: list[str]) -> tuple[int, str, str]:
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        child = os.fork()
        if child == 0:
            os._exit(_be_the_program(arguments, output, errors))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        for file in (output, errors):
            file.seek(0)
        return code, output.read(), errors.read()


def _be_the_program(arguments: list[str], output: IO[str], errors: IO[str]) -> int:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output.fileno(), 1)
    os.dup2(errors.fileno(), 2)
    try:
        code = program.main(arguments)
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    except BaseException:  # noqa: BLE001  the last word of a process of its own
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def main() -> None:
    for name, value in program.LIGHT.items():
        os.environ.setdefault(name, value)
    import hlmaster.app
    import hlmaster.exchange.hyperliquid.trading
    import hlmaster.exchange.simulator.command
    import hlmaster.exchange.simulator.replay  # noqa: F401

    for line in sys.stdin:
        sys.stdout.write(json.dumps(_run(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
