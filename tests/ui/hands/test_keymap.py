"""Keys of actions: defaults, the user's own, and never one for two."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QObject

from hlmaster.ui.actions import Action, Actions
from hlmaster.ui.hands.key_file import read
from hlmaster.ui.hands.keymap import KeyMap

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def actions() -> Actions:
    made = Actions()
    made.owner = QObject(made)  # type: ignore[attr-defined]
    for key, keys in (("a", "Ctrl+J"), ("b", "G, B"), ("c", ""), ("d", "Ctrl+J")):
        made.add(Action(key, key.upper(), "Test", list, keys), made.owner)  # type: ignore[attr-defined]
    return made


def test_defaults_are_in_force_and_the_first_keeps_what_two_want(actions: Actions) -> None:
    keymap = KeyMap(actions)
    assert dict(keymap.in_force) == {"a": "Ctrl+J", "b": "G, B", "c": "", "d": ""}
    assert keymap.unmet() == ["“D” has no keys: Ctrl+J already means “A”."]


def test_the_users_keys_come_before_anybodys_default(actions: Actions, tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    keymap = KeyMap(actions, file)
    keymap.set("d", "ctrl+j")
    keymap.set("c", "ctrl+j")
    assert keymap.of("a") == ""
    assert KeyMap(actions, file).of("c") == "Ctrl+J"
    assert read(file).changes == {"c": "Ctrl+J"}, "its own default is no change"


def test_keys_are_swapped_or_left(actions: Actions) -> None:
    keymap = KeyMap(actions)
    keymap.give("b", "Ctrl+J", swap=True)
    assert (keymap.of("a"), keymap.of("b")) == ("G, B", "Ctrl+J")
    keymap.give("c", "Ctrl+J", swap=False)
    assert (keymap.of("b"), keymap.of("c")) == ("", "Ctrl+J")


def test_one_or_all_go_back_to_the_default(actions: Actions) -> None:
    keymap = KeyMap(actions)
    keymap.set_all({"a": "F7", "b": ""})
    keymap.reset("a")
    assert (keymap.of("a"), keymap.of("b")) == ("Ctrl+J", "")
    assert not keymap.is_changed("a")
    keymap.reset()
    assert keymap.of("b") == "G, B"


def test_keys_of_unknown_actions_are_kept_and_told(actions: Actions, tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text('[keys]\n"gone.away" = "F9"\n')
    keymap = KeyMap(actions, file)
    assert keymap.unknown() == ("gone.away",)
    keymap.set("a", "F7")
    assert read(file).changes == {"gone.away": "F9", "a": "F7"}


def test_an_action_that_comes_later_has_its_keys_too(actions: Actions) -> None:
    keymap, told = KeyMap(actions), list[int]()
    keymap.changed.connect(lambda: told.append(1))
    actions.add(Action("e", "E", "Test", list, "F8"), actions.owner)  # type: ignore[attr-defined]
    assert keymap.of("e") == "F8"
    assert told == [1]


def test_the_map_as_text_names_groups_keys_and_titles(actions: Actions) -> None:
    assert KeyMap(actions).as_text() == "Test\n  Ctrl+J            A\n  G, B              B\n"
