"""The local control channel of a running desk: an owner-only socket in the data folder that answers one JSON line.

``DIR/run/MODE-SESSION.json`` says where the socket is (socket paths have a length limit that data folders may exceed),
which process owns it, and which exchange of this computer it trades on, so that others can act when it cannot.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import hashlib
import inspect
import json
import os
import socket
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hlmaster.core.errors import HlError, StorageError, VenueUnreachable
from hlmaster.core.model import Mode

MAX_REQUEST = 4_096
TIMEOUT_SECONDS = 5.0
Answer = Callable[[], dict[str, Any] | Awaitable[dict[str, Any]]]


def _pointer(data: Path, mode: Mode, session: str) -> Path:
    return data / "run" / f"{mode}-{session}.json"


@dataclass(frozen=True, slots=True)
class Exchange:
    """An exchange on this computer; one that is a child of the desk ends with it."""

    ready_file: Path
    is_child: bool


class Control:
    """``answers`` maps a verb (``health``) to the function that answers it; one that takes its time is awaited.

    ``exchange``: the one on this computer that the desk trades on, if it does.
    """

    def __init__(
        self, data: Path, mode: Mode, session: str, answers: dict[str, Answer], exchange: Exchange | None = None
    ) -> None:
        self._pointer = _pointer(data, mode, session)
        name = hashlib.sha256(str(self._pointer.absolute()).encode()).hexdigest()[:16]
        self._folder = Path(tempfile.gettempdir()) / f"hlmaster-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
        self._socket_path = self._folder / f"{name}.sock"
        self._answers = answers | {"ping": lambda: {"pid": os.getpid()}}
        self._exchange = exchange
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        _refuse_foreign(self._folder)
        self._pointer.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._socket_path.unlink(missing_ok=True)
        if hasattr(asyncio, "start_unix_server"):
            await self._listen()
            self._socket_path.chmod(0o600)
            where: dict[str, Any] = {"socket": str(self._socket_path), "pid": os.getpid()}
            if self._exchange is not None:
                where["ready_file"] = str(self._exchange.ready_file.absolute())
                where["is_child"] = self._exchange.is_child
            self._pointer.write_text(json.dumps(where), encoding="utf-8")

    async def _listen(self) -> None:
        """Raises StorageError."""
        try:
            self._server = await asyncio.start_unix_server(self._serve, str(self._socket_path), limit=MAX_REQUEST)
        except OSError as error:
            raise StorageError(
                f"The socket by which this desk is asked and killed cannot be made at {self._socket_path} ({error}).",
                "Have the environment variable TMPDIR name a folder with a short path that can be written to.",
            ) from error

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                line = await reader.readline()
            verb = line.decode("utf-8", "replace").strip()
            answer = self._answers.get(verb)
            try:
                reply = (
                    answer() if answer else {"error": f"There is no verb {verb!r}; ask one of {sorted(self._answers)}."}
                )
                if inspect.isawaitable(reply):
                    reply = await reply
            except HlError as error:
                reply = {"error": str(error), "code": error.code}
            writer.write(json.dumps(reply).encode() + b"\n")
            await writer.drain()
        except (TimeoutError, ConnectionError, ValueError):  # the last: longer than any verb
            return
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        self._socket_path.unlink(missing_ok=True)
        self._pointer.unlink(missing_ok=True)


def _refuse_foreign(folder: Path) -> None:
    """Raises StorageError: the temporary folder is everybody's, and a folder that waited for us there is a trap."""
    state = folder.lstat()
    if hasattr(os, "getuid") and (state.st_uid != os.getuid() or state.st_mode & 0o077 or folder.is_symlink()):
        raise StorageError(f"{folder} does not belong to you alone.", "Remove it and start again.")


def exchange_of(data: Path, mode: Mode, session: str) -> Exchange | None:
    """The exchange that the session's desk trades on, or traded on before it died."""
    try:
        where = json.loads(_pointer(data, mode, session).read_text(encoding="utf-8"))
        return Exchange(Path(where["ready_file"]), bool(where["is_child"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def ask(data: Path, mode: Mode, session: str, verb: str, seconds: float = TIMEOUT_SECONDS) -> dict[str, Any]:
    """Ask a running desk from another process. Raises VenueUnreachable when none answers within ``seconds``."""
    pointer = _pointer(data, mode, session)
    nobody = f"No {mode} desk with the session {session!r} is running on {data}."
    if not hasattr(socket, "AF_UNIX"):
        raise VenueUnreachable("A running desk cannot be asked on this system.", "Look at its window instead.")
    try:
        where = json.loads(pointer.read_text(encoding="utf-8"))["socket"]
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(seconds)
            connection.connect(where)
            connection.sendall(verb.encode() + b"\n")
            with connection.makefile("rb") as lines:
                answer: dict[str, Any] = json.loads(lines.readline())
                return answer
    except FileNotFoundError:
        raise VenueUnreachable(nobody, "Start it with `hlmaster` or `hlmaster headless`.") from None
    except (OSError, ValueError, KeyError) as error:
        raise VenueUnreachable(f"{nobody} ({error})", "It may have crashed; start it again.") from error


def jsonable(record: Any) -> dict[str, Any]:
    """A dataclass of plain values as a dict for JSON."""
    return dataclasses.asdict(record)
