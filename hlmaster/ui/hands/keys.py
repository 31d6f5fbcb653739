"""Key sequences as text: one spelling for each, what the system or a widget keeps for itself, and what clashes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeySequence

PORTABLE, NATIVE = QKeySequence.SequenceFormat.PortableText, QKeySequence.SequenceFormat.NativeText
MODIFIERS = frozenset(
    (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr, Qt.Key.Key_unknown)
)
NO_KEYS = ("", "Ctrl", "Alt", "Shift", "Meta", "AltGr")
"""What a chord of modifiers alone ends with."""
_WIDGETS = (
    "Return Enter Esc Tab Shift+Tab Shift+Backtab Backtab Space Backspace Del Up Down Left Right Home End PgUp PgDown"
)
_FIELDS = "Ctrl+C Ctrl+V Ctrl+X Ctrl+Z Ctrl+Shift+Z Ctrl+Y Ctrl+A Ctrl+F"
_SYSTEM = "Alt+F4 Alt+Tab Alt+Shift+Tab Alt+Space Alt+Esc Ctrl+Esc Ctrl+Alt+Del Ctrl+Tab Print"
RESERVED = {
    **dict.fromkeys(_WIDGETS.split(), "whatever has the focus"),
    **dict.fromkeys(_FIELDS.split(), "fields and tables"),
    **dict.fromkeys(_SYSTEM.split(), "the system"),
}
"""Whose each is."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Keys that cannot work: ``other`` is the action that has them, empty where ``sentence`` names whose they are."""

    other: str
    sentence: str


@lru_cache(maxsize=1_024)
def normal(text: str) -> str:
    """``text`` in Qt's portable spelling; empty for nothing and for what names no key."""
    portable = QKeySequence.fromString(text, PORTABLE).toString(PORTABLE)
    return (
        "" if any(chord.rpartition("+")[2] in NO_KEYS for chord in _split(portable) if chord[-1:] != "+") else portable
    )


def shown(text: str) -> str:
    """As this system writes it: with its own signs on macOS."""
    return str(QKeySequence.fromString(text, PORTABLE).toString(NATIVE))


def of_event(key: int, modifiers: Qt.KeyboardModifier) -> str:
    """The one chord that was pressed; empty for a modifier alone."""
    if Qt.Key(key) in MODIFIERS:
        return ""
    plain = modifiers & ~Qt.KeyboardModifier.KeypadModifier
    return str(QKeySequence(QKeyCombination(plain, Qt.Key(key))).toString(PORTABLE))


def is_plain(text: str) -> bool:
    """Whether a sequence begins with a key that types something: no Ctrl, Alt or Meta, and no function key."""
    first = text.partition(", ")[0]
    return bool(first) and len(first.removeprefix("Shift+")) == 1


def chords(text: str) -> tuple[str, ...]:
    return _split(normal(text))


def _split(portable: str) -> tuple[str, ...]:
    """``Ctrl+K, ,`` is two chords: a comma may itself be a key."""
    return tuple(chord or "," for chord in portable.split(", ")) if portable else ()


def owner(text: str) -> str:
    """Who keeps the keys for itself, as a sentence; empty when nobody does."""
    first = chords(text)[:1]
    if not first:
        return ""
    whose = RESERVED.get(first[0], "")
    return f"{shown(first[0])} belongs to {whose}." if whose else ""


def clashes(text: str, key: str, taken: Mapping[str, str], titles: Mapping[str, str]) -> list[Clash]:
    """What stands in the way of giving ``text`` to the action ``key``; ``taken``: keys in force by action."""
    mine = chords(text)
    if not mine:
        return []
    sentence = owner(text)
    found = [Clash("", sentence)] if sentence else []
    for other, keys in taken.items():
        theirs = chords(keys)
        if other == key or not theirs:
            continue
        name = titles.get(other, other)
        if theirs == mine:
            found.append(Clash(other, f"{shown(keys)} already means “{name}”."))
        elif theirs[: len(mine)] == mine:
            found.append(Clash(other, f"{shown(keys)}, “{name}”, begins with these keys and could not be reached."))
        elif mine[: len(theirs)] == theirs:
            found.append(Clash(other, f"These keys begin with {shown(keys)}, which already means “{name}”."))
    return found
