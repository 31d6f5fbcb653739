"""A form from any ``Config`` model: one editor a field, with its range, unit, help and origin."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hlmaster.core.config import Config, allowed, fields_of, unit_of
from hlmaster.ui.form_fields import Editor, Lines, captioned, editor_for
from hlmaster.ui.theme import Theme, restyle

LABEL_WIDTH, EDITOR_WIDTH = 160, 250
A_FEW = 3
"""Rows that are made in one turn of the loop."""


def default_origin(key: str) -> str:
    return "default"


class Row(QWidget):
    """One field. ``describe`` says where the value comes from, as long as nobody changed it here."""

    edited = Signal()

    def __init__(self, key: str, title: str, help_text: str, editor: Editor, default: object, origin: str) -> None:
        super().__init__()
        self.key, self.title, self.help_text, self.editor = key, title, help_text, editor
        self.default, self._origin, self._start = default, origin, editor.value()
        self._where = captioned(origin)
        self._where.setWordWrap(True)
        self._reset = QPushButton("Use default")
        self._reset.setProperty("role", "ghost")
        self._reset.setToolTip(f"Back to the default: {editor.words(default)}")
        self._reset.setAccessibleName(f"Set {title} back to its default")
        self._reset.clicked.connect(lambda: editor.set_value(default))
        self._problem = QLabel()
        self._problem.setProperty("tone", "danger")
        self._problem.setWordWrap(True)
        self._problem.hide()
        self._lay_out()
        editor.changed.connect(self._on_change)
        self._show_state()

    def _lay_out(self) -> None:
        label = QLabel(self.title.replace("&", "&&"))
        label.setFixedWidth(LABEL_WIDTH)
        label.setBuddy(self.editor)
        help_label = QLabel(self.help_text)
        help_label.setProperty("role", "muted")
        help_label.setWordWrap(True)
        wide = isinstance(self.editor, Lines)
        if not wide:
            self.editor.setFixedWidth(EDITOR_WIDTH)
        self.editor.name(self.title, self.help_text)
        tail = QHBoxLayout()
        tail.setSpacing(6)
        tail.addWidget(self._where, 1)
        tail.addWidget(self._reset)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 6, 0, 6)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(3)
        grid.addWidget(label, 0, 0, Qt.AlignmentFlag.AlignTop if wide else Qt.AlignmentFlag(0))
        grid.addWidget(self.editor, 0, 1, 1, 2 if wide else 1)
        grid.addLayout(tail, 3 if wide else 0, 1 if wide else 2, 1, 2 if wide else 1)
        grid.addWidget(self._problem, 1, 1, 1, 2)
        grid.addWidget(help_label, 2, 1, 1, 2)
        grid.setColumnStretch(2, 1)

    @property
    def origin_text(self) -> str:
        return self._where.text()

    @property
    def is_changed(self) -> bool:
        return self.editor.value() != self._start

    def show_problem(self, sentence: str) -> None:
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence))
        self.editor.mark(bad=bool(sentence))

    def settle(self, origin: str) -> None:
        """What stands there now is the value in force."""
        self._start, self._origin = self.editor.value(), origin
        self._show_state()

    def _on_change(self) -> None:
        self._show_state()
        self.edited.emit()

    def _show_state(self) -> None:
        self._where.setText("changed, not applied yet" if self.is_changed else self._origin)
        self._where.setProperty("tone", "accent" if self.is_changed else "")
        restyle(self._where)
        self._reset.setVisible(self.editor.value() != self.default)


class Form(QWidget):
    """``edited`` follows every change; ``problems`` then holds a sentence for each field that is not allowed.

    One made ``lazily`` makes a field's row when it is first shown or asked for, a few at a time: a hundred rows at once
    would hold the window up. ``row_made`` carries each new ``Row``.
    """

    edited = Signal()
    row_made = Signal(object)

    def __init__(
        self,
        config: Config,
        theme: Theme,
        origin: Callable[[str], str] = default_origin,
        parent: QWidget | None = None,
        *,
        first: Sequence[str] = (),
        lazily: bool = False,
    ) -> None:
        """``first``: keys of fields that come before the others."""
        super().__init__(parent)
        self._config, self._model, self._theme, self._origin = config, type(config), theme, origin
        self._infos = dict(sorted(fields_of(self._model), key=lambda field: field[0] not in first))
        self._rows: dict[str, Row] = {}
        self._heads: dict[str, QLabel] = {}
        self._boxes: dict[str, QVBoxLayout] = {}
        self.problems: dict[str, str] = {}
        self._shown = ""
        self._visible = set(self._infos)
        self._waiting: list[str] = []
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._make_some)
        self._layout = layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 8, 18, 12)
        layout.setSpacing(0)
        layout.addStretch(1)
        for key in () if lazily else self._infos:
            self._make(key)

    def _box(self, section: str) -> QVBoxLayout:
        """Of its rows, under its head."""
        if section not in self._boxes:
            self._heads[section] = head = QLabel(section_title(section), self)
            head.setProperty("role", "brand")
            head.setContentsMargins(0, 8, 0, 6)
            head.setVisible(bool(section) and any(section_of(key) == section for key in self._visible))
            self._boxes[section] = box = QVBoxLayout()
            box.addWidget(head)
            made = [other for other in self.sections if other in self._boxes]
            self._layout.insertLayout(made.index(section), box)
        return self._boxes[section]

    # --- rows ---

    def _make(self, key: str) -> Row:
        info = self._infos[key]
        editor = editor_for(info, _value(self._config, key), self._theme)
        default = info.get_default(call_default_factory=True)
        words = _help(info.description or "", _range(info))
        row = self._rows[key] = Row(key, _title(key, info), words, editor, default, self._origin(key))
        row.edited.connect(self._on_edit)
        section = section_of(key)
        made = [other for other in self._infos if other in self._rows and section_of(other) == section]
        self._box(section).insertWidget(1 + made.index(key), row)
        # Not before it has its place: a widget that belongs nowhere would be shown as a window.
        row.setVisible(key in self._visible)
        if key in self.problems:
            row.show_problem(self.problems[key])
        self.row_made.emit(row)
        return row

    def _make_some(self) -> None:
        made, self._waiting = self._waiting[:A_FEW], self._waiting[A_FEW:]
        for key in made:
            self.row(key)
        if self._waiting:
            self._later.start()

    @property
    def sections(self) -> list[str]:
        return list(dict.fromkeys(map(section_of, self._infos)))

    def row(self, key: str) -> Row:
        return self._rows.get(key) or self._make(key)

    def title(self, key: str) -> str:
        return _title(key, self._infos[key])

    def values(self) -> dict[str, object]:
        """Every field by dotted key. What cannot be read is the text as typed, and stands in ``problems``."""
        rows, config = self._rows, self._config
        return {key: rows[key].editor.value() if key in rows else _value(config, key) for key in self._infos}

    def changes(self) -> dict[str, object]:
        """Only what differs from the values in force."""
        rows = ((key, self._rows[key]) for key in self._infos if key in self._rows)
        return {key: row.editor.value() for key, row in rows if row.is_changed}

    def settle(self, origin: Callable[[str], str]) -> None:
        """The values shown are in force now."""
        self._origin = origin
        for key, row in self._rows.items():
            row.settle(origin(key))

    def show_section(self, name: str) -> None:
        """Only this section; every one for an empty name."""
        self._shown = name
        self._show_rows([key for key in self._infos if not name or section_of(key) == name])

    def filter(self, words: str) -> int:
        """Only fields of any section that hold all these words; returns how many. Nothing typed ends the filter."""
        if not words.strip():
            self.show_section(self._shown)
            return len(self._infos)
        wanted = words.casefold().split()
        found = [key for key, info in self._infos.items() if all(word in _text(key, info) for word in wanted)]
        self._show_rows(found)
        return len(found)

    def _show_rows(self, wanted: list[str]) -> None:
        self._visible = set(wanted)
        for key, row in self._rows.items():
            row.setVisible(key in self._visible)
        for section, head in self._heads.items():
            head.setVisible(bool(section) and any(section_of(key) == section for key in wanted))
        self._waiting = [key for key in wanted if key not in self._rows]
        self._make_some()

    def _on_edit(self) -> None:
        self.problems = self._check()
        for key, row in self._rows.items():
            row.show_problem(self.problems.get(key, ""))
        self.edited.emit()

    def _check(self) -> dict[str, str]:
        unreadable = {key: row.editor.problem() for key, row in self._rows.items() if row.editor.problem()}
        try:
            self._model.model_validate(nested(self.values()))
        except ValidationError as error:
            return self._sentences(error) | unreadable
        return unreadable

    def _sentences(self, error: ValidationError) -> dict[str, str]:
        found: dict[str, str] = {}
        for detail in error.errors(include_url=False):
            names = [str(part) for part in detail["loc"]]
            if not names:  # of the whole, not of one field: said where somebody just changed something
                changed = next(iter(self.changes()), next(iter(self._infos)))
                found.setdefault(changed, _sentence(str(detail.get("ctx", {}).get("error", detail["msg"]))))
                continue
            key = next(k for n in range(len(names), 0, -1) if (k := ".".join(names[:n])) in self._infos or n == 1)
            if key not in self._infos:
                key = next(iter(self._infos))
            sentence = f"It must be {_range(self._infos[key])}."
            reason = str(detail["ctx"]["error"]) if detail["type"] == "value_error" else ""
            if len(names) > key.count(".") + 1:
                reason = f"“{detail['input']}” is not possible there"
            found.setdefault(key, f"{sentence} {_sentence(reason)}" if reason else sentence)
        return found


def _sentence(clause: str) -> str:
    return f"{clause[:1].upper()}{clause[1:]}."


def described(config: Config) -> list[tuple[str, str]]:
    """Each field's title, and its value with the unit, as a reader sees them."""
    return [
        (_title(key, info), " ".join((_shown(_value(config, key)), unit_of(info))).strip())
        for key, info in fields_of(type(config))
    ]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "none"
    return "not set" if value is None else str(value)


