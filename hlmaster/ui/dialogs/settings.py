"""The settings: sections at the left, the form at the right, every value with its origin."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from hlmaster.core.errors import ConfigError
from hlmaster.desk.protecting import refuse_off
from hlmaster.settings import Origin, Origins, Settings, Source
from hlmaster.trading.risk.untradable import conflicts
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.frames import scrolling, walked_last
from hlmaster.ui.form_builder import Form, Row, section_of, section_title
from hlmaster.ui.theme import restyle

SIZE = (960, 640)
PAGES = {
    "general": "looks",
    "hands": "keyboard",
    "market": "connection",
    "ticket": "orders",
    "risk": "risk_limits",
    "breakers": "risk_limits",
    "safeguards": "risk_limits",
    "protection": "protection",
    "execution": "connection",
    "safety": "kill_switch",
    "analyst": "analyst_and_news",
    "news": "analyst_and_news",
    "storage": "sessions",
    "demo": "sessions",
    "paper": "sessions",
}
"""What F1 opens, by section; the others are about strategies."""
NOTHING = "No setting mentions “{}”. Try a shorter word, or one of what it does: stop, sound, colour, leverage, news."


def origin_words(origin: Origin) -> str:
    """Short, for behind a value; what outranks the file says so."""
    match origin.source:
        case Source.DEFAULT:
            return "default"
        case Source.FILE:
            return "from the file"
        case Source.ENVIRONMENT:
            return f"from {origin.where}, which outranks the file"
        case Source.COMMAND_LINE:
            return "from the command line, which outranks the file"
        case Source.SESSION:
            return "from this session, which outranks the file"


def put_in_force(
    context: Context, file: Path, origins: Origins, changes: Mapping[str, object]
) -> tuple[Settings, Origins]:
    """Into the file, and then into force. Raises ConfigError."""
    settings, origins = context.desk.settings.changed(changes, origins)
    refuse_off(settings.protection, context.desk.mode)
    settings.save(file, origins)
    context.apply_settings(settings)
    return settings, origins


class SettingsDialog(QDialog):
    """``applied`` carries the Settings in force and their Origins, after the file was written."""

    applied = Signal(object, object)

    def __init__(self, context: Context, settings_file: Path, origins: Origins, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.resize(*SIZE)
        self._context, self._file, self._origins = context, settings_file, origins
        self.form = Form(context.desk.settings, context.theme, lambda key: origin_words(origins[key]), lazily=True)
        self.form.row_made.connect(self._add_trial)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search all settings")
        self.search.setAccessibleName("Search all settings")
        self.search.setClearButtonEnabled(True)
        self.sections = QListWidget()
        self.sections.setAccessibleName("Sections")
        self.sections.setFixedWidth(160)
        self.sections.setProperty("role", "contents")
        self.sections.addItems([section_title(section) for section in self.form.sections])
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.ok, self.apply_button = QPushButton("OK"), QPushButton("Apply")
        self.ok.setProperty("role", "primary")
        self.ok.setDefault(True)
        self._lay_out()
        self.search.textChanged.connect(self._filter)
        self.sections.currentRowChanged.connect(self._show_section)
        self.form.edited.connect(self._show_state)
        self.apply_button.clicked.connect(self.apply)
        self.ok.clicked.connect(lambda: self.accept() if self.apply() else None)
        QShortcut(QKeySequence.StandardKey.Find, self, self.search.setFocus)
        self.sections.setCurrentRow(0)
        self._show_state()

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.search)
        left.addWidget(self.sections, 1)
        self.search.setFixedWidth(160)
        middle = QHBoxLayout()
        middle.setSpacing(10)
        middle.addLayout(left)
        middle.addWidget(scrolling(self.form), 1)
        export, cancel = QPushButton("Export …"), QPushButton("Cancel")
        self.form.row_made.connect(lambda _: walked_last(self, export, cancel, self.apply_button, self.ok))
        export.setToolTip("Write all settings with their ranges and help to a file of your choice")
        export.clicked.connect(self._choose_export)
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addWidget(export)
        buttons.addWidget(self.message, 1)
        for button in (cancel, self.apply_button, self.ok):
            button.setMinimumWidth(84)
            buttons.addWidget(button)
        for button in (export, cancel, self.apply_button):
            button.setAutoDefault(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(10)
        layout.addLayout(middle, 1)
        layout.addLayout(buttons)

    def _add_trial(self, row: Row) -> None:
        """Each sound can be heard beside its switch."""
        section, _, name = row.key.partition(".")
        action = self._context.actions.get(f"sounds.try_{name}") if section == "sounds" else None
        if action is not None:
            trial = QPushButton("Try")
            trial.setAutoDefault(False)
            trial.setProperty("role", "small")
            trial.setAccessibleName(action.title)
            trial.setToolTip("Hear it now, at the volume in force")
            trial.clicked.connect(action.run)
            row.editor.row.addWidget(trial)

    def show_field(self, key: str) -> None:
        """Its section, with the keys in the field itself."""
        self.sections.setCurrentRow(self.form.sections.index(section_of(key)))
        row, scroll = self.form.row(key), self.findChild(QScrollArea)
        row.editor.setFocus()
        if scroll is not None:
            # Only once the dialog is laid out is it known where the row is.
            QTimer.singleShot(0, row, lambda: scroll.ensureWidgetVisible(row))

    def apply(self) -> bool:
        """Write the file, then put the settings in force; False, with a sentence shown, when that cannot be."""
        changes = self.form.changes()
        if self.form.problems or not changes:
            return not self.form.problems
        try:
            settings, origins = put_in_force(self._context, self._file, self._origins, changes)
        except ConfigError as error:
            self._say(str(error), "danger")
            return False
        self._origins = origins
        self.form.settle(lambda key: origin_words(origins[key]))
        self._show_state()
        self._say(f"Saved to {self._file.name}.", "good")
        self.applied.emit(settings, origins)
        return True

    def _filter(self, words: str) -> None:
        self.sections.setEnabled(not words.strip())
        if not self.form.filter(words):
            self._say(NOTHING.format(words.strip()), "warning")
        else:
            self._show_state()

    def _show_section(self, row: int) -> None:
        section = self.form.sections[row]
        self.HELP = PAGES.get(section, "proposals")
        self.form.show_section(section)

    def _show_state(self) -> None:
        changes, problems = len(self.form.changes()), len(self.form.problems)
        self.apply_button.setEnabled(bool(changes) and not problems)
        self.ok.setEnabled(not problems)
        if problems:
            self._say("One value is not allowed." if problems == 1 else f"{problems} values are not allowed.", "danger")
        elif not changes:
            self._say("", "")
        else:
            count = "1 change." if changes == 1 else f"{changes} changes."
            warnings = self._warnings()
            self._say(" ".join((count, *warnings)), "warning" if warnings else "")

    def _warnings(self) -> list[str]:
        """What a person should know before these are applied: limits that wait until tomorrow, and those that together
        leave nothing to trade."""
        desk = self._context.desk
        try:
            wanted, _ = desk.settings.changed(self.form.changes(), self._origins)
        except ConfigError:
            return []  # said when it is applied
        notes = desk.limits.notes(wanted)
        later = [f"{self.form.title(key)} {notes[key]}." for key in self.form.changes() if key in notes]
        return [*later, *conflicts(wanted.risk, desk.portfolio.equity)]

    def _say(self, sentence: str, tone: str) -> None:
        self.message.setText(sentence)
        self.message.setProperty("tone", tone)
        restyle(self.message)

    def _choose_export(self) -> None:
        chooser = QFileDialog(self, "Export settings", str(Path.home() / "hyperliquidmaster-settings.toml"), "*.toml")
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setDefaultSuffix("toml")
        chooser.fileSelected.connect(lambda name: self.export(Path(name)))
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def export(self, target: Path) -> None:
        """The settings in force, not what is being typed."""
        try:
            target.write_text(self._context.desk.settings.export(), encoding="utf-8")
        except OSError as error:
            self._say(f"{target} cannot be written: {error.strerror}. Choose another place.", "danger")
        else:
            self._say(f"Exported to {target}.", "good")
