"""The analyst's model reads the newest headlines again that our word list has read, while it has nothing else to do."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Callable

from hlmaster.core.clock import HOUR_MS, Clock
from hlmaster.core.errors import HlError
from hlmaster.core.opinions import Headline
from hlmaster.insight.analyst.agenda import Pace
from hlmaster.insight.analyst.outside import quoted
from hlmaster.insight.analyst.prompts import Prompts
from hlmaster.insight.analyst.state import AnalystState
from hlmaster.insight.llm.backend import Backend, Request
from hlmaster.insight.sentiment.features import FIGURE
from hlmaster.insight.sentiment.pipeline import News
from hlmaster.insight.sentiment.scoring import SCHEMA, score_of
from hlmaster.settings import Settings

LOOK_SECONDS = 2.0
FRESH_MS = 6 * HOUR_MS
"""Older words are left as the list read them."""
MOST_TRIED = 2_000


class Reading:
    """``analyst``: how it stands. A question that comes meanwhile ends the reading, which is tried again later."""

    def __init__(
        self,
        clock: Clock,
        news: News,
        analyst: Callable[[], AnalystState],
        backend: Callable[[], Backend],
        prompts: Prompts,
        settings: Callable[[], Settings],
    ) -> None:
        self._clock, self._news, self._analyst, self._backend = clock, news, analyst, backend
        self._prompts, self._settings = prompts, settings
        self._pace = Pace()
        self._tried: OrderedDict[tuple[str, str], None] = OrderedDict()
        """Headlines by key, and models: each pair once, whatever came of it."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            headline = self.next()
            if headline is None:
                await self._clock.sleep(LOOK_SECONDS)
            else:
                await self.read(headline)

    def next(self) -> Headline | None:
        """What is to be read now; None while nothing is, or nothing may be."""
        settings = self._settings()
        wanted = settings.news.enabled and settings.news.by_model and settings.analyst.enabled
        if not wanted or not self._backend().is_model or self._is_asked():
            return None
        if self._pace.wait(self._clock.monotonic(), 0.0, settings.news.model_per_hour, by_hand=False) > 0:
            return None
        model = self._analyst().model
        heard = self._news.published_since(self._clock.now_ms() - FRESH_MS)
        unread = (it for it in heard if it.scorer not in (FIGURE, model) and (it.key, model) not in self._tried)
        return max(unread, key=lambda headline: headline.published_ms, default=None)

    async def read(self, headline: Headline) -> None:
        """A model that fails, or talks nonsense, leaves the word to the list."""
        model = self._analyst().model
        self._pace.begin(self._clock.monotonic())
        try:
            answer = await self._answer(headline, model)
        except HlError:
            answer = ""
        if answer is None:
            return
        self._tried[headline.key, model] = None
        while len(self._tried) > MOST_TRIED:
            self._tried.popitem(last=False)
        score = score_of(answer, model)
        if score is not None:
            await self._news.reread(headline, score)

    async def _answer(self, headline: Headline, model: str) -> str | None:
        """None where a question came between. Raises HlError."""
        options = self._settings().analyst.options
        prompt = self._prompts.of("news")
        request = Request(
            model=model,
            system=prompt.system,
            prompt=prompt.filled({"outside": quoted([headline], self._clock.now_ms())}),
            schema=SCHEMA,
            temperature=0.0,
            max_tokens=options.max_tokens,
            timeout_s=options.timeout_s,
            think=options.think,
        )
        words = []
        async with contextlib.aclosing(self._backend().ask(request)) as pieces:
            async for piece in pieces:
                if self._is_asked():
                    return None
                if not piece.thinking:
                    words.append(piece.text)
        return "".join(words)

    def _is_asked(self) -> bool:
        state = self._analyst()
        return state.running is not None or bool(state.waiting)
