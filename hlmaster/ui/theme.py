"""Design tokens, the style sheet and fonts made from them. No other module names a colour or a font."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from string import Template

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from hlmaster.core.resources import resource
from hlmaster.settings.sections import General
from hlmaster.ui import sizes
from hlmaster.ui.charts.palette import FALLBACK_NUMBER_FAMILY, FALLBACK_TEXT_FAMILY, ChartPalette
from hlmaster.ui.ink import as_figures
from hlmaster.ui.palettes import LEGIBLE, SCHEMES, Scheme, contrast, is_bright, legible, mixed, tones

__all__ = [
    "LEGIBLE",
    "Theme",
    "apply",
    "chosen",
    "contrast",
    "dress",
    "legible",
    "load_fonts",
    "mixed",
    "number_font",
    "restyle",
    "text_font",
    "theme",
]

TEXT_FAMILY = "Inter"
NUMBER_FAMILY = "JetBrains Mono"
FILL = 0.24
AT_A_TIME = 80
"""Widgets that get a look in one step."""
WAS_DRESSED, HAS_OWN_STYLE = Qt.WidgetAttribute.WA_WState_Polished, Qt.WidgetAttribute.WA_SetStyle


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme(Scheme):
    """A scheme with the user's colours for rising and falling; sizes in pixels at a scale of 100 %."""

    name: str
    up_fill: str
    """Depth bars and tag backgrounds behind text."""
    down_fill: str
    good: str
    """What went well, whichever way the market's colours are turned; what did not is ``danger``."""
    on_up_fill: str
    on_down_fill: str
    """Words of a tag on its own fill."""
    font_pixels: int = sizes.FONT_PIXELS
    caption_pixels: int = sizes.CAPTION_PIXELS
    radius: int = sizes.RADIUS

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
            tones=tones(self.accent, self.second, self.warning, self.panel),
            number_family=NUMBER_FAMILY,
            text_family=TEXT_FAMILY,
            font_pixels=self.font_pixels,
        )


def theme(name: str, up: str | None = None, down: str | None = None, *, swapped: bool = False) -> Theme:
    """The theme by its name in the settings, with the user's colours for rising and falling, made legible on it.

    ``swapped``: what falls takes the colour of what rises and the other way round, as in East Asia.
    """
    base = SCHEMES[name]
    behind = (base.window, base.panel, base.raised, base.selected)
    up, down = legible(up or base.up, *behind), legible(down or base.down, *behind)
    if swapped:
        up, down = down, up
    colours = asdict(base) | {"up": up, "down": down}
    up_fill, down_fill = mixed(up, base.panel, FILL), mixed(down, base.panel, FILL)
    return Theme(
        name=name,
        up_fill=up_fill,
        down_fill=down_fill,
        good=legible(base.up, *behind),
        on_up_fill=legible(up, up_fill),
        on_down_fill=legible(down, down_fill),
        **colours,
    )


def chosen(general: General) -> Theme:
    """The theme that the settings ask for."""
    return theme(general.theme, general.up_colour, general.down_colour, swapped=general.swap_colours)


def text_font(pixels: int = sizes.FONT_PIXELS, *, strong: bool = False) -> QFont:
    return _font((TEXT_FAMILY, FALLBACK_TEXT_FAMILY), pixels, strong)


def number_font(pixels: int = sizes.FONT_PIXELS, *, strong: bool = False) -> QFont:
    return as_figures(_font((NUMBER_FAMILY, FALLBACK_NUMBER_FAMILY), pixels, strong))


def _font(families: tuple[str, ...], pixels: int, strong: bool) -> QFont:
    font = QFont(list(families))
    font.setPixelSize(pixels)
    font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
    return font


def load_fonts() -> None:
    """Bundled fonts; a missing file leaves the fallback family, never an error."""
    for path in sorted(resource("fonts").glob("*.[ot]tf")):
        QFontDatabase.addApplicationFont(str(path))


def apply(application: QApplication, look: Theme) -> None:
    """Fusion style, palette, fonts and style sheet for the whole application, at once."""
    for _ in dress(application, look):
        pass


def dress(application: QApplication, look: Theme) -> Iterator[None]:
    """The same in short steps. From the first on windows keep their picture; from the second on whatever is made wears
    the look, and what is there gets it by and by."""
    for window in filter(QWidget.isVisible, application.topLevelWidgets()):
        window.setUpdatesEnabled(False)
    try:
        yield
        _exchange(application, look)
        yield
        while waiting := [widget for widget in application.allWidgets() if _waits(widget)]:
            for widget in waiting[:AT_A_TIME]:
                _dress(widget)
            yield
    finally:
        for window in application.topLevelWidgets():
            window.setUpdatesEnabled(True)


def _exchange(application: QApplication, look: Theme) -> None:
    """Qt would dress every widget several times over before it returns. It passes over those that were never shown, and
    does not tell those that have a style of their own; so until its turn has come each counts as both."""
    for widget in application.allWidgets():
        if widget.testAttribute(WAS_DRESSED):
            widget.setAttribute(WAS_DRESSED, False)
            widget.setAttribute(HAS_OWN_STYLE)
    # With the last sheet Qt would forget what each widget wore before it.
    memory = QWidget()
    memory.setStyleSheet("QWidget { }")
    application.setStyleSheet("")
    if application.style().name() != "fusion":
        application.setStyle("Fusion")
    application.setPalette(_palette(look))
    application.setFont(text_font(look.font_pixels))
    application.setStyleSheet(_sheet(look))


def _waits(widget: QWidget) -> bool:
    return widget.testAttribute(HAS_OWN_STYLE) and not widget.testAttribute(WAS_DRESSED)


def _dress(widget: QWidget) -> None:
    widget.setAttribute(WAS_DRESSED)
    widget.setAttribute(HAS_OWN_STYLE, False)
    restyle(widget)
    QApplication.sendEvent(widget, QEvent(QEvent.Type.StyleChange))
    widget.update()


def restyle(widget: QWidget) -> None:
    """A style sheet sees a changed property only after this."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def _sheet(look: Theme) -> str:
    template = Template(resource("theme.qss").read_text(encoding="utf-8"))
    tokens = {field: str(getattr(look, field)) for field in look.__dataclass_fields__}
    tokens |= {name.lower(): str(pixels) for name, pixels in vars(sizes).items() if name.isupper()}
    return template.substitute(
        tokens,
        icons=resource("icons").as_posix(),
        check="check-light" if is_bright(look.on_colour) else "check",
        number_family=NUMBER_FAMILY,
        hover=mixed(look.accent, look.raised, 0.16),
    )


def _palette(look: Theme) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: look.window,
        QPalette.ColorRole.WindowText: look.text,
        QPalette.ColorRole.Base: look.panel,
        QPalette.ColorRole.AlternateBase: look.raised,
        QPalette.ColorRole.Text: look.text,
        QPalette.ColorRole.PlaceholderText: look.faint,
        QPalette.ColorRole.Button: look.raised,
        QPalette.ColorRole.ButtonText: look.text,
        QPalette.ColorRole.Highlight: look.selected,
        QPalette.ColorRole.HighlightedText: look.text,
        QPalette.ColorRole.ToolTipBase: look.raised,
        QPalette.ColorRole.ToolTipText: look.text,
        QPalette.ColorRole.Link: look.accent,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText, QColor(look.faint))
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text, QColor(look.faint))
    return palette
