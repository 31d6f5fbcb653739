"""The account a session of testnet or live trades, and where its API wallet's key is kept; never the key itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hlmaster.core.errors import AccessRefused, ConfigError
from hlmaster.core.model import Mode
from hlmaster.core.secret import Secret
from hlmaster.desk.permission import NOTICE_VERSION, LivePermit
from hlmaster.exchange.hyperliquid.signing import Signer
from hlmaster.storage.files import SESSION_FILE
from hlmaster.storage.lock import SessionLock
from hlmaster.storage.session_file import SessionFile
from hlmaster.storage.sessions import ACCOUNT_MEMO, DEFAULT_NAME, LOCKS, Sessions
from hlmaster.storage.vault.entries import Keeper, Vault, entry_name
from hlmaster.storage.vault.sealed import SealedVault
from hlmaster.storage.vault.system import SystemKeyring

NOTICE_MEMO = "risk_notice"
VAULT_FILE = "vault.json"


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """What the session's file says of its account. ``rehearsal``: it lives on an embedded exchange of this computer."""

    account: str
    agent: str
    keeper: Keeper
    rehearsal: bool = False

    def entry(self, mode: Mode) -> str:
        """A key for rehearsals never shares an entry with one that can move money."""
        name = entry_name(mode, self.account)
        return f"rehearsal/{name}" if self.rehearsal else name


@dataclass(frozen=True, slots=True)
class Connection:
    """Account and signer of this run; ``permit`` in live only. ``key``: one that lies in the vault, for the watchdog,
    beside which nobody would be to open it."""

    record: AccountRecord
    signer: Signer
    permit: LivePermit | None = None
    key: Secret | None = None

    @property
    def account(self) -> str:
        return self.record.account


def recorded(file: SessionFile) -> AccountRecord | None:
    """The session's account; None before it was connected."""
    memo = file.memos().get(ACCOUNT_MEMO)
    if not isinstance(memo, dict):
        return None
    try:
        return AccountRecord(
            str(memo["account"]), str(memo["agent"]), Keeper(memo["keeper"]), rehearsal=bool(memo.get("rehearsal"))
        )
    except (KeyError, ValueError) as error:
        raise ConfigError(
            f"The account noted in {file.path} cannot be read ({error}).", "Connect the account again."
        ) from error


def record(file: SessionFile, account: AccountRecord) -> None:
    """Note it. A session is the record of one account: raises AccessRefused for another one."""
    known = recorded(file)
    if known is not None and (known.account, known.rehearsal) != (account.account, account.rehearsal):
        raise AccessRefused(
            f"This session belongs to the account …{known.account[-4:]}.",
            "Begin a new session for another account: --session NAME.",
        )
    memo = {
        "account": account.account,
        "agent": account.agent,
        "keeper": account.keeper.value,
        "rehearsal": account.rehearsal,
    }
    file.set_memo(ACCOUNT_MEMO, memo)


def known_accounts(sessions: Sessions, mode: Mode) -> dict[str, AccountRecord | None]:
    """By session, the last used first; None for a session that nobody connected yet."""
    names = [info.name for info in sessions.list(mode) if not info.trouble]
    return {name: recorded(SessionFile(sessions.data / mode.value / name / SESSION_FILE)) for name in names}


def session_for(sessions: Sessions, mode: Mode, account: AccountRecord) -> str:
    """The session of this account, or the name of one to begin."""
    known = known_accounts(sessions, mode)
    for name, other in known.items():
        if other is not None and (other.account, other.rehearsal) == (account.account, account.rehearsal):
            return name
    free = [name for name, other in known.items() if other is None]
    if free or DEFAULT_NAME not in known:
        return free[0] if free else DEFAULT_NAME
    return f"{'rehearsal' if account.rehearsal else 'account'}-{account.account[-4:]}"


def acknowledge_notice(file: SessionFile, time_ms: int) -> None:
    file.set_memo(NOTICE_MEMO, {"version": NOTICE_VERSION, "time_ms": time_ms})


async def vault_of(keeper: Keeper, data: Path, passphrase: Secret | None) -> Vault:
    """The keyring, or the vault file opened. Raises VaultError, ConfigError without a passphrase."""
    if keeper is Keeper.KEYRING:
        return SystemKeyring()
    if passphrase is None:
        raise ConfigError("The key is in the encrypted vault, and its passphrase was not given.", "Enter it.")
    sealed = SealedVault(data / VAULT_FILE)
    await sealed.open(passphrase)
    return sealed


async def connect(
    mode: Mode, account: AccountRecord, data: Path, passphrase: Secret | None = None, permit: LivePermit | None = None
) -> Connection:
    """Read the key and make the signer. Raises VaultError, AccessRefused, SigningError."""
    vault = await vault_of(account.keeper, data, passphrase)
    key = await vault.read(account.entry(mode))
    if key is None:
        raise AccessRefused(
            f"The key of the account …{account.account[-4:]} is no longer kept where it was put.",
            "Connect the account again with a new API wallet.",
        )
    return connected(account, key, permit)


def connected(account: AccountRecord, key: Secret, permit: LivePermit | None = None) -> Connection:
    """With a key that was read already. Raises AccessRefused, SigningError."""
    signer = Signer(key.reveal())
    if signer.address != account.agent:
        raise AccessRefused(
            f"The key that is kept belongs to {signer.address}, not to the API wallet {account.agent}.",
            "Somebody or something replaced it: connect the account again with a new API wallet.",
        )
    return Connection(account, signer, permit, key if account.keeper is Keeper.VAULT else None)


def account_lock(data: Path, mode: Mode, account: str) -> SessionLock:
    """One desk for each mode and account, whatever the session is called. Not yet taken."""
    return SessionLock(data / mode.value / LOCKS / f"account-{account}.lock")
