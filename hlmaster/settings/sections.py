"""The sections that belong to no one floor: the window's general ones, what is watched, storage, demo and paper."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from hlmaster.core.config import Config
from hlmaster.core.model import Interval

COLOUR = r"^#[0-9a-fA-F]{6}$"
Coin = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]
ThemeName = Literal[
    "dark", "light", "dark_blue_orange", "light_blue_orange", "dark_green_magenta", "light_green_magenta"
]
LeavePolicy = Literal["ask", "keep", "cancel_entries", "flatten"]


def _seconds(default: float, low: float, high: float, title: str, description: str) -> Any:
    return Field(default, ge=low, le=high, title=title, description=description, json_schema_extra={"unit": "s"})


def _balance(description: str) -> Any:
    return Field(
        Decimal(10_000),
        ge=1,
        le=1_000_000_000,
        title="Starting balance",
        description=description,
        json_schema_extra={"unit": "USD"},
    )


class General(Config):
    theme: ThemeName = Field(
        "dark",
        title="Theme",
        description="Look of the window. Blue and orange suit eyes that see red and green alike; green and "
        "magenta suit those and eyes that see blue and green alike.",
    )
    scale_percent: int = Field(
        100,
        ge=100,
        le=200,
        title="Scale",
        description="Size of everything in the window, over that of the display; in force after a restart.",
        json_schema_extra={"unit": "%"},
    )
    privacy: bool = Field(
        False, title="Privacy", description="Hides money and sizes everywhere in the window; percentages stay."
    )
    time_zone: Literal["utc", "local"] = Field(
        "local", title="Time zone", description="How times are drawn; everything is stored in UTC."
    )
    up_colour: str | None = Field(
        None,
        pattern=COLOUR,
        title="Up colour",
        description="Rising prices, bids and profits; not set means the theme's.",
    )
    down_colour: str | None = Field(
        None,
        pattern=COLOUR,
        title="Down colour",
        description="Falling prices, asks and losses; not set means the theme's.",
    )
    swap_colours: bool = Field(
        False, title="Swap up and down", description="What rises takes the colour of what falls, as in East Asia."
    )
    confirm_orders: bool = Field(
        False, title="Confirm orders", description="Ask once more before a manual order is sent."
    )
    card_notification: bool = Field(
        True,
        title="Notify of cards",
        description="A desktop notification when a proposal waits for you and another window is in front.",
    )
    on_leaving: LeavePolicy = Field(
        "ask",
        title="On leaving",
        description="What closing the window does with open positions and orders.",
    )


class Market(Config):
    watchlist: tuple[Coin, ...] = Field(
        ("BTC", "ETH", "SOL", "HYPE", "DOGE", "ARB", "LINK", "AVAX"),
        min_length=1,
        max_length=200,
        title="Watchlist",
        description="Coins that are watched from the start, in this order.",
    )
    chart_interval: Interval = Field(Interval.M1, title="Chart interval", description="Timeframe a chart opens with.")
    heartbeat_seconds: float = _seconds(20, 5, 50, "Heartbeat", "How often the connection is asked for a sign of life.")
    dead_after_seconds: float = _seconds(60, 10, 120, "Dead connection", "Without any data for so long, reconnect.")
    reconnect_alarm_tries: int = Field(
        50, ge=1, le=1_000, title="Reconnect alarm", description="Sound the alarm after so many tries; they go on."
    )

    @field_validator("watchlist")
    @classmethod
    def _each_coin_once(cls, coins: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({coin for coin in coins if coins.count(coin) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} is listed twice")
        return coins


class Storage(Config):
    database_url: str | None = Field(
        None,
        pattern=r"^postgresql(\+psycopg)?://\S+$",
        title="Database",
        description="PostgreSQL address for orders, fills and history, without a password (use the PostgreSQL password "
        "file); not set means SQLite in the session's folder. The journal is always local.",
    )
    audit_years: int = Field(
        7,
        ge=1,
        le=100,
        title="Audit log",
        description="Whole files of the audit log that are older are let go at a start; their closing hash is kept.",
        json_schema_extra={"unit": "years"},
    )


class Demo(Config):
    seed: int = Field(7, ge=0, le=2**63 - 1, title="Seed", description="The same seed gives the same market.")
    speed: float = Field(
        1.0, ge=0.1, le=100, title="Speed", description="Market time per wall time.", json_schema_extra={"unit": "x"}
    )
    replay: str | None = Field(
        None,
        min_length=1,
        title="Recording",
        description="File or folder of recorded market data that is played instead of the generated market.",
    )
    start_balance: Decimal = _balance("What a new demo session starts with.")


class Paper(Config):
    start_balance: Decimal = _balance("What a new paper session starts with.")
