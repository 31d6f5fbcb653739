"""A strategy's parameters: a form made from its model; what is applied counts from its next decision on."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hlmaster.core.errors import ConfigError
from hlmaster.strategies.card import StrategyCard
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.frames import scrolling
from hlmaster.ui.form_builder import Form
from hlmaster.ui.form_fields import restyle

SIZE = (720, 620)


class StrategyParamsDialog(QDialog):
    """Raises ValueError for a strategy that did not load: it has no parameters."""

    def __init__(self, context: Context, card: StrategyCard, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if card.params is None:
            raise ValueError(f"{card.name} has no parameters")
        self.setWindowTitle(f"Parameters of {card.title}")
        self.resize(*SIZE)
        self._context, self._name, self._title = context, card.name, card.title
        changed = card.entry.params
        self.form = Form(card.params, context.theme, lambda key: "your choice" if key in changed else "default")
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.apply_button, self.ok = QPushButton("Apply"), QPushButton("OK")
        self.reset = QPushButton("All defaults")
        self._lay_out(card)
        self.form.edited.connect(self._show_state)
        self.apply_button.clicked.connect(self.apply)
        self.ok.clicked.connect(lambda: self.accept() if self.apply() else None)
        self.reset.clicked.connect(self._to_defaults)
        QShortcut(QKeySequence("F1"), self, lambda: context.help_wanted.emit(f"strategies/{card.name}"))
        self._show_state()

    def _lay_out(self, card: StrategyCard) -> None:
        heading, idea = QLabel(card.title), QLabel(card.about.idea)
        heading.setProperty("role", "brand")
        idea.setProperty("role", "muted")
        idea.setWordWrap(True)
        cancel = QPushButton("Cancel")
        cancel.clicked.connect(self.reject)
        self.reset.setToolTip("Put every parameter back to its default; nothing is applied yet")
        self.ok.setProperty("role", "primary")
        self.ok.setDefault(True)
        buttons = QHBoxLayout()
        buttons.addWidget(self.reset)
        buttons.addWidget(self.message, 1)
        for button in (cancel, self.apply_button, self.ok):
            button.setMinimumWidth(84)
            buttons.addWidget(button)
        for button in (cancel, self.apply_button, self.reset):
            button.setAutoDefault(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(8)
        layout.addWidget(heading)
        layout.addWidget(idea)
        layout.addWidget(scrolling(self.form), 1)
        layout.addLayout(buttons)

    def apply(self) -> bool:
        """False, with a sentence shown, when the parameters cannot be so."""
        changes = self.form.changes()
        if self.form.problems or not changes:
            return not self.form.problems
        try:
            self._context.desk.engine.set_params(self._name, changes)
            card = self._context.desk.engine.card(self._name)
        except ConfigError as error:
            self._say(str(error), "down")
            return False
        self.form.settle(lambda key: "your choice" if key in card.entry.params else "default")
        self._show_state()
        when = "They count from its next decision on." if card.armed else "They count once it is armed."
        self._say(f"Applied. {when}", "up")
        return True

    def _to_defaults(self) -> None:
        for key in self.form.values():
            row = self.form.row(key)
            row.editor.set_value(row.default)

    def _show_state(self) -> None:
        changes, problems = len(self.form.changes()), len(self.form.problems)
        self.apply_button.setEnabled(bool(changes) and not problems)
        self.ok.setEnabled(not problems)
        if problems:
            self._say("One value is not allowed." if problems == 1 else f"{problems} values are not allowed.", "down")
        else:
            self._say("" if not changes else "1 change" if changes == 1 else f"{changes} changes", "")

    def _say(self, sentence: str, tone: str) -> None:
        self.message.setText(sentence)
        self.message.setProperty("tone", tone)
        restyle(self.message)
