"""Builds the parts of a desk for each mode. Here, and nowhere else, a mode decides on URL, network byte and keys."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hlmaster.core.bus import Bus
from hlmaster.core.clock import SystemClock
from hlmaster.core.errors import ConfigError, VenueUnreachable
from hlmaster.core.events import Notice, Severity
from hlmaster.core.files import write_whole
from hlmaster.core.model import Mode
from hlmaster.core.orders import ApprovalMint
from hlmaster.core.ports import LinkHealth, MarketData, Trading
from hlmaster.desk.exchange_child import ExchangeChild, ReadyLine
from hlmaster.desk.exchange_process import command
from hlmaster.desk.parts import Parts, SessionInfo
from hlmaster.desk.stores import Stores
from hlmaster.exchange.hyperliquid.budget import WeightBudget
from hlmaster.exchange.hyperliquid.client import is_loopback
from hlmaster.exchange.hyperliquid.listed import Listed
from hlmaster.exchange.hyperliquid.market_data import HyperliquidMarketData
from hlmaster.exchange.hyperliquid.socket import SocketTiming
from hlmaster.settings import Settings
from hlmaster.storage.halt import HaltFile
from hlmaster.storage.sessions import DemoSession, Session
from hlmaster.storage.vault.system import SystemKeyring

if TYPE_CHECKING:
    from hlmaster.desk.connection import Connection
    from hlmaster.desk.entrance import Entrance
    from hlmaster.exchange.hyperliquid.signing import Network, Signer
    from hlmaster.exchange.hyperliquid.trading import HyperliquidTrading

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a desk is opened with. ``ready_file`` names an exchange that somebody else runs on this computer."""

    session: Session
    settings: Settings
    ready_file: Path | None = None
    child: ExchangeChild | None = None
    """The embedded exchange, spawned early so that it starts while the window's libraries load."""
    connection: Connection | None = None
    """Account and key of testnet or live, and in live the permit."""


def exchange_arguments(settings: Settings, state: Path, start_balance: Decimal) -> list[str]:
    """The command line of the embedded exchange for a demo session."""
    arguments = ["--speed", str(settings.demo.speed)]
    if not state.exists():
        # A market that has begun keeps the seed it began with.
        arguments += ["--seed", str(settings.demo.seed)]
    if settings.demo.replay is not None:
        arguments += ["--replay", settings.demo.replay]
    return [*arguments, "--state", str(state), "--faucet", str(start_balance)]


class Line(NamedTuple):
    """Market data and trading of one account, without a desk around them."""

    bus: Bus
    clock: SystemClock
    market_data: HyperliquidMarketData
    trading: HyperliquidTrading


def build(opening: Opening) -> Parts:
    """Raises ConfigError where something is missing or contradicts the mode, SigningError, StorageError."""
    match opening.session.info.mode:
        case Mode.DEMO:
            return _demo(opening)
        case Mode.PAPER:
            return _paper(opening)
        case _:
            return _real(opening)


def open_trading(
    mode: Mode,
    session: Session,
    settings: Settings,
    ready_file: Path | None,
    *,
    mint: ApprovalMint,
    reserve_nonce: Callable[[int], int],
    connection: Connection | None = None,
) -> Line:
    """The account of a session, not yet started, for a process that has no desk: the kill switch, the doctor.

    Demo needs a ready file, testnet and live a connection; live needs no permit here, for whoever holds no desk has no
    way to an entry: what is sent is still what a gate of this ``mint`` approved. Raises ConfigError.
    """
    from hlmaster.desk.venues import read_ready

    bus, clock = Bus(), SystemClock()
    if mode is Mode.DEMO:
        if ready_file is None:
            raise ConfigError("Demo mode needs an embedded exchange.", "Name its ready file with --exchange.")
        url, network, signer, account = _demo_place(session, read_ready(ready_file), clock)
    else:
        url, network, signer, account = _real_place(mode, ready_file, connection, clock)
    return _line(bus, clock, url, network, signer, account, settings, reserve_nonce, mint, session)


def _parts(
    opening: Opening,
    bus: Bus,
    clock: SystemClock,
    mint: ApprovalMint,
    market_data: MarketData,
    trading: Trading,
    stores: Stores,
    **around: Any,
) -> Parts:
    info = opening.session.info
    # A generated account is the session's alone, so its whole history is; a replayed market may lie years back.
    session = SessionInfo(info.name, info.mode, 0, info.start_balance, opening.session.folder)
    halt = HaltFile.of_session(opening.session.folder)
    kept = {"records": stores.records, "opinions": stores.opinions, "audit": stores.audit}
    around = {"open_store": stores.start, **kept, **around}
    theirs = opening.session.folder.parents[1] / "strategies"  # one folder for all modes and sessions
    around |= {"counsel": SystemKeyring()}
    around |= {"strategy_host": tuple(command(["strategy-host"])), "strategies": theirs}
    journal, store = stores.journal, stores.recorder
    return Parts(bus, clock, mint, market_data, trading, journal, store, session, opening.settings, halt, **around)


Place = tuple[str, "Network", "Signer", str]
"""Address, network letter, signer, account."""


def _line(
    bus: Bus,
    clock: SystemClock,
    url: str,
    network: Network,
    signer: Signer,
    account: str,
    settings: Settings,
    reserve_nonce: Callable[[int], int],
    mint: ApprovalMint,
    session: Session,
    budget: WeightBudget | None = None,
) -> Line:
    from hlmaster.exchange.hyperliquid.trading import HyperliquidTrading

    budget, timing = budget or WeightBudget(clock), _timing(settings)
    listed = Listed(clock, url, session.folder / "markets.json")
    market_data = HyperliquidMarketData(bus, clock, url, budget=budget, listed=listed, socket_timing=timing)
    trading = HyperliquidTrading(
        bus,
        clock,
        url,
        network,
        signer,
        account,
        reserve_nonce,
        mint.is_genuine,
        budget=budget,
        listed=listed,
        socket_timing=timing,
    )
    return Line(bus, clock, market_data, trading)


