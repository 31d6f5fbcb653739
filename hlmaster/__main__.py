"""The command line. Without a command it opens the window on the embedded exchange."""

from __future__ import annotations

import argparse
import gc
import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlmaster import __version__
from hlmaster.core.errors import ConfigError, HlError
from hlmaster.core.secret import keep_to_ourselves

if TYPE_CHECKING:
    from hlmaster.desk.exchange_process import ExchangeProcess

COMMANDS = (
    *("gui", "headless", "simulate", "health", "sessions", "strategies", "audit"),
    *("kill", "resume", "watchdog", "connect", "doctor"),
)
FAILED = 2
LARGEST_SIDE = 16_384
LIGHT = {"OPENBLAS_NUM_THREADS": "1", "PYDANTIC_DISABLE_PLUGINS": "__all__"}
"""For libraries that read the environment at their import: no threads for linear algebra, of which there is none here,
and no search of the disk for foreign plug-ins. Each would cost the start a twentieth of a second."""


def main(argv: list[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    for name, value in LIGHT.items():
        os.environ.setdefault(name, value)
    if arguments[:1] == ["simulate"]:
        from hlmaster.exchange.simulator.command import run

        return run(arguments[1:])
    keep_to_ourselves()
    if arguments == ["strategy-host"]:
        from hlmaster.strategies.host.child import run as run_strategies

        return run_strategies()
    if not arguments or (arguments[0] not in COMMANDS and arguments[0] not in ("-h", "--help", "--version")):
        arguments.insert(0, "gui")
    try:
        chosen = _parser().parse_args(arguments)
        process = _exchange(chosen)
        collects = gc.isenabled()
        gc.disable()  # Nothing that imports make is garbage, and Python would look through it again and again.
        from hlmaster import app

        if collects:
            gc.enable()
        match chosen.command:
            case "gui":
                return app.gui(chosen, process)
            case "headless":
                return app.headless(chosen, process)
            case "health":
                return app.health(chosen)
            case "kill" | "resume" | "watchdog":
                return app.halting(chosen)
            case "connect" | "doctor":
                return app.accounts(chosen)
            case "strategies":
                return app.strategies(chosen)
            case "audit":
                return app.audit(chosen)
            case _:
                return app.sessions(chosen)
    except HlError as error:
        print(f"hlmaster: {error} [{error.code}]", file=sys.stderr)
        return FAILED


def _exchange(chosen: argparse.Namespace) -> ExchangeProcess | None:
    """The embedded exchange of a demo, spawned before anything heavy is imported; it is told later what to be."""
    if chosen.command not in ("gui", "headless") or chosen.mode not in (None, "demo") or chosen.exchange is not None:
        return None
    from hlmaster.desk.exchange_process import ExchangeProcess

    process = ExchangeProcess()
    process.spawn()
    return process


class _Exact(argparse.ArgumentParser):
    """A shortened option is an unknown option: ``--l`` must not mean ``--live``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_abbrev=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hlmaster",
        description="A desktop terminal for perpetuals on Hyperliquid. Without a command: the window, in demo mode.",
    )
    parser.add_argument("--version", action="version", version=f"hlmaster {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Exact)
    commands.add_parser("simulate", help="run the embedded exchange by itself (see simulate --help)")
    _add_gui(commands.add_parser("gui", help="open the window"))
    _add_headless(commands.add_parser("headless", help="run the same desk without a window"))
    health = commands.add_parser("health", help="ask a running desk how it is")
    _add_common(health)
    health.add_argument("--json", action="store_true", help="one JSON line instead of a table")
    _add_kill(
        commands.add_parser("kill", help="halt, cancel every order, close every position, even of a desk that hangs")
    )
    _add_resume(commands.add_parser("resume", help="lift the halt that a kill left"))
    _add_connect(commands.add_parser("connect", help="connect an account of testnet or live by its API wallet"))
    _add_doctor(commands.add_parser("doctor", help="check this computer, the connections and the account"))
    _add_watchdog(commands.add_parser("watchdog", help="act for a desk that falls silent; the desk starts it"))
    strategies = commands.add_parser("strategies", help="list the strategies there are, or check a file of your own")
    strategies.add_argument("--data", type=Path, help="data folder (default: the system's place for it)")
    verbs = strategies.add_subparsers(dest="action", required=True, parser_class=_Exact)
    verbs.add_parser("list", help="built-in ones, and those of your folder and of installed packages")
    verbs.add_parser("check", help="would it pass, with its default parameters?").add_argument("file", type=Path)
    _add_audit(commands.add_parser("audit", help="prove that the audit log is as it was written, or export it"))
    sessions = commands.add_parser("sessions", help="list, reset or export sessions")
    _add_common(sessions)
    sessions.add_argument("action", choices=("list", "reset", "export"), nargs="?", default="list")
    sessions.add_argument("--balance", help="starting balance in USD after a reset")
    sessions.add_argument("--to", type=Path, help="folder or file of an export")
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mode", help="demo (default), paper, testnet or live")
    parser.add_argument("--session", default="default", help="name of the session; created when new")
    parser.add_argument("--data", type=Path, help="data folder (default: the system's place for it)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides", help="a setting")


def _add_audit(parser: argparse.ArgumentParser) -> None:
    _add_common(parser)
    parser.add_argument("action", choices=("verify", "export"), nargs="?", default="verify")
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="verify this file or folder instead")
    parser.add_argument("--to", type=Path, help="file of an export")


def _add_connect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mode", choices=("testnet", "live"), required=True)
    parser.add_argument("--account", required=True, metavar="0x…", help="address of the account that is traded")
    parser.add_argument("--create", action="store_true", help="make the API wallet here; else its key is asked for")
    parser.add_argument(
        "--keep", choices=("keyring", "vault"), default="keyring", help="where the key is kept (default: keyring)"
    )
    parser.add_argument("--session", help="name of the session (default: that of the account, or a new one)")
    parser.add_argument("--data", type=Path, help="data folder (default: the system's place for it)")
    parser.add_argument("--exchange", type=Path, metavar="READYFILE", help="rehearse on an exchange that runs here")


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--network", choices=("mainnet", "testnet"), default="mainnet")
    parser.add_argument("--session", default="default", help="whose account is checked")
    parser.add_argument("--data", type=Path, help="data folder (default: the system's place for it)")
    parser.add_argument("--exchange", type=Path, metavar="READYFILE", help="ask an exchange that runs here instead")
    parser.add_argument(
        "--trade", action="store_true", help="testnet: place small orders to learn how the exchange treats them"
    )
    parser.add_argument("--json", action="store_true", help="one JSON line instead of a list")
    _add_passphrase(parser)


def _add_desk(parser: argparse.ArgumentParser) -> None:
    _add_common(parser)
    parser.add_argument("--seed", type=int, help="of the demo market; the same seed, the same market")
    parser.add_argument("--speed", type=float, help="demo market seconds per second")
    parser.add_argument("--replay", type=Path, metavar="PATH", help="demo plays this recording")
    parser.add_argument("--exchange", type=Path, metavar="READYFILE", help="use an exchange that already runs here")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        width = height = 0
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise ConfigError(f"{text!r} is not a size.", "Write it as WIDTHxHEIGHT, for example 1600x980.")
    return width, height


def _add_gui(parser: argparse.ArgumentParser) -> None:
    _add_desk(parser)
    parser.add_argument("--screenshot", type=Path, metavar="FILE", help="save a picture of the window and end")
    parser.add_argument("--after", type=_seconds, default=8.0, metavar="SECONDS", help="when to take the picture")
    parser.add_argument("--size", type=_size, metavar="WxH", help="size of the window, for example 1600x980")
    parser.add_argument(
        "--default-layout",
        action="store_true",
        help="start with the default arrangement; the saved one stays until you save",
    )


def _add_headless(parser: argparse.ArgumentParser) -> None:
    _add_desk(parser)
    parser.add_argument(
        "--for", type=_seconds, dest="seconds", metavar="SECONDS", help="end after so many wall seconds"
    )
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    parser.add_argument(
        "--policy", choices=("observe", "ask", "auto"), help="demo: arm every strategy, and this is what each may do"
    )
    _add_passphrase(parser)
    risks = parser.add_argument_group("live", "real money; all of these, each time")
    risks.add_argument("--live", action="store_true", help="trade real money")
    risks.add_argument(
        "--i-understand-the-risks", action="store_true", dest="understood", help="all of this account can be lost"
    )
    risks.add_argument("--account-tail", metavar="XXXX", help="the last four characters of the account")


def _add_kill(parser: argparse.ArgumentParser) -> None:
    _add_resume(parser)
    _add_passphrase(parser)
    parser.add_argument("--exchange", type=Path, metavar="READYFILE", help="the exchange on this computer it trades on")
    parser.add_argument(
        "--for",
        type=_seconds,
        dest="seconds",
        default=30.0,
        metavar="SECONDS",
        help="when to raise the alarm",
    )
    parser.add_argument("--json", action="store_true", help="end with one JSON line")


def _add_watchdog(parser: argparse.ArgumentParser) -> None:
    _add_common(parser)
    parser.add_argument("--key-stdin", action="store_true", help="the desk hands over its key on standard input")
    parser.add_argument("--exchange", type=Path, metavar="READYFILE", help="the exchange on this computer it trades on")
    parser.add_argument("--action", choices=("cancel_entries", "flatten"), default="cancel_entries")
    parser.add_argument("--patience", type=_seconds, default=30.0, metavar="SECONDS", help="how long it may be silent")


def _add_resume(parser: argparse.ArgumentParser) -> None:
    _add_common(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask first")


def _add_passphrase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-stdin", action="store_true", help="read the vault's passphrase from standard input"
    )


if __name__ == "__main__":
    sys.exit(main())
