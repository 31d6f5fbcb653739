"""The workspaces of this session: opened, named, copied, exported, imported, and taken back to an older version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hlmaster.ui.figures import moment
from hlmaster.ui.what_is_open import counted
from hlmaster.ui.workspaces.keeper import Keeper
from hlmaster.ui.workspaces.nodes import Arrangement
from hlmaster.ui.workspaces.store import LONGEST_NAME

SIZE = (680, 440)
FILTER = "Workspace (*.json)"
NO_VERSIONS = "Each change of panels and windows becomes a version here, to go back to."


class WorkspacesDialog(QDialog):
    HELP = "window"

    def __init__(self, keeper: Keeper, zone: tzinfo | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Workspaces")
        self.resize(*SIZE)
        self._keeper, self._zone = keeper, zone
        self.names, self.versions, self.name = _list("Workspaces"), _list("Versions of the open workspace"), QLineEdit()
        self.name.setPlaceholderText("A name, to save as or to rename")
        self.name.setAccessibleName("Name of a workspace")
        self.name.setMaxLength(LONGEST_NAME)
        self.no_versions = QLabel(NO_VERSIONS, self.versions)
        self.no_versions.setProperty("role", "muted")
        self.no_versions.setWordWrap(True)
        self.no_versions.setContentsMargins(8, 6, 8, 6)
        QVBoxLayout(self.versions).addWidget(self.no_versions, 0, Qt.AlignmentFlag.AlignTop)
        self.buttons: dict[str, QPushButton] = {}
        self._lay_out()
        self.names.currentRowChanged.connect(lambda _: self._show_state())
        self.names.itemDoubleClicked.connect(lambda _: self._open())
        self.versions.itemDoubleClicked.connect(lambda _: self._restore())
        for listed, work in ((self.names, self._open), (self.versions, self._restore)):
            enter = QShortcut(QKeySequence(Qt.Key.Key_Return), listed, work)
            enter.setContext(Qt.ShortcutContext.WidgetShortcut)
        self.versions.currentRowChanged.connect(lambda _: self._show_state())
        self.name.returnPressed.connect(self._save_as)
        self.name.textChanged.connect(lambda _: self._show_state())
        keeper.changed.connect(self.refresh)
        self.refresh()
        self.names.setFocus()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(14, 12, 14, 12)
        grid.setSpacing(8)
        for column, (caption, widget) in enumerate((("Workspaces", self.names), ("Versions", self.versions))):
            label = QLabel(caption.upper())
            label.setProperty("role", "caption")
            grid.addWidget(label, 0, column)
            grid.addWidget(widget, 1, column)
        left = (
            ("Open", self._open, "Show this workspace"),
            ("Duplicate", self._duplicate, "A copy of it under a name of its own"),
            ("Delete", self._delete, "It is gone, with its versions"),
            ("Export …", self._choose_export, "Into a file, for another session or computer"),
            ("Import …", self._choose_import, "From such a file"),
        )
        grid.addLayout(self._row(left), 2, 0)
        grid.addLayout(self._row((("Restore", self._restore, "Show this version; it can be undone"),)), 2, 1)
        named = QHBoxLayout()
        named.setSpacing(8)
        named.addWidget(self.name, 1)
        for text, work, tip in (
            ("Save as", self._save_as, "What the window shows now, under this name"),
            ("Rename", self._rename, "The chosen workspace gets this name"),
        ):
            named.addWidget(self._button(text, work, tip))
        grid.addLayout(named, 3, 0)
        close = self._button("Close", self.accept, "Every change is kept already")
        grid.addWidget(close, 3, 1, Qt.AlignmentFlag.AlignRight)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 2)
        self.buttons["Open"].setProperty("role", "primary")

    def _row(self, entries: tuple[tuple[str, Callable[[], object], str], ...]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        for text, work, tip in entries:
            row.addWidget(self._button(text, work, tip))
        row.addStretch(1)
        return row

    def _button(self, text: str, work: Callable[[], object], tip: str) -> QPushButton:
        button = self.buttons[text] = QPushButton(text)
        button.setAutoDefault(False)
        button.setToolTip(tip)
        button.clicked.connect(lambda _=False: work())
        return button

    # --- what is shown ---

    def refresh(self) -> None:
        store, chosen = self._keeper.store, self.chosen
        self.names.clear()
        for name in store.names:
            item = QListWidgetItem(f"{name}   (open)" if name == store.current else name)
            item.setData(Qt.ItemDataRole.UserRole, name)
            self.names.addItem(item)
            if name == (chosen if chosen in store.names else store.current):
                self.names.setCurrentItem(item)
        self.versions.clear()
        history = store.history
        for number in reversed(range(len(history.versions))):
            version = history.versions[number]
            now = "   (now)" if number == history.at else ""
            what = _described(version.workspace.arrangement)
            item = QListWidgetItem(f"{moment(version.time_ms, self._zone)}   {what}{now}")
            item.setData(Qt.ItemDataRole.UserRole, number)
            self.versions.addItem(item)
        self.no_versions.setVisible(not history.versions)
        self._show_state()

    @property
    def chosen(self) -> str:
        item = self.names.currentItem()
        return "" if item is None else str(item.data(Qt.ItemDataRole.UserRole))

    def _show_state(self) -> None:
        is_open, has_name = self.chosen == self._keeper.store.current, bool(self.name.text().strip())
        self.buttons["Open"].setEnabled(not is_open)
        self.buttons["Delete"].setEnabled(not is_open)
        self.buttons["Restore"].setEnabled(self.versions.currentItem() is not None)
        for text in ("Save as", "Rename"):
            self.buttons[text].setEnabled(has_name)

    # --- verbs ---

    def _open(self) -> None:
        if self.chosen != self._keeper.store.current:
            self._keeper.switch(self.chosen)

    def _duplicate(self) -> None:
        self._keeper.duplicate(self.chosen)

    def _delete(self) -> None:
        self._keeper.delete(self.chosen)

    def _restore(self) -> None:
        item = self.versions.currentItem()
        if item is not None:
            self._keeper.restore(self._keeper.store.history.versions[item.data(Qt.ItemDataRole.UserRole)])

    def _save_as(self) -> None:
        if self._keeper.save_as(self.name.text()):
            self._take_name()

    def _rename(self) -> None:
        if self._keeper.rename(self.chosen, self.name.text()):
            self._take_name()

    def _take_name(self) -> None:
        """What was typed is the name of what is chosen from now on."""
        name = self.name.text().strip()
        self.name.clear()
        for row in range(self.names.count()):
            if self.names.item(row).data(Qt.ItemDataRole.UserRole) == name:
                self.names.setCurrentRow(row)

    def _choose_export(self) -> None:
        name = self.chosen
        dialog = QFileDialog(self, "Export workspace", str(Path.home() / f"{name}.json"), FILTER)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.fileSelected.connect(lambda file: self._keeper.export(name, Path(file)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _choose_import(self) -> None:
        dialog = QFileDialog(self, "Import workspace", str(Path.home()), FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda file: self._keeper.take_in(Path(file)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def _described(arrangement: Arrangement) -> str:
    panels, windows = len(arrangement.keys), len(arrangement.frames)
    return counted(panels, "panel") + (f", {windows} windows" if windows > 1 else "")


def _list(name: str) -> QListWidget:
    made = QListWidget()
    made.setAccessibleName(name)
    made.setProperty("role", "contents")
    return made
