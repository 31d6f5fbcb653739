"""Disk space kept back, so that closes can still be journalled when the disk is full."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

RESERVE_BYTES = 16 * 1024 * 1024


class Reserve:
    """A file of real blocks; ``release`` gives them back to the disk, ``hold`` takes them again when there is room."""

    def __init__(self, path: Path, size: int = RESERVE_BYTES) -> None:
        self.path = path
        self.size = size

    @property
    def held(self) -> bool:
        return self.path.exists() and self.path.stat().st_size == self.size

    def hold(self) -> bool:
        """Whether the space is held now. Leaves as much again free, or does not take it."""
        if self.held:
            return True
        try:
            self.release()
            if shutil.disk_usage(self.path.parent).free < 2 * self.size:
                return False
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                self._fill(handle)
            finally:
                os.close(handle)
        except OSError:
            self.release()
            return False
        return True

    def release(self) -> bool:
        """Whether there was something to release."""
        try:
            self.path.unlink()
        except OSError:
            return False
        return True

    def _fill(self, handle: int) -> None:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(handle, 0, self.size)
            return
        block = bytes(1024 * 1024)
        for _ in range(self.size // len(block)):
            os.write(handle, block)
        os.write(handle, bytes(self.size % len(block)))
        os.fsync(handle)
