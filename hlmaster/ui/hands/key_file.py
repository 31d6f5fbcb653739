"""The user's key map on disk: ``keys.toml`` in the data folder, only what differs from the defaults."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hlmaster.core.errors import ConfigError
from hlmaster.core.files import write_whole
from hlmaster.core.toml import toml_text
from hlmaster.ui.hands.keys import normal

NAME = "keys.toml"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Read:
    """``changes``: portable keys by action, empty for none. ``problems``: a sentence for each thing left out."""

    changes: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    damaged: bool = False
    """Nothing of the file could be used."""


def read(file: Path) -> Read:
    """Never raises: what cannot be used is told, and the defaults stand for it."""
    try:
        tree = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return Read()
    except OSError as error:
        return Read(problems=(f"The key map {file} cannot be read: {error.strerror}. The default keys are used.",))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return Read(problems=(f"The key map {file} is damaged: {error}. The default keys are used.",), damaged=True)
    found, version = tree.get("keys", {}), tree.get("version", VERSION)
    if version != VERSION or not isinstance(found, dict):
        sentence = f"The key map {file} is not of version {VERSION}. The default keys are used."
        return Read(problems=(sentence,), damaged=True)
    changes, problems = {}, []
    for key, text in found.items():
        keys = normal(text) if isinstance(text, str) else ""
        if text and not keys:
            problems.append(f"The key map {file} gives {key} the keys {text!r}, which name no key.")
        else:
            changes[key] = keys
    return Read(changes, tuple(problems))


def write(file: Path, changes: Mapping[str, str]) -> None:
    """Whole or not at all. A damaged file is kept beside it. Raises ConfigError."""
    document = toml_text({"version": VERSION}, {"keys": {f'"{key}"': text for key, text in changes.items()}}, {})
    try:
        if read(file).damaged:
            file.replace(file.with_suffix(".damaged"))
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(file, document.encode())
    except OSError as error:
        raise ConfigError(
            f"The key map {file} cannot be written: {error.strerror}.", "Check the folder and the free space."
        ) from error
