"""Connecting an account, step by step; the window's wizard and the command line walk the same steps.

Network → account → API wallet → checks → where the key is kept → (live) typed confirmation. A key is stored only after
the checks passed, so a main wallet's key never touches the disk.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from hlmaster.core.clock import SystemClock
from hlmaster.core.errors import AccessRefused, SigningError
from hlmaster.core.model import Mode
from hlmaster.core.ports import LinkHealth
from hlmaster.core.secret import Secret
from hlmaster.desk.connection import VAULT_FILE, AccountRecord, Connection
from hlmaster.desk.entrance import Entrance, examine
from hlmaster.desk.permission import LiveConfirmation, LivePermit, confirm_live
from hlmaster.desk.venues import VENUES, Endpoint, Venue, endpoint
from hlmaster.exchange.hyperliquid.access import AccessQueries
from hlmaster.exchange.hyperliquid.address import read_address
from hlmaster.exchange.hyperliquid.budget import WeightBudget
from hlmaster.exchange.hyperliquid.client import Client, ClientTiming
from hlmaster.exchange.hyperliquid.signing import KEY_BYTES, Signer
from hlmaster.storage.vault.entries import Keeper, Vault
from hlmaster.storage.vault.sealed import SealedVault
from hlmaster.storage.vault.system import SystemKeyring

PATIENCE = ClientTiming(connect=5.0, read=8.0, attempts=2)
"""A person is waiting for the answer."""


@dataclass(frozen=True, slots=True)
class Connected:
    """What the app opens next; demo and paper need no connection. ``acknowledged``: the risk notice was read now."""

    mode: Mode
    session: str
    connection: Connection | None = None
    acknowledged: bool = False


class Connector:
    """One attempt; ``forget_key`` ends it. ``ready_file``: of an embedded exchange, to rehearse on."""

    def __init__(
        self,
        data: Path,
        ready_file: Path | None = None,
        *,
        keyring: SystemKeyring | None = None,
        timing: ClientTiming = PATIENCE,
    ) -> None:
        self._data, self._ready_file, self._timing = data, ready_file, timing
        self._keyring = keyring or SystemKeyring()
        self.mode = Mode.TESTNET
        self.account = ""
        self.created = False
        """The API wallet was made here, so its address still has to be approved."""
        self.entrance: Entrance | None = None
        self._signer: Signer | None = None
        self._key: Secret | None = None
        self._keeper: Keeper | None = None

    @property
    def venue(self) -> Venue:
        return VENUES[self.mode]

    @property
    def is_rehearsal(self) -> bool:
        return self._ready_file is not None

    @property
    def agent(self) -> str:
        """The API wallet's address; empty before there is one."""
        return "" if self._signer is None else self._signer.address

    @property
    def is_kept(self) -> bool:
        return self._keeper is not None

    @property
    def vault_exists(self) -> bool:
        return (self._data / VAULT_FILE).exists()

    # --- steps ---

    def choose(self, mode: Mode) -> Endpoint:
        """Raises ConfigError when this mode has no exchange, or the ready file is another network's."""
        place = endpoint(mode, self._ready_file)
        if mode is not self.mode:
            self.mode, self.entrance, self._keeper = mode, None, None
        return place

    def set_account(self, text: str) -> str:
        """The address in lower case. Raises AccessRefused."""
        account = read_address(text)
        if account != self.account:
            self.account, self.entrance, self._keeper = account, None, None
        return account

    def create_wallet(self) -> str:
        """A new API wallet, in memory only; its address."""
        self._take(Secret(secrets.token_hex(KEY_BYTES)))
        self.created = True
        return self.agent

    def paste_key(self, key: Secret) -> str:
        """The address of the pasted key. Raises AccessRefused for the account's own key, SigningError for none."""
        self.forget_key()
        text = key.reveal().strip()
        if len(text.split()) >= 12:
            raise AccessRefused(
                "This is a recovery phrase: it opens the whole wallet, and no program should ever be given it.",
                "Create an API wallet instead. If the phrase was shown to anybody, move the funds.",
            )
        if Signer(text).address == self.account:
            raise AccessRefused(
                "This is the account's own main key: it can withdraw everything, so it is refused.",
                "Create an API wallet on the exchange's API page and paste that key instead.",
            )
        self._take(Secret(text))
        self.created = False
        return self.agent

    def _take(self, key: Secret) -> None:
        self._signer, self._key = Signer(key.reveal()), key
        self.entrance, self._keeper = None, None

    async def check(self) -> Entrance:
        """Ask the exchange. Nothing is sent but questions."""
        if self._signer is None or not self.account:
            raise SigningError("There is no API wallet to check yet.", "Create or paste one.")
        place, clock = endpoint(self.mode, self._ready_file), SystemClock()
        if place.ready is not None:
            place.ready.anchor(clock)
        client = Client(place.url, clock, LinkHealth(), WeightBudget(clock), self._timing)
        try:
            self.entrance = await examine(
                self.mode, self.account, self._signer, AccessQueries(client), clock, place.network
            )
        finally:
            await client.close()
        return self.entrance

    async def keyring_title(self) -> str:
        """Raises VaultError."""
        return await self._keyring.title()

    async def keep(self, keeper: Keeper, passphrase: Secret | None = None) -> None:
        """Store the checked key. Raises AccessRefused before the checks passed, VaultError."""
        if self._key is None or self.entrance is None or not self.entrance.admitted:
            raise AccessRefused("The checks have not passed yet, so no key is stored.", "Pass them first.")
        vault: Vault = self._keyring
        if keeper is Keeper.VAULT:
            sealed = SealedVault(self._data / VAULT_FILE)
            await sealed.open(passphrase or Secret(""))
            vault = sealed
        await vault.write(self._record(keeper).entry(self.mode), self._key)
        self._keeper = keeper

    def confirm(self, said: LiveConfirmation) -> LivePermit:
        """Raises ConfigError."""
        return confirm_live(self.account, said)

    def finish(self, permit: LivePermit | None = None) -> Connection:
        """Raises AccessRefused while a step is missing."""
        if self._signer is None or self._keeper is None:
            raise AccessRefused("The key is not stored yet.", "Choose where it is kept.")
        key = self._key if self._keeper is Keeper.VAULT else None
        return Connection(self._record(self._keeper), self._signer, permit, key)

    def resume(self, mode: Mode, connection: Connection) -> None:
        """Take up a connection whose key is kept already: checks and confirmation remain."""
        self.mode, self.account = mode, connection.account
        self._signer, self._key, self._keeper = connection.signer, connection.key, connection.record.keeper
        self.created = False
        self.entrance = None

    def _record(self, keeper: Keeper) -> AccountRecord:
        return AccountRecord(self.account, self.agent, keeper, rehearsal=self.is_rehearsal)

    def forget_key(self) -> None:
        self._signer = self._key = self.entrance = self._keeper = None
        self.created = False
