"""A drill written down: which fault begins when, in a TOML or JSON file.

TOML has one ``[[fault]]`` table for each, JSON a list of objects (or an object whose ``fault`` is that list). Their
fields are those of ``faults.Fault`` and ``at``, wall seconds after the start:

    [[fault]]
    at = 5
    kind = "drop"
    channel = "userFills"
    share = 0.3
    lasts = 30
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hlmaster.exchange.simulator.faults import MOST_SECONDS, Fault, FaultError, number

EXAMPLE = 'Write one [[fault]] table with at and kind for each, such as: at = 5, kind = "http_502".'


@dataclass(frozen=True, slots=True)
class Planned:
    at: float
    """Wall seconds after the start."""
    fault: Fault


def read_script(path: Path) -> tuple[Planned, ...]:
    """By time. Raises FaultError naming the file, the fault and the field."""
    planned = []
    for index, given in enumerate(_entries(path), start=1):
        try:
            if not isinstance(given, dict):
                raise FaultError(f"{given!r} is not an object.", EXAMPLE)
            at = number(given, "at", 0.0, 0.0, MOST_SECONDS)
            planned.append(Planned(at, Fault.read({name: given[name] for name in given if name != "at"})))
        except FaultError as error:
            raise FaultError(f"Fault {index} of {path}: {error.sentence}", error.cure) from error
    return tuple(sorted(planned, key=lambda one: one.at))


def _entries(path: Path) -> list[Any]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        document = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise FaultError(f"The fault script {path} cannot be read: {reason}.", "Name a file.") from error
    except ValueError as error:
        kind = "JSON" if path.suffix == ".json" else "TOML"
        raise FaultError(f"The fault script {path} is no {kind}: {error}.", EXAMPLE) from error
    entries = document.get("fault") if isinstance(document, dict) else document
    unknown = [name for name in document if name != "fault"] if isinstance(document, dict) else []
    if unknown or not isinstance(entries, list):
        found = f"has {unknown[0]!r} beside its faults" if unknown else "names no faults"
        raise FaultError(f"The fault script {path} {found}.", EXAMPLE)
    return entries


class Script:
    """Planned faults as their time comes."""

    def __init__(self, planned: Sequence[Planned], began: float) -> None:
        self._planned = sorted(planned, key=lambda one: one.at, reverse=True)
        self._began = began

    def due(self, now: float) -> list[Fault]:
        """Those whose time has come since the last call."""
        found = []
        while self._planned and self._began + self._planned[-1].at <= now:
            found.append(self._planned.pop().fault)
        return found
