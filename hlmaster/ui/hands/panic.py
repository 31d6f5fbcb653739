"""One red button with three strengths: flatten at once, and below it all three with what each of them means."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hlmaster.ui.context import Context
from hlmaster.ui.hands.overlay import Overlay
from hlmaster.ui.kill_switch import CANCEL, FLATTEN, STRENGTHS, Strength, WayOut

WIDTH = 540
LOOK_MS = 500
NOTE = "Each works on the account as the exchange states it, orders placed elsewhere included. A report follows."


class WaysOut(Overlay):
    """All three, the mildest first, each with what it would do now in numbers, followed while it is open."""

    def __init__(self, context: Context, window: QWidget) -> None:
        super().__init__(window)
        self.setAccessibleName("Ways out")
        self.setFixedWidth(WIDTH)
        heading, note = QLabel("Out, in three strengths"), QLabel(NOTE)
        heading.setProperty("role", "brand")
        note.setProperty("role", "faint")
        note.setWordWrap(True)
        self.buttons: dict[Strength, WayOut] = {strength: WayOut(context, strength) for strength in STRENGTHS}
        self.exits = QCheckBox("Stops and targets too")
        self.exits.setToolTip("Stops that protection keeps come back, for every position stays protected.")
        self.exits.toggled.connect(self._with_exits)
        self._keys: dict[Strength, QLabel] = {}
        self.numbers: dict[Strength, QLabel] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(12)
        for row, strength in enumerate(STRENGTHS):
            grid.addWidget(self.buttons[strength], row, 0)
            grid.addLayout(self._words(strength), row, 1)
        grid.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(12)
        layout.addWidget(heading)
        layout.addLayout(grid)
        layout.addWidget(note)
        self._beat = QTimer(self, interval=LOOK_MS)
        self._beat.timeout.connect(self.look)
        self.closed.connect(self._beat.stop)
        # Numbers that are seen or hidden from now on
        context.theme_changed.connect(self.look)

    def _words(self, strength: Strength) -> QVBoxLayout:
        title, keys, meaning = QLabel(strength.title), QLabel(), QLabel(strength.meaning)
        title.setProperty("role", "cardtitle")
        keys.setProperty("role", "keys")
        meaning.setProperty("role", "muted")
        meaning.setWordWrap(True)
        self._keys[strength] = keys
        numbers = self.numbers[strength] = QLabel()
        numbers.setProperty("role", "verdict")
        numbers.setWordWrap(True)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(keys)
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(numbers)
        column.addWidget(meaning)
        if strength is CANCEL:
            column.addWidget(self.exits)
        return column

    def show_keys(self, strength: Strength, keys: str) -> None:
        self.buttons[strength].show_keys(keys)
        self._keys[strength].setText(f"{keys} twice" if keys else "")

    def _with_exits(self, on: bool) -> None:
        self.buttons[CANCEL].exits = on
        self.look()

    def look(self) -> None:
        for strength, label in self.numbers.items():
            words = self.buttons[strength].does()
            if label.text() != words:
                label.setText(words)
                self.buttons[strength].setAccessibleDescription(f"{words} {strength.meaning}")
        layout = self.layout()
        assert layout is not None
        self.setFixedHeight(layout.totalHeightForWidth(WIDTH))

    def open_below(self, button: QWidget, first: Strength = FLATTEN) -> None:
        self.look()
        self._beat.start()
        window = self.parentWidget()
        assert window is not None
        corner = button.mapTo(window, QPoint(button.width(), button.height() + 6))
        self.move(max(8, min(corner.x(), window.width() - 8) - self.width()), corner.y())
        self.come(self.buttons[first])


class PanicButton(QWidget):
    """``FLATTEN ALL`` and a small one beside it that opens the three strengths."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._ways: WaysOut | None = None
        self._keys: dict[Strength, str] = {strength: strength.keys for strength in STRENGTHS}
        self.flatten = WayOut(context, FLATTEN, "FLATTEN ALL", "ONCE MORE")
        self.more = QPushButton("▾")
        self.more.setProperty("role", "dangermore")
        self.more.setAccessibleName("Ways out")
        self.more.setToolTip("Cancel all orders, flatten, or kill: what each of them does")
        self.more.clicked.connect(self.toggle)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        row.addWidget(self.flatten)
        row.addWidget(self.more)
        self.flatten.setProperty("joined", "left")

    @property
    def ways(self) -> WaysOut:
        """Made when it is first asked for, in the window that the button is in by then."""
        if self._ways is None:
            self._ways = WaysOut(self._context, self.window())
            for strength, keys in self._keys.items():
                self._ways.show_keys(strength, keys)
        return self._ways

    def show_keys(self, strength: Strength, keys: str) -> None:
        self._keys[strength] = keys
        if strength is FLATTEN:
            self.flatten.show_keys(keys)
        if self._ways is not None:
            self._ways.show_keys(strength, keys)

    def toggle(self) -> None:
        if self._ways is not None and self._ways.isVisible():
            self._ways.go()
        else:
            self.ways.open_below(self)

    def press(self, strength: Strength) -> None:
        """A key was pressed: the first press shows what it will do and asks for a second, which does it."""
        self.ways.open_below(self, strength)
        self.ways.buttons[strength].press_key()
