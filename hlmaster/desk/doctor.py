"""``hlmaster doctor``: this computer, the connections, the account and, on the test network, how the venue behaves."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hlmaster.core.bus import Bus
from hlmaster.core.clock import SystemClock
from hlmaster.core.errors import ConfigError, HlError, StorageError, VaultError
from hlmaster.core.events import BestQuote
from hlmaster.core.model import Mode
from hlmaster.core.ports import LinkHealth
from hlmaster.core.secret import Secret
from hlmaster.desk.connection import VAULT_FILE, Connection, account_lock, connect, recorded
from hlmaster.desk.entrance import Check, Outcome, examine
from hlmaster.desk.trials import QUESTIONS, Answer, Trials, Verdict
from hlmaster.desk.venues import VENUES, Endpoint, endpoint
from hlmaster.exchange.hyperliquid.access import AccessQueries
from hlmaster.exchange.hyperliquid.address import ZERO
from hlmaster.exchange.hyperliquid.budget import WeightBudget
from hlmaster.exchange.hyperliquid.client import Client, ClientTiming
from hlmaster.exchange.hyperliquid.instruments import read_meta
from hlmaster.exchange.hyperliquid.market_data import HyperliquidMarketData
from hlmaster.exchange.hyperliquid.queries import AccountQueries
from hlmaster.exchange.hyperliquid.trial import Trial
from hlmaster.storage.files import check_sound, reason
from hlmaster.storage.journal import NONCES
from hlmaster.storage.nonces import NonceBlocks
from hlmaster.storage.session_file import SessionFile
from hlmaster.storage.vault.entries import Keeper
from hlmaster.storage.vault.system import SystemKeyring

MODES = {venue.name: mode for mode, venue in VENUES.items()}
COIN = "BTC"
TIMING = ClientTiming(attempts=2)
STREAM_SECONDS = 15.0
LOW_DISK_BYTES, NO_DISK_BYTES = 1 << 30, 100 << 20
CLOCK_WARN_MS, CLOCK_FAIL_MS = 2_000, 10_000
TRIAL_NONCES = 1_000


@dataclass(slots=True)
class Diagnosis:
    """``checks`` in the order they were made; ``trials`` only where they were asked for."""

    network: str
    url: str
    rehearsal: bool
    checks: list[Check] = field(default_factory=list)
    trials: list[Answer] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not any(check.outcome in (Outcome.FAILED, Outcome.UNKNOWN) for check in self.checks)

    def record(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "network": self.network,
            "url": self.url,
            "proves_the_venue": not self.rehearsal,
            "sound": self.is_sound,
            "checks": [asdict(check) for check in self.checks],
            "trials": [asdict(answer) for answer in self.trials],
        }


@dataclass(frozen=True, slots=True)
class Request:
    """``ask`` gives the vault's passphrase when the key is kept there."""

    data: Path
    network: str = "mainnet"
    session: str = "default"
    ready_file: Path | None = None
    trade: bool = False
    ask: Callable[[Keeper], Secret | None] = lambda _: None


async def diagnose(request: Request) -> Diagnosis:
    """Raises ConfigError for what cannot be asked; everything else is a check that failed."""
    mode = MODES.get(request.network)
    if mode is None:
        raise ConfigError(f"There is no network {request.network!r}.", f"Use one of {', '.join(MODES)}.")
    if request.trade and mode is not Mode.TESTNET:
        raise ConfigError("Trials place orders, and on the test network only.", "Use --network testnet, or no --trade.")
    place = endpoint(mode, request.ready_file)
    clock = SystemClock()
    if place.ready is not None:
        place.ready.anchor(clock)
    found = Diagnosis(request.network, place.url, place.is_rehearsal)
    folder = request.data / mode.value / request.session
    found.checks += [_folder(request.data), _disk(request.data), _memory()]
    found.checks += [await _keyring(request.data), *_databases(folder)]
    client = Client(place.url, clock, LinkHealth(), WeightBudget(clock), TIMING)
    try:
        found.checks.append(await _http(client))
        found.checks.append(await _stream(place.url, clock))
        connection = await _account(request, mode, folder, found)
        account = ZERO if connection is None else connection.account
        found.checks.append(await _clock(client, clock, account))
        if connection is not None:
            entrance = await examine(mode, account, connection.signer, AccessQueries(client), clock, place.network)
            found.checks += entrance.checks
        found.trials = await _trials(request, place, connection, client, clock, folder, sound=found.is_sound)
    finally:
        await client.close()
    return found


