"""The project's own Python environment, ``.venv``: made, filled from a hash-locked file, stamped with what it holds."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from installer.trouble import SetupError, ToolFailedError, explain

RUNTIME, DEVELOPMENT, INSTALLER = "requirements.lock", "requirements-dev.lock", "requirements-installer.lock"
# A lock and those it contains: the same packages in the same versions
CONTAINS = {RUNTIME: (RUNTIME,), DEVELOPMENT: (RUNTIME, DEVELOPMENT)}
ROOM_NEEDED = {RUNTIME: 1_000_000_000, DEVELOPMENT: 1_600_000_000}  # bytes, measured and rounded up
STAMP = "hlmaster.json"
PROBE = "import sys, sysconfig; print(*sys.version_info[:2], sysconfig.get_path('purelib'))"


class Environment:
    """``.venv`` under ``root``. ``say`` takes the lines for the person; ``base`` is the Python it is made with."""

    def __init__(self, root: Path, say: Callable[[str], None], base: str = sys.executable) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.python = self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self._say = say
        self._base = base

    def ensure(self, lock: str) -> None:
        """Make or renew until all of the lock file is installed; a few milliseconds when it is. Raises SetupError."""
        if self.holds(lock):
            return
        try:
            self._renew(lock)
        except OSError as error:
            raise SetupError(explain(f"Errno {error.errno}: {error}", "setting up .venv")) from error

    def holds(self, lock: str) -> bool:
        """Whether the stamp says so for this very lock file, project folder and interpreter."""
        try:
            stamp = json.loads((self.folder / STAMP).read_bytes())
        except (OSError, ValueError):
            return False
        expected = self._facts() | {lock: self.digest(lock)}
        return isinstance(stamp, dict) and self.python.exists() and expected.items() <= stamp.items()

    def digest(self, lock: str) -> str:
        return hashlib.sha256(self._lock_path(lock).read_bytes()).hexdigest()

    def _facts(self) -> dict[str, str]:
        """What makes an environment stale besides its lock: a moved project, another Python behind the link."""
        return {"root": str(self.root), "interpreter": str(self.python.resolve())}

    def _lock_path(self, lock: str) -> Path:
        return self.root / "installer" / lock

    def _renew(self, lock: str) -> None:
        (self.folder / STAMP).unlink(missing_ok=True)
        site = self._site_packages()
        if site is None:
            site = self._make(ROOM_NEEDED[lock])
        self._say(f"Installing {lock} into .venv (a minute or two the first time)")
        self._install(lock)
        self._compile()
        # So that the program, and the children it starts, are found from any working directory
        (site / "hlmaster-project.pth").write_text(f"{self.root}\n", encoding="utf-8")
        facts = self._facts() | {held: self.digest(held) for held in CONTAINS[lock]}
        (self.folder / STAMP).write_text(json.dumps(facts, indent=1), encoding="utf-8")

    def _site_packages(self) -> Path | None:
        """Where the packages live; None when there is no environment or the system's Python changed underneath it."""
        if not self.python.exists():
            return None
        done = subprocess.run([str(self.python), "-c", PROBE], capture_output=True, text=True, check=False)
        major, minor, site = done.stdout.strip().split(" ", 2) if done.returncode == 0 else ("0", "0", "")
        usable = (int(major), int(minor)) >= (3, 11) and Path(site).is_dir()
        return Path(site) if usable else None

    def _make(self, needed: int) -> Path:
        if self.folder.exists():
            self._say("Making .venv anew, because its Python is gone or too old")
            shutil.rmtree(self.folder)
        free = shutil.disk_usage(self.root).free
        if free < needed:
            raise SetupError(
                f"Setting up takes about {needed / 1e6:,.0f} MB, and the disk of {self.root} has {free / 1e6:,.0f} MB "
                "free. Free some space and run the same command again."
            )
        # Without pip in it: the base's own pip serves and is quicker, and a bare Debian has no ensurepip
        self._run([self._base, "-m", "venv", "--without-pip", str(self.folder)], "making .venv")
        site = self._site_packages()
        if site is None:
            raise SetupError(f"{self._base} made a .venv that does not start. Install Python anew and try again.")
        return site

    def _install(self, lock: str) -> None:
        """With uv; with pip where uv has no build, or does not get through where pip is configured to."""
        what = f"installing {lock}"
        pip = [*self._pip(), "install", "--disable-pip-version-check", "--require-hashes", "-r"]
        uv = [str(self.python), "-m", "uv", "pip", "install", "--python", str(self.python), "--compile-bytecode"]
        uv += ["--require-hashes", "-r"]
        try:
            self._run([*pip, str(self._lock_path(INSTALLER)), "--quiet"], "installing uv")
            self._run([*uv, str(self._lock_path(lock))], what)
        except ToolFailedError as failure:
            if failure.final:
                raise
            self._say("That did not work with uv; trying pip, which takes a few minutes")
            self._run([*pip, str(self._lock_path(lock))], what)

    def _compile(self) -> None:
        """The program's own byte code, as the packages have theirs: without it a start takes twice as long."""
        command = [str(self.python), "-m", "compileall", "-q", str(self.root / "hlmaster")]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            self._say("The program could not be compiled beforehand (is its folder read-only?); it starts slower")

    def _pip(self) -> list[str]:
        """A pip command that installs into the environment: the base's, else one unpacked into it."""
        outside = [self._base, "-m", "pip", "--python", str(self.python)]
        inside = [str(self.python), "-m", "pip"]
        unpack = [str(self.python), "-m", "ensurepip"]
        for probe, command in (([*outside, "--version"], outside), ([*inside, "--version"], inside), (unpack, inside)):
            if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
                return command
        raise SetupError(
            f"{self._base} has no pip (22.3 or newer). Install it, on Debian and Ubuntu with\n"
            "    sudo apt-get install python3-pip\nand then run the same command again."
        )

    def _run(self, command: list[str], what: str) -> None:
        """Run a tool, show its lines indented as they come; raises ToolFailedError with the reason as one sentence."""
        environ = os.environ | {"UV_PYTHON_DOWNLOADS": "never", "PYTHONUTF8": "1"}
        environ.pop("PIP_REQUIRE_VIRTUALENV", None)  # pip is told the environment by --python, which it does not count
        lines = []
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=environ,
        ) as process:
            for line in process.stdout or ():
                lines.append(line)
                if not line.startswith(" + "):  # uv lists what it installed, a hundred lines of it
                    self._say(f"  {line.rstrip()}")
        if process.returncode:
            raise ToolFailedError("".join(lines), what)
