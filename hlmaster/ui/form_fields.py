"""The editors of a form, one a kind of value: yes or no, a choice, a number, a text, a list, a colour."""

from __future__ import annotations

import re
import types
import typing
from decimal import Decimal
from enum import Enum
from typing import Literal, Union

from pydantic.fields import FieldInfo
from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QIcon, QPixmap, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QColorDialog,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from hlmaster.core.config import unit_of
from hlmaster.ui.theme import Theme, restyle
from hlmaster.ui.typed import read

SWATCH = 14
LONG = 24
"""Letters of an item from which a list has a line for each."""
LINES, MARGIN = 6, 8
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def captioned(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "caption")
    return label


class Editor(QWidget):
    """``value`` is what the model is given: typed where the text can be read, else the text itself."""

    changed = Signal()

    def __init__(self, inner: QWidget, unit: str = "") -> None:
        super().__init__()
        self.inner = inner
        self.setFocusProxy(inner)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(6)
        self.row.addWidget(inner, 1)
        if unit:
            label = QLabel(unit)
            label.setProperty("role", "muted")
            label.setMinimumWidth(28)
            self.row.addWidget(label)

    def value(self) -> object:
        return None

    def set_value(self, value: object) -> None:
        """As if typed."""

    def problem(self) -> str:
        """Why the text cannot be read at all; what is out of range the model says."""
        return ""

    def words(self, value: object) -> str:
        return "nothing" if value is None else str(value).replace("_", " ")

    def mark(self, *, bad: bool) -> None:
        self.inner.setProperty("bad", "true" if bad else "false")
        restyle(self.inner)

    def name(self, title: str, help_text: str) -> None:
        self.inner.setAccessibleName(title)
        self.inner.setAccessibleDescription(help_text)


class YesNo(Editor):
    def __init__(self, value: object) -> None:
        self._box = QCheckBox()
        super().__init__(self._box)
        self._box.toggled.connect(self._say)
        self._box.setChecked(bool(value))
        self._say()
        self._box.toggled.connect(lambda _: self.changed.emit())

    def _say(self) -> None:
        self._box.setText("on" if self._box.isChecked() else "off")

    def value(self) -> object:
        return self._box.isChecked()

    def set_value(self, value: object) -> None:
        self._box.setChecked(bool(value))

    def words(self, value: object) -> str:
        return "on" if value else "off"


