"""The halt file: while it lies there no desk of its session takes new risk, whoever wrote it, restarts included."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hlmaster.core.errors import StorageError
from hlmaster.core.files import write_whole
from hlmaster.core.model import Mode
from hlmaster.storage.files import private_folder, stamp, unused

LATEST_MS = 253_402_300_800_000
"""The year 10000: a time that no calendar writes."""


@dataclass(frozen=True, slots=True)
class Halt:
    """Who halted trading, when (wall milliseconds) and why, as a sentence."""

    who: str
    wall_ms: int
    why: str


class HaltFile:
    """``DATA/run/MODE-SESSION.halt``, beside the session and not in it: a session that cannot be written can be halted.

    A file that cannot be understood halts too.
    """

    def __init__(self, data: Path, mode: Mode, session: str) -> None:
        self.path = data.absolute() / "run" / f"{mode}-{session}.halt"
        self._known: tuple[tuple[int, int], Halt] | None = None

    @staticmethod
    def of_session(folder: Path) -> HaltFile:
        """For the session in ``DATA/MODE/SESSION``."""
        return HaltFile(folder.parent.parent, Mode(folder.parent.name), folder.name)

    def read(self) -> Halt | None:
        """None while there is none; one ``stat`` as long as it does not change."""
        try:
            state = self.path.stat()
            mark = (state.st_mtime_ns, state.st_ino)
            if self._known is None or self._known[0] != mark:
                self._known = (mark, _halt(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            self._known = None
            return None
        except (OSError, ValueError, TypeError, ArithmeticError) as error:
            return Halt("somebody", 0, f"The halt file {self.path} cannot be read ({error}).")
        return self._known[1]

    def write(self, halt: Halt) -> None:
        """Whole or not at all. Raises StorageError."""
        _write(self.path, asdict(halt))

    def remove(self) -> None:
        """Raises StorageError."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(
                f"The halt file {self.path} cannot be removed: {error.strerror}.", "Remove it by hand."
            ) from error

    def keep_report(self, report: dict[str, Any], wall_ms: int) -> Path:
        """Write what a kill did beside the halt file. Raises StorageError."""
        path = unused(self.path.with_name(f"{self.path.stem}-kill-{stamp(wall_ms)}.json"))
        _write(path, report)
        return path


def _halt(text: str) -> Halt:
    fields = json.loads(text)
    if not isinstance(fields, dict):
        raise ValueError("it holds no halt")
    wall_ms = int(fields.get("wall_ms", 0))
    if not 0 <= wall_ms < LATEST_MS:
        raise ValueError(f"{wall_ms} is no time")
    return Halt(str(fields.get("who", "somebody")), wall_ms, str(fields.get("why", "")))


def _write(path: Path, fields: dict[str, Any]) -> None:
    private_folder(path.parent)
    try:
        write_whole(path, json.dumps(fields).encode(), durable=True)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}.", "Free some space.") from error
