"""``hlmaster simulate``: the embedded exchange as a program of its own.

Prints one JSON line when it is ready, and writes the same to the ready file; ends at SIGTERM, SIGINT, or (asked to)
when its standard input closes, so that it does not outlive its parent. Exit codes: 0 in order, 2 what was asked cannot
be, 3 the state file failed while running.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import threading
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from pathlib import Path

from hlmaster.core.errors import ConfigError, HlError
from hlmaster.exchange.simulator.fault_script import read_script
from hlmaster.exchange.simulator.opening import LOOPBACK, NETWORKS, Options
from hlmaster.exchange.simulator.server import SimulatorServer

OK, REFUSED, FAILED = 0, 2, 3


def run(argv: list[str]) -> int:
    """The exit code."""
    arguments = _parser().parse_args(argv)
    if arguments.arguments_on_stdin:
        more = _told()
        if more is None:
            return OK
        arguments = _parser().parse_args([*argv, *more])
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(message)s")
    try:
        options = Options(
            seed=arguments.seed,
            coins=tuple(arguments.coins.split(",")) if arguments.coins else None,
            speed=arguments.speed,
            replay=arguments.replay,
            state=arguments.state,
            faucet=arguments.faucet,
            host="127.0.0.1" if arguments.host == "localhost" else arguments.host,
            port=arguments.port,
            budget_multiplier=arguments.budget_multiplier,
            control=arguments.control,
            network=arguments.network,
            faults=() if arguments.faults is None else read_script(arguments.faults),
        )
        return asyncio.run(_serve(options, arguments.ready_file, watch_stdin=arguments.watch_stdin))
    except HlError as error:
        _complain(str(error))
        return REFUSED
    except OSError as error:
        _complain(f"Port {arguments.port} on {arguments.host} cannot be used: {error.strerror}. Choose another --port.")
        return REFUSED


def _told() -> list[str] | None:
    """The line of JSON a parent sends once it knows what it wants; None when it left without a word.

    By now everything is imported: that is what being told late is for.
    """
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(0, 65_536)
        if not part:
            return None
        line += part
    return [str(argument) for argument in json.loads(line)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hlmaster simulate", description="The embedded exchange, on this computer only."
    )
    parser.add_argument("--host", default="127.0.0.1", help=f"one of {', '.join(LOOPBACK)}")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--seed", type=int, help="makes the market; same seed, same market")
    parser.add_argument("--coins", help="comma-separated names; all built-in ones without it")
    parser.add_argument("--speed", type=float, default=1.0, help="market seconds per second")
    parser.add_argument("--replay", type=Path, metavar="PATH", help="play a recording instead of a made market")
    parser.add_argument("--state", type=Path, metavar="FILE", help="remember everything here over restarts")
    parser.add_argument("--faucet", type=_amount, default=Decimal(0), metavar="USD", help="fund every new address")
    parser.add_argument("--network", choices=tuple(NETWORKS), help="take signatures for this network alone")
    parser.add_argument("--ready-file", type=Path, metavar="FILE", help="write the ready line here too")
    parser.add_argument("--watch-stdin", action="store_true", help="end when standard input closes")
    parser.add_argument(
        "--arguments-on-stdin", action="store_true", help="wait for a line on standard input: more arguments, as JSON"
    )
    parser.add_argument(
        "--budget-multiplier", type=float, default=1.0, metavar="X", help="of all budgets; 0 lifts them"
    )
    parser.add_argument("--faults", type=Path, metavar="FILE", help="misfortune by script (TOML or JSON), for drills")
    parser.add_argument("--control", action="store_true", help="open POST /control/faults for drills")
    return parser


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no amount") from error


def _complain(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")


async def _serve(options: Options, ready_file: Path | None, *, watch_stdin: bool) -> int:
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    async with SimulatorServer(options) as server:
        for name in (signal.SIGTERM, signal.SIGINT):
            with suppress(NotImplementedError):  # Windows loops take no handlers; Ctrl-C still ends asyncio.run
                loop.add_signal_handler(name, over.set)
        if watch_stdin:
            threading.Thread(target=_watch, args=(loop, over), daemon=True).start()
        _announce(server, ready_file)
        warm_up = loop.run_in_executor(None, _warm, server)
        ends = [loop.create_task(event.wait()) for event in (over, server.stopped)]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
        await warm_up
    if server.failure is not None:
        _complain(str(server.failure))
        return FAILED
    return OK


def _watch(loop: asyncio.AbstractEventLoop, over: asyncio.Event) -> None:
    """Reads standard input to its end, on a thread of its own: pipes differ too much between systems for the loop."""
    while os.read(0, 4096):
        pass
    with suppress(RuntimeError):  # the loop ended first
        loop.call_soon_threadsafe(over.set)


def _announce(server: SimulatorServer, ready_file: Path | None) -> None:
    clock = server.clock
    line = json.dumps(
        {
            "url": server.url,
            "network": server.options.network or "testnet",
            "start_ms": clock.now_ms(),
            "wall_ms": clock.wall_ms(),
            "speed": clock.speed,
        }
    )
    if ready_file is not None:
        whole = ready_file.with_name(ready_file.name + ".part")
        try:
            whole.write_text(line + "\n", encoding="utf-8")
            whole.replace(ready_file)
        except OSError as error:
            raise ConfigError(
                f"The ready file {ready_file} cannot be written: {error.strerror}.", "Name one in a folder that exists."
            ) from error
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _warm(server: SimulatorServer) -> None:
    """What the first candle and the first signature would wait for is loaded once the ready line is out."""
    from hlmaster.exchange.simulator import signatures  # noqa: F401

    server.house.chronicle.warm()
