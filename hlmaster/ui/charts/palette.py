"""The colours and fonts a chart is drawn with."""

from dataclasses import dataclass

from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF

FALLBACK_NUMBER_FAMILY = "DejaVu Sans Mono"
FALLBACK_TEXT_FAMILY = "DejaVu Sans"


@dataclass(frozen=True, slots=True)
class ChartPalette:
    """Colours as `#rrggbb`, font families by name, sizes in pixels. The defaults are the dark theme."""

    background: str = "#10161d"
    border: str = "#1d2631"
    grid: str = "#19212b"
    text: str = "#e3e9f0"
    muted: str = "#7d8896"
    faint: str = "#636e7a"
    on_tag: str = "#0b0f14"
    raised: str = "#263140"
    up: str = "#2bb38a"
    down: str = "#e0596b"
    volume_up: str = "#1d6b55"
    volume_down: str = "#7c3540"
    accent: str = "#6ea8fe"
    warning: str = "#f5c451"
    number_family: str = "JetBrains Mono"
    text_family: str = "Inter"
    font_pixels: int = 12


class Typefaces:
    """The fonts of a palette, looked up once: asking Qt for a family is too slow for a repaint."""

    def __init__(self, palette: ChartPalette) -> None:
        size = palette.font_pixels
        self.numbers = _font(palette.number_family, FALLBACK_NUMBER_FAMILY, size)
        self.small = _font(palette.number_family, FALLBACK_NUMBER_FAMILY, size - 1)
        self.strong = _font(palette.number_family, FALLBACK_NUMBER_FAMILY, size - 1, bold=True)
        self.tag = _font(palette.number_family, FALLBACK_NUMBER_FAMILY, size, bold=True)
        self.words = _font(palette.text_family, FALLBACK_TEXT_FAMILY, size + 1)
        self.caption = _font(palette.text_family, FALLBACK_TEXT_FAMILY, size - 2)
        self.caption.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.6)
        self.digit = QFontMetricsF(self.numbers).horizontalAdvance("0")
        self.small_digit = QFontMetricsF(self.small).horizontalAdvance("0")
        """Width of any character of `numbers` and `small`, in pixels: their families are monospaced."""


def faded(colour: str, opacity: float) -> QColor:
    """`colour` with an opacity of 0 to 1."""
    result = QColor(colour)
    result.setAlphaF(opacity)
    return result


def _font(family: str, fallback: str, pixels: int, *, bold: bool = False) -> QFont:
    font = QFont(family)
    # Qt would answer a missing monospaced family with a proportional one, and figures would dance.
    if QFontInfo(font).family() != family:
        font = QFont(fallback)
    font.setPixelSize(pixels)
    font.setBold(bold)
    return font
