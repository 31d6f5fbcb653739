"""A study in the legend: where it stands, and what it says."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF


@dataclass(frozen=True, slots=True)
class Cell:
    """`box` in pixels of the chart; `key` names the study, empty for the parts of the candle's read-out."""

    key: str
    name: str
    values: tuple[tuple[str, str], ...]
    """(text, colour)."""
    box: QRectF
    is_hidden: bool = False


def cell_at(cells: list[Cell], x: float, y: float) -> Cell | None:
    """The study's cell under a pixel."""
    return next((cell for cell in cells if cell.key and cell.box.contains(x, y)), None)
