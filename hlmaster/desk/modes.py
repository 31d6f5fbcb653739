"""Builds the parts of a desk for each mode. Here, and nowhere else, a mode decides on URL, network byte and keys."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from hlmaster.core.bus import Bus
from hlmaster.core.clock import SystemClock
from hlmaster.core.errors import ConfigError, VenueUnreachable
from hlmaster.core.events import Notice, Severity
from hlmaster.core.model import Mode
from hlmaster.core.orders import ApprovalMint
from hlmaster.core.ports import MarketData, Trading
from hlmaster.desk.exchange_child import ExchangeChild, ReadyLine
from hlmaster.desk.parts import Parts, SessionInfo
from hlmaster.exchange.hyperliquid.budget import WeightBudget
from hlmaster.exchange.hyperliquid.client import is_loopback
from hlmaster.exchange.hyperliquid.market_data import HyperliquidMarketData
from hlmaster.exchange.hyperliquid.socket import SocketTiming
from hlmaster.settings import Settings
from hlmaster.storage.journal import SqliteJournal
from hlmaster.storage.recorder import Recorder
from hlmaster.storage.sessions import DemoSession, Session

log = logging.getLogger(__name__)
MAINNET_URL = "https://api.hyperliquid.xyz"


@dataclass(frozen=True, slots=True)
class Opening:
    """What a desk is opened with. ``ready_file`` names an exchange that somebody else runs on this computer."""

    session: Session
    settings: Settings
    ready_file: Path | None = None
    child: ExchangeChild | None = None
    """The embedded exchange, spawned early so that it starts while the window's libraries load."""


def exchange_arguments(settings: Settings, state: Path, start_balance: Decimal) -> list[str]:
    """The command line of the embedded exchange for a demo session."""
    arguments = ["--speed", str(settings.demo.speed)]
    if not state.exists():
        # A market that has begun keeps the seed it began with.
        arguments += ["--seed", str(settings.demo.seed)]
    if settings.demo.replay is not None:
        arguments += ["--replay", settings.demo.replay]
    return [*arguments, "--state", str(state), "--faucet", str(start_balance)]


def check_available(mode: Mode) -> None:
    """Raises ConfigError for a mode that this version does not offer, before anything of it is opened."""
    if mode not in (Mode.DEMO, Mode.PAPER):
        raise ConfigError(f"The mode {mode} is not available in this version.", "Use demo or paper.")


def build(opening: Opening) -> Parts:
    """Raises ConfigError for a mode that this version does not offer, SigningError, StorageError."""
    mode = opening.session.info.mode
    if mode is Mode.DEMO:
        return _demo(opening)
    check_available(mode)
    return _paper(opening)


def _parts(
    opening: Opening,
    bus: Bus,
    clock: SystemClock,
    mint: ApprovalMint,
    market_data: MarketData,
    trading: Trading,
    journal: SqliteJournal,
    recorder: Recorder,
    **around: Callable[[], Awaitable[None]],
) -> Parts:
    info = opening.session.info
    # A generated account is the session's alone, so its whole history is; a replayed market may lie years back.
    session = SessionInfo(info.name, info.mode, 0, info.start_balance, opening.session.folder)
    settings, open_store = opening.settings, recorder.start
    return Parts(bus, clock, mint, market_data, trading, journal, recorder, session, settings, open_store, **around)


def _demo(opening: Opening) -> Parts:
    """The ordinary adapter pointed at the embedded exchange on loopback; its wallet is generated and worthless."""
    from hlmaster.exchange.hyperliquid.signing import Network, Signer
    from hlmaster.exchange.hyperliquid.trading import HyperliquidTrading

    bus, clock, mint = Bus(), SystemClock(), ApprovalMint()
    child, ready = opening.child, None
    if opening.ready_file is not None:
        ready = ReadyLine.read(opening.ready_file)
        if ready is None:
            raise ConfigError(f"The ready file {opening.ready_file} does not exist.", "Start the exchange first.")
        ready.anchor(clock)
        url = ready.url
    elif child is not None:
        url = child.url
    else:
        raise ConfigError("Demo mode needs an embedded exchange.", "Start without --exchange to get one.")
    if not is_loopback(url):
        raise ConfigError(f"Demo mode trades on this computer only, not at {url}.", "Use an exchange on 127.0.0.1.")
    if not isinstance(opening.session, DemoSession):
        raise ConfigError(f"The session in {opening.session.folder} is not a demo session.")
    signer = Signer(opening.session.wallet().private_key, worthless=True)
    budget = WeightBudget(clock)
    timing = _timing(opening.settings)
    market_data = HyperliquidMarketData(bus, clock, url, budget=budget, socket_timing=timing)
    journal, recorder = _stores(opening, clock)
    trading = HyperliquidTrading(
        bus,
        clock,
        url,
        Network.TESTNET,
        signer,
        signer.address,
        journal.reserve_nonce,
        mint.is_genuine,
        budget=budget,
        socket_timing=timing,
    )

    def tell(sentence: str) -> None:
        log.error("%s", sentence)
        bus.publish(Notice(Severity.ERROR, sentence, VenueUnreachable.code))

    async def before() -> None:
        if child is not None:
            (await child.wait_ready(clock)).anchor(clock)
            child.watch(clock, tell, lambda line: line.anchor(clock))

    async def after() -> None:
        try:
            _close(opening, journal, recorder)
        finally:
            if child is not None:
                await child.stop()

    return _parts(opening, bus, clock, mint, market_data, trading, journal, recorder, before=before, after=after)


def _paper(opening: Opening) -> Parts:
    """Live public data; orders matched here against what that data shows."""
    from hlmaster.exchange.simulator.trading import PaperTrading

    bus, clock, mint = Bus(), SystemClock(), ApprovalMint()
    state_file = opening.session.folder / "paper.json"
    state = _load(state_file)
    market_data = HyperliquidMarketData(bus, clock, MAINNET_URL, socket_timing=_timing(opening.settings))
    journal, recorder = _stores(opening, clock)
    trading = PaperTrading(
        bus,
        clock,
        lambda: market_data.instruments,
        opening.session.info.start_balance,
        state,
        lambda state: _save(state_file, state),
        mint.is_genuine,
    )

    async def after() -> None:
        _close(opening, journal, recorder)

    return _parts(opening, bus, clock, mint, market_data, trading, journal, recorder, after=after)


def _timing(settings: Settings) -> SocketTiming:
    chosen = settings.market
    return SocketTiming(
        ping_every=chosen.heartbeat_seconds,
        silent_after=chosen.dead_after_seconds,
        alarm_after=chosen.reconnect_alarm_tries,
    )


def _stores(opening: Opening, clock: SystemClock) -> tuple[SqliteJournal, Recorder]:
    session = opening.session
    journal = SqliteJournal(session.journal_path, clock)
    journal.open()
    recorder = Recorder(session.info, session.database(opening.settings.storage.database_url))
    return journal, recorder


def _close(opening: Opening, journal: SqliteJournal, recorder: Recorder) -> None:
    recorder.close()
    journal.close()
    opening.session.close()


def _load(file: Path) -> dict[str, Any] | None:
    try:
        state: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return state
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"The paper account's file {file} is damaged ({error}).", "Reset the session, or restore the file."
        ) from error


def _save(file: Path, state: dict[str, Any]) -> None:
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_text(json.dumps(state), encoding="utf-8")
    fresh.replace(file)
