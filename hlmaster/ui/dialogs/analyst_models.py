"""Who answers: a model of Ollama's with its size and its speed on this machine, Claude with a key, or plain rules."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QProgressBar, QPushButton, QVBoxLayout, QWidget

from hlmaster.core.opinions import AnalystChanged
from hlmaster.core.secret import Secret
from hlmaster.desk.advising.advising import Advising
from hlmaster.desk.outcome import Outcome
from hlmaster.insight.llm.backend import ModelInfo
from hlmaster.ui import figures
from hlmaster.ui.analyst_guidance import Guidance, fetched, gigabytes
from hlmaster.ui.analyst_words import standing
from hlmaster.ui.context import Context
from hlmaster.ui.plain import plain_label
from hlmaster.ui.segments import Segments
from hlmaster.ui.table import Action, Cell, Column, TableModel
from hlmaster.ui.table_view import Table

BEAT_MS = 500
WHO = (
    ("auto", "Automatic", "Ollama where it runs with the model, else plain rules", ""),
    ("ollama", "Ollama", "A model on this machine, or on one that you name in the settings", ""),
    ("claude", "Claude", "Anthropic's service, with your key", ""),
    ("rules", "Plain rules", "No model: a few rules over the same figures", ""),
)
WARNING = (
    "Questions then leave this machine: candles, book, trades, funding, which way and since what price you hold the "
    "coin, and headlines go to Anthropic, and each call costs money. No amount, address or key of yours is in them."
)
EMPTY = ("No model is installed", "Fetch one below: llama3.2 is small (2 GB) and quick, larger ones think better.")


class ModelsPage(QWidget):
    def __init__(self, context: Context, advising: Advising) -> None:
        super().__init__()
        self._context, self._advising = context, advising
        self.who = Segments(self)
        self.who.set_options(WHO)
        self.who.setAccessibleName("Who answers")
        self.who.choose(advising.terms().who)
        self.standing, self.guidance = plain_label("muted"), Guidance()
        self.model: TableModel[ModelInfo] = TableModel(self._columns(), lambda info: info.name, self._models, self)
        self.table = Table(self.model, context.theme, EMPTY, self)
        self.table.setAccessibleName("Installed models")
        self.name, self.fetch, self.cancel = QLineEdit(), QPushButton("Fetch"), QPushButton("Cancel")
        self.bar, self.progress = QProgressBar(), plain_label("muted")
        self.key, self.keep, self.forget = QLineEdit(), QPushButton("Keep key"), QPushButton("Forget key")
        self.key_state = plain_label("muted")
        self._claude = QWidget()
        self._lay_out()
        self._connect()
        self.look()
        context.run(advising.choice.look(), "look for Ollama")

    # --- building ---

    def _lay_out(self) -> None:
        self.name.setPlaceholderText("Another model by its name, for instance qwen3:4b")
        self.name.setAccessibleName("Model to fetch")
        self.bar.setAccessibleName("How much of the model is fetched")
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.key.setPlaceholderText("API key of Anthropic")
        self.key.setAccessibleName("API key of Anthropic")
        fetch = _row(self.name, self.fetch, self.cancel)
        claude = QVBoxLayout(self._claude)
        claude.setContentsMargins(0, 0, 0, 0)
        warning = plain_label()
        warning.setText(WARNING)
        warning.setProperty("tone", "warning")
        claude.addWidget(warning)
        claude.addLayout(_row(self.key, self.keep, self.forget))
        claude.addWidget(self.key_state)
        heading = QLabel("Installed at Ollama")
        heading.setProperty("role", "brand")
        self._installed = QWidget()
        installed = QVBoxLayout(self._installed)
        installed.setContentsMargins(0, 0, 0, 0)
        installed.setSpacing(8)
        installed.addWidget(heading)
        installed.addWidget(self.table, 1)
        installed.addLayout(fetch)
        installed.addWidget(self.bar)
        installed.addWidget(self.progress)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 12, 4, 4)
        column.setSpacing(8)
        column.addWidget(self.who)
        column.addWidget(self.standing)
        column.addWidget(self._claude)
        column.addWidget(self.guidance)
        column.addWidget(self._installed, 1)
        column.addStretch()

    def _columns(self) -> list[Column[ModelInfo]]:
        return [
            Column("name", "Model", 190, lambda m: m.name, self._name),
            Column("size", "Size", 76, lambda m: m.size_bytes, lambda m: Cell(gigabytes(m.size_bytes)), right=True),
            Column("parameters", "Parameters", 86, lambda m: m.parameters, lambda m: Cell(m.parameters), right=True),
            Column("quantisation", "Quantised", 92, lambda m: m.quantisation, lambda m: Cell(m.quantisation, "muted")),
            Column(
                "speed",
                "Speed here",
                110,
                lambda m: m.tokens_per_second,
                _speed,
                right=True,
                tip="Tokens a second, measured on this machine from its answers.",
            ),
            Column("act", "", 90, lambda m: None, self._act),
        ]

    def _name(self, info: ModelInfo) -> Cell:
        return Cell(info.name, badge="in memory" if info.loaded else "", strong=self._is_chosen(info))

    def _act(self, info: ModelInfo) -> Cell:
        if self._is_chosen(info):
            return Cell(badge="chosen", badge_role="up")
        return Cell(actions=(Action("use", "Use", "It answers from the next question on"),))

    def _is_chosen(self, info: ModelInfo) -> bool:
        return info.name.removesuffix(":latest") == self._advising.terms().model.removesuffix(":latest")

    def _connect(self) -> None:
        context, fetching = self._context, self._advising.fetching
        self.who.chosen.connect(self._choose_who)
        self.table.acted.connect(lambda key, _: self._use(str(key)))
        self.table.opened.connect(lambda key: self._use(str(key)))
        self.name.textChanged.connect(lambda _: self.look())
        self.name.returnPressed.connect(self._fetch)
        self.fetch.clicked.connect(self._fetch)
        self.cancel.clicked.connect(fetching.cancel)
        self.guidance.fetch_wanted.connect(fetching.start)
        self.guidance.look_wanted.connect(lambda: context.run(self._advising.choice.look(), "look for Ollama"))
        self.key.textChanged.connect(lambda _: self.look())
        self.key.returnPressed.connect(self._keep)
        self.keep.clicked.connect(self._keep)
        self.forget.clicked.connect(lambda: context.run(self._forget(), "forget the key"))
        for button in (self.fetch, self.cancel, self.keep, self.forget):
            button.setAutoDefault(False)
        context.settings_changed.connect(self._on_settings)
        context.theme_changed.connect(self.table.set_theme)
        context.bridge.on_state(self, AnalystChanged, lambda _: self.look(), key=lambda _: None)
        self._beat = QTimer(self, interval=BEAT_MS)
        self._beat.timeout.connect(self.look)
        self._beat.start()

    # --- what is shown ---

    def _models(self) -> tuple[ModelInfo, ...]:
        return self._advising.choice.server.models

    def look(self) -> None:
        advising, terms = self._advising, self._advising.terms()
        found = standing(advising)
        served = terms.who in ("auto", "ollama")
        lacks = served and bool(found.obstacle) and terms.enabled
        self.guidance.setVisible(lacks)
        if lacks:
            self.guidance.show_state(advising, found.obstacle)
        self.standing.setText(found.obstacle or f"{_answers(advising)} answers.")
        self.standing.setVisible(not lacks and terms.who != "claude")
        self._claude.setVisible(terms.who == "claude")
        kept = advising.key.held() is not None
        self.key_state.setText("A key is kept in this system's keyring." if kept else "No key is kept yet.")
        self.keep.setEnabled(bool(self.key.text().strip()))
        self.forget.setEnabled(kept)
        self._installed.setVisible(advising.choice.server.there or advising.fetching.progress is not None)
        self.model.touch()
        self._show_progress()

    def _show_progress(self) -> None:
        fetching = self._advising.fetching
        part = fetching.progress
        self.fetch.setEnabled(part is None and bool(self.name.text().strip()))
        self.cancel.setVisible(part is not None)
        self.bar.setVisible(part is not None)
        self.bar.setValue(round(1000 * part.completed / part.total) if part is not None and part.total else 0)
        text = fetched(self._advising) or fetching.failure
        self.progress.setText(text)
        self.progress.setVisible(bool(text))

    def _on_settings(self) -> None:
        who = self._advising.terms().who
        if self.who.value != who:
            self.who.choose(who)
        self.model.refresh()
        self.look()

    # --- verbs ---

    def _choose_who(self, who: str) -> None:
        if who != self._advising.terms().who:
            self._context.setting_wanted.emit("analyst.who", who)
            self._advising.choice.look_soon()

    def _use(self, name: str) -> None:
        self._context.setting_wanted.emit("analyst.model", name.removesuffix(":latest"))

    def _fetch(self) -> None:
        name = self.name.text().strip()
        if name:
            self._advising.fetching.start(name)

    def _keep(self) -> None:
        text = self.key.text().strip()
        self.key.clear()
        if text:
            self._context.run(self._kept(Secret(text)), "keep the key")

    async def _kept(self, key: Secret) -> Outcome:
        await self._advising.key.keep(key)
        self.look()
        return Outcome(True, "The key is kept in this system's keyring.")

    async def _forget(self) -> Outcome:
        was = await self._advising.key.forget()
        self.look()
        return Outcome(True, "The key is gone from the keyring." if was else "There was no key in the keyring.")


def _answers(advising: Advising) -> str:
    state = advising.analyst.state
    return state.model if state.is_model else "No model: a set of plain rules"


def _speed(info: ModelInfo) -> Cell:
    speed = info.tokens_per_second
    return Cell("not measured", "faint") if speed is None else Cell(f"{figures.fixed(speed, 1)} tok/s")


def _row(line: QLineEdit, *buttons: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(6)
    row.addWidget(line, 1)
    for button in buttons:
        row.addWidget(button)
    return row
