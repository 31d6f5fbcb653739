"""For a machine without a model: how one comes here, and who speaks meanwhile."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout

from hlmaster.desk.advising.advising import Advising
from hlmaster.insight.llm.ollama import FIRST_MODEL
from hlmaster.ui import figures
from hlmaster.ui.plain import plain_label, unbroken
from hlmaster.ui.readout import set_tone

STEPS = "Get Ollama from ollama.com (free, it runs here), start it, and fetch a model, here a small one of 2 GB:"
OTHER_STEPS = "Get Ollama from ollama.com (free, it runs here), start it, and fetch a model:"
HAS_SERVER = "Fetch it from here, choose another one, or type in a terminal:"
MEANWHILE = "Meanwhile plain rules speak here; they are no model."
ALONE = "Meanwhile nobody answers: plain rules speak where “Automatic” is chosen."


class Guidance(QFrame):
    """``fetch_wanted`` carries a model's name."""

    look_wanted = Signal()
    fetch_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._model = ""
        self.obstacle, self.steps, self.meanwhile = plain_label(), plain_label("muted"), plain_label("muted")
        set_tone(self.obstacle, "warning")
        self.command = QLineEdit()
        self.command.setReadOnly(True)
        self.command.setProperty("role", "number")
        self.command.setAccessibleName("Command that fetches the model")
        self.copy, self.fetch, self.again = QPushButton("Copy"), QPushButton("Fetch it"), QPushButton("Look again")
        for button, tip in (
            (self.copy, "Copy the command"),
            (self.fetch, "Have the server fetch the model"),
            (self.again, "Look for Ollama now; it is looked for every half minute anyway"),
        ):
            button.setProperty("role", "small")
            button.setToolTip(tip)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.command.text()))
        self.fetch.clicked.connect(lambda: self.fetch_wanted.emit(self._model))
        self.again.clicked.connect(self.look_wanted)
        self._lay_out()

    def _lay_out(self) -> None:
        command = QHBoxLayout()
        command.setSpacing(6)
        command.addWidget(self.command, 1)
        command.addWidget(self.copy)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self.fetch)
        buttons.addWidget(self.again)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addWidget(self.obstacle)
        column.addWidget(self.steps)
        column.addLayout(command)
        column.addWidget(self.meanwhile)
        column.addLayout(buttons)

    def show_state(self, advising: Advising, obstacle: str) -> None:
        terms, server, fetching = advising.terms(), advising.choice.server, advising.fetching
        self._model = terms.model
        failure = f"\n{fetching.failure}" if fetching.failure and fetching.model == terms.model else ""
        self.obstacle.setText(unbroken(obstacle + failure))
        self.steps.setText(self._steps(server.there))
        self.command.setText(f"ollama pull {terms.model}")
        self.command.setCursorPosition(0)
        self.meanwhile.setText(MEANWHILE if terms.who == "auto" else ALONE)
        self.fetch.setVisible(server.there)
        self.fetch.setEnabled(fetching.progress is None)
        self.again.setVisible(not server.there)

    def _steps(self, has_server: bool) -> str:
        if has_server:
            return HAS_SERVER
        return STEPS if self._model == FIRST_MODEL else OTHER_STEPS


def fetched(advising: Advising) -> str:
    """``Fetching qwen3: 43% of 2.0 GB``; empty while nothing is fetched."""
    fetching = advising.fetching
    part = fetching.progress
    if part is None:
        return ""
    if not part.total:
        return f"Fetching {fetching.model}: {part.status}"
    return f"Fetching {fetching.model}: {figures.percent(part.completed / part.total, 0)} of {gigabytes(part.total)}"


def gigabytes(size: int | None) -> str:
    if size is None:
        return figures.UNKNOWN
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.0f} MB"
