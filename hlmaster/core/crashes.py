"""A crash of the interpreter itself leaves a trace: where each thread was, by function and line, and no values."""

from __future__ import annotations

import faulthandler
import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)
CODE = "INV-004"
_traces: list[int] = []
"""The open file's descriptor. It stays open until the process has ended: the end, too, may crash."""


def keep_trace(file: Path) -> None:
    """Have a crash written to ``file``, for its owner alone; what an earlier run left there is named in the log.

    The folder must exist. The earlier trace moves beside it, under ``.before``. A file that cannot be written is a
    warning: crashes are then told on the console, if at all.
    """
    try:
        if file.exists() and file.stat().st_size:
            before = file.replace(file.with_name(f"{file.name}.before"))
            log.error("The last run of this session crashed; %s says where.", before, extra={"code": CODE})
        trace = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        log.warning("No trace of a crash is kept, %s cannot be written: %s.", file, error)
        return
    faulthandler.enable(trace)
    for last in _traces:
        os.close(last)
    _traces[:] = [trace]
