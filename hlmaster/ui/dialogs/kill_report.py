"""What the kill switch did: cancelled, closed, what remains, and the exchange's own word for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hlmaster.trading.execution.flatten import FlattenReport
from hlmaster.ui import figures
from hlmaster.ui.dialogs.frames import facts

WIDTH = 560
MOST = 12
STILL_HALTED = "Trading is halted, after a restart too, until you lift the halt in the banner."


class KillReport(QDialog):
    """Not modal: the window stays usable beside it. ``zone`` draws the time of proof."""

    def __init__(self, report: FlattenReport, zone: tzinfo | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Kill switch")
        self.setFixedWidth(WIDTH)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        heading = QLabel("You are flat" if report.is_flat else "You are NOT flat")
        heading.setProperty("role", "brand")
        words = QLabel(_proof(report, zone))
        words.setWordWrap(True)
        after = QLabel(STILL_HALTED)
        after.setWordWrap(True)
        after.setProperty("role", "muted")
        close = QPushButton("Close")
        close.setProperty("role", "primary")
        close.clicked.connect(self.accept)
        last = QHBoxLayout()
        last.addWidget(after, 1)
        last.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        layout.addWidget(heading)
        layout.addWidget(words)
        layout.addWidget(facts(_rows(report)))
        layout.addLayout(last)


def _proof(report: FlattenReport, zone: tzinfo | None) -> str:
    if report.proof_ms is None:
        return "The exchange did not show an empty account. It is tried again until it does; look at its own page too."
    return (
        f"The exchange's statement of {figures.clock(report.proof_ms, zone)}, made after the last action, "
        f"shows no order and no position. It took {report.seconds:.1f} s."
    )


def _rows(report: FlattenReport) -> Iterator[tuple[str, str]]:
    yield "CANCELLED", _lines(report.cancelled)
    yield "CLOSED", _lines([_holding(text) for text in report.closed])
    left = [_holding(text) for text in report.remaining]
    yield "REMAINING", _lines(left if left or report.is_flat else ["not known"])
    if report.problems:
        yield "PROBLEMS", _lines(report.problems)


def _lines(texts: Sequence[str]) -> str:
    return "\n".join((*texts[:MOST], *((f"and {len(texts) - MOST} more",) if len(texts) > MOST else ())))


def _holding(text: str) -> str:
    """``SOL -12`` as one says it, ``12 SOL short``; orders are told in words already."""
    coin, _, size = text.partition(" ")
    if not size.lstrip("-").replace(".", "", 1).isdecimal():
        return text
    return f"{size.lstrip('-')} {coin} {'short' if size.startswith('-') else 'long'}"
