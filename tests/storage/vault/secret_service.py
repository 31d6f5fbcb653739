"""A message bus and a gnome-keyring of a test's own, in a home of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BUS = """<busconfig><type>session</type><listen>unix:tmpdir={folder}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>"""


@contextmanager
def private_bus(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A session bus on which nobody offers anything."""
    if not shutil.which("dbus-daemon"):
        pytest.skip("dbus-daemon is not installed (Debian: apt-get install dbus)")
    config = folder / "bus.conf"
    config.write_text(BUS.format(folder=folder))
    for name in ("HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        home = folder / name.lower()
        home.mkdir(mode=0o700)
        monkeypatch.setenv(name, str(home))
    command = ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as daemon:
        assert daemon.stdout is not None
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", daemon.stdout.readline().strip())
        try:
            yield
        finally:
            daemon.terminate()


@contextmanager
def secret_service() -> Iterator[None]:
    """gnome-keyring on the present bus, its login collection unlocked."""
    if not shutil.which("gnome-keyring-daemon"):
        pytest.skip("gnome-keyring is not installed (Debian: apt-get install gnome-keyring)")
    command = ["gnome-keyring-daemon", "--unlock", "--components=secrets", "--foreground"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=os.environ) as daemon:
        assert daemon.stdin is not None
        assert daemon.stdout is not None
        daemon.stdin.write(b"a password\n")
        daemon.stdin.close()
        daemon.stdout.readline()  # its control socket's place: it is up
        try:
            yield
        finally:
            daemon.terminate()
