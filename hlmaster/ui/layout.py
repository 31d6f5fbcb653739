"""The window's layout on disk: saved whole, brought back if it still fits, kept aside when it is damaged."""

from __future__ import annotations

import base64
import binascii
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow

from hlmaster.core.files import write_whole

log = logging.getLogger(__name__)
VERSION = 3
"""Of the arrangement: one that is older lacks docks that the default has by now, and gives way to it."""


def save(window: QMainWindow, file: Path, panels: Mapping[str, dict[str, Any]]) -> None:
    """``panels`` holds each panel's own memory (column widths and the like) by its key."""
    document = {
        "version": VERSION,
        "geometry": _text(window.saveGeometry()),
        "docks": _text(window.saveState(VERSION)),
        "panels": dict(panels),
    }
    try:
        write_whole(file, json.dumps(document).encode())
    except OSError as error:
        log.warning("the window's layout could not be saved to %s: %s", file, error.strerror)


@dataclass(frozen=True, slots=True)
class Remembered:
    """``panels``: each one's own memory by its key. ``arranged``: the docks are where they were left."""

    panels: dict[str, dict[str, Any]] = field(default_factory=dict)
    arranged: bool = False


def restore(window: QMainWindow, file: Path) -> Remembered:
    """What fits of the saved layout; nothing where there is none that could be read."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        geometry, docks = _bytes(document["geometry"]), _bytes(document["docks"])
        panels: dict[str, dict[str, Any]] = document["panels"]
    except FileNotFoundError:
        return Remembered()
    except (OSError, ValueError, KeyError, TypeError, binascii.Error) as error:
        log.warning("the saved layout %s is damaged (%s); it was put aside and the default is used", file, error)
        file.replace(file.with_name(f"{file.name}.damaged"))
        return Remembered()
    window.restoreGeometry(geometry)
    return Remembered(panels, window.restoreState(docks, VERSION))


def _text(data: QByteArray) -> str:
    return base64.b64encode(bytes(data.data())).decode("ascii")


def _bytes(text: str) -> QByteArray:
    return QByteArray(base64.b64decode(text, validate=True))
