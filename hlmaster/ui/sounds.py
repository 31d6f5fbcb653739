"""Short sounds through the system's player: one at a time, the graver one first, the bell where there is no player."""

from __future__ import annotations

import shutil
import sys
import wave
from array import array
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTemporaryDir, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from hlmaster.core.resources import resource
from hlmaster.settings import ENVIRONMENT_PREFIX
from hlmaster.ui.context import Context

Command = tuple[str, ...]
PLAYERS: dict[str, tuple[Command, ...]] = {
    "darwin": (("afplay",),),
    "linux": (("pw-play",), ("paplay",), ("aplay", "-q")),
}
LONGEST_MS = 3_000
"""No sound is as long; a player that is still there then hangs."""
QUIET_SECONDS = 1.0
"""Between one sound and the same again."""


class Sound(StrEnum):
    """In order of gravity, the least first. The value names its file and its switch in the settings."""

    PARTIAL = "partial"
    FILL = "fill"
    CARD = "card"
    TARGET = "target"
    REJECT = "reject"
    STOP = "stop"
    DISCONNECT = "disconnect"
    BREAKER = "breaker"


GRAVITY = list(Sound)


def players() -> tuple[Command, ...]:
    """Those that are installed here, the best first. A window that nobody sees has none."""
    if QGuiApplication.platformName() == "offscreen":
        return ()
    return tuple(command for command in PLAYERS.get(sys.platform, ()) if shutil.which(command[0]))


class Sounds(QObject):
    """``play`` asks the settings. While a sound is heard, one that is no graver is left out; ``stop`` ends it."""

    def __init__(
        self, context: Context, parent: QObject | None = None, commands: Sequence[Command] | None = None
    ) -> None:
        """``commands``: players instead of those that are installed."""
        super().__init__(parent)
        self._context = context
        self._commands = list(players() if commands is None else commands)
        self._process: QProcess | None = None
        self._heard: Sound | None = None
        self._again_at: dict[Sound, float] = {}
        self._softened: QTemporaryDir | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._give_up)

    @property
    def is_playing(self) -> bool:
        return self._process is not None

    def play(self, sound: Sound) -> None:
        now = self._context.desk.clock.monotonic()
        if not self._is_wanted(sound) or now < self._again_at.get(sound, now):
            return
        if self._heard is not None and GRAVITY.index(sound) <= GRAVITY.index(self._heard):
            return
        self._again_at[sound] = now + QUIET_SECONDS
        self.try_out(sound)

    def try_out(self, sound: Sound) -> None:
        """Heard whatever the settings say, but for the volume: somebody wants to know how it sounds."""
        self.stop()
        self._begin(sound)

    def _is_wanted(self, sound: Sound) -> bool:
        settings = self._context.desk.settings.sounds
        return not settings.muted and bool(getattr(settings, sound))

    def _file(self, sound: Sound) -> Path:
        """The sound at the volume of the settings: not every player has a volume of its own."""
        percent = self._context.desk.settings.sounds.volume_percent
        original = resource("sounds", f"{sound}.wav")
        if percent == 100:
            return original
        try:
            if self._softened is None:
                self._softened = QTemporaryDir()
            file = Path(self._softened.path()) / f"{sound}-{percent}.wav"
            if not file.exists():
                soften(original, file, percent)
        except OSError:
            return original
        return file

    def _begin(self, sound: Sound) -> None:
        file = self._file(sound)
        if sys.platform == "win32":
            _play_on_windows(file)
        elif self._commands:
            self._start(self._commands[0], sound, file)
        else:
            QApplication.beep()

    def _start(self, command: Command, sound: Sound, file: Path) -> None:
        process = QProcess(self)
        process.setProcessEnvironment(_own_environment())
        for channel in (process.setStandardOutputFile, process.setStandardErrorFile):
            channel(QProcess.nullDevice())
        process.finished.connect(lambda code, _: self._on_end(process, sound, failed=code != 0))
        process.errorOccurred.connect(lambda error: self._on_error(process, sound, error))
        self._process, self._heard = process, sound
        self._patience.start(LONGEST_MS)
        process.start(command[0], [*command[1:], str(file)])

    def _on_error(self, process: QProcess, sound: Sound, error: QProcess.ProcessError) -> None:
        """A crash is an end too, and told as one; what did not start has no end."""
        if error is QProcess.ProcessError.FailedToStart:
            self._on_end(process, sound, failed=True)

    def _on_end(self, process: QProcess, sound: Sound, *, failed: bool) -> None:
        process.deleteLater()
        if process is not self._process:
            return
        self._process = self._heard = None
        self._patience.stop()
        if failed:
            # It has no device, or is broken: the next one, and at last the bell.
            self._commands = self._commands[1:]
            self._begin(sound)

    def _give_up(self) -> None:
        """It hangs, so it is not asked again."""
        self._commands = self._commands[1:]
        self.stop()

    def stop(self) -> None:
        """What is heard ends now."""
        process, self._process, self._heard = self._process, None, None
        self._patience.stop()
        if process is not None:
            process.kill()
            process.waitForFinished(500)


def soften(original: Path, target: Path, percent: int) -> None:
    """Write ``original``, which has 16 bits a sample, at a share of its loudness. Raises OSError."""
    with wave.open(str(original)) as file:
        shape, samples = file.getparams(), array("h", file.readframes(file.getnframes()))
    with wave.open(str(target), "wb") as file:
        file.setparams(shape)
        file.writeframes(array("h", (sample * percent // 100 for sample in samples)).tobytes())


def _own_environment() -> QProcessEnvironment:
    """A player finds its sound server by it, and needs nothing that was meant for us."""
    environment = QProcessEnvironment.systemEnvironment()
    for name in environment.toStringList():
        if name.upper().startswith(ENVIRONMENT_PREFIX):
            environment.remove(name.partition("=")[0])
    return environment


def _play_on_windows(file: Path) -> None:
    """Windows plays it on a thread of its own; another sound ends it."""
    if sys.platform == "win32":
        import winsound

        try:
            winsound.PlaySound(str(file), winsound.SND_FILENAME | winsound.SND_ASYNC | winsound.SND_NODEFAULT)
        except RuntimeError:
            QApplication.beep()
