"""Before a window of testnet or live opens: its account, from the keyring without a question or through the wizard."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication

from hlmaster.core.errors import ConfigError, HlError
from hlmaster.core.model import Mode
from hlmaster.desk.connection import connect, known_accounts
from hlmaster.desk.connector import Connected, Connector
from hlmaster.settings.sections import General
from hlmaster.storage.sessions import DEFAULT_NAME, Sessions
from hlmaster.storage.vault.entries import Keeper
from hlmaster.ui import theme
from hlmaster.ui.dialogs.connect import ask


async def ask_who_trades(
    sessions: Sessions, mode: Mode, session: str, ready_file: Path | None, look: General
) -> Connected | None:
    """Testnet with its key in the keyring opens by itself; all else goes through the wizard, and live always does.

    None when the user left. Raises ConfigError where nobody can be asked.
    """
    note = ""
    account = known_accounts(sessions, mode).get(session)
    if mode is Mode.TESTNET and account is not None and account.keeper is Keeper.KEYRING:
        try:
            return Connected(mode, session, await connect(mode, account, sessions.data))
        except HlError as error:
            note = str(error)
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    if application.platformName() == "offscreen":
        raise ConfigError(
            note or f"{mode.capitalize()} is opened by a person, and there is no display to ask one.",
            f"Use hlmaster connect and hlmaster headless with --mode {mode}.",
        )
    theme.load_fonts()
    theme.apply(application, theme.chosen(look))
    named = session if session != DEFAULT_NAME else ""
    return await ask(sessions, mode, Connector(sessions.data, ready_file), note=note, new_session=named)
