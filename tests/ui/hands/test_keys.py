"""One spelling for each sequence, and what clashes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, Qt

from hlmaster.ui.hands.keys import RESERVED, chords, clashes, is_plain, normal, of_event, owner

TAKEN = {"window.palette": "Ctrl+K", "panel.chart": "G, C", "window.save": "Ctrl+S", "window.none": ""}
TITLES = {"window.palette": "Command palette", "panel.chart": "Chart"}

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ctrl+k", "Ctrl+K"),
        ("g,c", "G, C"),
        ("Ctrl+,", "Ctrl+,"),
        ("shift+ctrl+k", "Ctrl+Shift+K"),
        ("", ""),
        ("Garbage", ""),
        ("Ctrl+", ""),
        ("Ctrl+Alt", ""),
    ],
)
def test_each_sequence_has_one_spelling(text: str, meant: str) -> None:
    assert normal(text) == meant
    assert normal(normal(text)) == meant


def test_a_comma_is_a_key_too() -> None:
    assert chords("Ctrl+K, ,") == ("Ctrl+K", ",")
    assert chords("Ctrl+,") == ("Ctrl+,",)


def test_what_is_pressed_has_the_same_spelling() -> None:
    control = Qt.KeyboardModifier.ControlModifier
    assert of_event(Qt.Key.Key_K, control) == normal("ctrl+k")
    assert of_event(Qt.Key.Key_1, Qt.KeyboardModifier.KeypadModifier) == "1"
    assert of_event(Qt.Key.Key_Shift, Qt.KeyboardModifier.ShiftModifier) == ""


@pytest.mark.parametrize("text", sorted(RESERVED))
def test_reserved_keys_are_refused_by_name(text: str) -> None:
    assert normal(text), "it names a key at all"
    assert owner(normal(text))
    assert [clash.other for clash in clashes(normal(text), "a", {}, {})] == [""]


@pytest.mark.parametrize(
    ("text", "other", "words"),
    [
        ("Ctrl+K", "window.palette", "already means “Command palette”"),
        ("G", "panel.chart", "could not be reached"),
        ("Ctrl+K, C", "window.palette", "begin with"),
        ("G, C, D", "panel.chart", "begin with"),
    ],
)
def test_the_same_keys_and_beginnings_of_others_clash(text: str, other: str, words: str) -> None:
    (clash,) = clashes(text, "mine", TAKEN, TITLES)
    assert clash.other == other
    assert words in clash.sentence


@pytest.mark.parametrize("text", ["", "G, D", "Ctrl+Shift+K", "K"])
def test_what_nobody_has_does_not_clash(text: str) -> None:
    assert clashes(text, "mine", TAKEN, TITLES) == []


def test_an_action_does_not_clash_with_itself() -> None:
    assert clashes("Ctrl+K", "window.palette", TAKEN, TITLES) == []


@pytest.mark.parametrize(
    ("text", "plain"),
    [("P", True), ("G, C", True), ("Shift+B", True), ("Ctrl+B", False), ("F1", False), ("", False), (",", True)],
)
def test_what_would_type_is_plain(text: str, plain: bool, qapp: QCoreApplication) -> None:
    assert is_plain(text) is plain
