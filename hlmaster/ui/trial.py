"""A challenger on paper beside the strategy that it challenges: how it stands, and a page that compares both."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from html import escape

from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.events import TradingState
from hlmaster.desk.challenger import Challenger
from hlmaster.desk.desk import Desk
from hlmaster.trading.tally import Tally
from hlmaster.ui import figures
from hlmaster.ui.form_builder import described
from hlmaster.ui.strategy_state import Warming, state_of
from hlmaster.ui.theme import Theme

STATES = {"ready": "waits for a signal", "disarmed": "is disarmed"}


@dataclass(frozen=True, slots=True)
class Trial:
    """``lead``: USD that the challenger is ahead, open positions included; negative where it is behind."""

    words: str
    """What it does now, as a clause without its subject and full stop."""
    stuck: bool
    """It opens nothing, for a reason that a person should know."""
    since_ms: int
    champion: Tally
    challenger: Tally
    lead: Decimal
    params: tuple[tuple[str, str, str], ...]
    """Title, the champion's value, the challenger's, where they differ."""

    @property
    def standing(self) -> str:
        """``is ahead by $12.30``."""
        if not self.lead:
            return "is level with its champion"
        return f"is {'ahead' if self.lead > 0 else 'behind'} by {figures.money(abs(self.lead))}"


class Trials:
    """The challengers of a desk, by strategy, as they are now."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._warming: dict[int, Warming] = {}
        """By the beginning of each."""

    def __call__(self) -> dict[str, Trial]:
        running = self._desk.challengers.all()
        self._warming = {one.since_ms: self._warming.get(one.since_ms) or Warming(one.desk.engine) for one in running}
        return {one.strategy: self._trial(one) for one in running}

    def _trial(self, one: Challenger) -> Trial:
        found = self._desk.challengers.compare(one.strategy)
        assert found is not None
        words, stuck = self._state(one, found.challenger)
        params = _departures(self._desk, one)
        return Trial(words, stuck, one.since_ms, found.champion, found.challenger, found.lead, params)

    def _state(self, one: Challenger, made: Tally) -> tuple[str, bool]:
        guard, card = one.desk.guard, one.desk.engine.card(one.strategy)
        state, doubt = state_of(card, self._warming[one.since_ms](card))
        why = card.broken or doubt or ("" if guard.state is TradingState.ACTIVE else guard.sentence)
        if why:
            return f"stands still: {why.rstrip('.')}", True
        if made.open_coins:
            return f"holds {', '.join(made.open_coins)}", False
        return STATES.get(state, f"is {state}"), False


def _departures(desk: Desk, one: Challenger) -> tuple[tuple[str, str, str], ...]:
    champion, challenger = (known.engine.card(one.strategy).params for known in (desk, one.desk))
    if champion is None or challenger is None:
        return ()
    pairs = zip(described(champion), described(challenger), strict=True)
    return tuple((title, ours, theirs) for (title, ours), (_, theirs) in pairs if ours != theirs)


def trial_page(trial: Trial, theme: Theme, now_ms: int) -> str:
    """Both side by side, as escaped HTML."""
    ours, theirs = trial.champion, trial.challenger
    rows = [
        ("Trades", str(ours.trades), str(theirs.trades)),
        ("Won", figures.percent(ours.win_rate, 0), figures.percent(theirs.win_rate, 0)),
        ("Net", figures.money(ours.net, signed=True), figures.money(theirs.net, signed=True)),
        ("Open now", figures.money(ours.unrealised, signed=True), figures.money(theirs.unrealised, signed=True)),
        ("Drawdown", figures.money(ours.drawdown), figures.money(theirs.drawdown)),
        *trial.params,
    ]
    head = "".join(
        f"<td align='right' style='color:{theme.muted}; padding-left:18px'>{word}</td>"
        for word in ("Champion", "Challenger")
    )
    lines = "".join(_line(title, ours, theirs, theme) for title, ours, theirs in rows)
    tone = {"up": theme.up, "down": theme.down}.get(figures.tone(trial.lead), theme.text)
    age = (now_ms - trial.since_ms) // MINUTE_MS * MINUTE_MS
    since = f"for {figures.duration(age)}" if age else "since just now"
    says = f"It {trial.words}. On paper {since}."
    return (
        f"<p style='margin:0; color:{tone}'>The challenger {trial.standing}.</p>"
        f"<p style='margin:0 0 4px 0; color:{theme.warning if trial.stuck else theme.muted}'>{escape(says)}</p>"
        f"<table cellspacing='0' cellpadding='1' style='margin-bottom:8px'><tr><td></td>{head}</tr>{lines}</table>"
    )


def _line(title: str, ours: str, theirs: str, theme: Theme) -> str:
    cells = "".join(f"<td align='right' style='padding-left:18px'>{escape(text)}</td>" for text in (ours, theirs))
    return f"<tr><td style='color:{theme.muted}'>{escape(title)}</td>{cells}</tr>"
