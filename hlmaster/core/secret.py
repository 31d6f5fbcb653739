"""A secret that does not give itself away, and a process that does not give it away either."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import NoReturn


class Secret:
    """A key or passphrase. Its text comes out by ``reveal`` alone: not by repr, format, copy, pickle or a traceback."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def forget(self) -> None:
        """Let go of the text; what others made of it is theirs to drop."""
        self._text = ""

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        from hmac import compare_digest  # a costly import, and the start of every process reads this module

        return isinstance(other, Secret) and compare_digest(self._text.encode(), other._text.encode())

    __hash__ = None  # type: ignore[assignment]  # a hash of a secret is a hint at it

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be copied or pickled")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        self.__reduce__()


def keep_to_ourselves() -> None:
    """Files for the owner alone; no core dump, and no other process of this user may read our memory.

    Called first thing by every process that may hold a key. What a system does not offer is left out: Windows keeps
    user folders private by itself, and macOS lets no unsigned process attach to another.
    """
    os.umask(0o077)
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        _make_undumpable()


def _make_undumpable() -> None:
    """prctl(PR_SET_DUMPABLE, 0): see prctl(2)."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(4, 0, 0, 0, 0)
