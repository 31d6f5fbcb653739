"""The composition root: what the command line asked for becomes a desk with a face, started and stopped in order."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import json
import logging
import os
import signal
import sys
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from hlmaster.core.clock import SystemClock
from hlmaster.core.crashes import keep_trace
from hlmaster.core.errors import ConfigError, HlError, StorageError
from hlmaster.core.events import Notice, Severity
from hlmaster.core.logs import Logs, start_logs
from hlmaster.core.model import Mode
from hlmaster.core.proposals import Policy
from hlmaster.desk import control
from hlmaster.desk.acting import let_act, policy_of
from hlmaster.desk.desk import Desk
from hlmaster.desk.doors import Doors
from hlmaster.desk.exchange_child import ExchangeChild
from hlmaster.desk.exchange_process import ExchangeProcess
from hlmaster.desk.identity import passphrase, who_trades
from hlmaster.desk.modes import Opening, build, exchange_arguments
from hlmaster.desk.summary import summary
from hlmaster.desk.watchdog import Watchdog
from hlmaster.settings import Origins, Settings, chosen_mode
from hlmaster.storage.sessions import DemoSession, Sessions
from hlmaster.storage.vault.entries import KEYED_MODES

if TYPE_CHECKING:
    from hlmaster.desk.connector import Connected
    from hlmaster.ui.window import Window

log = logging.getLogger(__name__)
STATUS_SECONDS = 5.0


@dataclass(slots=True)
class Launch:
    """One run: the session it opens, its settings and where each came from."""

    data: Path
    mode: Mode
    opening: Opening
    settings_file: Path
    origins: Origins
    logs: Logs


def data_folder(chosen: Path | None) -> Path:
    return chosen if chosen is not None else Path(platformdirs.user_data_dir("HyperliquidMaster", appauthor=False))


def launch(
    arguments: argparse.Namespace,
    process: ExchangeProcess | None = None,
    connected: Connected | None = None,
    *,
    console: bool,
) -> Launch:
    """Open the session, read the settings, and tell the embedded exchange what it is to be where the mode needs one.

    ``process`` is that exchange, spawned already; without one it is spawned here. ``connected``: the account of testnet
    or live; without it the session's own is taken up again.
    """
    try:
        return _launch(arguments, process, connected, console=console)
    except BaseException:
        if process is not None:
            process.abandon()
        raise


def _launch(
    arguments: argparse.Namespace, process: ExchangeProcess | None, connected: Connected | None, *, console: bool
) -> Launch:
    mode = chosen_mode(arguments.mode)
    data = data_folder(arguments.data)
    overrides = list(arguments.overrides)
    overrides += [
        f"demo.{name}={value}" for name in ("seed", "speed") if (value := getattr(arguments, name)) is not None
    ]
    if arguments.replay is not None:
        overrides.append(f"demo.replay={arguments.replay.absolute()}")
    settings_file = data / "settings.toml"
    settings, origins = Settings.load(settings_file, os.environ, overrides)
    balance = settings.paper.start_balance if mode is Mode.PAPER else settings.demo.start_balance
    session = Sessions(data, SystemClock()).open(mode, arguments.session, balance)
    settings, origins = Settings.load(settings_file, os.environ, overrides, session.file.settings())
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logs = start_logs(session.folder / "log" / "hlmaster.jsonl", sys.stderr if console else None)
    keep_trace(session.folder / "log" / "crash.log")
    child = None
    if isinstance(session, DemoSession) and arguments.exchange is None:
        session.check_exchange()
        child = ExchangeChild(exchange_arguments(settings, session.exchange_path, session.info.start_balance), process)
        child.begin()
    connection = None
    if mode in KEYED_MODES:
        try:
            connection = who_trades(arguments, data, session, connected)
        except BaseException:
            logs.close()
            session.close()
            raise
    opening = Opening(session, settings, arguments.exchange, child, connection)
    return Launch(data, mode, opening, settings_file, origins, logs)


# --- headless ---


def headless(arguments: argparse.Namespace, process: ExchangeProcess | None = None) -> int:
    policy = policy_of(arguments.policy, chosen_mode(arguments.mode))
    run = launch(arguments, process, console=not arguments.json)
    return asyncio.run(_headless(run, arguments.seconds, policy, as_json=arguments.json))


async def _headless(run: Launch, seconds: float | None, policy: Policy | None, *, as_json: bool) -> int:
    desk = Desk(build(run.opening))
    door = Doors(run.data, run.opening, desk)
    started = desk.clock.monotonic()
    stop = _stop_on_signals()
    desk.bus.subscribe(Notice, _complain)
    watchdog = Watchdog(desk.clock, desk.bus)
    watchdog.start()
    await desk.start()
    await door.start()
    acting = None if policy is None else asyncio.create_task(let_act(desk, policy), name="policy")
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stop.wait()
        figures = await summary(desk, desk.clock.monotonic() - started)
    finally:
        if acting is not None:
            acting.cancel()
            await asyncio.gather(acting, return_exceptions=True)
        await watchdog.stop()
        await door.stop()
        await desk.stop()
    print(json.dumps(figures) if as_json else _table(figures))
    return 0 if desk.is_ready else 1


def _complain(notice: Notice) -> None:
    if notice.severity in (Severity.ERROR, Severity.CRITICAL):
        print(" ".join(filter(None, ("hlmaster:", notice.sentence, notice.cure, f"[{notice.code}]"))), file=sys.stderr)


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(name, stop.set)
    return stop


def _table(figures: dict[str, Any]) -> str:
    width = max(map(len, figures))
    return "\n".join(f"{name.replace('_', ' '):<{width}}  {value}" for name, value in figures.items())


# --- health and sessions ---


def health(arguments: argparse.Namespace) -> int:
    answer = control.ask(data_folder(arguments.data), chosen_mode(arguments.mode), arguments.session, "health")
    print(json.dumps(answer) if arguments.json else _table(answer))
    return 0


def halting(arguments: argparse.Namespace) -> int:
    """``kill``, ``resume`` and ``watchdog``."""
    from hlmaster.desk import kill_command

    data, ask = data_folder(arguments.data), functools.partial(passphrase, arguments)
    verbs = {"kill": kill_command.kill, "resume": kill_command.resume, "watchdog": kill_command.watchdog}
    return verbs[arguments.command](arguments, data, ask)


def audit(arguments: argparse.Namespace) -> int:
    """``audit verify`` and ``audit export``."""
    from hlmaster.desk import audit_command

    return audit_command.audit(arguments, data_folder(arguments.data))


def accounts(arguments: argparse.Namespace) -> int:
    """``connect`` and ``doctor``."""
    from hlmaster.desk import connect_command, doctor_command

    logging.getLogger("httpx").setLevel(logging.WARNING)
    data = data_folder(arguments.data)
    if arguments.command == "connect":
        return connect_command.connect(arguments, data)
    return doctor_command.doctor(arguments, data, functools.partial(passphrase, arguments))


def strategies(arguments: argparse.Namespace) -> int:
    """``strategies list`` and ``strategies check FILE``."""
    from hlmaster.desk.exchange_process import command
    from hlmaster.strategies.host.command import checked, listed

    host = command(["strategy-host"])
    if arguments.action == "check":
        lines, status = asyncio.run(checked(host, arguments.file))
    else:
        lines, status = asyncio.run(listed(host, data_folder(arguments.data) / "strategies"))
    print("\n".join(lines))
    return status


def sessions(arguments: argparse.Namespace) -> int:
    mode, store = chosen_mode(arguments.mode), Sessions(data_folder(arguments.data), SystemClock())
    if arguments.action == "list":
        rows = store.list(mode)
        for row in rows:
            print(row.name if mode in KEYED_MODES else f"{row.name}  started with ${row.start_balance:,.2f}")
        if not rows:
            print(f"There is no {mode} session yet; opening the application makes one.")
    elif arguments.action == "reset":
        store.reset(mode, arguments.session, _balance(arguments.balance)).close()
        print(f"The {mode} session {arguments.session!r} starts afresh; the old one was archived, not deleted.")
    else:
        target = arguments.to or Path.cwd() / f"hlmaster-{mode}-{arguments.session}.zip"
        print(f"Written to {store.export(mode, arguments.session, target)}.")
    return 0


def _balance(text: str | None) -> Decimal:
    try:
        return Decimal(text or "10000")
    except InvalidOperation:
        raise ConfigError(f"{text!r} is not an amount.", "Write it in USD, for example 10000.") from None


# --- the window ---


def gui(arguments: argparse.Namespace, process: ExchangeProcess | None = None) -> int:
    """Windows one after the other: switching the session ends one desk and opens the next."""
    offscreen = _without_display()
    run, trouble, keyed = None, None, chosen_mode(arguments.mode) in KEYED_MODES
    if not keyed:
        run, trouble = _try_launch(arguments, process, console=offscreen)
    from hlmaster.ui import qt

    sys.setswitchinterval(qt.SWITCH_SECONDS)
    file = data_folder(arguments.data) / "settings.toml"
    scale = run.opening.settings.general.scale_percent if run else qt.scale_percent(file, arguments.overrides)
    application = qt.application(sys.argv[:1], scale)
    from hlmaster.ui.loop import Loop

    with asyncio.Runner(loop_factory=lambda: Loop(application)) as runner:
        if keyed:
            run, trouble = _launch_next(runner, arguments, None, console=offscreen)
        while run is not None:
            try:
                chosen = runner.run(_gui(run, arguments, offscreen=offscreen))
            except HlError as error:
                trouble = error
                break
            finally:
                run.logs.close()
            if chosen is None:
                return 0
            connected = None
            if isinstance(chosen, tuple):
                arguments.session, balance = chosen
                if balance is not None:
                    Sessions(run.data, SystemClock()).reset(run.mode, arguments.session, balance).close()
            else:
                connected = chosen
            run, trouble = _launch_next(runner, arguments, connected, console=offscreen)
        if trouble is None:
            return 0
        if arguments.screenshot is None and application.platformName() != "offscreen":
            from hlmaster.ui.trouble import show_trouble

            runner.run(show_trouble(trouble, data_folder(arguments.data)))
    raise trouble


def _try_launch(
    arguments: argparse.Namespace, process: ExchangeProcess | None = None, *, console: bool
) -> tuple[Launch | None, HlError | None]:
    try:
        return launch(arguments, process, console=console), None
    except HlError as error:
        return None, error


def _launch_next(
    runner: asyncio.Runner, arguments: argparse.Namespace, connected: Connected | None, *, console: bool
) -> tuple[Launch | None, HlError | None]:
    """The next desk of this window; testnet and live ask first who trades. Neither desk nor trouble: the user left."""
    try:
        if connected is None and chosen_mode(arguments.mode) in KEYED_MODES:
            from hlmaster.ui.who_trades import ask_who_trades

            sessions = Sessions(data_folder(arguments.data), SystemClock())
            settings, _ = Settings.load(sessions.data / "settings.toml", os.environ, arguments.overrides)
            chosen = chosen_mode(arguments.mode), arguments.session
            connected = runner.run(ask_who_trades(sessions, *chosen, arguments.exchange, settings.general))
            if connected is None:
                return None, None
        if connected is not None:
            arguments.mode, arguments.session = connected.mode.value, connected.session
        return launch(arguments, None, connected, console=console), None
    except HlError as error:
        return None, error


def _without_display() -> bool:
    """On a machine with no display the same window runs offscreen and tells how it is."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return False
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return False
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    print(f"There is no display, so the window runs offscreen; a status line follows every {STATUS_SECONDS:.0f} s.")
    return True