def _demo_place(session: Session, ready: ReadyLine | str, clock: SystemClock) -> Place:
    """A ready line, or the address of a child that is not ready yet."""
    from hlmaster.exchange.hyperliquid.signing import Network, Signer

    url = ready if isinstance(ready, str) else ready.url
    if not is_loopback(url):
        raise ConfigError(f"Demo mode trades on this computer only, not at {url}.", "Use an exchange on 127.0.0.1.")
    if not isinstance(session, DemoSession):
        raise ConfigError(f"The session in {session.folder} is not a demo session.")
    if isinstance(ready, ReadyLine):
        ready.anchor(clock)
    signer = Signer(session.wallet().private_key, worthless=True)
    return url, Network.TESTNET, signer, signer.address


def _real_place(mode: Mode, ready_file: Path | None, connection: Connection | None, clock: SystemClock) -> Place:
    from hlmaster.desk.venues import endpoint

    place = endpoint(mode, ready_file)
    if connection is None:
        raise ConfigError(
            f"The mode {mode} needs a connected account.",
            f"Connect one in the window (click the mode badge), or with: hlmaster connect --mode {mode}.",
        )
    if connection.record.rehearsal != place.is_rehearsal:
        here, there = "an embedded exchange", "the real one"
        raise ConfigError(
            f"This session's account lives on {here if connection.record.rehearsal else there}, not on "
            f"{here if place.is_rehearsal else there}.",
            "Use a session of its own for each: --session NAME.",
        )
    if place.ready is not None:
        place.ready.anchor(clock)
    return place.url, place.network, connection.signer, connection.account


def _demo(opening: Opening) -> Parts:
    """The ordinary adapter pointed at the embedded exchange on loopback; its wallet is generated and worthless."""
    from hlmaster.desk.venues import read_ready

    bus, clock, mint = Bus(), SystemClock(), ApprovalMint()
    child = opening.child
    if opening.ready_file is not None:
        url, network, signer, account = _demo_place(opening.session, read_ready(opening.ready_file), clock)
    elif child is not None:
        url, network, signer, account = _demo_place(opening.session, child.url, clock)
    else:
        raise ConfigError("Demo mode needs an embedded exchange.", "Start without --exchange to get one.")
    stores = Stores.open(opening.session, opening.settings, clock)
    line = _line(
        bus, clock, url, network, signer, account, opening.settings, stores.journal.reserve_nonce, mint, opening.session
    )

    def tell(sentence: str) -> None:
        log.error("%s", sentence)
        cure = "It is started again by itself; if this goes on, restart the program and look at the log."
        bus.publish(Notice(Severity.ERROR, sentence, VenueUnreachable.code, cure))

    async def before() -> None:
        if child is not None:
            (await child.first_ready(clock, tell)).anchor(clock)
            child.watch(clock, tell, lambda line: line.anchor(clock))

    async def after() -> None:
        try:
            stores.close()
        finally:
            if child is not None:
                await child.stop()

    return _parts(opening, bus, clock, mint, line.market_data, line.trading, stores, before=before, after=after)


def _real(opening: Opening) -> Parts:
    """Testnet and live. Nothing here is told by settings: the mode says where, the connection says who."""
    from hlmaster.desk.connection import account_lock
    from hlmaster.desk.entrance import examine
    from hlmaster.desk.permission import check_permit
    from hlmaster.exchange.hyperliquid.access import AccessQueries
    from hlmaster.exchange.hyperliquid.client import Client

    mode, connection = opening.session.info.mode, opening.connection
    bus, clock, mint = Bus(), SystemClock(), ApprovalMint()
    url, network, signer, account = _real_place(mode, opening.ready_file, connection, clock)
    check_permit(mode, account, None if connection is None else connection.permit)
    lock = account_lock(opening.session.folder.parent.parent, mode, account)
    lock.acquire()
    try:
        stores = Stores.open(opening.session, opening.settings, clock)
    except BaseException:
        lock.release()
        raise
    session, settings, budget = opening.session, opening.settings, WeightBudget(clock)
    line = _line(
        bus, clock, url, network, signer, account, settings, stores.journal.reserve_nonce, mint, session, budget
    )
    client = Client(url, clock, LinkHealth(), budget)

    async def look() -> Entrance:
        return await examine(mode, account, signer, AccessQueries(client), clock, network)

    async def after() -> None:
        await client.close()
        try:
            stores.close()
        finally:
            lock.release()

    return _parts(opening, bus, clock, mint, line.market_data, line.trading, stores, after=after, access=look)


def _paper(opening: Opening) -> Parts:
    """Live public data; orders matched here against what that data shows."""
    from hlmaster.desk.venues import MAINNET_URL
    from hlmaster.exchange.simulator.trading import PaperTrading

    bus, clock, mint = Bus(), SystemClock(), ApprovalMint()
    state_file = opening.session.folder / "paper.json"
    state = _load(state_file)
    market_data = HyperliquidMarketData(bus, clock, MAINNET_URL, socket_timing=_timing(opening.settings))
    stores = Stores.open(opening.session, opening.settings, clock)
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
        stores.close()

    return _parts(opening, bus, clock, mint, market_data, trading, stores, after=after)


def _timing(settings: Settings) -> SocketTiming:
    chosen = settings.market
    return SocketTiming(
        ping_every=chosen.heartbeat_seconds,
        silent_after=chosen.dead_after_seconds,
        alarm_after=chosen.reconnect_alarm_tries,
    )


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
    write_whole(file, json.dumps(state).encode())
