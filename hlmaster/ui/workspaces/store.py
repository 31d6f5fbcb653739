"""The workspaces of a session on disk: one file with all of them, one with the versions that were left behind."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hlmaster.core.clock import Clock
from hlmaster.core.errors import ConfigError, StorageError
from hlmaster.core.files import write_whole
from hlmaster.ui.workspaces.history import History, Version
from hlmaster.ui.workspaces.nodes import Workspace
from hlmaster.ui.workspaces.shipped import DEFAULT, SHIPPED
from hlmaster.ui.workspaces.written import VERSION, LayoutError, exported, imported, read, written

log = logging.getLogger(__name__)
FILE, VERSIONS_FILE = "layout.json", "layout-versions.json"
LONGEST_NAME = 40
BROKEN = (LayoutError, KeyError, TypeError, ValueError, AttributeError)
"""What a file that was damaged or written by hand can end in."""
OLDEST_WITH_STATE = 3
"""Before it an arrangement lacks docks that the default has had for long."""


@dataclass(frozen=True, slots=True)
class Legacy:
    """A layout of version 3 or before, in the toolkit's own words; they are None where those are too old."""

    geometry: str
    docks: str | None
    panels: Mapping[str, dict[str, Any]]


class Workspaces:
    """Nothing is written until ``put``. ``trouble`` says what was found damaged; ``legacy`` is what an older version of
    the program left, until something is put in its place."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder, self._clock = folder, clock
        self.current = DEFAULT
        self.tag = ""
        """The session's colour, the name of a group; empty for the mode's."""
        self._all: dict[str, Workspace | None] = dict.fromkeys(SHIPPED)
        self._histories: dict[str, History] = {}
        self.legacy: Legacy | None = None
        self.trouble = ""
        self._load()

    @property
    def file(self) -> Path:
        return self._folder / FILE

    # --- what there is ---

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._all)

    def get(self, name: str) -> Workspace | None:
        """None for one that comes with the program and was never changed. Raises KeyError."""
        return self._all[name]

    @property
    def history(self) -> History:
        """Of the current one."""
        return self._histories.setdefault(self.current, History())

    # --- changes ---

    def put(self, workspace: Workspace, *, is_change: bool) -> None:
        """Keep the current workspace; ``is_change``: panels were moved, so that it can be undone. Raises
        StorageError."""
        self._all[self.current], self.legacy = workspace, None
        if is_change:
            self.history.add(Version(self._clock.wall_ms(), workspace))
            self._save_versions()
        self.save()

    def switch(self, name: str) -> Workspace | None:
        self.current = self._known(name)
        return self._all[name]

    def save_as(self, name: str) -> None:
        """The current one under another name, which is the current one from now on."""
        self._all[self._free(name)] = self._all[self.current]
        self.current = name.strip()
        self.save()

    def duplicate(self, name: str) -> str:
        """Returns the copy's name."""
        base = f"{self._known(name)} copy"[:LONGEST_NAME]
        names = [base, *(f"{base[: LONGEST_NAME - 3]} {n}" for n in range(2, 100))]
        copy = next((one for one in names if one not in self._all), None)
        if copy is None:
            raise ConfigError(f"There are too many copies of {name}.", "Delete some of them.")
        self._all[copy] = self._all[name]
        self.save()
        return copy

    def rename(self, old: str, new: str) -> None:
        self._known(old)
        if old == new.strip():
            return
        self._free(new)
        self._all = {new.strip() if name == old else name: one for name, one in self._all.items()}
        if old in self._histories:
            self._histories[new.strip()] = self._histories.pop(old)
        if self.current == old:
            self.current = new.strip()
        self._save_versions()
        self.save()

    def delete(self, name: str) -> None:
        """The one that is open goes only after another was opened."""
        self._known(name)
        if name == self.current:
            raise ConfigError(f"The workspace {name} is open.", "Switch to another one first, then delete it.")
        del self._all[name]
        self._histories.pop(name, None)
        self._save_versions()
        self.save()

    def set_tag(self, tag: str) -> None:
        self.tag = tag
        self.save()

    def step(self, by: int) -> Workspace | None:
        """Undo (-1) or redo (1) a change of the current one; None where there is nothing to."""
        found = self.history.step(by)
        if found is not None:
            self._all[self.current] = found
            self._save_versions()
            self.save()
        return found

    # --- files of the user ---

    def export(self, name: str, file: Path, workspace: Workspace) -> None:
        """Raises StorageError."""
        _write_file(file, exported(name, workspace))

    def take_in(self, file: Path) -> str:
        """The name under which the workspace of this file stands here now. Raises StorageError or LayoutError."""
        try:
            content = file.read_bytes()
        except OSError as error:
            raise StorageError(
                f"{file} cannot be read: {error.strerror}.", "Choose a file that you may read."
            ) from error
        try:
            name, workspace = imported(content)
        except LayoutError as error:
            raise LayoutError(f"{file.name} cannot be imported. {error.sentence}", error.cure) from error
        name = name.strip()[:LONGEST_NAME] or "Imported"
        number, free = 2, name
        while free in self._all:
            free, number = f"{name[: LONGEST_NAME - 4]} {number}", number + 1
        self._all[free] = workspace
        self.save()
        return free

    # --- disk ---

    def save(self) -> None:
        """Raises StorageError."""
        kept = {name: None if one is None else written(one) for name, one in self._all.items()}
        self._write(FILE, {"version": VERSION, "current": self.current, "tag": self.tag, "workspaces": kept})

    def _save_versions(self) -> None:
        kept = {name: _write(history) for name, history in self._histories.items() if history.versions}
        self._write(VERSIONS_FILE, {"version": VERSION, "histories": kept})

    def _write(self, name: str, document: dict[str, Any]) -> None:
        _write_file(self._folder / name, json.dumps(document).encode())

    def _load(self) -> None:
        kept = self._read(VERSIONS_FILE)
        if kept is not None:
            try:
                self._histories = {name: _history(one) for name, one in kept["histories"].items()}
            except BROKEN as error:
                self._put_aside(VERSIONS_FILE, error)
        document = self._read(FILE)
        if document is None:
            if self.trouble:
                self._fall_back()
            return
        try:
            self._take(document)
        except BROKEN as error:
            self._put_aside(FILE, error)
            self._fall_back()

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            document = json.loads((self._folder / name).read_text(encoding="utf-8"))
            if not isinstance(document, dict):
                raise ValueError("it is no object")
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            self._put_aside(name, error)
            return None
        return document

    def _take(self, document: dict[str, Any]) -> None:
        version = document["version"]
        if version < VERSION:
            docks = document["docks"] if version >= OLDEST_WITH_STATE else None
            self.legacy = Legacy(str(document["geometry"]), docks, dict(document["panels"]))
            return
        if version > VERSION:
            raise LayoutError("It was written by a newer version of this program.")
        kept = {str(name): None if one is None else read(one, name) for name, one in document["workspaces"].items()}
        current = document["current"]
        if current not in kept:
            raise LayoutError(f"its current workspace, {current}, is not among its workspaces")
        self._all, self.current, self.tag = kept, current, str(document.get("tag", ""))

    def _put_aside(self, name: str, error: Exception) -> None:
        file = self._folder / name
        log.warning("the saved layout %s is damaged (%s); it was put aside", file, error)
        try:
            aside = file.replace(file.with_name(f"{name}.damaged"))
        except OSError as refused:
            aside = file
            log.warning("%s could not be put aside: %s", file, refused.strerror)
        if name == FILE:
            self.trouble = f"The saved layout is damaged and was put aside as {aside.name}: {error}"

    def _fall_back(self) -> None:
        """What was last in force of each workspace stands in for what was lost."""
        found = {name: history.now for name, history in self._histories.items() if history.now is not None}
        self._all.update(found)
        newest = {name: self._histories[name].versions[-1].time_ms for name in found}
        self.current = max(newest, key=lambda name: newest[name], default=DEFAULT)

    def _known(self, name: str) -> str:
        if name not in self._all:
            raise ConfigError(f"There is no workspace called {name}.", f"There are {', '.join(self._all)}.")
        return name

    def _free(self, name: str) -> str:
        name = name.strip()
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise ConfigError("A workspace needs a name.", f"Write 1 to {LONGEST_NAME} letters, digits or signs.")
        if name.casefold() in map(str.casefold, self._all):
            raise ConfigError(f"There is a workspace called {name} already.", "Choose another name.")
        return name


def _write_file(file: Path, content: bytes) -> None:
    try:
        write_whole(file, content)
    except OSError as error:
        raise StorageError(
            f"The layout could not be written to {file}: {error.strerror}.",
            "Free some space, or choose another folder.",
        ) from error


def _write(history: History) -> dict[str, Any]:
    versions = [{"time_ms": one.time_ms, "workspace": written(one.workspace)} for one in history.versions]
    return {"at": history.at, "versions": versions}


def _history(document: dict[str, Any]) -> History:
    versions = [Version(int(one["time_ms"]), read(one["workspace"], "version")) for one in document["versions"]]
    return History(versions, int(document["at"]))
