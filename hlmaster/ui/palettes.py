"""Every colour of the window, by theme, and the arithmetic of colours. Only the style sheet's tokens come from here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtGui import QColor

LEGIBLE = 4.5
"""Contrast that small text needs (WCAG 2, AA)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """Colours as ``#rrggbb``."""

    window: str
    panel: str
    raised: str
    """Buttons, inputs, hovered rows."""
    field: str
    """Where something is typed, chosen or ticked."""
    border: str
    grid: str
    text: str
    muted: str
    faint: str
    """The quietest text that can still be read."""
    accent: str
    second: str
    """Beside the accent, where two lines must be told apart."""
    warning: str
    danger: str
    danger_fill: str
    """Behind ``on_danger``: banners and buttons that end something."""
    on_danger: str
    up: str
    down: str
    on_colour: str
    """Text on a filled colour."""
    selected: str
    heat: tuple[str, ...] = ("#10161d", "#15305a", "#2f5590", "#5d7f92", "#a3a06c", "#e6c94f", "#fff3b8")
    """From nothing to much, steadily lighter (or darker, on a light ground): lightness alone tells, so to every eye."""
    group_blue: str = "#4f8ff0"
    """Dots of the colour groups and of sessions: the same in every theme, for people know them by their names."""
    group_green: str = "#2fa37a"
    group_amber: str = "#b97f00"
    group_violet: str = "#a36be0"


DARK = Scheme(
    window="#0b0f14",
    panel="#10161d",
    raised="#18202a",
    field="#0b0f14",
    border="#1d2631",
    grid="#19212b",
    text="#e3e9f0",
    muted="#95a1af",
    faint="#7f8b99",
    accent="#6ea8fe",
    second="#c79bf2",
    warning="#f5c451",
    danger="#ee6a7b",
    danger_fill="#c73b4e",
    on_danger="#ffffff",
    up="#2fb68a",
    down="#e4616f",
    on_colour="#0b0f14",
    selected="#17222e",
)
LIGHT = Scheme(
    window="#e9edf2",
    panel="#ffffff",
    raised="#eef2f6",
    field="#ffffff",
    border="#cbd4de",
    grid="#e7ecf1",
    text="#17202a",
    muted="#4d5966",
    faint="#5d6975",
    accent="#2360c4",
    second="#8446bd",
    warning="#855600",
    danger="#bd3045",
    danger_fill="#bd3045",
    on_danger="#ffffff",
    up="#0e7050",
    down="#bd3045",
    on_colour="#ffffff",
    selected="#dfeafa",
    heat=("#ffffff", "#f4e7ab", "#cfc07a", "#9a9a7f", "#647b8e", "#2f5488", "#0b2450"),
)


def _changed(base: Scheme, **colours: str) -> Scheme:
    return Scheme(**{name: colours.get(name, getattr(base, name)) for name in Scheme.__dataclass_fields__})


SCHEMES = {
    "dark": DARK,
    "light": LIGHT,
    # For eyes that see red and green alike: the accent leaves blue to what rises, the warning leaves orange
    "dark_blue_orange": _changed(DARK, up="#4da3ff", down="#f0963c", accent="#b9a5ff", second="#6fd6c8"),
    "light_blue_orange": _changed(
        LIGHT, up="#0b5aa6", down="#9c4a00", accent="#6a45c9", second="#00706a", warning="#6a5f00"
    ),
    # For those and for eyes that see blue and green alike
    "dark_green_magenta": _changed(DARK, up="#86c440", down="#e078dc"),
    "light_green_magenta": _changed(LIGHT, up="#2f6f00", down="#a3259c", second="#006f86"),
}

TONES = ("#4cc2d4", "#f2914d", "#e68fc3", "#b3c04d")
"""Lines of a chart after the accent, the second and the warning."""


def tones(accent: str, second: str, warning: str, panel: str) -> tuple[str, ...]:
    """The colours that a chart's studies take one after the other, all legible on its ground."""
    return (accent, second, warning, *(legible(tone, panel) for tone in TONES))


def mixed(colour: str, background: str, share: float) -> str:
    """``colour`` laid over ``background`` with an opacity of ``share``."""
    a, b = QColor(colour), QColor(background)
    red = round(a.red() * share + b.red() * (1 - share))
    green = round(a.green() * share + b.green() * (1 - share))
    blue = round(a.blue() * share + b.blue() * (1 - share))
    return QColor(red, green, blue).name()


def contrast(one: str, other: str) -> float:
    """From 1 to 21, as WCAG 2 defines it."""
    darker, lighter = sorted((_luminance(QColor(one)), _luminance(QColor(other))))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: QColor) -> float:
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (colour.redF(), colour.greenF(), colour.blueF())
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def is_bright(colour: str) -> bool:
    return QColor(colour).lightnessF() > 0.5


@lru_cache(1024)
def legible(colour: str, *backgrounds: str) -> str:
    """``colour`` in its own hue, as much darker or lighter as figures in it need to be read on all of these."""
    chosen = QColor(colour)
    hue, saturation, lightness = chosen.hslHueF(), chosen.hslSaturationF(), chosen.lightnessF()
    step = -0.01 if is_bright(backgrounds[0]) else 0.01
    while min(contrast(colour, background) for background in backgrounds) < LEGIBLE:
        lightness = min(1.0, max(0.0, lightness + step))
        colour = QColor.fromHslF(hue, saturation, lightness).name()
    return colour
