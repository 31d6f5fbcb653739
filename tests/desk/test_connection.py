"""What a session remembers of its account, and that nothing that holds a key shows it."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hlmaster.core.clock import SystemClock
from hlmaster.core.errors import AccessRefused, ConfigError, SessionBusy
from hlmaster.core.model import Mode
from hlmaster.core.secret import Secret
from hlmaster.desk import connection
from hlmaster.desk.connection import AccountRecord, Connection, recorded, session_for
from hlmaster.desk.connector import Connected, Connector
from hlmaster.desk.permission import NOTICE_VERSION
from hlmaster.desk.rescue import Place
from hlmaster.exchange.hyperliquid.signing import Signer
from hlmaster.storage.session_file import DemoWallet
from hlmaster.storage.sessions import ACCOUNT_MEMO, Session, Sessions
from hlmaster.storage.vault.entries import Keeper
from hlmaster.storage.vault.sealed import SealedVault

KEY = "0x" + "5a" * 32
ACCOUNT = AccountRecord("0x" + "ab" * 20, Signer(KEY).address, Keeper.VAULT)


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions(tmp_path, SystemClock())


def opened(sessions: Sessions, name: str = "default") -> Session:
    session = sessions.open(Mode.TESTNET, name)
    session.close()
    return session


def test_a_session_remembers_one_account_and_no_key(sessions: Sessions) -> None:
    session = opened(sessions)
    assert recorded(session.file) is None
    connection.record(session.file, ACCOUNT)
    assert recorded(session.file) == ACCOUNT
    renewed = AccountRecord(ACCOUNT.account, "0x" + "cd" * 20, Keeper.KEYRING)
    connection.record(session.file, renewed)
    assert recorded(session.file) == renewed
    for other in (
        AccountRecord("0x" + "ef" * 20, ACCOUNT.agent, Keeper.VAULT),
        AccountRecord(ACCOUNT.account, ACCOUNT.agent, Keeper.VAULT, rehearsal=True),
    ):
        with pytest.raises(AccessRefused, match="belongs to the account …abab"):
            connection.record(session.file, other)


@pytest.mark.parametrize("memo", [{}, {"account": "x"}, {"account": "x", "agent": "y", "keeper": "pocket"}])
def test_a_note_that_cannot_be_read_is_said(sessions: Sessions, memo: dict[str, str]) -> None:
    session = opened(sessions)
    session.file.set_memo(ACCOUNT_MEMO, memo)
    with pytest.raises(ConfigError, match="cannot be read"):
        recorded(session.file)


def test_each_account_finds_its_session_or_a_free_name(sessions: Sessions) -> None:
    assert session_for(sessions, Mode.TESTNET, ACCOUNT) == "default"
    connection.record(opened(sessions).file, ACCOUNT)
    assert session_for(sessions, Mode.TESTNET, ACCOUNT) == "default"
    other = AccountRecord("0x" + "ef" * 20, ACCOUNT.agent, Keeper.VAULT)
    assert session_for(sessions, Mode.TESTNET, other) == "account-efef"
    rehearsed = AccountRecord(ACCOUNT.account, ACCOUNT.agent, Keeper.VAULT, rehearsal=True)
    assert session_for(sessions, Mode.TESTNET, rehearsed) == "rehearsal-abab"
    connection.record(opened(sessions, "account-efef").file, other)
    assert session_for(sessions, Mode.TESTNET, other) == "account-efef"


def test_a_fresh_start_keeps_the_account(sessions: Sessions) -> None:
    connection.record(opened(sessions).file, ACCOUNT)
    fresh = sessions.reset(Mode.TESTNET, "default")
    assert recorded(fresh.file) == ACCOUNT
    fresh.close()


def test_the_risk_notice_is_noted_with_its_version(sessions: Sessions) -> None:
    session = opened(sessions)
    connection.acknowledge_notice(session.file, 5)
    assert session.file.memos()[connection.NOTICE_MEMO] == {"version": NOTICE_VERSION, "time_ms": 5}


def test_one_desk_holds_an_account_whatever_its_sessions_are_called(tmp_path: Path) -> None:
    first = connection.account_lock(tmp_path, Mode.LIVE, ACCOUNT.account)
    first.acquire()
    with pytest.raises(SessionBusy):
        connection.account_lock(tmp_path, Mode.LIVE, ACCOUNT.account).acquire()
    elsewhere = connection.account_lock(tmp_path, Mode.TESTNET, ACCOUNT.account)
    elsewhere.acquire()
    elsewhere.release()
    first.release()


async def test_a_vault_asks_for_its_passphrase(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="passphrase was not given"):
        await connection.vault_of(Keeper.VAULT, tmp_path, None)


@pytest.mark.parametrize("keeper", list(Keeper))
def test_only_a_key_that_nobody_else_could_open_goes_along(keeper: Keeper) -> None:
    account = replace(ACCOUNT, keeper=keeper, agent=Signer(KEY).address)
    made = connection.connected(account, Secret(KEY))
    assert made.signer.address == account.agent
    assert made.key == (Secret(KEY) if keeper is Keeper.VAULT else None)


def holders() -> dict[str, Any]:
    """One object of every class through which a key or passphrase passes."""
    connector = Connector(Path())
    connector.set_account(ACCOUNT.account)
    connector.paste_key(Secret(KEY))
    made = Connection(ACCOUNT, Signer(KEY), None, Secret(KEY))
    return {
        "secret": Secret(KEY),
        "signer": Signer(KEY),
        "wallet": DemoWallet(KEY),
        "vault": SealedVault(Path("vault.json")),
        "connector": connector,
        "connection": made,
        "connected": Connected(Mode.TESTNET, "default", made),
        "place": Place(Path(), Mode.LIVE, "default", None, Secret(KEY), Secret(KEY)),
    }


@pytest.mark.parametrize("name", sorted(holders()))
def test_nothing_that_holds_a_key_prints_it(name: str) -> None:
    held = holders()[name]
    assert "5a5a" not in f"{held!r} {held} {[held]} {vars(held) if hasattr(held, '__dict__') else ''}"


@pytest.mark.parametrize("take", [pickle.dumps, copy.deepcopy])
@pytest.mark.parametrize("name", sorted(set(holders()) - {"wallet", "vault"}))
def test_nothing_that_holds_a_real_key_is_pickled_or_copied(name: str, take: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError):
        take(holders()[name])
