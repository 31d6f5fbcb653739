"""What stands on a line of the trader's own: words, figures, and buttons at the end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Tone = Literal["text", "muted", "up", "down"]


class Button(StrEnum):
    CANCEL = "cancel"
    CLOSE = "close"
    REVERSE = "reverse"


@dataclass(frozen=True, slots=True)
class Cell:
    """``weight``: in a narrow chart the cells of the least weight go first."""

    text: str
    tone: Tone
    weight: int


@dataclass(frozen=True, slots=True)
class Pill:
    """``key`` names what the line is about: a client order id, ``position``, ``liquidation``."""

    key: str
    title: str
    cells: tuple[Cell, ...] = ()
    buttons: tuple[Button, ...] = ()
    movable: bool = False
    in_hand: bool = False
    """It is being dragged, or on its way to where it was dropped: it stands on top and never dims."""
    tip: str = ""
