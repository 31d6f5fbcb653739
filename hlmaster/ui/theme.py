"""Design tokens, the style sheet and fonts made from them. No other module names a colour or a font."""

from __future__ import annotations

from dataclasses import dataclass, replace
from string import Template

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from hlmaster.core.resources import resource
from hlmaster.ui.charts.palette import FALLBACK_NUMBER_FAMILY, FALLBACK_TEXT_FAMILY, ChartPalette

TEXT_FAMILY = "Inter"
NUMBER_FAMILY = "JetBrains Mono"
LEGIBLE = 4.5
"""Contrast that small text needs (WCAG 2, AA)."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as ``#rrggbb``; sizes in pixels. ``up`` and ``down`` come from the settings."""

    name: str
    window: str
    panel: str
    raised: str
    """Buttons, inputs, hovered rows."""
    border: str
    grid: str
    text: str
    muted: str
    faint: str
    accent: str
    second: str
    """Beside the accent, where two lines must be told apart."""
    warning: str
    danger: str
    up: str
    down: str
    up_fill: str
    """Depth bars and tag backgrounds behind text."""
    down_fill: str
    on_colour: str
    """Text on a filled colour."""
    selected: str
    font_pixels: int = 12
    caption_pixels: int = 10
    radius: int = 4

    def chart_palette(self) -> ChartPalette:
        return ChartPalette(
            background=self.panel,
            border=self.border,
            grid=self.grid,
            text=self.text,
            muted=self.muted,
            faint=self.faint,
            on_tag=self.on_colour,
            raised=self.raised,
            up=self.up,
            down=self.down,
            volume_up=mixed(self.up, self.panel, 0.55),
            volume_down=mixed(self.down, self.panel, 0.5),
            accent=self.accent,
            warning=self.warning,
            number_family=NUMBER_FAMILY,
            text_family=TEXT_FAMILY,
            font_pixels=self.font_pixels,
        )


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


def legible(colour: str, *backgrounds: str) -> str:
    """``colour`` in its own hue, as much darker or lighter as figures in it need to be read on all of these."""
    chosen = QColor(colour)
    hue, saturation, lightness = chosen.hslHueF(), chosen.hslSaturationF(), chosen.lightnessF()
    step = -0.01 if QColor(backgrounds[0]).lightnessF() > 0.5 else 0.01
    while min(contrast(colour, background) for background in backgrounds) < LEGIBLE:
        lightness = min(1.0, max(0.0, lightness + step))
        colour = QColor.fromHslF(hue, saturation, lightness).name()
    return colour


_DARK = Theme(
    name="dark",
    window="#0b0f14",
    panel="#10161d",
    raised="#18202a",
    border="#1d2631",
    grid="#19212b",
    text="#e3e9f0",
    muted="#8a95a3",
    faint="#636e7a",
    accent="#6ea8fe",
    second="#c79bf2",
    warning="#f5c451",
    danger="#e0596b",
    up="#2bb38a",
    down="#e0596b",
    up_fill="",
    down_fill="",
    on_colour="#0b0f14",
    selected="#17222e",
)
_LIGHT = Theme(
    name="light",
    window="#e9edf2",
    panel="#ffffff",
    raised="#eef2f6",
    border="#d5dce4",
    grid="#e7ecf1",
    text="#17202a",
    muted="#5b6774",
    faint="#8793a0",
    accent="#2463c9",
    second="#8a4fc4",
    warning="#a86f00",
    danger="#c23347",
    up="#138a63",
    down="#c23347",
    up_fill="",
    down_fill="",
    on_colour="#ffffff",
    selected="#dfeafa",
)


def theme(name: str, up: str | None = None, down: str | None = None) -> Theme:
    """The theme by its name in the settings, with the user's colours for rising and falling, made legible on it."""
    base = _LIGHT if name == "light" else _DARK
    behind = (base.window, base.panel, base.raised, base.selected)
    up, down = legible(up or base.up, *behind), legible(down or base.down, *behind)
    return replace(base, up=up, down=down, up_fill=mixed(up, base.panel, 0.24), down_fill=mixed(down, base.panel, 0.26))


def text_font(pixels: int = 12, *, strong: bool = False) -> QFont:
    return _font((TEXT_FAMILY, FALLBACK_TEXT_FAMILY), pixels, strong)


def number_font(pixels: int = 12, *, strong: bool = False) -> QFont:
    return _font((NUMBER_FAMILY, FALLBACK_NUMBER_FAMILY), pixels, strong)


def _font(families: tuple[str, ...], pixels: int, strong: bool) -> QFont:
    font = QFont(list(families))
    font.setPixelSize(pixels)
    font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
    return font


def load_fonts() -> None:
    """Bundled fonts; a missing file leaves the fallback family, never an error."""
    for path in sorted(resource("fonts").glob("*.[ot]tf")):
        QFontDatabase.addApplicationFont(str(path))


def apply(application: QApplication, chosen: Theme) -> None:
    """Fusion style, palette, fonts and style sheet for the whole application."""
    application.setStyle("Fusion")
    application.setPalette(_palette(chosen))
    application.setFont(text_font(chosen.font_pixels))
    template = Template(resource("theme.qss").read_text(encoding="utf-8"))
    tokens = {field: str(getattr(chosen, field)) for field in chosen.__dataclass_fields__}
    application.setStyleSheet(
        template.substitute(
            tokens,
            icons=resource("icons").as_posix(),
            number_family=NUMBER_FAMILY,
            hover=mixed(chosen.accent, chosen.raised, 0.16),
        )
    )


def _palette(chosen: Theme) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: chosen.window,
        QPalette.ColorRole.WindowText: chosen.text,
        QPalette.ColorRole.Base: chosen.panel,
        QPalette.ColorRole.AlternateBase: chosen.raised,
        QPalette.ColorRole.Text: chosen.text,
        QPalette.ColorRole.PlaceholderText: chosen.faint,
        QPalette.ColorRole.Button: chosen.raised,
        QPalette.ColorRole.ButtonText: chosen.text,
        QPalette.ColorRole.Highlight: chosen.selected,
        QPalette.ColorRole.HighlightedText: chosen.text,
        QPalette.ColorRole.ToolTipBase: chosen.raised,
        QPalette.ColorRole.ToolTipText: chosen.text,
        QPalette.ColorRole.Link: chosen.accent,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText, QColor(chosen.faint))
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text, QColor(chosen.faint))
    return palette
