"""Small files that are written whole or not at all, and read by their owner alone."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def write_whole(path: Path, content: bytes, *, durable: bool = False) -> None:
    """Replace ``path``; a crash leaves the old content or the new one, ``durable`` also when the power fails.

    ``durable`` waits for the disk, so not on a loop that draws. The folder must exist. Raises OSError, leaving ``path``
    as it was and nothing beside it.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(content)
            if durable:
                out.flush()
                os.fsync(out.fileno())
        fresh.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
