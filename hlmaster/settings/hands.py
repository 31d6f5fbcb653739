"""The settings of the hands and ears: when trading gestures lock themselves again, and what is heard."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from hlmaster.core.config import Config


def _whole(default: int, low: int, high: int, title: str, description: str, unit: str) -> Any:
    return Field(default, ge=low, le=high, title=title, description=description, json_schema_extra={"unit": unit})


def _heard(title: str, description: str) -> Any:
    return Field(True, title=title, description=description)


class Hands(Config):
    idle_minutes: int = _whole(
        10, 1, 240, "Lock when idle", "Trading keys and clicks lock themselves after so long without any use.", "min"
    )
    away_seconds: int = _whole(
        60, 5, 3_600, "Lock when away", "They lock themselves when another program is in front for so long.", "s"
    )


class Sounds(Config):
    muted: bool = Field(False, title="Mute", description="Nothing is heard; the status bar says so.")
    volume_percent: int = _whole(70, 5, 100, "Volume", "Of all sounds, beside the volume of the system.", "%")
    fill: bool = _heard("Fill", "A short tick when an order of yours has traded whole.")
    partial: bool = _heard("Partial fill", "A shorter, lower tick when only a part of an order has traded.")
    target: bool = _heard("Target", "Two rising notes when a take profit is reached.")
    stop: bool = _heard("Stop", "Two falling notes when a stop is hit, or a position is liquidated.")
    card: bool = _heard("Card", "Two notes when a proposal waits for you.")
    reject: bool = _heard("Rejection", "A dull double knock when the exchange or the risk gate refuses your order.")
    disconnect: bool = _heard("Lost line", "A falling note when the connection to the exchange is gone.")
    breaker: bool = _heard("Risk lock", "Three low notes when a circuit breaker trips or trading halts.")


MOVED = ("card", "fill", "stop", "breaker", "disconnect")


def sounds_moved(tree: dict[str, Any]) -> dict[str, Any]:
    """From version 1 to 2 of the file: the switches of sounds left ``general`` for a section of their own."""
    general, sounds = tree.get("general"), tree.get("sounds", {})
    if isinstance(general, dict) and isinstance(sounds, dict):
        found = {name: general.pop(f"{name}_sound") for name in MOVED if f"{name}_sound" in general}
        if found:
            tree["sounds"] = {**found, **sounds}
    return tree
