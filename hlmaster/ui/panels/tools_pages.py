"""What can be filled in for a ladder, a pair and a chase, and what each of them means."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from decimal import Decimal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from hlmaster.core.model import Instrument, Side
from hlmaster.core.rounding import wire_text
from hlmaster.trading.execution.algorithms.chase import Chase
from hlmaster.trading.execution.algorithms.scale import Scale, Shape, ladder
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from hlmaster.ui.figures import money, plain
from hlmaster.ui.number_field import NumberField
from hlmaster.ui.segments import Segments

SIDES = ((Side.BUY, "Buy / Long", "Buy", "buy"), (Side.SELL, "Sell / Short", "Sell", "sell"))
SHAPES = (
    (Shape.FLAT, "Even", "Every order has the same size", ""),
    (Shape.RISING, "Rising", "More the farther from the market", ""),
    (Shape.FALLING, "Falling", "More the nearer to the market", ""),
)
LIMBS = (
    (TicketKind.LIMIT, "Limit", "Rests in the book at its price", ""),
    (TicketKind.STOP_MARKET, "Stop", "Wakes when the mark price reaches it, then trades at market", ""),
)
Wanted = Scale | Chase | tuple[Ticket, Ticket]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the page means, or the sentence about what is missing or wrong; ``preview`` says what would happen."""

    wanted: Wanted | None = None
    problem: str = ""
    preview: str = ""
    waiting: bool = False