def _title(key: str, info: FieldInfo) -> str:
    return info.title or key.rpartition(".")[2].replace("_", " ").capitalize()


def _text(key: str, info: FieldInfo) -> str:
    """What a search finds a field by."""
    return f"{key} {_title(key, info)} {_help(info.description or '', _range(info))}".casefold()


def section_of(key: str) -> str:
    return key.rpartition(".")[0]


def section_title(section: str) -> str:
    return section.replace("_", " ").replace(".", " · ").capitalize()


def nested(values: dict[str, object]) -> dict[str, object]:
    """Dotted keys as the tree a model is made from."""
    tree: dict[str, object] = {}
    for key, value in values.items():
        *path, name = key.split(".")
        branch = tree
        for part in path:
            inner = branch.setdefault(part, {})
            assert isinstance(inner, dict)
            branch = inner
        branch[name] = value
    return tree


def _value(config: Config, key: str) -> object:
    value: object = config
    for part in key.split("."):
        value = getattr(value, part)
    return value


def _range(info: FieldInfo) -> str:
    """What is allowed, with thousands apart and the unit kept with its number."""
    apart = re.sub(r"\d{5,}", lambda found: f"{int(found.group()):,}", allowed(info))
    return re.sub(r"(?<=\d) (?=\S{1,3}$)", "\N{NO-BREAK SPACE}", apart)


def _help(description: str, words: str) -> str:
    """The range is said once, behind the help; choices are seen in the editor itself."""
    plain = words.startswith(("one of", "true or", "a text", "a list")) or " of the form " in words
    return description if plain else f"{description} {words[:1].upper()}{words[1:]}."
