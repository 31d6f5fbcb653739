"""Workspaces on disk: named, versioned, imported, and never lost with one damaged file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import ConfigError, StorageError
from hlmaster.ui.workspaces.history import MOST
from hlmaster.ui.workspaces.nodes import Arrangement, Frame, Workspace, row, tabs
from hlmaster.ui.workspaces.store import FILE, VERSIONS_FILE, Workspaces
from hlmaster.ui.workspaces.written import LayoutError

NOW = 1_790_000_040_000


def store(folder: Path) -> Workspaces:
    return Workspaces(folder, ManualClock(NOW))


def arranged(*keys: str) -> Workspace:
    root = row(*((tabs(key), 1) for key in keys))
    return Workspace(Arrangement((Frame(root),)), {keys[0]: {"state": {"width": len(keys)}}})


ONE, TWO, THREE = arranged("a"), arranged("a", "b"), arranged("a", "b", "c", "d")


def test_what_was_put_is_there_again(tmp_path: Path) -> None:
    kept = store(tmp_path)
    assert kept.get("Default") is None, "as it comes"
    kept.put(TWO, is_change=True)
    kept.switch("Swing")
    kept.put(ONE, is_change=False)
    kept.set_tag("violet")
    again = store(tmp_path)
    assert (again.current, again.tag, again.trouble) == ("Swing", "violet", "")
    assert (again.get("Default"), again.get("Swing"), again.get("Review")) == (TWO, ONE, None)


def test_changes_are_undone_and_redone_over_a_restart(tmp_path: Path) -> None:
    kept = store(tmp_path)
    for workspace in (ONE, TWO, THREE):
        kept.put(workspace, is_change=True)
    assert kept.step(-1) == TWO
    again = store(tmp_path)
    assert again.get("Default") == TWO
    assert (again.step(-1), again.step(-1)) == (ONE, None)
    assert (again.step(1), again.step(1), again.step(1)) == (TWO, THREE, None)
    again.step(-1)
    again.put(ONE, is_change=True)
    assert again.step(1) is None, "a change begins anew where it was made"
    assert [one.workspace for one in again.history.versions] == [ONE, TWO, ONE]


def test_each_workspace_has_its_own_versions_and_the_last_of_them_are_kept(tmp_path: Path) -> None:
    kept = store(tmp_path)
    for number in range(MOST + 5):
        kept.put(arranged(*(f"p{n}" for n in range(number % 7 + 1))), is_change=True)
    kept.switch("Review")
    kept.put(ONE, is_change=True)
    assert not kept.history.can_undo
    assert kept.step(-1) is None
    kept.switch("Default")
    assert len(store(tmp_path)._histories["Default"].versions) == MOST


def test_a_damaged_file_is_put_aside_and_the_last_good_version_stands_in(tmp_path: Path) -> None:
    kept = store(tmp_path)
    kept.switch("Swing")
    kept.put(ONE, is_change=True)
    kept.put(TWO, is_change=True)
    for damage in (b"{", b"[]", b"\xff\xfe", json.dumps({"version": 4, "current": "x", "workspaces": {}}).encode()):
        (tmp_path / FILE).write_bytes(damage)
        again = store(tmp_path)
        assert "damaged" in again.trouble
        assert f"{FILE}.damaged" in again.trouble
        assert (again.current, again.get("Swing")) == ("Swing", TWO)
        assert (tmp_path / f"{FILE}.damaged").read_bytes() == damage
        assert not (tmp_path / FILE).exists()


def test_with_both_files_damaged_it_begins_as_it_comes(tmp_path: Path) -> None:
    for name in (FILE, VERSIONS_FILE):
        (tmp_path / name).write_text("nonsense")
    kept = store(tmp_path)
    assert kept.trouble
    assert (kept.current, kept.get("Default")) == ("Default", None)


@pytest.mark.parametrize(("version", "docks"), [(3, "blob"), (2, None)])
def test_an_older_layout_is_handed_on(tmp_path: Path, version: int, docks: str | None) -> None:
    document = {"version": version, "geometry": "geo", "docks": "blob", "panels": {"orders": {"widths": [1]}}}
    (tmp_path / FILE).write_text(json.dumps(document))
    legacy = store(tmp_path).legacy
    assert legacy is not None
    assert (legacy.geometry, legacy.docks, legacy.panels) == ("geo", docks, {"orders": {"widths": [1]}})


def test_names_are_given_changed_and_taken(tmp_path: Path) -> None:
    kept = store(tmp_path)
    kept.put(TWO, is_change=True)
    kept.save_as(" Mine ")
    assert kept.current == "Mine"
    assert kept.duplicate("Mine") == "Mine copy"
    assert kept.duplicate("Mine") == "Mine copy 2"
    kept.put(ONE, is_change=True)
    kept.rename("Mine", "Ours")
    kept.delete("Mine copy")
    again = store(tmp_path)
    assert again.current == "Ours"
    assert [again.get(name) for name in ("Default", "Ours", "Mine copy 2")] == [TWO, ONE, TWO]
    assert [one.workspace for one in again.history.versions] == [ONE]
    assert "Mine copy" not in again.names


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "Swing", "swing", "a\nb"])
def test_a_name_that_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    kept = store(tmp_path)
    for verb in (kept.save_as, lambda name: kept.rename("Default", name)):
        with pytest.raises(ConfigError):
            verb(name)
    with pytest.raises(ConfigError, match="is open"):
        kept.delete("Default")
    with pytest.raises(ConfigError, match="no workspace called"):
        kept.switch("Elsewhere")


def test_a_workspace_goes_into_a_file_and_comes_back_under_a_free_name(tmp_path: Path) -> None:
    kept, file = store(tmp_path), tmp_path / "swing.json"
    kept.export("Swing", file, TWO)
    assert kept.take_in(file) == "Swing 2"
    assert store(tmp_path).get("Swing 2") == TWO
    file.write_text("{")
    with pytest.raises(LayoutError, match=r"swing\.json cannot be imported\. It is not JSON"):
        kept.take_in(file)
    with pytest.raises(StorageError, match="cannot be read"):
        kept.take_in(tmp_path / "nowhere.json")
    with pytest.raises(StorageError, match="could not be written"):
        kept.export("Swing", tmp_path / "no" / "folder.json", TWO)
