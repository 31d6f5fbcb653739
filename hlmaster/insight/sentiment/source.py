"""What a source of news is: it fetches, and gives back items or one sentence about why it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from hlmaster.core.errors import HlError

if TYPE_CHECKING:
    import httpx

MOST_ITEMS = 200
"""Of one source at one hearing; the rest is left unread."""
LAST_SECOND = 7_000_000_000
"""Far beyond any date that is meant."""
Told = TypeVar("Told")


class NewsError(HlError):
    """A source could not be read this time."""

    code = "NWS-001"


class SourceBusy(NewsError):
    """It asks to be left alone. ``after_seconds``: for how long, by its own words; 0 where it does not say."""

    code = "NWS-002"

    def __init__(self, sentence: str, after_seconds: float) -> None:
        super().__init__(sentence, "It is asked again later, by itself.")
        self.after_seconds = after_seconds


@dataclass(frozen=True, slots=True)
class Figure:
    """A mood that the source itself publishes as a number: ``score`` 0 (fear) to 1 (greed), of the UTC day it names."""

    score: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Item:
    """One piece as a source tells it, unclean. ``published_ms``: None where it has no date.

    ``coins``: named by the source itself. ``figure``: set where the piece is a number rather than words.
    """

    title: str
    text: str = ""
    link: str = ""
    published_ms: int | None = None
    coins: tuple[str, ...] = ()
    figure: Figure | None = None


class Source(Protocol):
    @property
    def name(self) -> str:
        """For people, and unique among the sources."""

    async def fetch(self, client: httpx.AsyncClient) -> Sequence[Item]:
        """What it has now, in any order. Raises NewsError."""


def decoded(body: bytes, kind: type[Told], name: str, cure: str = "") -> Told:
    """JSON of a known shape, where a number may stand as a text. Raises NewsError saying what was expected."""
    try:
        return msgspec.json.decode(body, type=kind, strict=False)
    except (ValueError, RecursionError) as error:
        raise NewsError(f"{name} answered something else than it documents: {brief(error)}.", cure) from error


def brief(error: object) -> str:
    """The first words of somebody else's error, on one line."""
    return " ".join(str(error).split())[:120].rstrip(".") or type(error).__name__


def ms_of(seconds: float | None) -> int | None:
    """A stamp of a stranger, in seconds of UTC; None for what is none."""
    return int(seconds * 1000) if seconds is not None and 0 < seconds < LAST_SECOND else None
