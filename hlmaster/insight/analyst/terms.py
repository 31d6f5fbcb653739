"""Settings of the analyst: who answers, what is asked by itself, and what its answers may do."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from hlmaster.core.config import Config
from hlmaster.core.model import Interval
from hlmaster.insight.analyst.analyst import AnalystOptions
from hlmaster.insight.analyst.triggers import Switches

Host = Annotated[str, Field(pattern=r"^(https?://)?[^\s/]+/?$", max_length=200)]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S+$")]
PERCENT = 100.0


def _percent(default: float, low: float, high: float, title: str, description: str) -> Any:
    return Field(default, ge=low, le=high, title=title, description=description, json_schema_extra={"unit": "%"})


class AnalystTerms(Config):
    enabled: bool = Field(True, title="Analyst", description="Ask a model about the market and show what it says.")
    who: Literal["auto", "ollama", "claude", "rules"] = Field(
        "auto",
        title="Who answers",
        description="Auto: Ollama where it runs with a model, else plain rules, which are no model. Claude sends the "
        "questions to Anthropic and needs a key.",
    )
    host: Host = Field("http://localhost:11434", title="Ollama's address", description="Where Ollama listens.")
    model: Name = Field("llama3.2", title="Ollama's model", description="One of those installed there.")
    claude_model: Name = Field("claude-haiku-4-5", title="Claude's model", description="By Anthropic's name of it.")
    temperature: float = Field(0.1, ge=0, le=2, title="Temperature", description="Of the words chosen; low is sober.")
    max_tokens: int = Field(
        300,
        ge=50,
        le=8_000,
        title="Longest answer",
        description="A model that thinks first needs a few thousand.",
        json_schema_extra={"unit": "tokens"},
    )
    timeout_seconds: float = Field(
        30,
        ge=1,
        le=600,
        title="Patience",
        description="An answer that is not whole by then is given up.",
        json_schema_extra={"unit": "s"},
    )
    gap_seconds: float = Field(
        10,
        ge=1,
        le=3_600,
        title="Pause",
        description="At least so long between the beginnings of two calls.",
        json_schema_extra={"unit": "s"},
    )
    per_hour: int = Field(
        120,
        ge=0,
        le=3_600,
        title="Calls an hour",
        description="What triggers ask keeps within it; what you ask by hand does not count.",
    )
    interval: Interval = Field(Interval.M1, title="Timeframe", description="Of the candles that are shown to it.")
    on_candle: bool = Field(True, title="Ask at a candle's close", description="Of the timeframe above.")
    on_move: bool = Field(False, title="Ask at a move", description="Of the price since the last analysis.")
    move_percent: float = _percent(0.1, 0.01, 50, "Move", "So large a move asks, where that is on.")
    on_volume: bool = Field(False, title="Ask at volume", description="A candle with a multiple of the usual volume.")
    volume_times: float = Field(
        2.0,
        ge=1.1,
        le=100,
        title="Volume",
        description="So many times the mean of the 20 candles before.",
        json_schema_extra={"unit": "x"},
    )
    on_book: bool = Field(False, title="Ask at a leaning book", description="Bids or asks outweigh the other side.")
    book_percent: float = _percent(80, 55, 99, "Leaning book", "The heavier side's share of the shown book.")
    on_cascade: bool = Field(
        False, title="Ask at a cascade", description="Open interest falls while the price runs: forced closes."
    )
    on_funding: bool = Field(False, title="Ask at odd funding", description="A rate beyond the one below, either way.")
    funding_percent: float = _percent(0.01, 0.001, 4, "Odd funding", "Of the position's value, an hour.")
    on_gap: bool = Field(
        False, title="Ask at a gap between venues", description="The price leaves the oracle, which follows others."
    )
    gap_percent: float = _percent(0.2, 0.01, 50, "Gap between venues", "Of the oracle price, either way.")
    on_proposal: bool = Field(
        False,
        title="Ask about proposals",
        description="“Should I enter?” of every new card; nothing waits for it.",
    )
    advise: bool = Field(
        True,
        title="Advise",
        description="What a model says moves the confidence of others' ideas by 0.2 at most, as far as its record "
        "earned. It never makes a position larger, nor lets one be opened by itself.",
    )
    confirm: bool = Field(
        False,
        title="Ask for its consent",
        description="An idea of a strategy becomes a card only while a fresh opinion agrees; silence means no.",
    )

    @property
    def options(self) -> AnalystOptions:
        return AnalystOptions(
            model=self.claude_model if self.who == "claude" else self.model,
            temperature=self.temperature,
            max_tokens=self.max_tokens,
            timeout_s=self.timeout_seconds,
            gap_s=self.gap_seconds,
            per_hour=self.per_hour,
        )

    @property
    def switches(self) -> Switches:
        return Switches(
            candle_close=self.on_candle,
            interval=self.interval,
            move=self.on_move,
            move_by=self.move_percent / PERCENT,
            volume=self.on_volume,
            volume_times=self.volume_times,
            book=self.on_book,
            book_imbalance=2 * self.book_percent / PERCENT - 1,
            cascade=self.on_cascade,
            funding=self.on_funding,
            funding_rate=self.funding_percent / PERCENT,
            gap=self.on_gap,
            gap_by=self.gap_percent / PERCENT,
        )
