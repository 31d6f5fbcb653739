"""The real process: it hangs, dies, babbles and floods, and the desk hears one sentence each time."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hlmaster.strategies.host.fence import scrubbed
from hlmaster.strategies.host.lineup import said
from hlmaster.strategies.host.messages import (
    HEAD,
    Check,
    Checked,
    Decide,
    Decided,
    Failed,
    Load,
    Loaded,
    Prepare,
    Prepared,
    Source,
    frame,
)
from hlmaster.strategies.host.process import HostLost, HostProcess
from hlmaster.strategies.packed import pack
from tests.strategies.host.code import good
from tests.strategies.host.stand_in import window

COMMAND = (sys.executable, "-m", "hlmaster", "strategy-host")
PLENTY = 30.0
ONE_WINDOW = pack(window(100.0, 200.0))

BABBLE = """
def babble(fd):
    import contextlib, os
    with contextlib.suppress(OSError):
        os.write(fd, b"babble" * 99)
"""


@asynccontextmanager
async def running(*command: str) -> AsyncIterator[HostProcess]:
    process = await HostProcess.begin(command or COMMAND)
    try:
        yield process
    finally:
        await process.end()
        assert not process.is_alive


async def loaded(process: HostProcess, text: str, name: str = "mine") -> Any:
    reply = await process.ask(Load(Source(f"{name}.py", text=text.encode())), PLENTY)
    return said(reply, Loaded).strategies[0] if not isinstance(reply, Failed) else reply


async def made(process: HostProcess, name: str, mind: int) -> Prepared:
    return said(await process.ask(Prepare(mind, name, {}), PLENTY), Prepared)


async def test_it_loads_checks_makes_and_decides_whatever_is_printed() -> None:
    noisy = good(signals="print('x' * 100_000); import sys; sys.stdout.flush(); sys.stdin.read()")
    async with running() as process:
        described = await loaded(process, noisy)
        assert (described.card.name, described.card.origin) == ("mine", "mine.py")
        checks = said(await process.ask(Check("mine", {}), PLENTY), Checked).checks
        assert [check.passed for check in checks] == [True]
        prepared = await made(process, "mine", 1)
        assert prepared.needs.indicators == (("sma", {"period": 5, "source": "close"}),)
        answer = said(await process.ask(Decide(1, ONE_WINDOW), PLENTY), Decided).answer
        assert (answer.sign, answer.strength) == (1, 0.5)
        assert answer.explanation is not None
        assert answer.explanation.reason == "the close is 200"


async def test_what_it_may_not_do_is_its_own_fault_and_it_lives_on() -> None:
    forbidden = {
        "connects": "import socket; socket.create_connection(('127.0.0.1', 9))",
        "looks": "import socket; socket.getaddrinfo('localhost', 80)",
        "starts": "import subprocess; subprocess.run(['true'])",
        "shells": "import os; os.system('true')",
        "forks": "import os; os.fork()",
        "kills": "import os; os.kill(os.getppid(), 9)",
        "swallows": "bytearray(64 * 1024 ** 3)",
        "exits": "raise SystemExit(1)",
    }
    async with running() as process:
        for mind, (name, statement) in enumerate(forbidden.items()):
            await loaded(process, good(name, statement), name)
            await made(process, name, mind)
            reply = await process.ask(Decide(mind, ONE_WINDOW), PLENTY)
            assert isinstance(reply, Failed), name
            assert reply.sentence.startswith(f"{name}.py, line 30: "), reply.sentence
        assert process.is_alive


async def test_it_is_given_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HLM_SECRET_THING", "hidden")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    tells = good(signals="import os; raise ValueError(sorted(os.environ))")
    async with running() as process:
        await loaded(process, tells)
        await made(process, "mine", 1)
        reply = await process.ask(Decide(1, ONE_WINDOW), PLENTY)
        assert isinstance(reply, Failed)
        assert "PYTHON_KEYRING_BACKEND" in reply.sentence
        for name in ("HLM_SECRET_THING", "DBUS_SESSION_BUS_ADDRESS", "HOME"):
            assert name not in reply.sentence


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("while True: pass", "It took longer than 300 ms."),
        ("import re; re.match('(a+)+$', 'a' * 40 + 'b')", "It took longer than 300 ms."),
        ("import os; os.write(2, b'farewell'); os._exit(7)", "ended by itself with code 7. Its last words: farewell"),
        ("import os; os.abort()", "was ended by signal 6"),
        ("[babble(fd) for fd in range(3, 9)]", "that is no answer"),
    ],
)
async def test_what_ends_it_is_told_in_a_sentence(statement: str, words: str) -> None:
    async with running() as process:
        await loaded(process, BABBLE + good(signals=statement))
        await made(process, "mine", 1)
        with pytest.raises(HostLost, match=words):
            await process.ask(Decide(1, ONE_WINDOW), 0.3 if "longer" in words else PLENTY)
        assert not process.is_alive
        with pytest.raises(HostLost):
            await process.ask(Decide(1, ONE_WINDOW), PLENTY)


async def test_a_command_that_does_not_exist_is_told() -> None:
    with pytest.raises(HostLost, match="cannot be started"):
        await HostProcess.begin(("./there-is-no-such-program",))


async def test_a_question_that_is_given_up_ends_the_process_and_nobody_is_told() -> None:
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))
    async with running() as process:
        await loaded(process, good(signals="while True: pass"))
        await made(process, "mine", 1)
        asking = asyncio.create_task(process.ask(Decide(1, ONE_WINDOW), PLENTY))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        del asking
    gc.collect()  # a future whose failure nobody heard says so when it goes
    assert told == []


def test_it_ends_with_the_desk_even_while_a_strategy_hangs() -> None:
    text = "while True: pass\n"
    process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=scrubbed(os.environ))
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(frame(Load(Source("mine.py", text=good().encode()))))
    process.stdin.flush()
    assert process.stdout.read(HEAD.size)[:4] == b"HLS1"  # it runs
    process.stdin.write(frame(Load(Source("hangs.py", text=text.encode()))))
    process.stdin.close()
    process.stdout.close()
    assert process.wait(PLENTY) == 0


def test_only_what_is_needed_is_inherited() -> None:
    kept = scrubbed({"PATH": "p", "HOME": "h", "HLM_X": "x", "AWS_SECRET": "s", "SSH_AUTH_SOCK": "a"})
    assert kept["PATH"] == "p"
    assert not kept.keys() & {"HOME", "HLM_X", "AWS_SECRET", "SSH_AUTH_SOCK"}
