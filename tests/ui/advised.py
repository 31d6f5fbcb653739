"""A desk in memory with analyst and news beside it: the model speaks Ollama's wire, the press is on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hlmaster.core.opinions import AnalystAnswered, Call, Question
from hlmaster.desk.advising.advising import Advising
from hlmaster.desk.advising.choice import UNSEEN
from hlmaster.settings import Settings
from tests.desk.advising.keys import MemoryVault
from tests.ui.desks import TradingScene, trading, until

NOBODY = "http://127.0.0.1:1"
"""Where no server listens."""
HOSTILE = '<b>Buy</b> <img src="http://evil.example/x.png"><a href="http://evil.example">now</a>'


def says(signal: str = "LONG", confidence: int = 7, **more: Any) -> Callable[[Any], str]:
    """Of ETH at 3,434: the price of the scene."""
    mood = {"LONG": "BULLISH", "SHORT": "BEARISH", "HOLD": "NEUTRAL"}[signal]
    whole: dict[str, Any] = {
        "reason": "Higher lows for ten candles. Buyers take what is offered.",
        "coin": "ETH",
        "sentiment": mood,
        "signal": signal,
        "confidence": confidence,
        "enter": "YES",
        "entry": None,
        "stop": None,
        "target": None,
        "invalidation": "a close below the low",
        "horizon_minutes": 15,
    }
    whole |= more

    def answer(body: Any) -> str:
        return json.dumps({name: whole[name] for name in body["format"]["properties"]})

    return answer


def advised_settings(host: str, **news: Any) -> Settings:
    """It is asked by hand alone, as often as a test likes; no news but those that a test prints."""
    silent = {"enabled": bool(news), "feeds": (), "subreddits": ()}
    silent |= {"reddit": "", "fear_greed": "", "senticrypt": "", "cryptocompare": ""}
    return Settings.model_validate(
        {
            "analyst": {"host": host, "on_candle": False, "gap_seconds": 1},
            "news": {**silent, **news},
            "protection": {"stop": "off"},
        }
    )


class Told:
    """``calls``: what the analyst was asked, as each ended."""

    def __init__(self, scene: TradingScene) -> None:
        assert scene.desk.advising is not None
        self.scene, self.advising = scene, scene.desk.advising
        self.calls: list[Call] = []
        scene.bus.subscribe(AnalystAnswered, lambda fact: self.calls.append(fact.call))

    async def ask(self, question: Question = Question.MARKET) -> Call:
        before = len(self.calls)
        self.advising.analyst.ask("ETH", question)
        await until(lambda: len(self.calls) > before)
        return self.calls[-1]


@asynccontextmanager
async def advised(folder: Path, host: str, vault: MemoryVault | None = None, **news: Any) -> AsyncIterator[Told]:
    session, kept = folder / "sessions" / "demo", vault or MemoryVault()
    settings = advised_settings(host, **news)
    async with trading("ETH", settings=settings, folder=session, counsel=kept) as scene:
        told = Told(scene)
        await seen(told.advising)
        yield told


async def seen(advising: Advising) -> None:
    """It is known whether a server is there."""
    await until(lambda: advising.choice.server is not UNSEEN)
