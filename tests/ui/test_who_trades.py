"""A window of testnet or live before it opens: by itself where nothing is to be asked, else not without a person."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from hlmaster.core.clock import SystemClock
from hlmaster.core.errors import ConfigError
from hlmaster.core.model import Mode
from hlmaster.desk import connection
from hlmaster.settings.sections import General
from hlmaster.storage.sessions import Sessions
from hlmaster.storage.vault.entries import Keeper
from hlmaster.ui.who_trades import ask_who_trades
from tests.desk.rehearsal import Rehearsal, rehearsal
from tests.storage.vault.secret_service import private_bus, secret_service


async def remembered(made: Rehearsal) -> Sessions:
    """The session's account, its key in the keyring of the present bus."""
    connector = made.connector()
    connector.set_account(made.account)
    await made.approve(connector.create_wallet())
    await connector.check()
    await connector.keep(Keeper.KEYRING)
    sessions = Sessions(made.data, SystemClock())
    session = sessions.open(made.mode, "default")
    connection.record(session.file, connector.finish().record)
    session.close()
    return sessions


async def test_testnet_opens_by_itself_when_the_keyring_has_its_key(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with private_bus(tmp_path, monkeypatch), secret_service():
        async with rehearsal(tmp_path) as made:
            sessions = await remembered(made)
            found = await ask_who_trades(sessions, Mode.TESTNET, "default", made.ready_file, General())
            assert found is not None
            assert found.connection is not None
            assert found.connection.account == made.account


async def test_live_is_never_opened_by_itself(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with private_bus(tmp_path, monkeypatch), secret_service():
        async with rehearsal(tmp_path, Mode.LIVE) as made:
            sessions = await remembered(made)
            with pytest.raises(ConfigError, match="Live is opened by a person"):
                await ask_who_trades(sessions, Mode.LIVE, "default", made.ready_file, General())


async def test_without_an_account_or_a_screen_it_says_how_to_go_on(qtbot: QtBot, tmp_path: Path) -> None:
    sessions = Sessions(tmp_path, SystemClock())
    with pytest.raises(ConfigError, match="hlmaster connect") as refused:
        await ask_who_trades(sessions, Mode.TESTNET, "default", None, General())
    assert "no display" in str(refused.value)
