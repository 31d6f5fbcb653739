"""Qt's bindings, loaded for a start that people wait for."""

import builtins
import os
from collections.abc import Sequence
from pathlib import Path

from PySide6 import QtWidgets

from hlmaster.core.errors import ConfigError
from hlmaster.settings import Settings
from hlmaster.ui.garbage import GarbageCollector
from hlmaster.ui.large_blocks import own_pages

SCALE_FACTOR = "QT_SCALE_FACTOR"
SWITCH_SECONDS = 0.001
"""How long a worker thread may keep the interpreter to itself while the window has something to do. Python's own five
milliseconds, paid at every step of a frame, are what a library that loads beside the window would cost it."""


def without_source_search() -> None:
    """Take back the hook on ``import`` that PySide6 leaves behind; more than once does no harm.

    It reads the source text of every module imported afterwards, and keeps it, in search of PySide6's ``__feature__``
    switches. Nobody here uses those, and there are a thousand modules to come.
    """
    ours = getattr(builtins, "__orig_import__", None)
    if ours is not None and builtins.__import__.__name__ == "__feature_import__":
        builtins.__import__ = ours


def scale_percent(file: Path, overrides: Sequence[str]) -> int:
    """Before a desk is chosen; where the settings cannot be read, the window that says so has its usual size."""
    try:
        return Settings.load(file, os.environ, overrides)[0].general.scale_percent
    except ConfigError:
        return 100


def application(arguments: list[str], scale_percent: int = 100) -> QtWidgets.QApplication:
    """Fonts, paddings, rows and painted widgets alike are scaled by Qt, which can be told only before it starts; a
    factor that the user's environment names stands."""
    without_source_search()
    own_pages()
    if scale_percent != 100:
        os.environ.setdefault(SCALE_FACTOR, f"{scale_percent / 100:g}")
    result = QtWidgets.QApplication(arguments)
    result.setQuitOnLastWindowClosed(False)
    GarbageCollector(result)
    return result
