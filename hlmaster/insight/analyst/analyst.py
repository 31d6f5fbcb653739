"""The analyst: asks a model one question at a time and tells what came of it. Nothing ever waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.errors import HlError
from hlmaster.core.opinions import (
    AnalystAnswered,
    AnalystCalled,
    AnalystChanged,
    AnalystSpoke,
    Call,
    Opinion,
    Opinions,
    Question,
)
from hlmaster.insight.analyst.agenda import BY_HAND, Agenda, Item, Pace
from hlmaster.insight.analyst.facts import MarketFacts, OpenIdea
from hlmaster.insight.analyst.prepared import PreparedQuestion, prepared
from hlmaster.insight.analyst.prompts import Prompts
from hlmaster.insight.analyst.schema import (
    LONGEST_ANSWER,
    REASON_WITHIN,
    NoOpinion,
    Reading,
    read,
    reason_so_far,
    visible,
)
from hlmaster.insight.analyst.state import AnalystState, Counts, Running
from hlmaster.insight.llm.backend import Backend, BackendError, Piece, Request, Usage

log = logging.getLogger(__name__)
CANCELLED = "The call was cancelled by hand."
GRACE_SECONDS = 5.0
"""A back-end keeps its own deadline; this much later the analyst stops listening whatever it does."""
LOOK_SECONDS = 1.0
"""How often a question that may not be put yet is looked at again."""
DIGEST_SECONDS = 600.0
RECALLED = 200
"""Calls that are looked through at the start for what was said last of each coin."""


@dataclass(frozen=True, slots=True)
class AnalystOptions:
    """``gap_s``: between the beginnings of two calls, wall seconds. ``per_hour``: calls that nobody asked for by hand
    keep within it. ``most_waiting``: questions in the queue; what is more drops the oldest."""

    model: str = "llama3.2"
    temperature: float = 0.1
    max_tokens: int = 300
    timeout_s: float = 30.0
    think: bool | None = None
    gap_s: float = 10.0
    per_hour: int = 120
    most_waiting: int = 16


@dataclass(slots=True)
class _Heard:
    """What is known of a call so far."""

    sent: PreparedQuestion | None = None
    digest: str = ""
    text: str = ""
    told: int = 0
    usage: Usage = field(default_factory=Usage)

    def add(self, piece: Piece) -> str:
        """What of it a person may read: thoughts as they are, of the answer its reason."""
        self.usage = piece.usage or self.usage
        if piece.thinking:
            return visible(piece.text)
        looked = len(self.text) < REASON_WITHIN
        self.text += piece.text
        reason = reason_so_far(self.text) if looked else ""
        words = reason[self.told :]
        self.told += len(words)
        return words


class Analyst:
    """``facts``: None while a coin's prices are not known. ``backend`` and ``options`` are read anew for each call."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        facts: Callable[[str], MarketFacts | None],
        backend: Callable[[], Backend],
        prompts: Prompts,
        options: Callable[[], AnalystOptions],
        keep: Opinions | None,
    ) -> None:
        self._bus, self._clock, self._keep = bus, clock, keep
        self._facts, self._backend, self._prompts, self._options = facts, backend, prompts, options
        self._agenda, self._pace, self._counts = Agenda(options().most_waiting), Pace(), Counts()
        self._woken = asyncio.Event()
        self._running: Running | None = None
        self._scope: asyncio.Timeout | None = None
        self._cancelled = False
        self._digests: dict[tuple[str, str], tuple[float, str]] = {}
        self._latest: dict[tuple[str, Question], Opinion] = {}

    # --- what others call: none of it waits ---

    def ask(self, coin: str, question: Question, *, trigger: str = BY_HAND, proposal: OpenIdea | None = None) -> str:
        """Put a question on the agenda; the id of the call that will answer it, which may wait there already.

        ``trigger``: why it is asked, as a reader sees it. ``proposal``: what ``Question.ENTRY`` is about.
        """
        self._agenda.most = self._options().most_waiting
        call_id = self._agenda.add(Item(secrets.token_hex(8), coin, question, trigger, proposal))
        self._woken.set()
        self._bus.publish(AnalystChanged())
        return call_id

    def withdraw(self, proposal_id: str) -> None:
        """A proposal is no longer open: what waits to be asked about it is not asked."""
        self._agenda.withdraw(proposal_id)

    def cancel(self) -> None:
        """End the call that is on now; what waits stays."""
        if self._scope is not None and not self._scope.expired():
            self._cancelled = True
            self._scope.reschedule(asyncio.get_running_loop().time())

    def preview(self, coin: str, question: Question, *, proposal: OpenIdea | None = None) -> PreparedQuestion:
        """What would be sent now, but for the marks around strangers' words. Raises NotAsked, PromptBroken."""
        facts = self._facts(coin)
        if facts is not None and proposal is not None:
            facts = replace(facts, idea=proposal)
        return prepared(self._prompts.of(question), question, facts, coin)

    def latest(self, coin: str, question: Question | None = None) -> Opinion | None:
        """The newest opinion about a coin, of one question or of any. It may be old: look at its time."""
        wanted = Question if question is None else (question,)
        known = [self._latest[coin, each] for each in wanted if (coin, each) in self._latest]
        return max(known, key=lambda opinion: opinion.answered_ms, default=None)

    @property
    def state(self) -> AnalystState:
        options, backend, counts, now = self._options(), self._backend(), self._counts, self._clock.monotonic()
        first = self._agenda.first()
        return AnalystState(
            backend=backend.name,
            is_model=backend.is_model,
            model=_model(options, backend),
            running=self._running,
            waiting=tuple(self._agenda),
            next_in_seconds=0.0 if first is None else self._wait(first, options, now),
            calls_this_hour=self._pace.in_the_last_hour(now),
            per_hour=options.per_hour,
            answered=counts.answered,
            failed=counts.failed,
            dropped=self._agenda.dropped,
            last_ms=counts.last_ms,
            median_ms=counts.median_ms,
            prompt_tokens=counts.prompt_tokens,
            answer_tokens=counts.answer_tokens,
            tokens_per_second=counts.tokens_per_second,
            failure=counts.failure,
        )

    # --- its task ---

    async def run(self) -> None:
        """One question after the other, until cancelled."""
        await self._recall()
        while True:
            self._woken.clear()
            first = self._agenda.first()
            if first is None:
                await self._woken.wait()
            elif (rest := self._wait(first, self._options(), self._clock.monotonic())) > 0:
                await self._clock.sleep(min(rest, LOOK_SECONDS))
            elif (item := self._agenda.take()) is not None:
                await self._put(item)

    async def _recall(self) -> None:
        """What was said before the last restart: whoever looks at it looks at its time."""
        if self._keep is None or self._latest:
            return
        try:
            calls = await self._keep.calls(RECALLED)
        except HlError as error:
            log.warning("what the analyst said before is not known: %s", error)
            return
        self._latest = {(call.coin, call.question): call.opinion for call in calls if call.opinion is not None}
        self._bus.publish(AnalystChanged())

    def _wait(self, item: Item, options: AnalystOptions, now: float) -> float:
        """Plain rules cost nothing, so the hour does not bound them."""
        free = item.by_hand or not self._backend().is_model
        return self._pace.wait(now, options.gap_s, options.per_hour, free)

    async def _put(self, item: Item) -> None:
        options, backend, heard = self._options(), self._backend(), _Heard()
        model, asked_ms, began = _model(options, backend), self._clock.now_ms(), self._clock.monotonic()
        self._running = Running(item.call_id, item.coin, item.question, item.trigger, model, began)
        self._bus.publish(AnalystCalled(item.call_id, item.coin, item.question, item.trigger, model, asked_ms))
        try:
            outcome = await self._outcome(item, options, backend, heard)
        finally:
            self._running = self._scope = None
            self._cancelled = False
        opinion = None
        if isinstance(outcome, Reading) and heard.sent is not None:
            opinion = self._opinion(item, outcome, heard.sent, model, asked_ms)
            self._latest[item.coin, item.question] = opinion
        call = Call(
            call_id=item.call_id,
            coin=item.coin,
            question=item.question,
            trigger=item.trigger,
            model=model,
            digest=heard.digest,
            options=_written(options, backend),
            prompt_version=heard.sent.version if heard.sent else "",
            prompt=f"{heard.sent.system}\n\n{heard.sent.prompt}" if heard.sent else "",
            answer=heard.text[:LONGEST_ANSWER],
            asked_ms=asked_ms,
            latency_ms=1000.0 * (self._clock.monotonic() - began),
            prompt_tokens=heard.usage.prompt_tokens,
            answer_tokens=heard.usage.answer_tokens,
            failure=outcome.reason if isinstance(outcome, NoOpinion) else "",
            opinion=opinion,
        )
        self._counts.add(call, heard.usage)
        if self._keep is not None:
            self._keep.save_call(call)
        self._bus.publish(AnalystAnswered(call))
        self._bus.publish(AnalystChanged())

    async def _outcome(
        self, item: Item, options: AnalystOptions, backend: Backend, heard: _Heard
    ) -> Reading | NoOpinion:
        """Whatever goes wrong is no opinion with its sentence; only being cancelled from above goes on up."""
        try:
            heard.sent = self.preview(item.coin, item.question, proposal=item.idea)
            self._pace.begin(self._clock.monotonic(), counts=backend.is_model)
            async with asyncio.timeout(options.timeout_s + GRACE_SECONDS) as self._scope:
                heard.digest = await self._digest(backend, _model(options, backend))
                await self._listen(item, _request(options, backend, heard.sent), backend, heard)
            return read(heard.text, item.question, heard.sent.facts)
        except HlError as error:
            return NoOpinion(str(error))
        except TimeoutError:
            return NoOpinion(CANCELLED if self._cancelled else f"No answer came within {options.timeout_s:g} seconds.")
        except Exception as error:
            log.exception("the analyst's call about %s failed", item.coin)
            return NoOpinion(f"The analyst failed by itself ({type(error).__name__}: {error}); the log says more.")

    async def _listen(self, item: Item, request: Request, backend: Backend, heard: _Heard) -> None:
        async with contextlib.aclosing(backend.ask(request)) as pieces:
            async for piece in pieces:
                words = heard.add(piece)
                if words:
                    self._bus.publish(AnalystSpoke(item.call_id, item.coin, words, piece.thinking))
                # An answer that is poured out at once never waits by itself; the loop is for others too
                await asyncio.sleep(0)

    async def _digest(self, backend: Backend, model: str) -> str:
        """Of the model's weights; empty where it is not named. What is wrong with a server, the question will tell."""
        key, now = (backend.name, model), self._clock.monotonic()
        known = self._digests.get(key)
        if known is None or now - known[0] > DIGEST_SECONDS:
            try:
                infos = await backend.models()
            except BackendError:
                return ""
            same = (info.digest for info in infos if info.name.removesuffix(":latest") == model.removesuffix(":latest"))
            known = self._digests[key] = (now, next(same, ""))
        return known[1]

    def _opinion(self, item: Item, reading: Reading, sent: PreparedQuestion, model: str, asked_ms: int) -> Opinion:
        return Opinion(
            call_id=item.call_id,
            coin=item.coin,
            question=item.question,
            mood=reading.mood,
            direction=reading.direction,
            confidence=reading.confidence,
            reason=reading.reason,
            entry=reading.entry,
            stop=reading.stop,
            target=reading.target,
            invalidation=reading.invalidation,
            horizon_ms=reading.horizon_ms,
            asked_ms=asked_ms,
            answered_ms=self._clock.now_ms(),
            model=model,
            trigger=item.trigger,
            price=sent.facts.mid,
            heard_outside=sent.heard_outside,
            proposal_id=item.idea.proposal_id if item.idea and item.question is Question.ENTRY else "",
        )


def _model(options: AnalystOptions, backend: Backend) -> str:
    """Plain rules are no model and go by their own name, so that no record is kept under a model's."""
    return options.model if backend.is_model else backend.name


def _request(options: AnalystOptions, backend: Backend, sent: PreparedQuestion) -> Request:
    return Request(
        model=_model(options, backend),
        system=sent.system,
        prompt=sent.prompt,
        schema=sent.schema,
        temperature=options.temperature,
        max_tokens=options.max_tokens,
        timeout_s=options.timeout_s,
        think=options.think,
        facts=sent.facts,
    )


def _written(options: AnalystOptions, backend: Backend) -> str:
    settings = {name: getattr(options, name) for name in ("temperature", "max_tokens", "timeout_s", "think")}
    return json.dumps({"backend": backend.name, **settings})
