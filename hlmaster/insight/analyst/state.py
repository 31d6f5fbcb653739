"""How the analyst stands: what a panel shows beside its words."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from statistics import median

from hlmaster.core.opinions import Call, Question
from hlmaster.insight.analyst.agenda import Item
from hlmaster.insight.llm.backend import Usage

LATENCIES = 100


@dataclass(frozen=True, slots=True)
class Running:
    """The call that is on now. ``since``: of the clock's ``monotonic``."""

    call_id: str
    coin: str
    question: Question
    trigger: str
    model: str
    since: float


@dataclass(frozen=True, slots=True)
class AnalystState:
    """What a panel shows beside the words. Counts are since the start; latencies in milliseconds."""

    backend: str
    is_model: bool
    model: str
    running: Running | None
    waiting: tuple[Item, ...]
    next_in_seconds: float
    """Until the first of those may be put."""
    calls_this_hour: int
    per_hour: int
    answered: int
    failed: int
    dropped: int
    """Questions that newer ones pushed out before they were put."""
    last_ms: float | None
    median_ms: float | None
    prompt_tokens: int
    answer_tokens: int
    tokens_per_second: float | None
    failure: str
    """Why the last call gave no opinion; empty when it gave one."""


@dataclass(slots=True)
class Counts:
    answered: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    tokens_per_second: float | None = None
    failure: str = ""
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=LATENCIES))

    def add(self, call: Call, usage: Usage) -> None:
        self.failure = call.failure
        self.failed += bool(call.failure)
        self.answered += not call.failure
        self.prompt_tokens += usage.prompt_tokens
        self.answer_tokens += usage.answer_tokens
        self.tokens_per_second = usage.tokens_per_second or self.tokens_per_second
        if not call.failure:
            self.latencies.append(call.latency_ms)

    @property
    def last_ms(self) -> float | None:
        return self.latencies[-1] if self.latencies else None

    @property
    def median_ms(self) -> float | None:
        return median(self.latencies) if self.latencies else None
