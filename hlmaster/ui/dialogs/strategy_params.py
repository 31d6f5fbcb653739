"""A strategy's parameters: a form made from its model; what is applied counts from its next decision on."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hlmaster.core.errors import ConfigError
from hlmaster.strategies.card import StrategyCard
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.frames import scrolling
from hlmaster.ui.form_builder import Form
from hlmaster.ui.theme import restyle

SIZE = (720, 620)


class ParamsDialog(QDialog):
    """The form with its frame; ``ok`` is there while every value is allowed. Raises ValueError for a strategy that did
    not load: it has no parameters."""

    def __init__(
        self,
        context: Context,
        card: StrategyCard,
        title: str,
        text: str,
        origin: Callable[[str], str],
        parent: QWidget | None,
        heading: str = "",
    ) -> None:
        """``origin``: whence a value comes. ``heading``: where it is not the card's title."""
        super().__init__(parent)
        if card.params is None:
            raise ValueError(f"{card.name} has no parameters")
        self.setWindowTitle(title)
        self.resize(*SIZE)
        self._context, self._name = context, card.name
        self.form = Form(card.params, context.theme, origin)
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.ok, self.reset = QPushButton("OK"), QPushButton("All defaults")
        self.buttons = QHBoxLayout()
        self._lay_out(heading or card.title, text)
        self.form.edited.connect(self.show_state)
        self.ok.clicked.connect(lambda: self.accept() if self.apply() else None)
        self.reset.clicked.connect(self._to_defaults)
        self.HELP = f"strategies/{card.name}"

    def _lay_out(self, title: str, text: str) -> None:
        heading, said = QLabel(title), QLabel(text)
        heading.setProperty("role", "brand")
        said.setProperty("role", "muted")
        said.setWordWrap(True)
        cancel = QPushButton("Cancel")
        cancel.clicked.connect(self.reject)
        self.reset.setToolTip("Put every parameter back to its default; nothing is applied yet")
        self.ok.setProperty("role", "primary")
        self.ok.setDefault(True)
        self.buttons.addWidget(self.reset)
        self.buttons.addWidget(self.message, 1)
        for button in (cancel, self.ok):
            button.setMinimumWidth(84)
            self.buttons.addWidget(button)
        for button in (cancel, self.reset):
            button.setAutoDefault(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(8)
        layout.addWidget(heading)
        layout.addWidget(said)
        layout.addWidget(scrolling(self.form), 1)
        layout.addLayout(self.buttons)

    def apply(self) -> bool:
        """What OK does; False, with a sentence shown, when it cannot be."""
        raise TypeError("a dialog says what becomes of its parameters")

    def _to_defaults(self) -> None:
        for key in self.form.values():
            row = self.form.row(key)
            row.editor.set_value(row.default)

    def show_state(self) -> None:
        changes, problems = len(self.form.changes()), len(self.form.problems)
        self.ok.setEnabled(not problems)
        if problems:
            self.say("One value is not allowed." if problems == 1 else f"{problems} values are not allowed.", "danger")
        else:
            self.say("" if not changes else "1 change" if changes == 1 else f"{changes} changes", "")

    def say(self, sentence: str, tone: str) -> None:
        self.message.setText(sentence)
        self.message.setProperty("tone", tone)
        restyle(self.message)


class StrategyParamsDialog(ParamsDialog):
    """Of the strategy that runs: OK and Apply put them in force."""

    def __init__(self, context: Context, card: StrategyCard, parent: QWidget | None = None) -> None:
        origin = _chosen(card)
        super().__init__(context, card, f"Parameters of {card.title}", card.about.idea, origin, parent)
        self.apply_button = QPushButton("Apply")
        self.apply_button.setMinimumWidth(84)
        self.apply_button.setAutoDefault(False)
        self.apply_button.clicked.connect(self.apply)
        self.buttons.insertWidget(self.buttons.count() - 1, self.apply_button)
        self.show_state()

    def apply(self) -> bool:
        changes = self.form.changes()
        if self.form.problems or not changes:
            return not self.form.problems
        try:
            self._context.desk.engine.set_params(self._name, changes)
            card = self._context.desk.engine.card(self._name)
        except ConfigError as error:
            self.say(str(error), "danger")
            return False
        self.form.settle(_chosen(card))
        self.show_state()
        when = "They count from its next decision on." if card.armed else "They count once it is armed."
        self.say(f"Applied. {when}", "good")
        return True

    def show_state(self) -> None:
        super().show_state()
        self.apply_button.setEnabled(bool(self.form.changes()) and not self.form.problems)


def _chosen(card: StrategyCard) -> Callable[[str], str]:
    return lambda key: "your choice" if key in card.entry.params else "default"
