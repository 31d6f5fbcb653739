"""The last pages of the connect wizard: what the checks found, where the key is kept, and the typed word for live."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from hlmaster.core.secret import Secret
from hlmaster.desk.entrance import Check, Entrance, Outcome
from hlmaster.desk.permission import LIVE_PHRASE, NOTICE, LiveConfirmation
from hlmaster.ui.dialogs.connect_page import Page, field, indented, take, words

MARKS = {
    Outcome.PASSED: ("✓", "good", "passed"),
    Outcome.WARNING: ("!", "warning", "warning"),
    Outcome.FAILED: ("✕", "danger", "failed"),
    Outcome.UNKNOWN: ("?", "warning", "not known"),
}


class ChecksPage(Page):
    """``again_wanted`` asks for another look."""

    TITLE = "Checked with the exchange"
    again_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._admitted = False
        self.rows = QWidget()
        self.grid = QGridLayout(self.rows)
        self.grid.setContentsMargins(0, 0, 8, 0)
        self.grid.setHorizontalSpacing(12)
        self.grid.setVerticalSpacing(10)
        self.grid.setColumnStretch(2, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(self.rows)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for surface in (area.viewport(), self.rows):
            surface.setAutoFillBackground(False)
        self.again = QPushButton("Check a&gain")
        self.column.addWidget(area, 1)
        row = QHBoxLayout()
        row.addWidget(self.again)
        row.addStretch(1)
        self.column.addLayout(row)
        self.again.clicked.connect(self.again_wanted)

    def show_waiting(self) -> None:
        self._admitted = False
        self._clear()
        self.grid.addWidget(words("Asking the exchange …"), 0, 0, 1, 3)
        self.again.setEnabled(False)
        self._tell()

    def show_checks(self, entrance: Entrance) -> None:
        self._admitted = entrance.admitted
        self._clear()
        for number, check in enumerate(entrance.checks):
            self._add(number, check)
        self.grid.setRowStretch(len(entrance.checks), 1)
        self.again.setEnabled(True)
        self._tell()

    def _clear(self) -> None:
        while (item := self.grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def _add(self, number: int, check: Check) -> None:
        glyph, tone, said = MARKS[check.outcome]
        mark, title = QLabel(glyph), QLabel(check.title)
        mark.setProperty("tone", tone)
        mark.setProperty("role", "brand")
        mark.setAccessibleName(f"{check.title} {said}")
        title.setProperty("role", "strong")
        text = words(check.sentence, "")
        box = QVBoxLayout()
        box.setSpacing(2)
        box.addWidget(text)
        if check.cure:
            box.addWidget(words(check.cure))
        held = QWidget()
        held.setLayout(box)
        box.setContentsMargins(0, 0, 0, 0)
        top = Qt.AlignmentFlag.AlignTop
        self.grid.addWidget(mark, number, 0, top)
        self.grid.addWidget(title, number, 1, top)
        self.grid.addWidget(held, number, 2, top)

    def is_ready(self) -> bool:
        return self._admitted

    def entered(self) -> None:
        self.again.setFocus()


class KeepPage(Page):
    """Where the key is kept. ``offer`` tells what there is."""

    TITLE = "Where the key is kept"

    def __init__(self) -> None:
        super().__init__()
        self.keyring, self.vault = QRadioButton("System keyring"), QRadioButton("Encrypted vault file")
        self._keyring_words, self._vault_words = words("Looking for the system's keyring …"), words("")
        self.passphrase = field("Passphrase of the vault", secret=True)
        self.passphrase.setPlaceholderText("Passphrase")
        self.repeated = field("Passphrase once more", secret=True)
        self.repeated.setPlaceholderText("The same once more")
        self._exists = False
        for widget, below in ((self.keyring, (self._keyring_words,)), (self.vault, (self._vault_words,))):
            self.column.addWidget(widget)
            for label in below:
                self.column.addLayout(indented(label))
            self.column.addSpacing(6)
        for line in (self.passphrase, self.repeated):
            self.column.addLayout(indented(line))
            line.textChanged.connect(lambda _: self._tell())
        self.column.addStretch(1)
        self.keyring.setEnabled(False)
        self.keyring.toggled.connect(lambda _: self._show())
        self.vault.toggled.connect(lambda _: self._show())
        self._show()

    def offer(self, keyring: str, trouble: str, *, vault_exists: bool) -> None:
        """``keyring`` names the back-end, or ``trouble`` says why there is none; then the vault awaits a choice."""
        self._exists = vault_exists
        self._keyring_words.setText(
            f"{keyring}: guarded by your login; nothing to type at the start." if keyring else trouble
        )
        self._vault_words.setText(
            "A file in the data folder, sealed by a passphrase that is asked for at every start and kept nowhere."
            + ("" if vault_exists else " At least 12 characters; whoever loses it makes a new API wallet.")
        )
        self.keyring.setEnabled(bool(keyring))
        self.keyring.setChecked(bool(keyring))
        self._show()

    def take_passphrase(self) -> Secret | None:
        self.repeated.clear()
        return take(self.passphrase) if self.vault.isChecked() else None

    def is_ready(self) -> bool:
        if self.keyring.isChecked():
            return True
        text = self.passphrase.text()
        return self.vault.isChecked() and bool(text) and (self._exists or text == self.repeated.text())

    def entered(self) -> None:
        (self.keyring if self.keyring.isEnabled() else self.vault).setFocus()

    def _show(self) -> None:
        sealed = self.vault.isChecked()
        self.passphrase.setVisible(sealed)
        self.repeated.setVisible(sealed and not self._exists)
        self._tell()


class ConfirmPage(Page):
    TITLE = "Real money"

    def __init__(self, notice: Sequence[str] = NOTICE) -> None:
        super().__init__()
        for sentence in notice:
            row = QHBoxLayout()
            bullet = QLabel("•")
            bullet.setProperty("tone", "danger")
            row.addWidget(bullet, 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(words(sentence, ""), 1)
            self.column.addLayout(row)
        self.acknowledged = QCheckBox("I have read this and accept it.")
        self.tail, self.phrase = field("Last four characters of the account", number=True), field("Confirmation words")
        self.tail.setMaxLength(8)
        self.tail.setFixedWidth(90)
        self._tail_label = QLabel("&Last four characters of the account")
        self._tail_label.setBuddy(self.tail)
        phrase_label = QLabel(f"&Type the words  {LIVE_PHRASE}")
        phrase_label.setBuddy(self.phrase)
        self.column.addSpacing(4)
        self.column.addWidget(self.acknowledged)
        self.column.addSpacing(4)
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(8)
        for row_number, (label, line) in enumerate(((self._tail_label, self.tail), (phrase_label, self.phrase))):
            grid.addWidget(label, row_number, 0)
            grid.addWidget(line, row_number, 1)
        grid.setColumnStretch(1, 1)
        self.column.addLayout(grid)
        self.column.addStretch(1)
        self.acknowledged.toggled.connect(lambda _: self._tell())
        for line in (self.tail, self.phrase):
            line.textChanged.connect(lambda _: self._tell())

    def said(self) -> LiveConfirmation:
        return LiveConfirmation(
            named=True,
            account_tail=self.tail.text().strip(),
            phrase=self.phrase.text(),
            notice_acknowledged=self.acknowledged.isChecked(),
        )

    def clear(self) -> None:
        """Each session's confirmation is typed for that session."""
        self.tail.clear()
        self.phrase.clear()
        self.acknowledged.setChecked(False)

    def is_ready(self) -> bool:
        return self.acknowledged.isChecked() and bool(self.tail.text().strip()) and bool(self.phrase.text())

    def entered(self) -> None:
        self.acknowledged.setFocus()
