"""What a way out did: cancelled, closed and at what, what remains, and the exchange's own word for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hlmaster.trading.execution.flatten import FlattenReport
from hlmaster.ui import figures
from hlmaster.ui.dialogs.frames import facts

WIDTH = 560
MOST = 12
STILL_HALTED = "Trading is halted, after a restart too, until you lift the halt in the banner."
NOT_HALTED = "Trading goes on: strategies and cards may open new positions. Pause it if you do not want that."
STOPS_STAY = "Positions and what protects them stay."
NO_PRICES: Mapping[str, Decimal] = {}


class KillReport(QDialog):
    """Not modal: the window stays usable beside it. ``zone`` draws the time of proof; ``prices``: at what each coin
    was closed, on average."""

    def __init__(
        self,
        report: FlattenReport,
        zone: tzinfo | None,
        parent: QWidget | None = None,
        *,
        title: str = "Kill switch",
        after: str = STILL_HALTED,
        prices: Mapping[str, Decimal] = NO_PRICES,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setFixedWidth(WIDTH)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        heading = QLabel(_heading(report))
        heading.setProperty("role", "brand")
        words = QLabel(_proof(report, zone))
        words.setWordWrap(True)
        later = QLabel(after)
        later.setWordWrap(True)
        later.setProperty("role", "muted")
        close = QPushButton("Close")
        close.setProperty("role", "primary")
        close.clicked.connect(self.accept)
        last = QHBoxLayout()
        last.addWidget(later, 1)
        last.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        layout.addWidget(heading)
        layout.addWidget(words)
        layout.addWidget(facts(_rows(report, prices)))
        layout.addLayout(last)


def _heading(report: FlattenReport) -> str:
    if report.entries_only:
        return "Entries may still rest" if report.proof_ms is None else "No entry rests"
    return "You are flat" if report.is_flat else "You are NOT flat"


def _proof(report: FlattenReport, zone: tzinfo | None) -> str:
    if report.proof_ms is None:
        tried = "" if report.entries_only else "It is tried again until it does; look at its own page too."
        shows = "that no entry is left" if report.entries_only else "an empty account"
        return f"The exchange did not show {shows}. {tried or 'Look at its own page, and try again.'}"
    what = "no order that could open anything" if report.entries_only else "no order and no position"
    return (
        f"The exchange's statement of {figures.clock(report.proof_ms, zone)}, made after the last action, "
        f"shows {what}. It took {report.seconds:.1f} s."
    )


def _rows(report: FlattenReport, prices: Mapping[str, Decimal]) -> Iterator[tuple[str, str]]:
    yield "CANCELLED", _lines(report.cancelled)
    if not report.entries_only:
        yield "CLOSED", _lines([_closed(text, prices) for text in report.closed])
    left = [_holding(text) for text in report.remaining]
    yield "REMAINING", _lines(left if left or report.proof_ms is not None else ["not known"])
    if report.problems:
        yield "PROBLEMS", _lines(report.problems)


def _lines(texts: Sequence[str]) -> str:
    return "\n".join((*texts[:MOST], *((f"and {len(texts) - MOST} more",) if len(texts) > MOST else ())))


def _closed(text: str, prices: Mapping[str, Decimal]) -> str:
    price = prices.get(text.partition(" ")[0])
    return _holding(text) if price is None else f"{_holding(text)} at {figures.plain(price)}"


def _holding(text: str) -> str:
    """``SOL -12`` as one says it, ``12 SOL short``; orders are told in words already."""
    coin, _, size = text.partition(" ")
    if not size.lstrip("-").replace(".", "", 1).isdecimal():
        return text
    return f"{size.lstrip('-')} {coin} {'short' if size.startswith('-') else 'long'}"
