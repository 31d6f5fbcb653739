"""What the host process is kept from. It stops mistakes and the careless; code that means harm needs more than this.

The desk gives it a scrubbed environment, no key and no address of an exchange. Here, on top: no connections, no other
programs, and on Linux a network of its own with nothing in it.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping

MEMORY = 4 * 1024**3
"""Bytes of address space, where the system can limit it."""
KEPT = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "PYTHONPATH", "VIRTUAL_ENV")
_CLOSED = {
    "socket.connect": "open a connection",
    "socket.bind": "open a port",
    "socket.sendto": "send anything",
    "socket.getaddrinfo": "look up an address",
    "subprocess.Popen": "start a program",
    "os.system": "start a program",
    "os.exec": "start a program",
    "os.fork": "start a process",
    "os.forkpty": "start a process",
    "os.posix_spawn": "start a program",
    "os.spawn": "start a program",
    "os.startfile": "start a program",
    "os.kill": "end a process",
    "webbrowser.open": "open a page",
}
_NEW_USER, _NEW_NETWORK = 0x1000_0000, 0x4000_0000


def scrubbed(environment: Mapping[str, str]) -> dict[str, str]:
    """What the process inherits: where programs and languages are, and nothing that says who we are or what we know."""
    kept = {name: environment[name] for name in KEPT if name in environment}
    return kept | {
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "OPENBLAS_NUM_THREADS": "1",
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
        "PYTHONUNBUFFERED": "1",
    }


def close() -> None:
    """From here on, for good. To be called before other threads run."""
    _leave_the_network()
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(_refuse)


def _refuse(event: str, _: tuple[object, ...]) -> None:
    what = _CLOSED.get(event)
    if what is not None:
        raise PermissionError(f"A strategy may not {what}: all that it needs stands in its window.")


def _leave_the_network() -> None:
    """unshare(2); many systems refuse it, and then the rest of the fence stands alone."""
    if sys.platform != "linux":
        return
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).unshare(_NEW_USER | _NEW_NETWORK)


def own_pipes() -> tuple[int, int]:
    """The two pipes to the desk, moved where ``print`` and ``input`` do not reach: descriptors to read and to write."""
    asked, told = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return asked, told
