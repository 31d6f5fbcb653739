"""The bracket of a ticket: a stop, up to three targets with their shares, in the unit the trader thinks in."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from hlmaster.core.rounding import wire_text
from hlmaster.trading.bracket import MOST_TARGETS, Entry, Exits, ExitUnit, Priced, stop_value, target_value
from hlmaster.trading.ticket import PERCENT
from hlmaster.ui import figures
from hlmaster.ui.number_field import NumberField

UNITS = (
    (ExitUnit.PRICE, "Price", "Exits as prices"),
    (ExitUnit.PERCENT, "%", "Exits as distances from the entry, in per cent"),
    (ExitUnit.RISK, "R", "The stop in per cent, targets in multiples of what the stop costs"),
    (ExitUnit.MONEY, "$", "Exits as money lost or made, fees of both ends included"),
)
STOP_STEP = Decimal("0.1")
FIXED_SIZE = "Stop and targets are sent with the order: their size is fixed, and they rest at the exchange."
SHARE_WIDTH, BUTTON_WIDTH, UNIT_WIDTH = 46, 22, 66


class BracketBox(QWidget):
    """``changed`` after every edit, ``shaped`` when fields came or went."""

    changed = Signal()
    shaped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._risky = self._barred = self._low = False
        self._ready: tuple[tuple[Decimal, Decimal], ...] = ()
        self._entry: Entry | None = None
        self._priced = Priced()
        self.attach_stop = QCheckBox("Stop", self)
        self.attach_stop.setAccessibleName("Attach a stop")
        self.attach_target = QCheckBox("Target", self)
        self.attach_target.setAccessibleName("Attach a target")
        self.presets = QPushButton("Ready ▾", self)
        self.presets.setProperty("role", "ghost")
        self.presets.setToolTip("Take a ready bracket: stop distance and target")
        self.unit = QComboBox(self)
        self.unit.setAccessibleName("Unit of the bracket")
        for unit, text, tip in UNITS:
            self.unit.addItem(text, unit)
            self.unit.setItemData(self.unit.count() - 1, tip, 3)
        self.stop = self._field("Stop", "Stop")
        self.targets = [self._field("Target", f"Target {n + 1}") for n in range(MOST_TARGETS)]
        self.shares = [self._field("", f"Share of target {n + 1}, per cent") for n in range(MOST_TARGETS)]
        self.edges = [QPushButton("+" if n == 0 else "×", self) for n in range(MOST_TARGETS)]
        self.stop_words, self.target_words = QLabel(self), QLabel(self)
        for label in (self.stop_words, self.target_words):
            label.setProperty("role", "caption")
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._count = 1
        self._lay_out()
        self._connect()
        self.shape()

    def _field(self, caption: str, name: str) -> NumberField:
        field = NumberField(self)
        field.setProperty("caption", caption)
        field.setAccessibleName(name)
        return field

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(8)
        head.addWidget(self.attach_stop)
        head.addWidget(self.attach_target)
        head.addStretch(1)
        head.addWidget(self.unit)
        head.addWidget(self.presets)
        self.unit.setFixedWidth(UNIT_WIDTH)
        self.exits_row = QWidget(self)
        grid = QGridLayout(self.exits_row)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        grid.addWidget(self.stop, 0, 0)
        for row in range(MOST_TARGETS):
            grid.addWidget(self.targets[row], row, 1)
            grid.addWidget(self.shares[row], row, 2)
            grid.addWidget(self.edges[row], row, 3)
            self.shares[row].setFixedWidth(SHARE_WIDTH)
            self.edges[row].setFixedWidth(BUTTON_WIDTH)
            self.edges[row].setProperty("role", "small")
        grid.addWidget(self.stop_words, MOST_TARGETS, 0)
        grid.addWidget(self.target_words, MOST_TARGETS, 1, 1, 3)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        for column in (0, 1):
            grid.setColumnMinimumWidth(column, 60)
        whole = QGridLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        whole.addLayout(head, 0, 0)
        whole.addWidget(self.exits_row, 1, 0)

    def _connect(self) -> None:
        self.attach_stop.toggled.connect(self._on_toggled)
        self.attach_target.toggled.connect(self._on_toggled)
        self._was = ExitUnit.PRICE
        self.unit.currentIndexChanged.connect(self._on_unit)
        self.presets.clicked.connect(self._offer)
        for field in (self.stop, *self.targets, *self.shares):
            field.changed.connect(self.changed)
        for field in self.shares:
            field.changed.connect(self._share_out)
        self.edges[0].clicked.connect(lambda: self.set_count(self._count + 1))
        for number in (1, 2):
            self.edges[number].clicked.connect(partial(self._remove, number))

    def tab_order(self) -> list[QWidget]:
        rows = [widget for row in zip(self.targets, self.shares, self.edges, strict=True) for widget in row]
        return [self.attach_stop, self.attach_target, self.presets, self.unit, self.stop, *rows]

    # --- shape ---

    @property
    def exit_unit(self) -> ExitUnit:
        return ExitUnit(self.unit.currentData())

    @property
    def count(self) -> int:
        return self._count

    def wants_stop(self) -> bool:
        return self._risky or (self.attach_stop.isChecked() and not self._barred)

    def wants_target(self) -> bool:
        return self.attach_target.isChecked() and not self._barred

    def allow(self, *, barred: str, risky: bool) -> None:
        """``barred``: why there can be no bracket. ``risky``: the size is measured to the stop, so there is one."""
        self._barred, self._risky = bool(barred), risky
        tips = ("A stop is sent with the order: it gets you out at a loss you have chosen", "Targets take the profit")
        for box, tip in zip((self.attach_stop, self.attach_target), tips, strict=True):
            box.setEnabled(not barred)
            box.setToolTip(barred or tip)
        self.presets.setEnabled(not barred)
        model = self.unit.model()
        item = model.item(self.unit.findData(ExitUnit.MONEY)) if hasattr(model, "item") else None
        if item is not None:
            item.setEnabled(not risky)
        if risky and self.exit_unit is ExitUnit.MONEY:
            self.choose_unit(ExitUnit.PERCENT)
        self.shape()

    def set_low(self, on: bool) -> None:
        """Without the words under the fields, which the chart's lines say too."""
        if on != self._low:
            self._low = on
            self.shape()

    def shape(self) -> None:
        stop, target = self.wants_stop(), self.wants_target()
        self.exits_row.setVisible(stop or target)
        self.unit.setVisible(stop or target)
        self.presets.setText("▾" if stop or target else "Ready ▾")
        self.stop_words.setVisible(stop and not self._low)
        self.target_words.setVisible(target and not self._low)
        self.stop.setVisible(stop)
        several = self._count > 1
        for number in range(MOST_TARGETS):
            shown = target and number < self._count
            self.targets[number].setVisible(shown)
            self.shares[number].setVisible(shown and several)
            self.edges[number].setVisible(shown and (number > 0 or self._count < MOST_TARGETS))
        self.edges[0].setToolTip("Another target")
        self.edges[0].setAccessibleName("Another target")
        for number in (1, 2):
            self.edges[number].setToolTip("Without this target")
            self.edges[number].setAccessibleName(f"Remove target {number + 1}")
        self._caption()

    def _caption(self) -> None:
        unit = self.exit_unit
        signs = {ExitUnit.PRICE: ("", ""), ExitUnit.PERCENT: (" %", " %"), ExitUnit.RISK: (" %", " R")}
        stop, target = signs.get(unit, (" $", " $"))
        self._retitle(self.stop, f"Stop{stop}", "Where you get out at a loss; the risk is measured to here")
        for field in self.targets:
            self._retitle(field, f"Target{target}", "Where you take the profit")

    @staticmethod
    def _retitle(field: NumberField, caption: str, tip: str) -> None:
        if field.property("caption") != caption:
            field.setProperty("caption", caption)
            field.setToolTip(f"{tip}; arrow keys step, with Shift by ten")
            field.update()

    def _on_toggled(self, _: bool) -> None:
        self.shape()
        self.shaped.emit()

    def set_count(self, count: int) -> None:
        """So many targets, the position shared out evenly among them."""
        self._count = max(1, min(count, MOST_TARGETS))
        even = PERCENT // self._count
        for number in range(self._count):
            self.shares[number].set_value(even)
        self._share_out()
        self.shape()
        self.shaped.emit()

    def _remove(self, number: int) -> None:
        for row in range(number, self._count - 1):
            self.targets[row].setText(self.targets[row + 1].text())
        self.targets[self._count - 1].clear()
        self.set_count(self._count - 1)

    def _share_out(self) -> None:
        """The last target takes what the others leave."""
        last = self._count - 1
        for number, field in enumerate(self.shares):
            field.setReadOnly(number == last)
        given = sum((field.value or Decimal(0) for field in self.shares[:last]), Decimal(0))
        if self._count > 1 and self.shares[last].value != PERCENT - given:
            self.shares[last].set_value(PERCENT - given)

    # --- values ---

    def fields(self) -> list[tuple[NumberField, str]]:
        """Those that are part of the ticket, with what they are called."""
        used = [(self.stop, "stop")] if self.wants_stop() else []
        if self.wants_target():
            names = ["target"] if self._count == 1 else [f"target {n + 1}" for n in range(self._count)]
            used += list(zip(self.targets, names, strict=False))
        return used

    def exits(self) -> Exits:
        stop = self.stop.value if self.wants_stop() else None
        if not self.wants_target():
            return Exits(self.exit_unit, stop)
        shares = [PERCENT] if self._count == 1 else [field.value or Decimal(0) for field in self.shares]
        values = [field.value or Decimal(0) for field in self.targets[: self._count]]
        return Exits(self.exit_unit, stop, tuple(zip(values, shares, strict=False)))

    def clear(self) -> None:
        for field in (self.stop, *self.targets):
            field.clear()

    def clear_prices(self) -> None:
        """What belonged to another coin; distances are good for any."""
        if self.exit_unit in (ExitUnit.PRICE, ExitUnit.MONEY):
            self.clear()

    def choose_unit(self, unit: ExitUnit) -> None:
        self.unit.setCurrentIndex(self.unit.findData(unit))

    def _on_unit(self, _: int) -> None:
        """The exits stay where they are and are said in another way."""
        entry, was = self._entry, self._priced
        unit = self.exit_unit
        self._caption()
        if entry is None or (was.stop is None and not was.targets):
            if unit is not ExitUnit.PERCENT:
                self.clear()
            self.changed.emit()
            return
        if was.stop is not None:
            self.stop.set_value(stop_value(was.stop, unit, entry))
        for field, target in zip(self.targets, was.targets, strict=False):
            field.set_value(target_value(target.price, unit, entry, was.stop, target.share))
        self.changed.emit()

    def show_priced(self, entry: Entry | None, priced: Priced) -> None:
        """Where the exits lie: the price and the distance of each, under the fields."""
        self._entry, self._priced = entry, priced
        if entry is None or priced.problem:
            stop = targets = ""
        else:
            stop = "" if priced.stop is None else _at(priced.stop, entry)
            targets = "\n".join(self._target_words(entry, priced))
        for label, text in ((self.stop_words, stop), (self.target_words, targets)):
            if label.text() != text:
                label.setText(text)
            label.setToolTip(FIXED_SIZE if text else "")

    @staticmethod
    def _target_words(entry: Entry, priced: Priced) -> list[str]:
        risk = None if priced.stop is None else -entry.result(priced.stop)
        lines = []
        for target in priced.targets:
            multiple = "" if risk is None or risk <= 0 else f" {entry.result(target.price) / risk:.1f}R"
            lines.append(f"{_at(target.price, entry)}{multiple}")
        return lines

    # --- ready brackets ---

    def set_ready(self, ready: tuple[tuple[Decimal, Decimal], ...]) -> None:
        self._ready = ready

    def _offer(self) -> None:
        menu = QMenu(self)
        for number, (away, multiple) in enumerate(self._ready):
            text = f"Stop {wire_text(away)} %, target {wire_text(multiple)} R"
            menu.addAction(text, partial(self.take_ready, number))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.presets.mapToGlobal(self.presets.rect().bottomLeft()))

    def take_ready(self, number: int) -> None:
        """Stop and one target, at the distances of ready bracket ``number``."""
        if self._barred or number >= len(self._ready):
            return
        away, multiple = self._ready[number]
        self.set_count(1)
        self._entry, self._priced = None, Priced()
        self.choose_unit(ExitUnit.RISK)
        for box in (self.attach_stop, self.attach_target):
            box.setChecked(True)
        self.stop.set_value(away)
        self.targets[0].set_value(multiple)

    @property
    def loss(self) -> Decimal | None:
        """USD that a coin loses at the stop, fees of both ends included; None where no stop is known."""
        entry, stop = self._entry, self._priced.stop
        return None if entry is None or stop is None else -entry.result(stop)

    @property
    def stop_percent(self) -> Decimal | None:
        """The stop's distance as it is typed; None where it is not in per cent."""
        is_distance = self.exit_unit in (ExitUnit.PERCENT, ExitUnit.RISK)
        return self.stop.value if is_distance and self.wants_stop() else None


def _at(price: Decimal, entry: Entry) -> str:
    """``3,366.0 -1.00%``."""
    away = (price / entry.price - 1) if entry.price else None
    return f"{figures.price(price, entry.size_decimals)} {figures.percent(away, signed=True)}"
