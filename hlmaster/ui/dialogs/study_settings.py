"""The settings of one study on a chart, made from its parameters; the chart shows every change at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QDateTime, QPoint, QSize, Qt, QTimeZone, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPixmap
from PySide6.QtWidgets import (
    QColorDialog,
    QComboBox,
    QDateTimeEdit,
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from hlmaster.core.errors import ConfigError
from hlmaster.market.indicators.indicator import Parameter
from hlmaster.ui.charts.palette import ChartPalette
from hlmaster.ui.studies.chosen import ANCHOR, WIDTHS, Chosen
from hlmaster.ui.studies.columns import SOURCES

SWATCH = QSize(16, 16)
WIDE_RANGE = 1e6


class StudySettings(QFrame):
    """A popup. ``changed`` carries the study with every change that is allowed; leaving with Escape takes all back."""

    changed = Signal(object)
    removed = Signal(str)

    def __init__(self, chosen: Chosen, palette: ChartPalette, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAccessibleName(f"Settings of {chosen.title}")
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._begun, self.chosen, self._palette = chosen, chosen, palette
        self.fields: dict[str, QWidget] = {}
        self.swatches: dict[str, QToolButton] = {}
        self.message = QLabel()
        self.message.setProperty("tone", "warning")
        self.message.setWordWrap(True)
        self.message.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 12, 16, 12)
        box.setSpacing(12)
        self.title = QLabel(chosen.title)
        self.title.setProperty("role", "cardtitle")
        words = QLabel(chosen.indicator.help())
        words.setProperty("role", "muted")
        words.setWordWrap(True)
        words.setMinimumWidth(280)
        box.addWidget(self.title)
        box.addWidget(words)
        box.addLayout(self._form())
        box.addWidget(self.message)
        box.addLayout(self._buttons())

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter)
        for parameter in self.chosen.indicator.parameters():
            field = self._field(parameter)
            label = "anchor" if parameter.name == ANCHOR else parameter.name.replace("_", " ")
            if isinstance(field, QSpinBox | QDoubleSpinBox):
                field.lineEdit().setTextMargins(5, 0, 0, 0)  # as far in as the other fields' words
            field.setToolTip(_range_of(parameter))
            field.setAccessibleName(label)
            self.fields[parameter.name] = field
            form.addRow(label.capitalize(), field)
        drawn = [one.output for one in self.chosen.look.drawn if isinstance(one.tone, int)]
        for output in drawn:
            form.addRow("Colour" if len(drawn) == 1 else f"Colour of {self._name_of(output)}", self._swatch(output))
        self.width_box = QComboBox()
        self.width_box.setAccessibleName("Line width")
        self.width_box.setToolTip("How wide its lines are, in pixels")
        for width in WIDTHS:
            self.width_box.addItem(f"{width:g} px", width)
        self.width_box.setCurrentIndex(self.width_box.findData(self.chosen.width))
        self.width_box.currentIndexChanged.connect(
            lambda _: self._take(replace(self.chosen, width=self.width_box.currentData()))
        )
        form.addRow("Line width", self.width_box)
        return form

    def _name_of(self, output: str) -> str:
        """As the indicator is called where it is the line of that name, ``MACD``; else in small letters."""
        short = self.chosen.look.short
        return short if output.casefold() == short.casefold() else output.replace("_", " ")

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.defaults, self.remove, self.ok = QPushButton("Defaults"), QPushButton("Remove"), QPushButton("Done")
        self.defaults.setToolTip("Put parameters and looks back to what they are for a new study")
        self.remove.setToolTip("Take it off the chart")
        self.ok.setToolTip("Keep what the chart shows (Enter)")
        self.ok.setProperty("role", "primary")
        self.defaults.clicked.connect(self._to_defaults)
        self.remove.clicked.connect(self._remove)
        self.ok.clicked.connect(self.close)
        for button in (self.defaults, self.remove):
            row.addWidget(button)
        row.addStretch()
        row.addWidget(self.ok)
        return row

    # --- fields ---

    def _field(self, parameter: Parameter) -> QWidget:
        name, value = parameter.name, getattr(self.chosen.indicator, parameter.name)
        put: Callable[[Any], None] = partial(self._put, name)
        if name == ANCHOR:
            moment = QDateTimeEdit(QDateTime.fromMSecsSinceEpoch(int(value), QTimeZone.utc()))
            moment.setDisplayFormat("yyyy-MM-dd HH:mm 'UTC'")
            moment.setCalendarPopup(True)
            moment.dateTimeChanged.connect(lambda at: put(float(at.toMSecsSinceEpoch())))
            return moment
        if parameter.kind is str:
            source = QComboBox()
            source.addItems(SOURCES if value in SOURCES else [value, *SOURCES])
            source.setCurrentText(value)
            source.currentTextChanged.connect(put)
            return source
        if parameter.kind is int:
            whole = QSpinBox(minimum=int(parameter.low), maximum=int(parameter.high), value=value)
            whole.valueChanged.connect(put)
            return whole
        places = 0 if parameter.high >= WIDE_RANGE else 2
        real = QDoubleSpinBox(minimum=parameter.low, maximum=parameter.high, decimals=places, value=value)
        real.setSingleStep(1.0 if parameter.high > 100 else 0.1)
        real.valueChanged.connect(put)
        return real

    def _swatch(self, output: str) -> QToolButton:
        button = QToolButton()
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setIconSize(SWATCH)
        button.setProperty("role", "swatch")
        button.setAccessibleName(f"Colour of {output}")
        button.setToolTip("Choose a colour of the theme, or any other")
        menu = QMenu(button)
        for at, tone in enumerate(self._palette.tones):
            menu.addAction(_square(tone), f"Colour {at + 1}", partial(self._paint, output, tone))
        menu.addSeparator()
        menu.addAction("Any other …", partial(self._ask_colour, output))
        button.setMenu(menu)
        self.swatches[output] = button
        self._show_colours()
        return button

    def _show_colours(self) -> None:
        drawn = {one.output: one for one in self.chosen.look.drawn}
        for output, button in self.swatches.items():
            button.setIcon(_square(self.chosen.colour(drawn[output], self._palette)))

    def _paint(self, output: str, colour: str) -> None:
        self._take(replace(self.chosen, colours={**self.chosen.colours, output: colour}))
        self._show_colours()

    def _ask_colour(self, output: str) -> None:
        dialog = QColorDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(lambda colour: self._paint(output, colour.name()))
        dialog.open()

    # --- changes ---

    def _put(self, name: str, value: object) -> None:
        given = {p.name: getattr(self.chosen.indicator, p.name) for p in self.chosen.indicator.parameters()}
        try:
            indicator = type(self.chosen.indicator)(**{**given, name: value})
        except ConfigError as error:
            self.message.setText(f"{error.sentence} {error.cure}".strip())
            self.message.show()
            return
        self._take(replace(self.chosen, indicator=indicator))

    def _take(self, chosen: Chosen) -> None:
        self.message.hide()
        if chosen != self.chosen:
            self.chosen = chosen
            self.title.setText(chosen.title)
            self.changed.emit(chosen)

    def _to_defaults(self) -> None:
        kind = type(self.chosen.indicator)
        for parameter in kind.parameters():
            field, value = self.fields[parameter.name], parameter.default
            if isinstance(field, QDateTimeEdit):
                continue  # a moment has no default that means anything
            if isinstance(field, QSpinBox | QDoubleSpinBox):
                field.setValue(value)
            elif isinstance(field, QComboBox):
                field.setCurrentText(value)
        self.width_box.setCurrentIndex(self.width_box.findData(1.5))
        self._take(replace(self.chosen, colours={}))
        self._show_colours()

    def _remove(self) -> None:
        self.close()
        self.removed.emit(self.chosen.key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._take(self._begun)
            self.close()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close()
        else:
            super().keyPressEvent(event)

    def open_at(self, corner: QPoint) -> None:
        """At a point of the screen, kept on it."""
        self.adjustSize()
        parent = self.parentWidget()
        free = parent.screen().availableGeometry() if parent is not None else self.screen().availableGeometry()
        x = max(free.left(), min(corner.x(), free.right() - self.width()))
        y = max(free.top(), min(corner.y(), free.bottom() - self.height()))
        self.move(x, y)
        self.show()
        next(iter(self.fields.values()), self.ok).setFocus()


def _square(colour: str) -> QIcon:
    picture = QPixmap(SWATCH)
    picture.fill(QColor(colour))
    return QIcon(picture)


def _range_of(parameter: Parameter) -> str:
    words = parameter.help[:1].upper() + parameter.help[1:]
    if parameter.kind is str or parameter.name == ANCHOR:
        return words
    return f"{words}; from {parameter.low:g} to {parameter.high:g} {parameter.unit}".strip()
