"""Beside the journal: tags and a note of the chosen trade."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from hlmaster.core.records import Trade
from hlmaster.desk.trade_journal import LONGEST_NOTE


def tags_of(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for part in text.split(",") if (tag := part.strip())))


class JournalEntry(QWidget):
    """``written`` carries (trade id, tags, note). What is being typed outlives changes of the trade."""

    written = Signal(str, tuple, str)

    def __init__(self) -> None:
        super().__init__()
        self._trade: Trade | None = None
        self.title, self.tags, self.note = QLabel(), QLineEdit(), QPlainTextEdit()
        self.save = QPushButton("Save")
        self.title.setProperty("role", "cardtitle")
        self.tags.setPlaceholderText("Tags, with commas between them")
        self.tags.setAccessibleName("Tags of the chosen trade")
        self.note.setPlaceholderText("What did you see, what did you feel, what would you do again?")
        self.note.setAccessibleName("Note on the chosen trade")
        self.note.setTabChangesFocus(True)
        self.save.setToolTip("Write tags and note into the journal (Ctrl+Enter)")
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 8, 8)
        column.setSpacing(6)
        for widget in (self.title, self.tags, self.note, self.save):
            column.addWidget(widget)
        column.setStretch(2, 1)
        self.tags.textEdited.connect(lambda _: self._show_state())
        self.tags.returnPressed.connect(self._write)
        self.note.textChanged.connect(self._show_state)
        self.save.clicked.connect(self._write)
        QShortcut(QKeySequence("Ctrl+Return"), self.note, self._write)
        self.show_trade(None)

    @property
    def trade_id(self) -> str:
        return "" if self._trade is None else self._trade.trade_id

    @property
    def is_changed(self) -> bool:
        trade = self._trade
        return trade is not None and (self._typed != (trade.tags, trade.note))

    @property
    def _typed(self) -> tuple[tuple[str, ...], str]:
        return tags_of(self.tags.text()), self.note.toPlainText().strip()

    def show_trade(self, trade: Trade | None) -> None:
        same = trade is not None and self._trade is not None and trade.trade_id == self._trade.trade_id
        if same and (self.is_changed or trade == self._trade):
            return
        self._trade = trade
        self.title.setText(
            "Choose a trade to write about it" if trade is None else f"{trade.coin}, closed by {trade.exit_reason}"
        )
        self.tags.setText("" if trade is None else ", ".join(trade.tags))
        self.note.setPlainText("" if trade is None else trade.note)
        for widget in (self.tags, self.note):
            widget.setEnabled(trade is not None)
        self._show_state()

    def settle(self, trade: Trade) -> None:
        """This is what stands in the journal now; what is typed and not written stays."""
        written = not self.is_changed or self._typed == (trade.tags, trade.note)
        self._trade = None if written else trade
        if written:
            self.show_trade(trade)

    def _show_state(self) -> None:
        over = len(self.note.toPlainText()) - LONGEST_NOTE
        self.save.setEnabled(self.is_changed and over <= 0)
        self.save.setText(f"{over} letters too many" if over > 0 else "Save")

    def _write(self) -> None:
        if self._trade is not None and self.save.isEnabled():
            self.written.emit(self._trade.trade_id, *self._typed)