async def _gui(
    run: Launch, arguments: argparse.Namespace, *, offscreen: bool
) -> tuple[str, Decimal | None] | Connected | None:
    """Until the window is closed; returns the session to open next, with a balance if it starts afresh, or another
    mode and account."""
    from hlmaster.ui.window import Window

    desk = Desk(build(run.opening))
    window = Window(
        desk, run.settings_file, run.origins, run.logs.ring, Sessions(run.data, SystemClock()), arguments.exchange
    )
    window.open(arguments.size, default_layout=arguments.default_layout)
    stop = _stop_on_signals()
    door = Doors(run.data, run.opening, desk)
    tasks = [asyncio.create_task(_close_on(stop, window))]
    if arguments.screenshot is not None:
        tasks.append(asyncio.create_task(_photograph(window, arguments.screenshot, arguments.after)))
    elif offscreen:
        tasks.append(asyncio.create_task(_status_lines(desk)))
    watchdog = Watchdog(desk.clock, desk.bus)
    watchdog.start()
    try:
        await desk.start()
        await door.start()
        await window.closed.wait()
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        await window.shut()
        await watchdog.stop()
        await door.stop()
        await desk.stop()
    for end in ends:
        if isinstance(end, Exception):
            raise end
    return window.next_connected or window.next_session


async def _close_on(stop: asyncio.Event, window: Window) -> None:
    await stop.wait()
    window.closed.set()


async def _photograph(window: Window, file: Path, after: float) -> None:
    try:
        await asyncio.sleep(after)
        if not window.save_picture(file):
            raise StorageError(f"The picture cannot be written to {file}.", "Name a file in a folder that exists.")
    finally:
        window.closed.set()


async def _status_lines(desk: Desk) -> None:
    while True:
        await asyncio.sleep(STATUS_SECONDS)
        state = desk.health()
        print(
            f"{state.link}: {state.messages_per_second:.0f} msg/s, loop lag p99 {state.loop_lag_ms_p99:.1f} ms, "
            f"equity {desk.portfolio.equity:,.2f} USD, {len(desk.portfolio.positions())} positions",
            flush=True,
        )
