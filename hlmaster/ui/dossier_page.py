"""A dossier as a page to read: what was seen, how it was sized and judged, who decided, and what became of it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from html import escape

from hlmaster.core.model import Side
from hlmaster.core.orders import RuleResult
from hlmaster.core.proposals import Proposal
from hlmaster.core.records import Decision, Dossier, Ghost, Line, Trade
from hlmaster.strategies.packed import unpack
from hlmaster.trading.execution.tracker import describe_order
from hlmaster.trading.titles import Title, as_written
from hlmaster.ui import figures
from hlmaster.ui.theme import Theme

LAST_COLUMNS = 16
"""Columns of which the last row is shown; indicators come after prices."""
HYPOTHETICAL = "Hypothetical: what would have become of it, had it been placed as it was proposed."
Cell = tuple[str, str]
"""Text, and its tone."""


class Page:
    """Sections of escaped HTML, in the theme's colours."""

    def __init__(self, look: Theme, zone: tzinfo | None) -> None:
        self._look, self._zone = look, zone
        self._parts: list[str] = []

    def html(self) -> str:
        return "".join(self._parts)

    def head(self, text: str) -> None:
        self._parts.append(f"<h3>{escape(text)}</h3>")

    def say(self, text: str, tone: str = "") -> None:
        if text:
            self._parts.append(f"<p>{self._toned(text, tone)}</p>")

    def table(self, rows: Iterable[Sequence[str | Cell]]) -> None:
        cells = "".join("<tr>" + "".join(map(self._cell, row)) + "</tr>" for row in rows)
        if cells:
            self._parts.append(f'<table cellspacing="0" cellpadding="3">{cells}</table>')

    def _cell(self, cell: str | Cell) -> str:
        text, tone = cell if isinstance(cell, tuple) else (cell, "")
        return f"<td>{self._toned(text, tone)}&nbsp;&nbsp;</td>"

    def _toned(self, text: str, tone: str) -> str:
        colours = {"up": self._look.up, "down": self._look.down, "muted": self._look.muted}
        plain = escape(text).replace("\n", "<br>")
        return f'<span style="color:{colours[tone]}">{plain}</span>' if tone in colours else plain

    def moment(self, time_ms: int) -> str:
        return figures.moment(time_ms, self._zone)


def dossier_page(dossier: Dossier, look: Theme, zone: tzinfo | None, title: Title = as_written) -> str:
    """``title`` of a strategy."""
    page = Page(look, zone)
    proposal = dossier.proposal
    if proposal is not None:
        _idea(page, proposal)
    for decision in dossier.decisions:
        _decision(page, decision, title)
    if proposal is not None:
        _size(page, proposal)
    _verdicts(page, dossier)
    _history(page, dossier.lines, title)
    _orders(page, dossier)
    if dossier.trade is not None:
        _outcome(page, dossier.trade)
    if dossier.ghost is not None:
        _ghost(page, dossier.ghost)
    return page.html()


def _idea(page: Page, proposal: Proposal) -> None:
    page.head("The idea")
    for line in dict.fromkeys((proposal.signal.reason, *proposal.reasons)):
        page.say(line)
    rows = [("Confidence", f"{proposal.confidence:.2f}")]
    if proposal.unadjusted_confidence != proposal.confidence:
        rows.append(("Without advisers", f"{proposal.unadjusted_confidence:.2f}"))
    rows += [("Made", page.moment(proposal.created_ms)), ("Good until", page.moment(proposal.expires_ms))]
    how = f"{proposal.state} by {proposal.decided_by}" if proposal.decided_by else str(proposal.state)
    rows.append(("State", f"{how}{'. ' if proposal.state_text else ''}{proposal.state_text}"))
    page.table([((name, "muted"), text) for name, text in rows])


def _decision(page: Page, decision: Decision, title: Title) -> None:
    signal = decision.signal
    page.head(f"{title(signal.strategy)} said {signal.direction} with {signal.confidence:.2f}")
    page.say(signal.reason)
    page.table([((d.name, "muted"), d.value, (d.meaning, "muted")) for d in signal.details])
    rows = [("Decision grid", f"{signal.grid}, row of {page.moment(signal.row_ms)}")]
    rows += [("Code and parameters", signal.version)] if signal.version else []
    rows += [("Parameters", _parameters(decision.params))] if decision.params else []
    rows.append(("Inputs", _inputs(decision.inputs)))
    page.table([((name, "muted"), text) for name, text in rows])


def _parameters(text: str) -> str:
    try:
        chosen = json.loads(text)
    except ValueError:
        return text
    return ", ".join(f"{name} {value}" for name, value in chosen.items()) if isinstance(chosen, dict) else text