# --- this computer ---


def _folder(data: Path) -> Check:
    title = "Data folder"
    if not data.exists():
        return Check("folder", title, Outcome.PASSED, f"{data} will be made at the first start.")
    mode = stat.S_IMODE(data.stat().st_mode)
    if not os.access(data, os.W_OK | os.X_OK):
        return Check("folder", title, Outcome.FAILED, f"{data} cannot be written.", "Change its owner or permissions.")
    if sys.platform != "win32" and mode & 0o077:
        return Check(
            "folder", title, Outcome.WARNING, f"{data} is open to other users ({mode:04o}).", f"Run: chmod 700 {data}"
        )
    return Check("folder", title, Outcome.PASSED, f"{data} is yours alone.")


def _disk(data: Path) -> Check:
    place = next(folder for folder in (data.absolute(), *data.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    sentence = f"{free / (1 << 30):.1f} GiB free."
    if free < NO_DISK_BYTES:
        return Check("disk", "Disk", Outcome.FAILED, sentence, "Free some space: without it entries stop.")
    outcome = Outcome.PASSED if free >= LOW_DISK_BYTES else Outcome.WARNING
    return Check("disk", "Disk", outcome, sentence, "" if outcome is Outcome.PASSED else "Free some space soon.")


def _memory() -> Check:
    """Whether ``keep_to_ourselves`` had its effect in this process."""
    title = "Memory"
    if sys.platform == "win32":
        return Check("memory", title, Outcome.PASSED, "Error reports are the system's; keep full dumps off.")
    import resource

    if resource.getrlimit(resource.RLIMIT_CORE)[0] == 0:
        return Check("memory", title, Outcome.PASSED, "A crash leaves no dump of it.")
    return Check("memory", title, Outcome.WARNING, "A crash could leave a dump.", "Start with ulimit -c 0.")


async def _keyring(data: Path) -> Check:
    title, vault = "Key store", (data / VAULT_FILE).exists()
    also = " There is an encrypted vault too." if vault else ""
    try:
        return Check("keyring", title, Outcome.PASSED, f"{await SystemKeyring().title()}.{also}")
    except VaultError as error:
        if vault:
            return Check("keyring", title, Outcome.PASSED, f"The encrypted vault; no keyring: {error.sentence}")
        return Check("keyring", title, Outcome.WARNING, error.sentence, error.cure)


def _databases(folder: Path) -> list[Check]:
    if not folder.is_dir():
        return [Check("database", "Databases", Outcome.PASSED, "The session does not exist yet.")]
    return [_database(folder / name) for name in ("session.sqlite", "journal.sqlite", "desk.sqlite")]


def _database(path: Path) -> Check:
    title = path.name
    if not path.exists():
        return Check("database", title, Outcome.PASSED, "It is made at the first start.")
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            check_sound(connection, path)
    except sqlite3.Error as error:
        return Check("database", title, Outcome.FAILED, f"It cannot be read: {reason(error)}.", "Restore a backup.")
    except StorageError as error:
        return Check("database", title, Outcome.FAILED, error.sentence, error.cure)
    return Check("database", title, Outcome.PASSED, "Sound.")


# --- the connections ---


async def _http(client: Client) -> Check:
    try:
        coins = read_meta(await client.info("meta")).found
    except HlError as error:
        return Check("http", "Queries", Outcome.FAILED, error.sentence, error.cure)
    return Check("http", "Queries", Outcome.PASSED, f"The exchange answers; {len(coins)} markets.")


async def _stream(url: str, clock: SystemClock) -> Check:
    """Prices arrive over the socket."""
    bus, arrived = Bus(), asyncio.Event()
    bus.subscribe(BestQuote, lambda _: arrived.set())
    market = HyperliquidMarketData(bus, clock, url, budget=WeightBudget(clock))
    try:
        async with asyncio.timeout(STREAM_SECONDS):
            await market.start()
            market.watch(COIN)
            await arrived.wait()
    except TimeoutError:
        cure = "A firewall or proxy may block web sockets."
        return Check("stream", "Stream", Outcome.FAILED, f"No prices within {STREAM_SECONDS:.0f} seconds.", cure)
    finally:
        await market.stop()
    return Check("stream", "Stream", Outcome.PASSED, "Prices arrive.")


async def _clock(client: Client, clock: SystemClock, account: str) -> Check:
    title, cure = "Clock", "Let the system set its clock from the network (NTP)."
    before = clock.now_ms()
    try:
        told = (await AccountQueries(client, clock, account).account()).time_ms
    except HlError as error:
        return Check("clock", title, Outcome.UNKNOWN, error.sentence, error.cure)
    offset = told - (before + clock.now_ms()) / 2
    sentence = f"The exchange's is {offset:+.0f} ms from ours."
    if abs(offset) > CLOCK_FAIL_MS:
        return Check("clock", title, Outcome.FAILED, f"{sentence} Entries stay off.", cure)
    if abs(offset) > CLOCK_WARN_MS:
        return Check("clock", title, Outcome.WARNING, sentence, cure)
    return Check("clock", title, Outcome.PASSED, sentence)


# --- the account ---


async def _account(request: Request, mode: Mode, folder: Path, found: Diagnosis) -> Connection | None:
    """The session's account with its key; what is in the way becomes a check."""
    title = "Connection"
    file = folder / "session.sqlite"
    try:
        known = recorded(SessionFile(file)) if file.exists() else None
        if known is None:
            cure = f"Connect one with: hlmaster connect --mode {mode}."
            found.checks.append(Check("connection", title, Outcome.WARNING, "No account is connected yet.", cure))
            return None
        if known.rehearsal != found.rehearsal:
            where = "an embedded exchange" if known.rehearsal else "the real network"
            sentence = f"The session's account lives on {where}."
            found.checks.append(Check("connection", title, Outcome.FAILED, sentence, "Name another session."))
            return None
        made = await connect(mode, known, request.data, request.ask(known.keeper))
    except HlError as error:
        found.checks.append(Check("connection", title, Outcome.FAILED, error.sentence, error.cure))
        return None
    sentence = f"Account …{made.account[-4:]}, its key in the {known.keeper}."
    found.checks.append(Check("connection", title, Outcome.PASSED, sentence))
    return made


# --- the venue's behaviour ---


async def _trials(
    request: Request,
    place: Endpoint,
    connection: Connection | None,
    client: Client,
    clock: SystemClock,
    folder: Path,
    *,
    sound: bool,
) -> list[Answer]:
    """Not asked for: the questions, not run. Asked for: run, with the account locked against a desk."""
    if request.network != "testnet":
        return []
    not_run = [Answer(n, question, believed, Verdict.NOT_RUN) for n, (question, believed) in enumerate(QUESTIONS, 1)]
    if not request.trade:
        return not_run
    if connection is None or not sound:
        raise ConfigError("Trials need a connected account and no failed check.", "Mend what failed first.")
    instruments = read_meta(await client.info("meta")).found
    async with _apart(request, folder, connection) as reserve:
        trial = Trial(client, connection.signer, place.network, clock.now_ms, reserve)
        return await Trials(trial, client, clock, connection.account, instruments[COIN]).run()


@contextlib.asynccontextmanager
async def _apart(request: Request, folder: Path, connection: Connection) -> AsyncIterator[Callable[[int], int]]:
    """No desk trades this account meanwhile, and no nonce is used twice. Raises SessionBusy."""
    lock = account_lock(request.data, MODES[request.network], connection.account)
    lock.acquire()
    nonces = NonceBlocks(folder / NONCES, block=TRIAL_NONCES)
    try:
        yield nonces.reserve
    finally:
        nonces.release()
        lock.release()
