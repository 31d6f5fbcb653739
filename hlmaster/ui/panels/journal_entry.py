"""Beside the journal: tags and a note of the chosen trade, with the tags that are mostly used one click away."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from hlmaster.core.records import Trade
from hlmaster.desk.trade_journal import LONGEST_NOTE
from hlmaster.ui import figures

CHIPS_IN_A_ROW, LONGEST_CHIP = 3, 8


def tags_of(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for part in text.split(",") if (tag := part.strip())))


class TagChips(QWidget):
    """``pressed`` carries a tag that is to be put on, or taken off again."""

    pressed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(3)
        self.chips: dict[str, QPushButton] = {}

    def offer(self, tags: Sequence[str]) -> None:
        if [*self.chips] == [*tags]:
            return
        for chip in self.chips.values():
            self._grid.removeWidget(chip)
            chip.deleteLater()
        self.chips = {tag: self._chip(tag) for tag in tags}
        for place, chip in enumerate(self.chips.values()):
            self._grid.addWidget(chip, *divmod(place, CHIPS_IN_A_ROW))

    def _chip(self, tag: str) -> QPushButton:
        chip = QPushButton(figures.shortened(tag, LONGEST_CHIP))
        chip.setProperty("role", "small")
        chip.setCheckable(True)
        chip.setToolTip(f"Tag it: {tag}")
        chip.setAccessibleName(f"Tag {tag}")
        chip.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        chip.clicked.connect(partial(self.pressed.emit, tag))
        return chip

    def show_on(self, tags: Collection[str]) -> None:
        for tag, chip in self.chips.items():
            chip.setChecked(tag in tags)


class JournalEntry(QWidget):
    """``written`` carries (trade id, tags, note), ``left`` the id of a trade of which there is nothing to say. What is
    being typed outlives changes of the trade."""

    written = Signal(str, tuple, str)
    left = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._trade: Trade | None = None
        self.title, self.tags, self.note = QLabel(), QLineEdit(), QPlainTextEdit()
        self.chips = TagChips()
        self.save, self.leave = QPushButton("Save"), QPushButton("Nothing to add")
        self.title.setProperty("role", "cardtitle")
        self.tags.setPlaceholderText("Tags, separated by commas")
        self.tags.setAccessibleName("Tags of the chosen trade")
        self.note.setPlaceholderText("What did you see, what did you feel, what would you do again?")
        self.note.setAccessibleName("Note on the chosen trade")
        self.note.setTabChangesFocus(True)
        self.save.setToolTip("Write tags and note into the journal (Ctrl+Enter)")
        self.leave.setProperty("role", "ghost")
        self.leave.setToolTip("Ask no more about this trade")
        self.save.setProperty("role", "small")
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        # Above what is written: a low place shows less of the note, and never the note without its button
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self.title, 1)
        head.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 6, 8)
        column.setSpacing(6)
        column.addLayout(head)
        for widget in (self.chips, self.tags, self.note):
            column.addWidget(widget)
        column.addWidget(self.leave)
        column.setStretch(3, 1)
        self.chips.pressed.connect(self._toggle)
        self.leave.clicked.connect(lambda: self.left.emit(self.trade_id))
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

    def show_trade(self, trade: Trade | None, *, wanted: bool = False) -> None:
        """``wanted``: it is asked about, until something is written or left."""
        self.leave.setVisible(wanted)
        same = trade is not None and self._trade is not None and trade.trade_id == self._trade.trade_id
        if same and (self.is_changed or trade == self._trade):
            return
        self._trade = trade
        self.title.setText("Choose a trade to note on" if trade is None else f"{trade.coin} · {trade.exit_reason}")
        self.tags.setText("" if trade is None else ", ".join(trade.tags))
        self.note.setPlainText("" if trade is None else trade.note)
        self.title.setToolTip(self.title.text())
        self.save.setVisible(trade is not None)
        for widget in (self.chips, self.tags, self.note):
            widget.setEnabled(trade is not None)
        self._show_state()

    def settle(self, trade: Trade) -> None:
        """This is what stands in the journal now; what is typed and not written stays."""
        written = not self.is_changed or self._typed == (trade.tags, trade.note)
        self._trade = None if written else trade
        if written:
            self.show_trade(trade)

    def _toggle(self, tag: str) -> None:
        tags = tags_of(self.tags.text())
        self.tags.setText(", ".join(one for one in tags if one != tag) if tag in tags else ", ".join((*tags, tag)))
        self._show_state()

    def _show_state(self) -> None:
        self.chips.show_on(self._typed[0])
        over = len(self.note.toPlainText()) - LONGEST_NOTE
        self.save.setEnabled(self.is_changed and over <= 0)
        self.save.setText(f"{over} letters too many" if over > 0 else "Save")

    def _write(self) -> None:
        if self._trade is not None and self.save.isEnabled():
            self.written.emit(self._trade.trade_id, *self._typed)