class _Combo(QComboBox):
    """A wheel over a form scrolls the form; it must not change what it happens to pass."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class Choice(Editor):
    def __init__(self, choices: tuple[object, ...], value: object) -> None:
        self._combo, self._choices = _Combo(), choices
        super().__init__(self._combo)
        self._combo.addItems([self.words(choice) for choice in choices])
        self.set_value(value)
        self._combo.currentIndexChanged.connect(lambda _: self.changed.emit())

    def value(self) -> object:
        return self._choices[self._combo.currentIndex()]

    def set_value(self, value: object) -> None:
        self._combo.setCurrentIndex(self._choices.index(value))


class Text(Editor):
    """``optional``: an empty text is None."""

    def __init__(self, value: object, unit: str = "", *, optional: bool = False) -> None:
        self.line = QLineEdit()
        super().__init__(self.line, unit)
        self._optional = optional
        if optional:
            self.line.setPlaceholderText("not set")
        self.set_value(value)
        self.line.textChanged.connect(lambda _: self.changed.emit())

    def value(self) -> object:
        text = self.line.text().strip()
        return None if self._optional and not text else text

    def set_value(self, value: object) -> None:
        self.line.setText("" if value is None else str(value))
        self.line.setCursorPosition(0)


class Numeric(Text):
    """Money and limits stay Decimal; whole numbers and floats become theirs in the model."""

    def __init__(self, value: object, unit: str, kinds: tuple[type, ...]) -> None:
        self._kinds = kinds
        super().__init__(value, unit, optional=type(None) in kinds)
        self.line.setProperty("role", "number")

    def value(self) -> object:
        text = self.line.text().strip()
        if self._optional and not text:
            return None
        typed = read(text).value
        if typed is None:
            return text
        if Decimal in self._kinds:
            return typed
        return int(typed) if int in self._kinds and typed == int(typed) else float(typed)

    def problem(self) -> str:
        return read(self.line.text()).problem

    def set_value(self, value: object) -> None:
        super().set_value(value if value is None else self.words(value))

    def words(self, value: object) -> str:
        return f"{Decimal(str(value)).normalize():,f}" if isinstance(value, Decimal | float | int) else "nothing"


class Listed(Text):
    """Separated by commas."""

    def value(self) -> object:
        return tuple(part.strip() for part in self.line.text().split(",") if part.strip())

    def set_value(self, value: object) -> None:
        super().set_value(self.words(value))

    def words(self, value: object) -> str:
        return ", ".join(map(str, value)) if isinstance(value, tuple | list) else ""


class Lines(Editor):
    """The same for what is long: one a line."""

    def __init__(self, value: object) -> None:
        self._text = QPlainTextEdit()
        super().__init__(self._text)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setTabChangesFocus(True)
        self._text.setFixedHeight(LINES * self._text.fontMetrics().lineSpacing() + 2 * MARGIN)
        self.set_value(value)
        self._text.textChanged.connect(self.changed)

    def value(self) -> object:
        return tuple(line.strip() for line in self._text.toPlainText().splitlines() if line.strip())

    def set_value(self, value: object) -> None:
        self._text.setPlainText("\n".join(map(str, value)) if isinstance(value, tuple | list) else "")

    def words(self, value: object) -> str:
        return ", ".join(map(str, value)) if isinstance(value, tuple | list) else ""


class Coloured(Text):
    """``#rrggbb`` with a swatch that opens the colour chooser."""

    def __init__(self, value: object, theme: Theme, *, optional: bool = False) -> None:
        self._swatch, self._blank = QPushButton(), theme.raised
        super().__init__(value, optional=optional)
        self.line.setProperty("role", "number")
        self._swatch.setToolTip("Choose a colour")
        self._swatch.setAccessibleName("Choose a colour")
        self._swatch.setFixedWidth(34)
        self.row.addWidget(self._swatch)
        self._swatch.clicked.connect(self._choose)
        self.line.textChanged.connect(self._show)
        self._show(self.line.text())

    def _show(self, text: str) -> None:
        pixels = QPixmap(SWATCH, SWATCH)
        pixels.fill(QColor(text if _COLOUR.fullmatch(text) else self._blank))
        self._swatch.setIcon(QIcon(pixels))

    def _choose(self) -> None:
        chooser = QColorDialog(QColor(self.line.text()), self)
        chooser.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        chooser.colorSelected.connect(lambda colour: self.set_value(colour.name()))
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()


def editor_for(info: FieldInfo, value: object, theme: Theme) -> Editor:
    choices, kinds = choices_of(info.annotation), kinds_of(info.annotation)
    pattern = next((str(rule.pattern) for rule in info.metadata if getattr(rule, "pattern", None)), "")
    if choices:
        return Choice(choices, value)
    if bool in kinds:
        return YesNo(value)
    if {int, float, Decimal} & set(kinds):
        return Numeric(value, unit_of(info), kinds)
    if {tuple, list} & set(kinds):
        usual = info.get_default(call_default_factory=True)
        return Lines(value) if any(len(str(one)) > LONG for one in usual or ()) else Listed(value, unit_of(info))
    if pattern.startswith("^#["):
        return Coloured(value, theme, optional=type(None) in kinds)
    return Text(value, unit_of(info), optional=type(None) in kinds)


def choices_of(annotation: object) -> tuple[object, ...]:
    """The values of a Literal or the members of an Enum, else none."""
    if typing.get_origin(annotation) is Literal:
        return typing.get_args(annotation)
    return tuple(annotation) if isinstance(annotation, type) and issubclass(annotation, Enum) else ()


def kinds_of(annotation: object) -> tuple[type, ...]:
    """``Decimal | None`` → (Decimal, NoneType), ``tuple[str, ...]`` → (tuple,)."""
    origin = typing.get_origin(annotation)
    if origin in (Union, types.UnionType):
        return tuple(kind for part in typing.get_args(annotation) for kind in kinds_of(part))
    kind = origin or annotation
    return (kind,) if isinstance(kind, type) else ()
