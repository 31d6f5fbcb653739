"""The keyboard: every action with its keys, recorded by pressing them, and what clashes said at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from hlmaster.core.errors import ConfigError
from hlmaster.ui.actions import Action, Actions
from hlmaster.ui.hands.help_text import by_group
from hlmaster.ui.hands.keymap import KeyMap
from hlmaster.ui.hands.keys import shown
from hlmaster.ui.hands.recorder import Recorder
from hlmaster.ui.readout import set_tone
from hlmaster.ui.theme import number_font, text_font

SIZE = (820, 640)
COLUMNS = ("ACTION", "KEYS", "")
KEY = Qt.ItemDataRole.UserRole
NOTHING = "Choose an action above to give it keys."


class KeysDialog(QDialog):
    HELP = "keyboard"

    def __init__(self, actions: Actions, keymap: KeyMap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard")
        self.resize(*SIZE)
        self._actions, self._keymap = actions, keymap
        self._wanted = ""
        self.search, self.tree = QLineEdit(), QTreeWidget()
        self.heading, self.sentence, self.problems = QLabel(NOTHING), QLabel(), QLabel()
        self.recorder = Recorder()
        self.swap = self._button("Swap", "That action gets the keys this one has now", lambda: self._give(swap=True))
        self.take = self._button("Take them", "That action is left without keys", lambda: self._give(swap=False))
        self.leave = self._button("Leave it", "Everything stays as it is", self._show_chosen)
        self.clear = self._button("No keys", "This action can then be reached by the palette alone", self._clear)
        self.reset = self._button("Default", "This action's keys as they came", self._reset_one)
        self.reset_all = self._button("All to default", "Every key as it came", self._reset_all)
        self._lay_out()
        self.search.textChanged.connect(self._filter)
        self.tree.currentItemChanged.connect(lambda *_: self._show_chosen())
        self.tree.itemActivated.connect(lambda *_: self.recorder.begin() if self.chosen else None)
        self.recorder.recorded.connect(self.record)
        keymap.changed.connect(self._fill)
        QShortcut(QKeySequence.StandardKey.Find, self, self.search.setFocus)
        self._fill()
        self.search.setFocus()

    @staticmethod
    def _button(text: str, tip: str, work: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _: work())
        return button

    def _lay_out(self) -> None:
        self.search.setPlaceholderText("Search actions and keys")
        self.search.setAccessibleName("Search actions and keys")
        self.search.setClearButtonEnabled(True)
        self.tree.setAccessibleName("Actions and their keys")
        self.tree.setProperty("role", "keys")
        self.tree.setColumnCount(len(COLUMNS))
        self.tree.setHeaderLabels(COLUMNS)
        self.tree.setIndentation(14)
        self.tree.setUniformRowHeights(True)
        header = self.tree.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.resizeSection(1, 190)
        header.resizeSection(2, 190)
        header.setStretchLastSection(False)
        self.heading.setProperty("role", "cardtitle")
        self.recorder.setMinimumWidth(190)
        for label in (self.sentence, self.problems):
            label.setWordWrap(True)
        set_tone(self.problems, "warning")
        row, choice = QHBoxLayout(), QHBoxLayout()
        for widget in (self.recorder, self.clear, self.reset):
            row.addWidget(widget)
        row.addStretch(1)
        choice.addWidget(self.sentence, 1)
        for button in (self.swap, self.take, self.leave):
            choice.addWidget(button)
        panel = QFrame()
        panel.setProperty("role", "panel")
        inside = QVBoxLayout(panel)
        inside.setContentsMargins(14, 10, 14, 10)
        inside.setSpacing(8)
        inside.addWidget(self.heading)
        inside.addLayout(row)
        inside.addLayout(choice)
        inside.addStretch(1)
        panel.setFixedHeight(118)
        listed = QFrame()
        listed.setProperty("role", "panel")
        around = QVBoxLayout(listed)
        around.setContentsMargins(1, 1, 1, 1)
        around.addWidget(self.tree)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(10)
        layout.addWidget(self.search)
        layout.addWidget(self.problems)
        layout.addWidget(listed, 1)
        layout.addWidget(panel)
        layout.addLayout(self._last_row())

    def _last_row(self) -> QHBoxLayout:
        last = QHBoxLayout()
        copy = self._button("Copy as text", "The whole map, for print or a note", self._copy)
        save = self._button("Save as text …", "The whole map into a file", self._choose_file)
        close = self._button("Close", "Every change is kept already", self.accept)
        close.setProperty("role", "primary")
        for button in (self.reset_all, copy, save):
            last.addWidget(button)
        last.addStretch(1)
        last.addWidget(close)
        return last

    # --- the list ---

    def _fill(self) -> None:
        chosen = self.chosen
        groups: dict[str, QTreeWidgetItem] = {}
        self.tree.blockSignals(True)
        self.tree.clear()
        ordered = [action for members in by_group(self._actions.all()).values() for action in members]
        for action in ordered:
            group = groups.get(action.group)
            if group is None:
                group = groups[action.group] = QTreeWidgetItem(self.tree, [action.group])
                group.setFlags(Qt.ItemFlag.ItemIsEnabled)
                group.setFont(0, text_font(12, strong=True))
            item = self._item(group, action)
            if chosen is not None and action.key == chosen.key:
                self.tree.setCurrentItem(item)
        self.tree.expandAll()
        self.tree.blockSignals(False)
        told = [*self._keymap.problems, *self._keymap.unmet()]
        unknown = self._keymap.unknown()
        if unknown:
            told.append(f"Kept, though nothing here is called so: {', '.join(unknown)}.")
        self.problems.setText("\n".join(told[:4]))
        self.problems.setVisible(bool(told))
        self._filter(self.search.text())
        self._show_chosen()

    def _item(self, group: QTreeWidgetItem, action: Action) -> QTreeWidgetItem:
        notes = ["while armed"] if action.is_trading else []
        if self._keymap.is_changed(action.key):
            notes.append(f"default {shown(action.keys)}" if action.keys else "no default")
        item = QTreeWidgetItem(group, [action.title, self._keymap.shown(action.key), " · ".join(notes)])
        item.setFont(1, number_font(12))
        item.setForeground(2, self.palette().placeholderText())
        item.setData(0, KEY, action.key)
        item.setToolTip(0, action.hint)
        return item

    def _filter(self, words: str) -> None:
        wanted = words.casefold().split()
        for place in range(self.tree.topLevelItemCount()):
            group = self.tree.topLevelItem(place)
            assert group is not None
            items = [item for row in range(group.childCount()) if (item := group.child(row)) is not None]
            for item in items:
                text = f"{group.text(0)} {item.text(0)} {item.text(1)}".casefold()
                item.setHidden(not all(word in text for word in wanted))
            group.setHidden(all(item.isHidden() for item in items))

    @property
    def chosen(self) -> Action | None:
        item = self.tree.currentItem()
        return None if item is None else self._actions.get(item.data(0, KEY) or "")

    def choose(self, key: str) -> None:
        """As if its row were clicked."""
        for found in self.tree.findItems("*", Qt.MatchFlag.MatchWildcard | Qt.MatchFlag.MatchRecursive):
            if found.data(0, KEY) == key:
                self.tree.setCurrentItem(found)

    def _show_chosen(self) -> None:
        action = self.chosen
        self._wanted = ""
        for button in (self.swap, self.take, self.leave):
            button.hide()
        for button in (self.recorder, self.clear, self.reset):
            button.setEnabled(action is not None)
        self.heading.setText(NOTHING if action is None else action.title)
        self.recorder.show_keys("" if action is None else self._keymap.of(action.key))
        self.reset.setEnabled(action is not None and self._keymap.is_changed(action.key))
        self.reset_all.setEnabled(self._keymap.is_any_changed)
        self._say("These work only while trading gestures are armed." if action and action.is_trading else "", "")

    def _say(self, sentence: str, tone: str) -> None:
        self.sentence.setText(sentence)
        set_tone(self.sentence, tone)

    # --- changing ---

    def record(self, keys: str) -> None:
        """In force at once where nothing clashes; else the choice is shown."""
        action = self.chosen
        if action is None:
            return
        clashes = self._keymap.clashes(action.key, keys)
        if not clashes:
            self._do(lambda: self._keymap.set(action.key, keys))
            return
        others = {clash.other for clash in clashes}
        can_have = "" not in others
        self._wanted = keys if can_have else ""
        self._say(" ".join(clash.sentence for clash in clashes), "warning")
        self.recorder.show_keys(keys)
        self.swap.setVisible(can_have and len(others) == 1)
        self.take.setVisible(can_have)
        self.leave.setVisible(True)
        (self.swap if self.swap.isVisible() else self.leave).setFocus()

    def _give(self, *, swap: bool) -> None:
        action = self.chosen
        if action is not None and self._wanted:
            keys = self._wanted
            self._do(lambda: self._keymap.give(action.key, keys, swap=swap))

    def _clear(self) -> None:
        action = self.chosen
        if action is not None:
            self._do(lambda: self._keymap.set(action.key, ""))

    def _reset_one(self) -> None:
        action = self.chosen
        if action is not None:
            self._do(lambda: self._keymap.reset(action.key))

    def _reset_all(self) -> None:
        self._do(self._keymap.reset)

    def _do(self, change: Callable[[], object]) -> None:
        try:
            change()
        except ConfigError as error:
            self._say(str(error), "danger")

    # --- as text ---

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._keymap.as_text())
        self._say("The map is in the clipboard.", "good")

    def _choose_file(self) -> None:
        chooser = QFileDialog(
            self, "Save the keyboard as text", str(Path.home() / "hyperliquidmaster-keys.txt"), "*.txt"
        )
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setDefaultSuffix("txt")
        chooser.fileSelected.connect(lambda name: self.export(Path(name)))
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def export(self, target: Path) -> None:
        try:
            target.write_text(self._keymap.as_text(), encoding="utf-8")
        except OSError as error:
            self._say(f"{target} cannot be written: {error.strerror}. Choose another place.", "danger")
        else:
            self._say(f"Saved to {target}.", "good")