def _inputs(inputs: bytes | None) -> str:
    """How much it saw, and the last row of it."""
    if inputs is None:
        return "not kept"
    try:
        window = unpack(inputs)
    except ValueError as error:
        return f"damaged: {error}"
    last = [
        f"{name} {_number(float(column[-1]))}"
        for name, column in list(window.columns.items())[:LAST_COLUMNS]
        if len(column)
    ]
    more = len(window.columns) - LAST_COLUMNS
    last += [f"and {more} more"] if more > 0 else []
    frames = "".join(f", {len(frame)} rows of {interval}" for interval, frame in window.frames.items())
    return f"{len(window.time_ms)} rows of {len(window.columns)} columns{frames}\nlast row: {', '.join(last)}"


def _number(value: float) -> str:
    return "absent" if math.isnan(value) else f"{value:,.6g}"


def _size(page: Page, proposal: Proposal) -> None:
    page.head("How the size came about")
    page.table([((step.name, "muted"), step.text, figures.size(step.size)) for step in proposal.steps])
    if proposal.effects:
        page.head("What it does to the limits")
        page.table(
            (effect.title, f"{effect.before} → {effect.after}", (f"of {effect.limit}", "muted"))
            for effect in proposal.effects
        )


def _verdicts(page: Page, dossier: Dossier) -> None:
    """The one that stands: what failed or has figures by itself, the rest by name. Earlier ones are in the history."""
    if dossier.proposal is None or dossier.proposal.verdict is None:
        return
    page.head("The risk gate, rule by rule")
    results = sorted(dossier.proposal.verdict.results, key=lambda result: result.passed)
    told = [result for result in results if not result.passed or result.value]
    page.table(_rule(result) for result in told)
    quiet = [result.rule for result in results if result not in told]
    if quiet:
        page.say(f"✓ {', '.join(quiet)}", "muted")


def _rule(result: RuleResult) -> Sequence[str | Cell]:
    mark = ("✓", "up") if result.passed else ("✕", "down")
    limit = f"of {result.limit}" if result.limit else ""
    return mark, result.rule, " ".join(part for part in (result.value, limit) if part), result.sentence


def _history(page: Page, lines: Sequence[Line], title: Title) -> None:
    if lines:
        page.head("What happened, in order")
        page.table(((page.moment(line.time_ms), "muted"), line.kind, _text(line, title)) for line in lines)


def _text(line: Line, title: Title) -> str:
    who = line.data.get("by") or line.data.get("who")
    return f"{line.text} ({title(str(who))})" if who else line.text


def _orders(page: Page, dossier: Dossier) -> None:
    if dossier.orders:
        page.head("Orders")
        page.table(_order_rows(page, dossier))
    if dossier.fills:
        page.head("Fills")
        page.table(
            (
                (page.moment(fill.time_ms), "muted"),
                fill.side,
                f"{figures.size(fill.size)} at {figures.plain(fill.price)}",
                f"fee {figures.money(fill.fee)}",
            )
            for fill in dossier.fills
        )


def _order_rows(page: Page, dossier: Dossier) -> Iterator[Sequence[str | Cell]]:
    for order in dossier.orders:
        yield (page.moment(order.created_ms), "muted"), describe_order(order), str(order.status), (order.text, "muted")


def _outcome(page: Page, trade: Trade) -> None:
    page.head("Outcome")
    net = (figures.money(trade.net, signed=True), figures.tone(trade.net))
    ended = trade.exit_reason if trade.closed_ms else "still open"
    multiple = "" if trade.multiple is None else f"{trade.multiple:+.2f} times its risk"
    page.table(
        (
            (("Net", "muted"), net, multiple),
            (("Before costs", "muted"), figures.money(trade.realised, signed=True), ""),
            (("Fees", "muted"), figures.money(trade.fees), ""),
            (("Funding", "muted"), figures.money(trade.funding, signed=True), ""),
            (("Ended", "muted"), ended, figures.duration(trade.hold_ms)),
        )
    )


def _ghost(page: Page, ghost: Ghost) -> None:
    page.head("Had it been placed")
    page.say(HYPOTHETICAL, "muted")
    multiple = "" if ghost.multiple is None else f"{ghost.multiple:+.2f} times its risk"
    net = (figures.money(ghost.net, signed=True), figures.tone(ghost.net))
    page.table(((("Net", "muted"), net, multiple), (("State", "muted"), str(ghost.state), "")))


def headline(proposal: Proposal, source: str) -> str:
    side = "long" if proposal.side is Side.BUY else "short"
    entry = "at the market" if proposal.limit_price is None else f"at {figures.plain(proposal.limit_price)}"
    return f"{proposal.coin} {side} {figures.size(proposal.size)} {entry}, by {source}"
