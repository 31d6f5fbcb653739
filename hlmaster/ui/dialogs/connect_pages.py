"""The first pages of the connect wizard: mode, account, API wallet. They know nothing of keys, files or exchanges."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QRadioButton

from hlmaster.core.model import Mode
from hlmaster.core.secret import Secret
from hlmaster.ui.dialogs.connect_page import Page, field, indented, take, words

MODES = (
    (
        Mode.DEMO,
        "Demo",
        "An exchange inside this program, with a generated market and play money. Nothing leaves here.",
    ),
    (Mode.PAPER, "Paper", "The real market's prices; orders are matched on this computer, with play money."),
    (Mode.TESTNET, "Testnet", "The exchange's own test network, with test money that it gives away."),
    (Mode.LIVE, "Live", "Real money. Asked for and confirmed again in every session."),
)
ANOTHER = "Connect another account …"


class ModePage(Page):
    TITLE = "Where do you want to trade?"

    def __init__(self, current: Mode, known: Mapping[Mode, Mapping[str, str]]) -> None:
        """``known``: by mode, session names with a few words about their account."""
        super().__init__()
        self.buttons: dict[Mode, QRadioButton] = {}
        self.accounts: dict[Mode, QComboBox] = {}
        for mode, name, meaning in MODES:
            button = QRadioButton(name)
            button.setAccessibleDescription(meaning)
            self.buttons[mode] = button
            self.column.addWidget(button)
            self.column.addLayout(indented(words(meaning)))
            if known.get(mode):
                self.accounts[mode] = self._choice(mode, known[mode])
            self.column.addSpacing(6)
            button.toggled.connect(lambda _: self._show())
        self.column.addStretch(1)
        self.buttons[current].setChecked(True)

    def _choice(self, mode: Mode, known: Mapping[str, str]) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(f"Account for {mode}")
        for session, account in known.items():
            box.addItem(f"{account}  ·  session {session}", session)
        box.addItem(ANOTHER, "")
        self.column.addLayout(indented(box))
        return box

    @property
    def mode(self) -> Mode:
        return next(mode for mode, button in self.buttons.items() if button.isChecked())

    @property
    def session(self) -> str:
        """Of the account that was picked; empty to connect another one."""
        box = self.accounts.get(self.mode)
        return "" if box is None else str(box.currentData())

    def is_ready(self) -> bool:
        return any(button.isChecked() for button in self.buttons.values())

    def entered(self) -> None:
        self.buttons[self.mode].setFocus()

    def _show(self) -> None:
        for mode, box in self.accounts.items():
            box.setEnabled(self.buttons[mode].isChecked())
        self._tell()


class AccountPage(Page):
    TITLE = "Which account?"

    def __init__(self) -> None:
        super().__init__()
        label = QLabel("&Address of the account that holds the money")
        self.address = field("Account address", number=True)
        self.address.setPlaceholderText("0x…")
        self.address.setMaxLength(200)
        label.setBuddy(self.address)
        self.column.addWidget(label)
        self.column.addWidget(self.address)
        self.column.addWidget(
            words(
                "The address you log in with on the exchange: not that of an API wallet, a vault or a sub-account. "
                "It is public; it cannot move anything. A wrong letter is noticed by the address's own checksum."
            )
        )
        self.column.addStretch(1)
        self.address.textChanged.connect(lambda _: self._tell())

    def is_ready(self) -> bool:
        return bool(self.address.text().strip())

    def entered(self) -> None:
        self.address.setFocus()


class WalletPage(Page):
    """``create_wanted`` asks for a new wallet, whose address ``show_wallet`` then shows."""

    TITLE = "The API wallet that signs"
    create_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.fresh, self.paste = QRadioButton("Create one here"), QRadioButton("Paste the key of one I made")
        self.make = QPushButton("Create the API wallet")
        self.address = field("Address of the new API wallet", number=True)
        self.address.setReadOnly(True)
        self.steps = words("", "")
        self.key = field("Private key of the API wallet", secret=True)
        self.key.setPlaceholderText("64 hexadecimal digits; shown as dots, and gone from here with Next")
        self.column.addWidget(
            words(
                "An API wallet is a key that may trade for your account and can never withdraw. The key of your main "
                "wallet is not accepted here."
            )
        )
        self.column.addSpacing(4)
        self.column.addWidget(self.fresh)
        self.column.addLayout(indented(self.make))
        self.column.addLayout(indented(self.address))
        self.column.addLayout(indented(self.steps))
        self.column.addSpacing(6)
        self.column.addWidget(self.paste)
        self.column.addLayout(indented(self.key))
        self.column.addStretch(1)
        self.fresh.toggled.connect(lambda _: self._show())
        self.make.clicked.connect(self.create_wanted)
        self.key.textChanged.connect(lambda _: self._tell())
        self.fresh.setChecked(True)
        self.show_wallet("", "")

    def show_wallet(self, address: str, page: str) -> None:
        self.address.setText(address)
        self.address.setVisible(bool(address))
        self.make.setVisible(not address)
        steps = (
            f"1.  Open {page} and connect your main wallet.",
            "2.  Paste exactly this address as the API wallet address, and give it a name.",
            "3.  Choose how long it is valid (at most 180 days) and authorise it there.",
            "4.  Come back and press Next: the exchange is asked whether it is approved.",
        )
        self.steps.setText("\n".join(steps))
        self.steps.setVisible(bool(address))
        if address:
            self.address.setFocus()
            self.address.selectAll()
        self._show()

    def take_key(self) -> Secret:
        return take(self.key)

    def is_ready(self) -> bool:
        return bool(self.address.text()) if self.fresh.isChecked() else bool(self.key.text().strip())

    def entered(self) -> None:
        (self.make if self.fresh.isChecked() else self.key).setFocus()

    def _show(self) -> None:
        self.key.setEnabled(self.paste.isChecked())
        self.make.setEnabled(self.fresh.isChecked())
        self._tell()


class UnlockPage(Page):
    TITLE = "Open the vault"

    def __init__(self) -> None:
        super().__init__()
        label = QLabel("&Passphrase of the encrypted vault")
        self.passphrase = field("Passphrase of the vault", secret=True)
        label.setBuddy(self.passphrase)
        self.column.addWidget(label)
        self.column.addWidget(self.passphrase)
        self.column.addWidget(words("It is kept nowhere; without it the key in the vault is lost."))
        self.column.addStretch(1)
        self.passphrase.textChanged.connect(lambda _: self._tell())

    def is_ready(self) -> bool:
        return bool(self.passphrase.text())

    def entered(self) -> None:
        self.passphrase.setFocus()
