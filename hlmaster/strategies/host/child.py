"""The host process: loads the code of strategies and runs it, one request after the other, until its input ends."""

from __future__ import annotations

import os
import queue
import sys
import threading
import traceback
import types
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, cast

from hlmaster.strategies.answer import Answer, StrategyBroken, answer_of, explanation_of
from hlmaster.strategies.base import STRATEGIES, Params, Strategy
from hlmaster.strategies.host import fence
from hlmaster.strategies.host.described import fields_of, wanted
from hlmaster.strategies.host.messages import (
    Check,
    Checked,
    Decide,
    Decided,
    Description,
    Failed,
    GarbageSpoken,
    Load,
    LoadBuiltIn,
    Loaded,
    Prepare,
    Prepared,
    Reply,
    Request,
    Source,
    frame,
    read_frame,
    request_of,
)
from hlmaster.strategies.known import BUILT_IN, Checks, card_of, chosen, code_of, hash_of
from hlmaster.strategies.packed import unpack

if TYPE_CHECKING:
    from hlmaster.strategies.checks import CheckReport

GROUP = "hlmaster.strategies"
"""The entry points of packages that bring strategies: each names a module."""
_PACKAGE, _OURS = "hlmaster_user_strategies", "hlmaster.strategies."


def run() -> int:
    """Until the desk closes the pipe, whatever a strategy may be busy with then."""
    asked, told = fence.own_pipes()
    fence.close()
    requests: queue.Queue[Request] = queue.Queue(maxsize=1)
    threading.Thread(target=_listen, args=(asked, requests), name="requests", daemon=True).start()
    hands = Hands()
    while True:
        reply = frame(hands.answer(requests.get()))
        while reply:
            reply = reply[os.write(told, reply) :]


def _listen(pipe: int, requests: queue.Queue[Request]) -> None:
    """On a thread of its own, so that a strategy that hangs does not outlive the desk."""
    try:
        while (content := read_frame(lambda count: os.read(pipe, count))) is not None:
            requests.put(request_of(content))
    except GarbageSpoken as error:
        sys.stderr.write(f"{error}\n")
    os._exit(0)


class Hands:
    """What is loaded, and what was made of it."""

    def __init__(self) -> None:
        self._minds: dict[int, Strategy[Params]] = {}
        self._files: dict[str, Source] = {}
        """Loaded code by the path that tracebacks name."""

    def answer(self, request: Request) -> Reply:
        """What a strategy raises, exits included, is its own fault and becomes a sentence."""
        try:
            match request:
                case Load():
                    return self._load(request.source)
                case LoadBuiltIn():
                    return self._load_built_in()
                case Prepare():
                    return self._prepare(request)
                case Decide():
                    return Decided(self._decide(request))
                case Check():
                    return Checked(self._check(request))
        except BaseException as error:  # noqa: BLE001  nobody above could act: a strategy may raise what it likes
            return Failed(self._sentence(error))

    def _load(self, source: Source) -> Loaded:
        before = set(STRATEGIES.names())
        if source.entry_point:
            next(entry for entry in entry_points(group=GROUP) if entry.name == source.entry_point).load()
        else:
            self._run(source)
        fresh = {name: STRATEGIES[name] for name in STRATEGIES if name not in before}
        own = {name: kind for name, kind in fresh.items() if not kind.__module__.startswith(_OURS)}
        if not own:
            raise StrategyBroken("It registers no strategy.", "Write @strategy(name, title) over its class.")
        return Loaded(tuple(self._describe(name, kind, source) for name, kind in own.items()))

    def _run(self, source: Source) -> None:
        """Its bytes as they were read, under the name of its file; a module, because pydantic looks for its names."""
        path = source.path or source.origin
        self._files[path] = source
        module = types.ModuleType(f"{_PACKAGE}.{PurePath(source.origin).stem}")
        module.__file__ = path
        sys.modules[module.__name__] = module
        exec(compile(source.text, path, "exec", dont_inherit=True), module.__dict__)

    @staticmethod
    def _load_built_in() -> Loaded:
        from hlmaster.strategies import catalogue

        kinds = (catalogue.STRATEGIES[name] for name in catalogue.STRATEGIES)
        return Loaded(tuple(Description(card_of(kind, BUILT_IN), (), "") for kind in kinds))

    @staticmethod
    def _describe(name: str, kind: type[Strategy[Params]], source: Source) -> Description:
        if not name.isidentifier() or not name.isascii():
            raise StrategyBroken(f"{name!r} cannot be a strategy's name.", "Use letters, digits and underscores.")
        if not issubclass(kind, Strategy):
            raise StrategyBroken(f"{name} is no subclass of Strategy.")
        code = code_of(kind) if source.entry_point else hash_of(source.text)
        return Description(card_of(kind, source.origin), fields_of(kind.Parameters), code)

    @staticmethod
    def _made(name: str, params: dict[str, Any]) -> Strategy[Params]:
        kind = STRATEGIES[name]
        return kind(chosen(kind.Parameters, params, kind.title))

    def _prepare(self, request: Prepare) -> Prepared:
        strategy = self._made(request.strategy, request.params)
        needs, terms = strategy.needs, strategy.terms
        reply = Prepared(wanted(needs), int(strategy.horizon_ms), int(strategy.valid_ms), terms)
        self._minds[request.mind] = strategy
        return reply

    def _decide(self, request: Decide) -> Answer:
        strategy, window = self._minds[request.mind], unpack(request.window)
        answer = answer_of(strategy, window)
        return replace(answer, explanation=explanation_of(strategy, window))

    def _check(self, request: Check) -> Checks:
        from hlmaster.strategies.checks import check

        return checks_of(check(self._made(request.strategy, request.params)))

    def _sentence(self, error: BaseException) -> str:
        """What broke, and the last line of the strategy's own code where it did."""
        if isinstance(error, StrategyBroken):
            return str(error)
        if isinstance(error, SyntaxError):
            source = self._files.get(error.filename or "")
            name = source.origin if source is not None else error.filename
            return f"{name}, line {error.lineno}: {error.msg}: {(error.text or '').strip()}"
        what = "it called exit" if isinstance(error, SystemExit) else f"{type(error).__name__}: {error}"
        for line in reversed(traceback.extract_tb(error.__traceback__)):
            source = self._files.get(line.filename)
            if source is not None:
                text = source.text.decode(errors="replace").splitlines()[cast(int, line.lineno) - 1].strip()
                return f"{source.origin}, line {line.lineno}: {what}: {text}"
        return f"{what}."


def checks_of(report: CheckReport) -> Checks:
    from hlmaster.core.signals import Check

    if report.passed:
        spoke = f"it spoke on {report.spoke:,} of {report.rows:,} rows"
        return (Check("look-ahead and warm-up", True, f"Nothing was found; {spoke}."),)
    return tuple(Check(finding.check, False, finding.sentence) for finding in report.findings)
