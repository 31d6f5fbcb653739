"""The wizard against an embedded exchange: every page, every refusal in words, the keyboard, and no key left behind."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.clock import SystemClock
from hlmaster.core.errors import KeyringUnavailable
from hlmaster.core.model import Mode
from hlmaster.desk.connection import record
from hlmaster.desk.connector import Connected, Connector
from hlmaster.desk.permission import LIVE_PHRASE
from hlmaster.storage.sessions import Sessions
from hlmaster.storage.vault.entries import Keeper
from hlmaster.storage.vault.system import SECRET_SERVICE, Backend, SystemKeyring
from hlmaster.ui.dialogs.connect import ConnectDialog
from hlmaster.ui.dialogs.connect_page import Page
from tests.desk.rehearsal import Rehearsal, rehearsal
from tests.storage.vault.test_system import Shelf
from tests.ui.desks import until

PASSPHRASE = "correct horse battery staple"


@pytest.fixture(autouse=True)
def the_last_window_is_not_the_end(qapp: QApplication) -> Iterator[None]:
    """As in the application: one desk's window goes before the next one's comes."""
    before = qapp.quitOnLastWindowClosed()
    qapp.setQuitOnLastWindowClosed(False)
    yield
    qapp.setQuitOnLastWindowClosed(before)


def no_keyring(_: Backend) -> None:
    raise KeyringUnavailable("There is no keyring here.")


class Wizard:
    """A dialog and the hands at it."""

    def __init__(self, made: Rehearsal, dialog: ConnectDialog) -> None:
        self.made, self.dialog = made, dialog
        self.outcomes: list[Connected] = []
        dialog.connected.connect(self.outcomes.append)

    async def settled(self) -> None:
        for _ in range(3):  # a step may begin the next one
            if self.dialog._task is not None:
                await asyncio.wait({self.dialog._task}, timeout=30)
            await asyncio.sleep(0)

    async def next(self) -> Page:
        self.dialog.next.click()
        await self.settled()
        return self.dialog.page

    async def to_wallet(self, mode: Mode) -> None:
        self.dialog.mode_page.buttons[mode].setChecked(True)
        assert await self.next() is self.dialog.account_page
        self.dialog.account_page.address.setText(self.made.account)
        assert await self.next() is self.dialog.wallet_page

    async def to_keep(self, mode: Mode) -> None:
        await self.to_wallet(mode)
        self.dialog.wallet_page.make.click()
        await self.made.approve(self.dialog.wallet_page.address.text())
        assert await self.next() is self.dialog.checks_page
        assert self.dialog.next.isEnabled(), self.dialog._connector.entrance
        assert await self.next() is self.dialog.keep_page

    def choose_vault(self) -> None:
        page = self.dialog.keep_page
        page.vault.setChecked(True)
        page.passphrase.setText(PASSPHRASE)
        page.repeated.setText(PASSPHRASE)


@asynccontextmanager
async def wizard(
    qtbot: QtBot,
    folder: Path,
    mode: Mode = Mode.TESTNET,
    maker: Callable[[Backend], object] = no_keyring,
    prepare: Callable[[Rehearsal], None] = lambda _: None,
) -> AsyncIterator[Wizard]:
    async with rehearsal(folder, mode) as made:
        prepare(made)
        keyring = SystemKeyring((SECRET_SERVICE,), maker=maker)
        connector = Connector(made.data, made.ready_file, keyring=keyring)
        dialog = ConnectDialog(Sessions(made.data, SystemClock()), Mode.DEMO, connector)
        qtbot.addWidget(dialog)
        dialog.show()
        yield Wizard(made, dialog)
        dialog.reject()


@pytest.mark.parametrize("mode", [Mode.DEMO, Mode.PAPER])
async def test_play_money_asks_nothing(qtbot: QtBot, tmp_path: Path, mode: Mode) -> None:
    async with wizard(qtbot, tmp_path) as made:
        made.dialog.mode_page.buttons[mode].setChecked(True)
        await made.next()
        assert made.outcomes == [Connected(mode, "default")]


async def test_testnet_from_nothing_to_a_connection_in_the_vault(qtbot: QtBot, tmp_path: Path) -> None:
    async with wizard(qtbot, tmp_path) as made:
        await made.to_keep(Mode.TESTNET)
        assert not made.dialog.keep_page.keyring.isEnabled()
        assert not made.dialog.keep_page.vault.isChecked(), "an encrypted file is chosen, never slipped in"
        assert not made.dialog.next.isEnabled()
        made.choose_vault()
        await made.next()
        (outcome,) = made.outcomes
        assert outcome.connection is not None
        assert outcome.connection.account == made.made.account
        assert outcome.connection.permit is None
        assert (made.made.data / "vault.json").exists()


async def test_a_session_that_was_named_is_the_accounts(qtbot: QtBot, tmp_path: Path) -> None:
    async with wizard(qtbot, tmp_path) as made:
        made.dialog._new_session = "second"
        await made.to_keep(Mode.TESTNET)
        made.choose_vault()
        await made.next()
        assert [outcome.session for outcome in made.outcomes] == ["second"]


async def test_a_keyring_is_preferred_where_there_is_one(qtbot: QtBot, tmp_path: Path) -> None:
    shelf = Shelf()
    async with wizard(qtbot, tmp_path, maker=lambda _: shelf) as made:
        await made.to_keep(Mode.TESTNET)
        assert made.dialog.keep_page.keyring.isChecked()
        await made.next()
        (outcome,) = made.outcomes
        assert outcome.connection is not None
        assert outcome.connection.record.keeper is Keeper.KEYRING
        assert list(shelf.kept) == [("HyperliquidMaster", f"rehearsal/testnet/{made.made.account}")]
        assert not (made.made.data / "vault.json").exists()


async def test_live_is_confirmed_by_tail_words_and_notice(qtbot: QtBot, tmp_path: Path) -> None:
    async with wizard(qtbot, tmp_path, Mode.LIVE) as made:
        await made.to_keep(Mode.LIVE)
        made.choose_vault()
        page = made.dialog.confirm_page
        assert await made.next() is page
        assert not made.dialog.next.isEnabled()
        page.acknowledged.setChecked(True)
        page.tail.setText("zzzz")
        page.phrase.setText(LIVE_PHRASE)
        await made.next()
        assert "last four characters" in made.dialog.message.text()
        page.tail.setText(made.made.account[-4:])
        page.phrase.setText(LIVE_PHRASE.title())
        await made.next()
        assert "typed exactly" in made.dialog.message.text()
        assert not made.outcomes
        page.phrase.setText(LIVE_PHRASE)
        await made.next()
        (outcome,) = made.outcomes
        assert outcome.acknowledged
        assert outcome.connection is not None
        assert outcome.connection.permit is not None


async def test_a_known_account_is_opened_by_its_passphrase_and_checked_again(qtbot: QtBot, tmp_path: Path) -> None:
    async with wizard(qtbot, tmp_path) as made:
        await made.to_keep(Mode.TESTNET)
        made.choose_vault()
        await made.next()
        (first,) = made.outcomes
        sessions = Sessions(made.made.data, SystemClock())
        session = sessions.open(Mode.TESTNET, "default")
        assert first.connection is not None
        record(session.file, first.connection.record)
        session.close()
        again = ConnectDialog(sessions, Mode.TESTNET, Connector(made.made.data, made.made.ready_file))
        qtbot.addWidget(again)
        second = Wizard(made.made, again)
        assert again.mode_page.session == "default"
        assert await second.next() is again.unlock_page
        again.unlock_page.passphrase.setText("wrong wrong wrong")
        assert await second.next() is again.unlock_page
        assert "does not open this vault" in again.message.text()
        assert again.unlock_page.passphrase.text() == ""
        again.unlock_page.passphrase.setText(PASSPHRASE)
        assert await second.next() is again.checks_page
        await second.next()
        assert [outcome.session for outcome in second.outcomes] == ["default"]


@pytest.mark.parametrize(
    ("text", "words"), [("0x123", "3 digits"), ("hello", "hexadecimal"), ("5a" * 32, "private key")]
)
async def test_a_wrong_address_is_explained_where_it_stands(
    qtbot: QtBot, tmp_path: Path, text: str, words: str
) -> None:
    async with wizard(qtbot, tmp_path) as made:
        made.dialog.mode_page.buttons[Mode.TESTNET].setChecked(True)
        await made.next()
        made.dialog.account_page.address.setText(text)
        assert await made.next() is made.dialog.account_page
        assert words in made.dialog.message.text()
        made.dialog.account_page.address.setText("0x")
        assert made.dialog.message.text() == ""


async def test_a_pasted_main_key_is_refused_and_gone_from_the_window_and_the_clipboard(
    qtbot: QtBot, tmp_path: Path
) -> None:
    clipboard = QApplication.clipboard()
    clipboard.setText("mine")
    async with wizard(qtbot, tmp_path) as made:
        await made.to_wallet(Mode.TESTNET)
        page = made.dialog.wallet_page
        page.paste.setChecked(True)
        page.key.setText(made.made.main_key)
        assert page.key.echoMode() is QLineEdit.EchoMode.Password
        assert made.made.main_key not in page.key.displayText()
        page.key.selectAll()
        page.key.copy()
        assert await made.next() is page
        assert "can withdraw everything" in made.dialog.message.text()
        assert page.key.text() == ""
        page.key.undo()
        assert page.key.text() == ""
    assert clipboard.text() == "mine"


async def test_what_failed_says_what_to_do_and_next_waits(qtbot: QtBot, tmp_path: Path) -> None:
    async with wizard(qtbot, tmp_path) as made:
        await made.to_wallet(Mode.TESTNET)
        made.dialog.wallet_page.make.click()
        agent = made.dialog.wallet_page.address.text()
        assert await made.next() is made.dialog.checks_page
        assert not made.dialog.next.isEnabled()
        assert agent in texts(made.dialog.checks_page)
        await made.made.approve(agent)
        made.dialog.checks_page.again.click()
        await made.settled()
        assert made.dialog.next.isEnabled()


async def test_another_networks_exchange_is_refused_in_words(qtbot: QtBot, tmp_path: Path) -> None:
    async with wizard(qtbot, tmp_path, Mode.TESTNET) as made:
        made.dialog.mode_page.buttons[Mode.LIVE].setChecked(True)
        assert await made.next() is made.dialog.mode_page
        assert "plays testnet" in made.dialog.message.text()


async def test_leaving_forgets_the_key_and_stores_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    async with wizard(qtbot, tmp_path) as made:
        await made.to_keep(Mode.TESTNET)
        made.dialog.reject()
        assert made.dialog._connector.agent == ""
        assert not made.outcomes
        assert not made.made.data.exists()


async def test_leaving_while_the_exchange_is_asked_harms_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    async with wizard(qtbot, tmp_path) as made:
        await made.to_wallet(Mode.TESTNET)
        made.dialog.wallet_page.make.click()
        made.dialog.next.click()
        made.dialog.reject()
        gc.collect()
        await asyncio.sleep(0.05)
        assert not made.outcomes


async def test_the_keyboard_alone_reaches_the_checks(qtbot: QtBot, tmp_path: Path) -> None:
    async with wizard(qtbot, tmp_path) as made:
        dialog = made.dialog
        dialog.activateWindow()
        await until(dialog.isActiveWindow)
        for _ in range(2):
            QTest.keyClick(focused(dialog), Qt.Key.Key_Down)
        assert dialog.mode_page.mode is Mode.TESTNET
        QTest.keyClick(focused(dialog), Qt.Key.Key_Return)
        await until(lambda: isinstance(dialog.focusWidget(), QLineEdit))
        QTest.keyClicks(focused(dialog), made.made.account)
        QTest.keyClick(focused(dialog), Qt.Key.Key_Return)
        await until(lambda: dialog.focusWidget() is dialog.wallet_page.make)
        QTest.keyClick(focused(dialog), Qt.Key.Key_Space)
        assert dialog.wallet_page.address.text()
        QTest.keyClick(focused(dialog), Qt.Key.Key_Return)
        await made.settled()
        assert dialog.page is dialog.checks_page


async def test_everything_has_a_name_for_screen_readers(qtbot: QtBot, tmp_path: Path) -> None:
    async with wizard(qtbot, tmp_path) as made:
        nameless = [
            field.objectName() or type(field).__name__
            for field in made.dialog.findChildren(QLineEdit)
            if not field.accessibleName()
        ]
        assert nameless == []
        assert made.dialog.accessibleName() == "Where do you want to trade?"


def focused(dialog: ConnectDialog) -> QWidget:
    widget = dialog.focusWidget()
    assert widget is not None
    return widget


def texts(page: QWidget) -> str:
    from PySide6.QtWidgets import QLabel

    return "\n".join(label.text() for label in page.findChildren(QLabel))
