"""One running desk per session: a lock the operating system drops when its holder dies, however it dies."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hlmaster.core.errors import SessionBusy, StorageError
from hlmaster.storage.files import private_folder

if sys.platform == "win32":
    import msvcrt

    def take_lock(handle: int) -> None:
        os.lseek(handle, 1 << 20, os.SEEK_SET)  # far behind the text, so that others can still read it
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def take_lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


class SessionLock:
    """Held from ``acquire`` to ``release``. The file names the holder's process and stays behind, empty of meaning."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def acquire(self) -> None:
        """Raises SessionBusy naming the process that holds it, or StorageError when the file cannot be made."""
        private_folder(self.path.parent)
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StorageError(f"The lock {self.path} cannot be opened: {error.strerror}.") from error
        try:
            take_lock(handle)
        except OSError as error:
            holder = os.read(handle, 32).decode("ascii", "replace").strip()
            os.close(handle)
            raise SessionBusy(
                f"The session {self.path.stem} is open in another window (process {holder or 'unknown'}).",
                "Close that one, or choose another session with --session.",
            ) from error
        try:
            os.lseek(handle, 0, os.SEEK_SET)
            os.truncate(handle, 0)
            os.write(handle, f"{os.getpid()}\n".encode())
        except OSError as error:
            os.close(handle)
            raise StorageError(
                f"The lock {self.path} cannot be written: {error.strerror}.", "Free some space."
            ) from error
        self._handle = handle

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
