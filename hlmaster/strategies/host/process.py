"""The host process as the desk sees it: a question, a deadline, an answer; or a sentence about why there is none."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from hlmaster.core.errors import HlError
from hlmaster.core.redaction import redact
from hlmaster.strategies.host.fence import scrubbed
from hlmaster.strategies.host.messages import LARGEST_REPLY, GarbageSpoken, Reply, Request, frame, read_frame, reply_of

END_SECONDS = 1.0
LAST_WORDS = 2_000
"""Bytes kept of what it prints."""


class HostLost(HlError):
    """The process hung, died or spoke garbage over this request; it is gone."""

    code = "STR-003"


class HostProcess:
    """One request at a time. Made by ``begin``; ``end`` it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._talk = ThreadPoolExecutor(1, "strategy host")
        self._printed = b""
        self._listener = threading.Thread(target=self._keep_last_words, name="strategy host's words", daemon=True)
        self._listener.start()

    @classmethod
    async def begin(cls, command: Sequence[str]) -> HostProcess:
        """Raises HostLost when it cannot be started."""
        spawning = asyncio.ensure_future(asyncio.to_thread(_spawn, command))
        try:
            return cls(await asyncio.shield(spawning))
        except asyncio.CancelledError:
            await cls(await spawning).end()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    async def ask(self, request: Request, seconds: float) -> Reply:
        """Raises HostLost, after which nothing more can be asked: it took longer than ``seconds``, died, or babbled."""
        job: Future[Reply] = self._talk.submit(self._exchange, request)
        answer = asyncio.wrap_future(job)
        late = False
        try:
            await asyncio.wait({answer}, timeout=seconds)
            if not job.done():  # the loop may be late itself: only an answer that is not there yet is late
                late = True
                self.kill()
            return await answer
        except HostLost:
            if late:
                raise HostLost(f"It took longer than {seconds * 1000:,.0f} ms.") from None
            raise
        except asyncio.CancelledError:
            self.kill()
            answer.cancel()  # that it ends now is no news to anybody
            raise

    def _exchange(self, request: Request) -> Reply:
        """On the thread of the talk."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            pipe, unsent = process.stdin.fileno(), memoryview(frame(request))
            while unsent:
                unsent = unsent[os.write(pipe, unsent) :]
            pipe = process.stdout.fileno()
            content = read_frame(lambda count: os.read(pipe, count), LARGEST_REPLY)
            if content is not None:
                return reply_of(content)
        except GarbageSpoken as error:
            self.kill()
            self._process.wait()
            raise HostLost(error.sentence) from error
        except OSError as error:
            raise HostLost(self._ending()) from error
        raise HostLost(self._ending())

    def kill(self) -> None:
        """With everything that it may have started."""
        if self._process.poll() is not None:
            return
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)

    def _ending(self) -> str:
        """It closed its pipes; how it ended, as a sentence."""
        try:
            code = self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._process.wait()
        how = f"was ended by signal {-code}" if code < 0 else f"ended by itself with code {code}"
        return f"Its process {how}.{self._words()}"

    async def end(self) -> None:
        """Ask it to end by closing its input; one that does not is killed."""
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        process = self._process
        with contextlib.suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            process.wait()
        self._talk.shutdown()
        self._listener.join()
        if process.stdout is not None:
            process.stdout.close()

    def _keep_last_words(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as words:
            while part := os.read(words.fileno(), LAST_WORDS):
                self._printed = (self._printed + part)[-LAST_WORDS:]

    def _words(self) -> str:
        self._listener.join(END_SECONDS)  # what it said last may still be on its way; its children may keep the pipe
        lines = redact(self._printed.decode(errors="replace")).strip().splitlines()
        return f" Its last words: {lines[-1][:200]}" if lines else ""


def _spawn(command: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=scrubbed(os.environ),
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise HostLost(f"The process for strategies of other hands cannot be started: {error}.") from error
