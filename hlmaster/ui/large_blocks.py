"""Large blocks of memory, as pictures and rings of order flow are, go back to the system when they are let go."""

import ctypes
import sys
from typing import Any

LARGE = 512 * 1024
"""Bytes from which a block has pages of its own. What a frame takes and gives back is smaller."""
SPARE = 4 * 1024 * 1024
"""Bytes free at the end of the heap that are kept for what comes next."""
_C: Any = ctypes.CDLL(None) if sys.platform == "linux" else None
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Of ``malloc.h``."""


def own_pages() -> None:
    """For this process from now on. Does nothing where the C library is not glibc.

    By itself glibc raises its bound to the largest block that was ever freed, up to 32 MiB. After the first picture of
    a window large blocks would lie among small ones and leave holes, and a ring of zeros would be written whole at its
    birth instead of page by page as it fills.
    """
    if hasattr(_C, "mallopt"):
        _C.mallopt(_MMAP_THRESHOLD, LARGE)
        _C.mallopt(_TRIM_THRESHOLD, SPARE)


def give_back() -> None:
    """The holes between small blocks, too: one to two milliseconds."""
    if hasattr(_C, "malloc_trim"):
        _C.malloc_trim(0)
