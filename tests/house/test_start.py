"""What the start may import, and when: the exchange is spawned first, the window is shown second, the rest follows."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.house.source import ROOT

SPAWNING = """
import sys
from hlmaster.__main__ import main
from hlmaster.desk.exchange_process import ExchangeProcess

def spawn(self):
    print(*sorted({name.partition(".")[0] for name in sys.modules}))
    sys.exit()

ExchangeProcess.spawn = spawn
main(["gui"])
"""
SHOWING = """
import sys
import hlmaster.app, hlmaster.ui.window
print(*sys.modules)
"""
LATER = {
    "alembic",
    "coincurve",
    "cryptography",
    "eth_account",
    "httpx",
    "hyperliquid",
    "keyring",
    "pandas",
    "pyqtgraph",
    "sqlalchemy",
}
"""Not before the window is seen: what they serve is not on it yet."""
WHEN_WANTED = {
    "hlmaster.exchange.simulator.trading",
    "hlmaster.ui.dialogs.help",
    "hlmaster.ui.dialogs.sessions",
    "hlmaster.ui.dialogs.settings",
    "hlmaster.ui.dialogs.study_settings",
    "hlmaster.ui.hands.palette",
    "hlmaster.ui.panels.footprint",
    "hlmaster.ui.panels.heatmap",
}
"""Of our own: not before a person asks for it."""


def loaded(program: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def test_the_exchange_is_spawned_before_anything_heavy_is_imported() -> None:
    heavy = {"PySide6", "asyncio", "logging", "msgspec", "numpy", "pydantic", "qasync", "sqlite3", "websockets"} | LATER
    assert not loaded(SPAWNING) & heavy


@pytest.mark.parametrize("library", sorted(LATER | WHEN_WANTED))
def test_the_window_is_imported_without(library: str, shown: set[str]) -> None:
    assert library not in shown


@pytest.fixture(scope="module")
def shown() -> set[str]:
    names = loaded(SHOWING)
    assert {"PySide6", "numpy", "pydantic"} <= names
    return names


def test_modules_imported_beside_qt_are_not_searched_for_its_switches() -> None:
    program = """
from hlmaster.ui import qt
qt.application(["test", "-platform", "offscreen"])
import json.tool, linecache
print(*[name for name in linecache.cache if name.endswith("tool.py")], "none")
"""
    assert loaded(program) == {"none"}
