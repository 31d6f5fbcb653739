"""The parts a desk is built from. A mode is nothing but a choice of parts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.failpoints import NO_FAILPOINTS, Failpoints
from hlmaster.core.model import Mode
from hlmaster.core.opinions import KeptOpinions
from hlmaster.core.orders import ApprovalMint
from hlmaster.core.ports import Journal, MarketData, Store, Trading
from hlmaster.core.records import UNRECORDED, Audit, Records
from hlmaster.settings import Settings
from hlmaster.storage.halt import HaltFile
from hlmaster.storage.vault.entries import Vault

if TYPE_CHECKING:
    from hlmaster.desk.entrance import Entrance


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """Who this desk trades as. ``folder`` holds everything the session remembers."""

    name: str
    mode: Mode
    since_ms: int
    """Market time from which the account's history belongs to this session."""
    start_balance: Decimal
    folder: Path


@dataclass(slots=True)
class Parts:
    bus: Bus
    clock: Clock
    mint: ApprovalMint
    market_data: MarketData
    trading: Trading
    journal: Journal
    store: Store
    session: SessionInfo
    settings: Settings
    halt: HaltFile | None = None
    """Where a halt outlasts the desk, and where another process can halt it."""
    open_store: Callable[[], None] = lambda: None
    """Begins to open the store, on its own thread, once prices are on their way."""
    access: Callable[[], Awaitable[Entrance]] | None = None
    """Looks whether the account admits our API wallet; None where there is nothing to ask."""
    before: Callable[[], Awaitable[None]] | None = None
    """Runs before market data starts (the embedded exchange gets ready)."""
    after: Callable[[], Awaitable[None]] | None = None
    """Runs after everything stopped: the child ends, files are closed."""
    strategy_host: tuple[str, ...] | None = None
    """Starts the process for strategies of other hands and for all checks; None: neither."""
    strategies: Path | None = None
    """The folder of the user's own."""
    records: Records = UNRECORDED
    """Why things were done, and what became of them."""
    audit: Audit = UNRECORDED
    opinions: KeptOpinions | None = None
    """What the analyst said and what became of it; None: neither outlasts the desk."""
    counsel: Vault | None = None
    """An analyst and the news speak beside this desk, with the key of a paid one kept here; None: they do not."""
    failpoints: Failpoints = NO_FAILPOINTS
    """Tests let the worst happen on the order path."""