class Page(QWidget):
    """``changed`` follows every edit."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(6)
        self.fields: list[NumberField] = []

    def field(self, caption: str, placeholder: str = "") -> NumberField:
        made = NumberField(self)
        made.set_caption(caption)
        made.setPlaceholderText(placeholder)
        made.changed.connect(self.changed)
        self.fields.append(made)
        return made

    def segments(self, options: tuple[tuple[object, str, str, str], ...], name: str) -> Segments:
        made = Segments(self)
        made.set_options(options)
        made.setAccessibleName(name)
        made.chosen.connect(lambda _: self.changed.emit())
        return made

    def box(self, text: str, tip: str) -> QCheckBox:
        made = QCheckBox(text, self)
        made.setToolTip(tip)
        made.toggled.connect(lambda _: self.changed.emit())
        return made

    def pair_of(self, left: QWidget, right: QWidget) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(6)
        grid.addWidget(left, 0, 0)
        grid.addWidget(right, 0, 1)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.column.addLayout(grid)

    def missing(self) -> Reading | None:
        """The first field that is empty or cannot be read."""
        for field in self.fields:
            typed = field.typed()
            field.set_bad(bool(typed.problem))
        for field in self.fields:
            typed = field.typed()
            if typed.problem:
                return Reading(problem=typed.problem)
        for field in self.fields:
            if field.value is None:
                return Reading(problem=f"Enter the {str(field.property('caption')).lower()}.", waiting=True)
        return None

    def clear(self) -> None:
        """Prices and sizes belong to the coin they were typed for."""
        for field in self.fields:
            field.clear()

    @abstractmethod
    def read(self, instrument: Instrument) -> Reading: ...


def _value(field: NumberField) -> Decimal:
    return field.value or Decimal(0)


class LadderPage(Page):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.side = self.segments(SIDES, "Side")
        self.amount = self.field("Size", "0")
        self.near, self.far = self.field("First price"), self.field("Last price")
        self.rungs = self.field("Orders")
        self.rungs.set_value(Decimal(5))
        self.shape = self.segments(SHAPES, "How the size is spread")
        self.post_only = self.box("Post-only", "Each order is refused rather than pay the taker fee")
        self.reduce_only = self.box("Reduce-only", "Can only make a position smaller")
        self.column.addWidget(self.side)
        self.pair_of(self.amount, self.rungs)
        self.pair_of(self.near, self.far)
        self.column.addWidget(self.shape)
        self.pair_of(self.post_only, self.reduce_only)
        self.column.addStretch(1)

    def clear(self) -> None:
        super().clear()
        self.rungs.set_value(Decimal(5))

    def read(self, instrument: Instrument) -> Reading:
        missing = self.missing()
        if missing is not None:
            return missing
        rungs = _value(self.rungs)
        if rungs != rungs.to_integral_value():
            return Reading(problem="The number of orders must be whole.")
        scale = Scale(
            coin=instrument.coin,
            side=self.side.value,
            size=_value(self.amount),
            near=_value(self.near),
            far=_value(self.far),
            rungs=int(rungs),
            shape=self.shape.value,
            post_only=self.post_only.isChecked(),
            reduce_only=self.reduce_only.isChecked(),
        )
        result = ladder(scale, instrument)
        if not result.orders:
            return Reading(problem=" ".join(result.problems))
        total = sum((order.notional for order in result.orders), Decimal(0))
        size = sum((order.size for order in result.orders), Decimal(0))
        average = plain((total / size).quantize(Decimal("0.000001")).normalize())
        return Reading(scale, preview=f"{len(result.orders)} orders, {money(total)} in all, average {average}.")


class _Limb(QWidget):
    """One order of a pair: its side, what it is, its price."""

    def __init__(self, page: Page, title: str, side: Side, kind: TicketKind) -> None:
        super().__init__(page)
        caption = QLabel(title, self)
        caption.setProperty("role", "caption")
        self.side, self.kind = page.segments(SIDES, f"{title}: side"), page.segments(LIMBS, f"{title}: kind")
        self.price = page.field(f"{title} price")
        self.side.choose(side)
        self.kind.choose(kind)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 2)
        grid.setSpacing(4)
        grid.addWidget(caption, 0, 0, 1, 2)
        grid.addWidget(self.side, 1, 0, 1, 2)
        grid.addWidget(self.kind, 2, 0)
        grid.addWidget(self.price, 2, 1)
        grid.setColumnStretch(0, 2)
        grid.setColumnStretch(1, 3)

    def ticket(self, coin: str, size: Decimal, *, reduce_only: bool) -> Ticket:
        price = _value(self.price)
        prices = {"limit_price" if self.kind.value is TicketKind.LIMIT else "trigger_price": price}
        return Ticket(coin, self.side.value, self.kind.value, SizeUnit.COIN, size, reduce_only=reduce_only, **prices)  # type: ignore[arg-type]

    def words(self) -> str:
        verb = "buy" if self.side.value is Side.BUY else "sell"
        kind = "" if self.kind.value is TicketKind.LIMIT else "stop "
        return f"{kind}{verb} at {wire_text(_value(self.price))}"


class PairPage(Page):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.amount = self.field("Size of each", "0")
        self.first = _Limb(self, "First", Side.SELL, TicketKind.LIMIT)
        self.second = _Limb(self, "Second", Side.SELL, TicketKind.STOP_MARKET)
        self.reduce_only = self.box("Reduce-only", "Both can only make a position smaller: a target and a stop")
        self.reduce_only.setChecked(True)
        for widget in (self.amount, self.first, self.second, self.reduce_only):
            self.column.addWidget(widget)
        self.column.addStretch(1)

    def read(self, instrument: Instrument) -> Reading:
        missing = self.missing()
        if missing is not None:
            return missing
        size, reduce_only = _value(self.amount), self.reduce_only.isChecked()
        tickets = tuple(
            limb.ticket(instrument.coin, size, reduce_only=reduce_only) for limb in (self.first, self.second)
        )
        when = "is filled" if reduce_only else "trades"
        preview = f"{self.first.words().capitalize()}, {self.second.words()}: when one {when}, the other is cancelled."
        return Reading((tickets[0], tickets[1]), preview=preview)


class ChasePage(Page):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.side = self.segments(SIDES, "Side")
        self.amount = self.field("Size", "0")
        self.limit, self.seconds = self.field("Worst price"), self.field("Seconds")
        self.seconds.set_value(Decimal(120))
        self.reduce_only = self.box("Reduce-only", "Can only make a position smaller")
        self.column.addWidget(self.side)
        self.column.addWidget(self.amount)
        self.pair_of(self.limit, self.seconds)
        self.column.addWidget(self.reduce_only)
        self.column.addStretch(1)

    def clear(self) -> None:
        super().clear()
        self.seconds.set_value(Decimal(120))

    def read(self, instrument: Instrument) -> Reading:
        missing = self.missing()
        if missing is not None:
            return missing
        seconds = float(_value(self.seconds))
        chase = Chase(
            coin=instrument.coin,
            side=self.side.value,
            size=_value(self.amount),
            limit=_value(self.limit),
            seconds=seconds,
            reduce_only=self.reduce_only.isChecked(),
        )
        best = "bid" if chase.side is Side.BUY else "offer"
        where = "up to" if chase.side is Side.BUY else "down to"
        preview = f"Post-only at the best {best}, following it {where} {wire_text(chase.limit)} for {seconds:g} s."
        return Reading(chase, preview=preview)
