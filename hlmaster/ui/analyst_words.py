"""The analyst in words: who answers and what stands in the way, what an opinion says and what that is worth."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from urllib.parse import urlsplit

from hlmaster.core.opinions import Mood, Opinion, Question
from hlmaster.core.proposals import Proposal
from hlmaster.core.signals import Direction
from hlmaster.desk.advising.advising import Advising
from hlmaster.desk.advising.choice import UNSEEN
from hlmaster.insight.calibration.advice import expires_ms
from hlmaster.insight.calibration.ledger import Ledger
from hlmaster.insight.calibration.record import ENOUGH_CALLS

HERE = ("localhost", "127.0.0.1", "::1")
QUESTIONS = {Question.MARKET: "market", Question.SENTIMENT: "quick look", Question.ENTRY: "should I enter"}
MOOD_TONES = {Mood.BULLISH: "up", Mood.BEARISH: "down", Mood.NEUTRAL: ""}
LONGEST_REASON = 90
"""Letters on a card; the analyst's panel has them all."""
SIDES = {1: ("agrees", "up"), -1: ("disagrees", "warning"), 0: ("sees no side", "")}
NO_ANALYST = "This desk has no analyst."


@dataclass(frozen=True, slots=True)
class Standing:
    """``word``: for the status bar. ``obstacle``: why no model answers, empty where one does or nobody wants one."""

    word: str
    tone: str = ""
    obstacle: str = ""


def standing(advising: Advising | None) -> Standing:
    if advising is None:
        return Standing("AI off", obstacle=NO_ANALYST)
    terms, server, state = advising.terms(), advising.choice.server, advising.analyst.state
    if not terms.enabled:
        return Standing("AI off", obstacle="The analyst is switched off.")
    if terms.who == "rules":
        return Standing("AI: plain rules")
    if terms.who == "claude" and advising.key.held() is None:
        return Standing("AI: no key", "warning", "There is no key for Claude.")
    if terms.who in ("auto", "ollama") and (obstacle := _without_server(advising)):
        if server is UNSEEN:
            return Standing("AI: looking", obstacle=obstacle)
        missing = "no model" if server.there else "no server"
        word, tone = ("plain rules", "") if terms.who == "auto" else (missing, "warning")
        return Standing(f"AI: {word}", tone, obstacle)
    if state.running is not None:
        return Standing(f"AI: asked about {state.running.coin}")
    return Standing("AI: failed", "warning") if state.failure else Standing("AI ready")


def _without_server(advising: Advising) -> str:
    server, terms = advising.choice.server, advising.terms()
    if server is UNSEEN:
        return f"Looking for Ollama at {terms.host}."
    if not server.there:
        return server.sentence.partition(". ")[0].rstrip(".") + "."
    names = {info.name.removesuffix(":latest") for info in server.models}
    if terms.model.removesuffix(":latest") in names:
        return ""
    return f"Ollama is there, without the model {terms.model}."


def title(advising: Advising | None) -> str:
    """``AI analyst · llama3.2 · local``."""
    if advising is None or not advising.terms().enabled:
        return "AI analyst · off"
    state, terms = advising.analyst.state, advising.terms()
    if not state.is_model:
        return f"AI analyst · {state.backend}"
    return f"AI analyst · {state.model} · {'Anthropic' if terms.who == 'claude' else place(terms.host)}"


def place(host: str) -> str:
    name = urlsplit(host if "//" in host else f"//{host}").hostname or host
    return "local" if name in HERE else name


def verdict(opinion: Opinion) -> tuple[str, str]:
    """Words and tone: ``BULLISH 7/10``."""
    sure = f"{opinion.confidence * 10:.0f}/10"
    if opinion.question is Question.ENTRY:
        return (f"ENTER {sure}", "up") if opinion.direction.sign else (f"STAY OUT {sure}", "warning")
    holds = opinion.question is Question.MARKET and opinion.direction is Direction.NEUTRAL is not _way(opinion.mood)
    return f"{opinion.mood} {sure}{' · hold' if holds else ''}", MOOD_TONES[opinion.mood]


def _way(mood: Mood) -> Direction:
    return {Mood.BULLISH: Direction.LONG, Mood.BEARISH: Direction.SHORT, Mood.NEUTRAL: Direction.NEUTRAL}[mood]


def trust(ledger: Ledger, opinion: Opinion) -> str:
    """``calibrated 58% over 212 calls``, or how far off that is."""
    calls, calibrated = ledger.overall(opinion.model).calls, ledger.calibrated(opinion.model, opinion.confidence)
    if calibrated is None:
        return f"uncalibrated, {calls} of {ENOUGH_CALLS} calls"
    return f"calibrated {calibrated * 100:.0f}% over {calls:,} calls"


def second_opinion(advising: Advising | None, card: Proposal, now_ms: int) -> tuple[str, str]:
    """What the analyst last said of a card, else of its coin, while that counts: ``AI agrees 7/10: “…”``, and its tone;
    empty where there is nothing."""
    if advising is None or not advising.terms().enabled:
        return "", ""
    about = advising.analyst.latest(card.coin, Question.ENTRY)
    if about is None or about.proposal_id != card.proposal_id:
        about = max(
            filter(None, (advising.analyst.latest(card.coin, it) for it in (Question.MARKET, Question.SENTIMENT))),
            key=lambda opinion: opinion.answered_ms,
            default=None,
        )
    if about is None or now_ms >= expires_ms(about):
        return "", ""
    side = about.direction.sign * card.side.sign
    if about.question is Question.ENTRY and not side:
        side = -1
    words, tone = SIDES[side]
    who = "Plain reading" if about.model == advising.choice.rules else "AI"
    reason = textwrap.shorten(about.reason, LONGEST_REASON, placeholder=" …")
    return f"{who} {words} {about.confidence * 10:.0f}/10: “{reason}”", tone
