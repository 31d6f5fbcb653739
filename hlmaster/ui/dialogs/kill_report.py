"""What a way out did: cancelled, closed and at what, what remains, and the exchange's own word for it; to be copied."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hlmaster.trading.execution.flatten import FlattenReport
from hlmaster.ui import figures
from hlmaster.ui.dialogs.frames import MOST, FittedDialog, facts, lines

WIDTH = 560
STILL_HALTED = "Trading is halted, after a restart too, until you lift the halt in the banner."
NOT_HALTED = "Trading goes on: strategies and cards may open new positions. Pause it if you do not want that."
STOPS_STAY = "Positions and what protects them stay."
_BARE = re.compile(r"(?<![\w.,])\d{4,}(?:\.\d+)?(?![\w,])")
NO_PRICES: Mapping[str, Decimal] = {}


class KillReport(FittedDialog):
    """Not modal: the window stays usable beside it. ``zone`` draws the time of proof; ``prices``: at what each coin
    was closed, on average."""

    HELP = "kill_switch"

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
        self._report = (title, report, zone, prices, after)
        self.copy, close = QPushButton("&Copy"), QPushButton("Close")
        self.copy.setToolTip("The whole report as text, with every line of a long list")
        self.copy.setAutoDefault(False)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.as_text()))
        close.setProperty("role", "primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        last = QHBoxLayout()
        last.setSpacing(8)
        last.addWidget(later, 1)
        for button in (self.copy, close):
            button.setMinimumWidth(84)
            last.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        layout.addWidget(heading)
        layout.addWidget(words)
        layout.addWidget(facts(_rows(report, prices)))
        layout.addLayout(last)
        close.setFocus()

    def as_text(self) -> str:
        title, report, zone, prices, after = self._report
        rows = [f"{name}\n{text or 'none'}" for name, text in _rows(report, prices, most=None)]
        return "\n\n".join((f"{title}: {_heading(report)}", _proof(report, zone), *rows, after))


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


def _rows(report: FlattenReport, prices: Mapping[str, Decimal], most: int | None = MOST) -> Iterator[tuple[str, str]]:
    yield "CANCELLED", lines([_in_thousands(text) for text in report.cancelled], most)
    if not report.entries_only:
        yield "CLOSED", lines([_closed(text, prices) for text in report.closed], most)
    left = [_holding(text) for text in report.remaining]
    yield "REMAINING", lines(left if left or report.proof_ms is not None else ["not known"], most)
    if report.problems:
        yield "PROBLEMS", lines(report.problems, most)


def _closed(text: str, prices: Mapping[str, Decimal]) -> str:
    price = prices.get(text.partition(" ")[0])
    return _holding(text) if price is None else f"{_holding(text)} at {figures.plain(price)}"


def _holding(text: str) -> str:
    """``SOL -12`` as one says it, ``12 SOL short``; orders are told in words already."""
    coin, _, size = text.partition(" ")
    if not size.lstrip("-").replace(".", "", 1).isdecimal():
        return _in_thousands(text)
    return f"{_in_thousands(size.lstrip('-'))} {coin} {'short' if size.startswith('-') else 'long'}"


def _in_thousands(text: str) -> str:
    """Its figures, which the exchange is sent bare, as all others are read."""
    return _BARE.sub(lambda found: figures.plain(Decimal(found[0])), text)
