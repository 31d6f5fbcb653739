"""The colours and fonts a chart is drawn with."""

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QPen

from hlmaster.ui.ink import Ink, as_figures
from hlmaster.ui.palettes import DARK, mixed, tones

FALLBACK_NUMBER_FAMILY = "DejaVu Sans Mono"
FALLBACK_TEXT_FAMILY = "DejaVu Sans"


@dataclass(frozen=True, slots=True)
class ChartPalette:
    """Colours as `#rrggbb`, font families by name, sizes in pixels. The defaults are the dark theme."""

    background: str = DARK.panel
    border: str = DARK.border
    grid: str = DARK.grid
    text: str = DARK.text
    muted: str = DARK.muted
    faint: str = DARK.faint
    on_tag: str = DARK.on_colour
    raised: str = DARK.raised
    up: str = DARK.up
    down: str = DARK.down
    volume_up: str = mixed(DARK.up, DARK.panel, 0.55)
    volume_down: str = mixed(DARK.down, DARK.panel, 0.5)
    accent: str = DARK.accent
    warning: str = DARK.warning
    tones: tuple[str, ...] = tones(DARK.accent, DARK.second, DARK.warning, DARK.panel)
    """What studies are drawn in, one after the other."""
    number_family: str = "JetBrains Mono"
    text_family: str = "Inter"
    font_pixels: int = 12


class Typefaces:
    """The fonts of a palette, looked up once: asking Qt for a family is too slow for a repaint."""

    def __init__(self, palette: ChartPalette) -> None:
        size = palette.font_pixels
        self.numbers = _figures(palette, size)
        self.small = _figures(palette, size - 1)
        self.small_ink = Ink(self.small)
        self.strong = _figures(palette, size - 1, bold=True)
        self.strong_ink = Ink(self.strong)
        self.tag = _figures(palette, size, bold=True)
        self.words = _font(palette.text_family, FALLBACK_TEXT_FAMILY, size + 1)
        self.caption = _font(palette.text_family, FALLBACK_TEXT_FAMILY, size - 2)
        self.caption.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.6)
        self.digit = QFontMetricsF(self.numbers).horizontalAdvance("0")
        self.small_digit = QFontMetricsF(self.small).horizontalAdvance("0")
        """Width of any character of `numbers` and `small`, in pixels: their families are monospaced."""


@lru_cache(maxsize=512)
def faded(colour: str, opacity: float) -> QColor:
    """`colour` with an opacity of 0 to 1. Shared: read, do not change."""
    result = QColor(colour)
    result.setAlphaF(opacity)
    return result


@lru_cache(maxsize=512)
def flat_pen(colour: str, dashes: tuple[float, ...] = (), width: float = 1.0, opacity: float = 1.0) -> QPen:
    """Shared: read, do not change. Dashes are in widths of the line."""
    pen = QPen(faded(colour, opacity), width)
    if dashes:
        pen.setDashPattern(dashes)
    return pen


def _figures(palette: ChartPalette, pixels: int, *, bold: bool = False) -> QFont:
    return as_figures(_font(palette.number_family, FALLBACK_NUMBER_FAMILY, pixels, bold=bold))


def _font(family: str, fallback: str, pixels: int, *, bold: bool = False) -> QFont:
    font = QFont(family)
    # Qt would answer a missing monospaced family with a proportional one, and figures would dance.
    if QFontInfo(font).family() != family:
        font = QFont(fallback)
    font.setPixelSize(pixels)
    font.setBold(bold)
    return font
