"""Settings of the news: which sources, how often, and how long what was said counts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hlmaster.core.config import Config

Address = Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$", max_length=500)]
AddressOrNothing = Annotated[str, Field(pattern=r"^(https?://[^\s/]+\S*)?$", max_length=500)]
"""Empty is off: a file of settings cannot say that something is not set whose default is."""
Subreddit = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{2,21}$")]


class News(Config):
    enabled: bool = Field(
        True, title="Read the news", description="Fetch what the sources below publish; nothing is ever sent to them."
    )
    poll_minutes: float = Field(
        5,
        ge=1,
        le=1440,
        title="Every",
        description="How often every source is asked.",
        json_schema_extra={"unit": "min"},
    )
    by_model: bool = Field(
        False,
        title="Read by the model",
        description="Headlines are read by our word list at once; with this the analyst's model reads the newest of "
        "them again while nobody asks it anything else. With Claude every headline is a paid call.",
    )
    model_per_hour: int = Field(
        120,
        ge=1,
        le=2_000,
        title="Headlines for the model",
        description="At most so many are read by the model.",
        json_schema_extra={"unit": "per hour"},
    )
    half_life_hours: float = Field(
        6,
        ge=0.5,
        le=72,
        title="Half-life",
        description="After so long a headline counts half; a published daily figure four times as long.",
        json_schema_extra={"unit": "h"},
    )
    expires_hours: float = Field(
        24,
        ge=1,
        le=168,
        title="Expires",
        description="After so long a headline does not count at all; a published daily figure twice as long.",
        json_schema_extra={"unit": "h"},
    )
    feeds: tuple[Address, ...] = Field(
        (
            "https://www.coindesk.com/arc/outboundfeeds/rss/",
            "https://cointelegraph.com/rss",
            "https://decrypt.co/feed",
            "https://bitcoinmagazine.com/feed",
        ),
        max_length=40,
        title="Feeds",
        description="Addresses of RSS or Atom feeds; add your own.",
    )
    subreddits: tuple[Subreddit, ...] = Field(
        ("CryptoCurrency", "Bitcoin", "ethereum"),
        max_length=20,
        title="Subreddits",
        description="Whose newest posts are read.",
    )
    reddit: AddressOrNothing = Field(
        "https://www.reddit.com/r/{subreddit}/new.json?limit=50&raw_json=1",
        title="Reddit",
        description="Address of Reddit's listing, with {subreddit} in it; empty: no subreddit is read.",
    )
    fear_greed: AddressOrNothing = Field(
        "https://api.alternative.me/fng/?limit=15",
        title="Fear & Greed",
        description="Address of alternative.me's index; empty: it is not read.",
    )
    senticrypt: AddressOrNothing = Field(
        "https://api.senticrypt.com/v2/all.json",
        title="SentiCrypt",
        description="Address of SentiCrypt's history; empty: it is not read.",
    )
    cryptocompare: AddressOrNothing = Field(
        "https://min-api.cryptocompare.com/data/v2/news/?lang=EN",
        title="CryptoCompare",
        description="Address of CryptoCompare's news; empty: they are not read.",
    )
