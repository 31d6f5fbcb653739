"""The connect wizard: from the choice of a mode to an account that was checked and, in live, confirmed by typing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget
from shiboken6 import isValid

from hlmaster.core.errors import HlError, VaultError
from hlmaster.core.model import Mode
from hlmaster.core.secret import Secret
from hlmaster.desk.connection import AccountRecord, connect, known_accounts, session_for
from hlmaster.desk.connector import Connected, Connector
from hlmaster.exchange.hyperliquid.address import checksummed
from hlmaster.storage.sessions import DEFAULT_NAME, Sessions
from hlmaster.storage.vault.entries import KEYED_MODES, Keeper
from hlmaster.ui.dialogs.connect_decisions import ChecksPage, ConfirmPage, KeepPage
from hlmaster.ui.dialogs.connect_page import Page, later, show_tone
from hlmaster.ui.dialogs.connect_pages import AccountPage, ModePage, UnlockPage, WalletPage
from hlmaster.ui.theme import restyle

log = logging.getLogger(__name__)
SIZE = (680, 560)


class ConnectDialog(QDialog):
    """``connected`` carries a ``Connected``, once, when every step was passed. Escape forgets the key and goes."""

    HELP = "connecting"
    connected = Signal(object)

    def __init__(
        self,
        sessions: Sessions,
        current: Mode,
        connector: Connector,
        parent: QWidget | None = None,
        *,
        note: str = "",
        new_session: str = "",
    ) -> None:
        """``new_session``: name for the session of an account that has none; without it one is found."""
        super().__init__(parent)
        self._new_session = new_session
        self.setWindowTitle("Choose where to trade")
        self.resize(*SIZE)
        self._sessions, self._connector = sessions, connector
        self._task: asyncio.Task[None] | None = None
        self._session = ""
        self._been: list[Page] = []
        self._known = self._find_accounts()
        self.mode_page = ModePage(current, self._described())
        self.account_page, self.wallet_page, self.unlock_page = AccountPage(), WalletPage(), UnlockPage()
        self.checks_page, self.keep_page, self.confirm_page = ChecksPage(), KeepPage(), ConfirmPage()
        self.badge, self.title, self.message = QLabel(), QLabel(), QLabel(note)
        self.stack = QStackedWidget()
        self.back, self.next, self.leave = QPushButton("&Back"), QPushButton("&Next"), QPushButton("Cancel")
        self._steps: dict[Page, Callable[[], None]] = {
            self.mode_page: self._choose_mode,
            self.account_page: self._choose_account,
            self.wallet_page: self._choose_wallet,
            self.unlock_page: self._unlock,
            self.checks_page: self._after_checks,
            self.keep_page: self._keep,
            self.confirm_page: self._confirm,
        }
        self._lay_out()
        self._connect_signals()
        self._show(self.mode_page)
        show_tone(self.message, note, "warning")

    # --- building ---

    def _lay_out(self) -> None:
        self.badge.setProperty("role", "badge")
        self.title.setProperty("role", "brand")
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.next.setProperty("role", "primary")
        self.next.setDefault(True)
        for button in (self.back, self.leave):
            button.setAutoDefault(False)
        panel = QFrame()
        panel.setProperty("role", "panel")
        inside = QVBoxLayout(panel)
        inside.setContentsMargins(18, 16, 18, 14)
        for page in self._steps:
            self.stack.addWidget(page)
        inside.addWidget(self.stack)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.badge)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.message, 1)
        for button in (self.leave, self.back, self.next):
            button.setMinimumWidth(84)
            foot.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(12)
        layout.addLayout(head)
        layout.addWidget(panel, 1)
        layout.addLayout(foot)

    def _connect_signals(self) -> None:
        for page in self._steps:
            page.ready.connect(lambda _: self._edited())
        self.mode_page.ready.connect(lambda _: self._show_badge())
        self.next.clicked.connect(self._step)
        self.back.clicked.connect(self._go_back)
        self.leave.clicked.connect(self.reject)
        self.wallet_page.create_wanted.connect(self._create)
        self.checks_page.again_wanted.connect(self._check)
        self.finished.connect(lambda _: self._end())

    def _find_accounts(self) -> dict[Mode, dict[str, AccountRecord]]:
        found = {}
        for mode in KEYED_MODES:
            known = known_accounts(self._sessions, mode)
            found[mode] = {
                name: account
                for name, account in known.items()
                if account is not None and account.rehearsal == self._connector.is_rehearsal
            }
        return found

    def _described(self) -> dict[Mode, dict[str, str]]:
        return {
            mode: {name: f"Account …{account.account[-4:]}" for name, account in known.items()}
            for mode, known in self._known.items()
        }

    # --- moving ---

    @property
    def page(self) -> Page:
        page = self.stack.currentWidget()
        assert isinstance(page, Page)
        return page

    def _show(self, page: Page) -> None:
        self.stack.setCurrentWidget(page)
        self.title.setText(page.TITLE)
        self.setAccessibleName(page.TITLE)
        last = page in (self.keep_page, self.confirm_page)
        self.next.setText("&Open" if last else "&Next")
        self._say("")
        self._show_badge()
        self._refresh()
        later(self, page)

    def _go(self, page: Page) -> None:
        self._been.append(self.page)
        self._show(page)

    def _go_back(self) -> None:
        self._cancel_task()
        if self._been:
            self._show(self._been.pop())

    def _edited(self) -> None:
        """What was said of the last attempt is no longer about what stands there."""
        if self._task is None:
            self._say("")
        self._refresh()

    def _refresh(self) -> None:
        waiting = self._task is not None
        self.next.setEnabled(self.page.is_ready() and not waiting)
        self.back.setEnabled(bool(self._been))
        self.leave.setEnabled(True)

    def _show_badge(self) -> None:
        mode = self.mode_page.mode
        where = " · rehearsal" if self._connector.is_rehearsal and mode in KEYED_MODES else ""
        self.badge.setText(f"{mode.upper()}{where}")
        self.badge.setProperty("mode", str(mode))
        restyle(self.badge)

    def _say(self, sentence: str, tone: str = "danger") -> None:
        show_tone(self.message, sentence, tone)

    # --- steps ---

    def _step(self) -> None:
        self._steps[self.page]()

    def _try(self, step: Callable[[], object]) -> bool:
        try:
            step()
        except HlError as error:
            self._say(str(error))
            return False
        return True

    def _choose_mode(self) -> None:
        mode = self.mode_page.mode
        if mode not in KEYED_MODES:
            self._finish(Connected(mode, DEFAULT_NAME))
            return
        if not self._try(lambda: self._connector.choose(mode)):
            return
        self._session = self.mode_page.session
        if not self._session:
            self._go(self.account_page)
        elif self._known[mode][self._session].keeper is Keeper.VAULT:
            self._go(self.unlock_page)
        else:
            self._run(self._resume(None), "Asking the system's keyring …")

    def _unlock(self) -> None:
        secret = Secret(self.unlock_page.passphrase.text())
        self.unlock_page.passphrase.clear()
        self._run(self._resume(secret), "Opening the vault …")

    async def _resume(self, passphrase: Secret | None) -> None:
        mode = self.mode_page.mode
        account = self._known[mode][self._session]
        self._connector.resume(mode, await connect(mode, account, self._sessions.data, passphrase))
        self._go(self.checks_page)
        await self._look()

    def _choose_account(self) -> None:
        if self._try(lambda: self._connector.set_account(self.account_page.address.text())):
            self.account_page.address.setText(checksummed(self._connector.account))
            self._go(self.wallet_page)

    def _create(self) -> None:
        self.wallet_page.show_wallet(self._connector.create_wallet(), self._connector.venue.page)

    def _choose_wallet(self) -> None:
        page = self.wallet_page
        if page.paste.isChecked():
            page.show_wallet("", "")
            secret = page.take_key()
            if not self._try(lambda: self._connector.paste_key(secret)):
                return
        self._go(self.checks_page)
        self._check()

    def _check(self) -> None:
        self._run(self._look(), "")

    async def _look(self) -> None:
        self.checks_page.show_waiting()
        seen = await self._connector.check()
        self.checks_page.show_checks(seen)
        self.checks_page.again.setFocus()

    def _after_checks(self) -> None:
        if self._connector.is_kept:
            self._confirm_or_finish()
            return
        self._go(self.keep_page)
        self._run(self._offer(), "")

    async def _offer(self) -> None:
        title = trouble = ""
        try:
            title = await self._connector.keyring_title()
        except VaultError as error:
            trouble = error.sentence
        self.keep_page.offer(title, trouble, vault_exists=self._connector.vault_exists)
        later(self, self.keep_page)

    def _keep(self) -> None:
        keeper = Keeper.VAULT if self.keep_page.vault.isChecked() else Keeper.KEYRING
        self._run(self._store(keeper, self.keep_page.take_passphrase()), "Storing the key …")

    async def _store(self, keeper: Keeper, passphrase: Secret | None) -> None:
        await self._connector.keep(keeper, passphrase)
        self._confirm_or_finish()

    def _confirm_or_finish(self) -> None:
        if self._connector.mode is not Mode.LIVE:
            self._finish(self._outcome(None))
            return
        self.confirm_page.clear()
        self._go(self.confirm_page)

    def _confirm(self) -> None:
        self._try(lambda: self._finish(self._outcome(self._connector.confirm(self.confirm_page.said()))))

    def _outcome(self, permit: Any) -> Connected:
        made = self._connector.finish(permit)
        session = self._session or self._new_session
        session = session or session_for(self._sessions, self._connector.mode, made.record)
        return Connected(self._connector.mode, session, made, acknowledged=permit is not None)

    def _finish(self, outcome: Connected) -> None:
        self.connected.emit(outcome)
        self.accept()

    # --- waiting ---

    def _run(self, work: Coroutine[Any, Any, None], sentence: str) -> None:
        """One at a time; the window goes on meanwhile."""
        self._cancel_task()
        self._say(sentence, "")
        self._task = asyncio.get_running_loop().create_task(self._carry_out(work), name="connect")
        self._task.add_done_callback(self._tell_failure)
        # A task that is cancelled before its first step never awaits its work
        self._task.add_done_callback(lambda _: work.close())
        self._refresh()

    async def _carry_out(self, work: Coroutine[Any, Any, None]) -> None:
        said = self.message.text()
        try:
            await work
        except HlError as error:
            self._say(str(error))
        else:
            if self.message.text() == said:
                self._say("")
        finally:
            if self._task is asyncio.current_task():
                self._task = None
                self._refresh()
                if self.page is self.checks_page and self.next.isEnabled():
                    self.next.setFocus()

    def _tell_failure(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("the connect wizard failed", exc_info=error)
            if isValid(self):
                self._say(f"This step failed inside the application: {error}")

    def _cancel_task(self) -> None:
        if self._task is not None:
            task, self._task = self._task, None
            task.cancel()

    def _end(self) -> None:
        self._cancel_task()
        for line in (self.wallet_page.key, self.unlock_page.passphrase, self.keep_page.passphrase):
            line.clear()
        if self.result() != QDialog.DialogCode.Accepted:
            self._connector.forget_key()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.reject()
        super().closeEvent(event)


async def ask(
    sessions: Sessions, current: Mode, connector: Connector, *, note: str = "", new_session: str = ""
) -> Connected | None:
    """The wizard, awaited; None when it was left."""
    dialog = ConnectDialog(sessions, current, connector, note=note, new_session=new_session)
    outcomes: list[Connected] = []
    over = asyncio.Event()
    dialog.connected.connect(outcomes.append)
    dialog.finished.connect(lambda _: over.set())
    dialog.open()
    try:
        await over.wait()
    finally:
        dialog.deleteLater()
    return outcomes[0] if outcomes else None
