"""How one position is protected: the same form as in the settings, for this position alone."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hlmaster.trading.protection.policy import Policy
from hlmaster.trading.protection.protector import Shield
from hlmaster.ui.dialogs.frames import scrolling
from hlmaster.ui.form_builder import Form
from hlmaster.ui.theme import Theme, restyle

SIZE = (700, 620)
FOR_ALL = ("protect_foreign",)
"""Fields that make no sense for one position."""
FIRST = ("stop_price", "target_price")
"""Fields that only one position has: what its holder comes for."""


class ProtectionDialog(QDialog):
    """``chosen`` carries a Policy, or None for the settings', and whether stops placed by hand are to be replaced."""

    HELP = "protection"
    chosen = Signal(object, bool)

    def __init__(self, title: str, now: str, shield: Shield, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Protection")
        self.resize(*SIZE)
        self._policy = shield.policy
        self.form = Form(shield.policy, theme, lambda key: "", first=FIRST)
        for key in FOR_ALL:
            self.form.row(key).hide()
        self.take_over = QCheckBox("Replace what came with the ticket or was placed by hand")
        self.take_over.setToolTip("Otherwise they stay as they are, and protection only covers what they leave open.")
        self.take_over.setVisible(shield.has_others)
        # A price that stands here because the ticket named it is there to be changed.
        self.take_over.setChecked(shield.has_others and shield.policy.stop_price is not None)
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.apply_button, self.default_button = QPushButton("Protect so"), QPushButton("As in the settings")
        self._lay_out(title, now)
        self.form.edited.connect(self._show_state)
        self.apply_button.clicked.connect(self._apply)
        self.default_button.clicked.connect(lambda: self._done(None))
        self._show_state()

    def _lay_out(self, title: str, now: str) -> None:
        heading, state = QLabel(title), QLabel(now)
        heading.setProperty("role", "brand")
        state.setProperty("role", "muted")
        cancel = QPushButton("Cancel")
        cancel.clicked.connect(self.reject)
        self.apply_button.setProperty("role", "primary")
        self.apply_button.setDefault(True)
        buttons = QHBoxLayout()
        buttons.addWidget(self.default_button)
        buttons.addWidget(self.message, 1)
        for button in (cancel, self.apply_button):
            button.setMinimumWidth(84)
            buttons.addWidget(button)
        for button in (cancel, self.default_button):
            button.setAutoDefault(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(8)
        layout.addWidget(heading)
        layout.addWidget(state)
        layout.addWidget(scrolling(self.form), 1)
        layout.addWidget(self.take_over)
        layout.addLayout(buttons)

    def _show_state(self) -> None:
        problems = len(self.form.problems)
        self.apply_button.setEnabled(not problems)
        self.message.setText(
            "One value is not allowed." if problems == 1 else f"{problems} are not." if problems else ""
        )
        self.message.setProperty("tone", "danger" if problems else "")
        restyle(self.message)

    def _apply(self) -> None:
        self._done(Policy(**{**self._policy.model_dump(), **self.form.values()}))

    def _done(self, policy: Policy | None) -> None:
        self.chosen.emit(policy, self.take_over.isChecked())
        self.accept()
