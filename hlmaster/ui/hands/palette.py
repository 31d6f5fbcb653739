"""The command palette (Ctrl+K): a few letters find every action, coin, setting, strategy and page; Enter does it."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QEvent, QItemSelectionModel, QObject, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from hlmaster.ui.context import Context
from hlmaster.ui.hands.entries import Entries, Entry
from hlmaster.ui.hands.overlay import Overlay
from hlmaster.ui.hands.palette_list import ROW, EntryModel, EntryPainter
from hlmaster.ui.hands.ranking import Text, ranked
from hlmaster.ui.readout import set_tone

WIDTH, ROWS, TOP = 680, 12, 72
MOST_RECENT = 12
HINT = "↵ does it   ↑ ↓ choose   Esc closes"
NOTHING = "Nothing has these letters. Try fewer, or a word of the group: chart, panel, sound, risk."
STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -(ROWS - 1), Qt.Key.Key_PageDown: ROWS - 1}


class Palette(Overlay):
    """``opens`` shows it with everything there is at that moment; the entries used last come first."""

    def __init__(self, context: Context, entries: Entries, window: QWidget) -> None:
        super().__init__(window)
        self.setAccessibleName("Command palette")
        self._context, self._entries = context, entries
        self._found: dict[str, Entry] = {}
        self._texts: dict[str, Text] = {}
        self.recent: deque[str] = deque(maxlen=MOST_RECENT)
        self.search, self.view, self.footer = QLineEdit(), QListView(), QLabel(HINT)
        self.model = EntryModel()
        self._painter = EntryPainter(self.model, context.theme)
        self._lay_out()
        self.search.textChanged.connect(self._find)
        self.search.installEventFilter(self)
        self.view.clicked.connect(lambda index: self.do(self.model.entry(index.row())))
        context.theme_changed.connect(self._dress)
        window.installEventFilter(self)

    def _lay_out(self) -> None:
        self.search.setPlaceholderText("Find an action, coin, setting, strategy or help page")
        self.search.setAccessibleName("Find anything")
        self.search.setProperty("role", "search")
        self.search.setFrame(False)
        self.view.setAccessibleName("Found")
        self.view.setModel(self.model)
        self.view.setItemDelegate(self._painter)
        self.view.setUniformItemSizes(True)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.footer.setProperty("role", "caption")
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 6, 12, 8)
        foot.addWidget(self.footer)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        layout.addWidget(self.search)
        layout.addWidget(self.view)
        layout.addLayout(foot)

    def open(self, window: QWidget) -> None:
        """Over ``window``, with nothing typed; once more closes it."""
        if self.isVisible():
            self.go()
            return
        if window is not self.parentWidget():
            self.setParent(window)
            window.installEventFilter(self)
        self._found = self._entries.all()
        self._texts = {key: entry.text for key, entry in self._found.items()}
        self.search.clear()
        self._find("")
        self.come(self.search)

    def _place(self) -> None:
        window = self.parentWidget()
        assert window is not None
        width = min(WIDTH, window.width() - 32)
        rows = min(ROWS, self.model.rowCount(), (window.height() - TOP - 120) // ROW)
        self.view.setFixedHeight(rows * ROW)
        self.setFixedWidth(width)
        self.adjustSize()
        self.move((window.width() - width) // 2, TOP)

    def _dress(self) -> None:
        self._painter.set_theme(self._context.theme)
        self.view.viewport().update()

    # --- finding ---

    @property
    def chosen(self) -> Entry | None:
        return self.model.entry(self.view.currentIndex().row())

    def _find(self, wanted: str) -> None:
        keys = ranked(wanted, self._texts, self.recent)
        self.model.show([self._found[key] for key in keys])
        self._select(0)
        self._place()
        self._tell("" if keys else NOTHING)

    def _select(self, row: int) -> None:
        index = self.model.index(max(0, min(self.model.rowCount() - 1, row)))
        self.view.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.view.scrollTo(index)
        self._tell("")

    def _tell(self, sentence: str) -> None:
        self.footer.setText(sentence or HINT)
        set_tone(self.footer, "warning" if sentence else "")

    # --- doing ---

    def do(self, entry: Entry | None) -> None:
        """What cannot be says why and stays."""
        if entry is None:
            return
        if refusal := entry.refusal():
            self._tell(refusal)
            return
        if entry.key in self.recent:
            self.recent.remove(entry.key)
        self.recent.appendleft(entry.key)
        if entry.stays:
            entry.run()
            self.view.viewport().update()
        else:
            self.go()
            entry.run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QResizeEvent) and watched is self.parentWidget() and self.isVisible():
            self._place()
        if isinstance(event, QKeyEvent) and watched is self.search and event.type() is QEvent.Type.KeyPress:
            return self._on_key(event)
        return False

    def _on_key(self, event: QKeyEvent) -> bool:
        step = STEPS.get(Qt.Key(event.key()))
        if step is not None:
            self._select(self.view.currentIndex().row() + step)
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.do(self.chosen)
            return True
        return False
