"""The analyst beside the trader: what it says while it says it, how far that deserves trust, and a way to ask."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QPushButton

from hlmaster.core.opinions import (
    AnalystAnswered,
    AnalystCalled,
    AnalystChanged,
    AnalystSpoke,
    Call,
    OutcomeKnown,
    Question,
)
from hlmaster.desk.advising.choice import UNSEEN
from hlmaster.insight.analyst.state import AnalystState
from hlmaster.ui import figures
from hlmaster.ui.analyst_guidance import Guidance, fetched
from hlmaster.ui.analyst_words import NO_ANALYST, QUESTIONS, standing, title, trust, verdict
from hlmaster.ui.context import Context
from hlmaster.ui.opinion_view import Asking, OpinionView
from hlmaster.ui.panel import Panel
from hlmaster.ui.plain import plain_label, unbroken
from hlmaster.ui.readout import set_tone
from hlmaster.ui.side_page import side_page
from hlmaster.ui.what_is_open import counted

BEAT_MS = 500
WITHOUT = f"{NO_ANALYST} It stands beside a session that the window opens; rehearsals and challengers have none."
WAITING = "It is asked when a candle closes, and by the other triggers of its settings. Or ask it now."


class Stage(StrEnum):
    WITHOUT = "no analyst"
    OFF = "off"
    NO_SERVER = "no server"
    QUIET = "nothing said yet"
    LOADING = "loading"
    STREAMING = "streaming"
    ANSWERED = "answered"
    FAILED = "failed"


@dataclass(slots=True)
class _Live:
    """The call that is on."""

    call_id: str
    coin: str
    text: str = ""
    thoughts: str = ""


class AnalystPanel(Panel):
    KEY, TITLE = "analyst", "AI analyst"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._advising = context.desk.advising
        self._live: _Live | None = None
        self._last: dict[str, Call] = {}
        """By coin, its last call, whatever became of it."""
        self._caret = False
        self.stage = Stage.WITHOUT
        self.view, self.guidance, self.notice = OpinionView(), Guidance(), plain_label("muted")
        self.teach, self.progress = QPushButton("How to get a model …"), plain_label("muted")
        self.latency = QLabel()
        self.ask, self.quick = QPushButton("Ask"), QPushButton("Quick")
        self.cancel, self.more, self.switch_on = QPushButton("Cancel"), QPushButton("Details"), QPushButton("Switch on")
        self._lay_out()
        self._connect()
        self.look()

    # --- building ---

    def _lay_out(self) -> None:
        self.latency.setProperty("role", "caption")
        self.latency.setMinimumWidth(1)
        self.teach.setProperty("role", "prompt")
        side_page(
            self,
            (self.progress, self.notice, self.view, self.teach, self.guidance),
            (self.ask, self.quick, self.cancel, self.switch_on),
            (self.latency, self.more),
        )
        for button, tip in (
            (self.ask, "Analyse the shown coin now: candles, book, trades, funding, position"),
            (self.quick, "Its mood in one sentence, sooner"),
            (self.cancel, "End the call that is on"),
            (self.more, "What is sent, its record, its last calls, and which model answers"),
            (self.switch_on, "Let the analyst be asked again"),
            (self.teach, "What to install, and which model"),
        ):
            button.setToolTip(tip)
            if button is not self.teach:
                button.setProperty("role", "small")

    def _connect(self) -> None:
        context, bridge = self.context, self.context.bridge
        self._beat = QTimer(self, interval=BEAT_MS)
        self._beat.timeout.connect(self._on_beat)
        self._beat.start()
        context.coin_changed.connect(self._on_coin)
        context.settings_changed.connect(self.look)
        self.more.clicked.connect(lambda: self.open_details("record"))
        if self._advising is None:
            return
        advising = self._advising
        advising.show(context.coin)
        self.ask.clicked.connect(lambda: advising.analyst.ask(context.coin, Question.MARKET))
        self.quick.clicked.connect(lambda: advising.analyst.ask(context.coin, Question.SENTIMENT))
        self.cancel.clicked.connect(advising.analyst.cancel)
        self.switch_on.clicked.connect(lambda: context.setting_wanted.emit("analyst.enabled", True))
        self.teach.clicked.connect(lambda: self.open_details("model"))
        self.guidance.look_wanted.connect(lambda: context.run(advising.choice.look(), "look for Ollama"))
        self.guidance.fetch_wanted.connect(advising.fetching.start)
        bridge.on_fact(self, AnalystCalled, self._on_called)
        bridge.on_fact(self, AnalystSpoke, self._on_spoke)
        bridge.on_fact(self, AnalystAnswered, self._on_answered)
        for fact in (AnalystSpoke, AnalystChanged, OutcomeKnown):
            bridge.on_state(self, fact, lambda _: self.look(), key=lambda _: None)

    def help_page(self) -> str:
        return "analyst_and_news"

    def open_details(self, page: str) -> None:
        """On ``model``, ``sent``, ``record`` or ``calls``."""
        if self._advising is not None:
            from hlmaster.ui.dialogs.analyst import AnalystDialog

            AnalystDialog(self.context, self._advising, page, self).show()

    # --- what happens ---

    def _on_coin(self, coin: str) -> None:
        if self._advising is not None:
            self._advising.show(coin)
        self.look()

    def _on_called(self, fact: AnalystCalled) -> None:
        self._live = _Live(fact.call_id, fact.coin)
        self.look()

    def _on_spoke(self, fact: AnalystSpoke) -> None:
        if self._live is None or self._live.call_id != fact.call_id:
            return
        if fact.thinking:
            self._live.thoughts += fact.text
        else:
            self._live.text += fact.text

    def _on_answered(self, fact: AnalystAnswered) -> None:
        self._live = None
        self._last[fact.call.coin] = fact.call
        self.look()

    def catch_up_on_sight(self) -> None:
        self.look()

    def _on_beat(self) -> None:
        if self.isVisible():
            self._caret = not self._caret
            self.look()

    # --- what is shown ---

    def look(self) -> None:
        advising, coin = self._advising, self.context.coin
        found = title(advising)
        if found != self.TITLE:
            self.retitle(found)
        if advising is None:
            self._show_stage(Stage.WITHOUT, WITHOUT)
            return
        state = advising.analyst.state
        obstacle = standing(advising).obstacle
        live = self._live if self._live is not None and self._live.coin == coin else None
        last = self._last.get(coin)
        opinion = advising.analyst.latest(coin)
        now = self.context.desk.clock.now_ms()
        if not advising.terms().enabled:
            self._show_stage(Stage.OFF, obstacle)
        elif live is not None and state.running is not None:
            seconds = self.context.desk.clock.monotonic() - state.running.since
            about = f"{QUESTIONS[state.running.question]} · {state.running.trigger}"
            self._show_stage(Stage.STREAMING if live.text or live.thoughts else Stage.LOADING, "")
            asking = Asking(live.text, live.thoughts, seconds, about)
            self.view.show_asking(asking, "" if opinion is None else verdict(opinion)[0], caret=self._caret)
        else:
            failure = last.failure if last is not None else ""
            quiet = Stage.NO_SERVER if obstacle else Stage.QUIET
            stage = Stage.FAILED if failure else quiet if opinion is None or obstacle else Stage.ANSWERED
            waits = obstacle if self._is_looking else "" if obstacle or opinion is not None else WAITING
            self._show_stage(stage, failure or waits)
            if opinion is not None:
                instrument = self.context.desk.instruments.get(coin)
                decimals = None if instrument is None else instrument.size_decimals
                self.view.show_opinion(opinion, trust(advising.ledger, opinion), now, decimals)
        self.view.setVisible(self.stage in (Stage.LOADING, Stage.STREAMING) or self._tells(opinion is not None))
        self._show_guidance(obstacle, opinion is not None)
        self._show_latency(state, last)
        self.cancel.setVisible(state.running is not None)
        # In its place: a narrow panel has no room for both.
        self.quick.setVisible(state.running is None and self.stage is not Stage.OFF)

    @property
    def _is_looking(self) -> bool:
        """Nobody knows yet whether there is a server: too early to say how to get one."""
        return self._advising is not None and self._advising.choice.server is UNSEEN

    def _tells(self, has_opinion: bool) -> bool:
        return has_opinion and self.stage not in (Stage.WITHOUT, Stage.OFF)

    def _show_stage(self, stage: Stage, notice: str) -> None:
        self.stage = stage
        if self.notice.text() != unbroken(notice):
            self.notice.setText(unbroken(notice))
        self.notice.setVisible(bool(notice))
        set_tone(self.notice, "danger" if stage is Stage.FAILED else "")
        able = stage not in (Stage.WITHOUT, Stage.OFF)
        for button in (self.ask, self.quick):
            button.setVisible(able)
        self.switch_on.setVisible(stage is Stage.OFF)
        for button in (self.more, self.cancel):
            button.setVisible(able)
        for widget in (self.view, self.guidance, self.teach, self.progress):
            if not able:
                widget.hide()

    def _show_guidance(self, obstacle: str, has_opinion: bool) -> None:
        """Whole before anything was said; one line where rules speak already."""
        advising = self._advising
        if advising is None or self.stage is Stage.OFF:
            return
        progress = fetched(advising)
        lacks = bool(obstacle) and advising.terms().who in ("auto", "ollama") and not progress
        busy = self._is_looking or self.stage in (Stage.LOADING, Stage.STREAMING)
        self.guidance.setVisible(lacks and not has_opinion and not busy)
        self.teach.setVisible(bool(obstacle) and not progress and not busy and self.guidance.isHidden())
        self.progress.setText(progress)
        self.progress.setVisible(bool(progress))
        if not self.guidance.isHidden():
            self.guidance.show_state(advising, obstacle)

    def _show_latency(self, state: AnalystState, last: Call | None) -> None:
        running, clock = state.running, self.context.desk.clock
        if running is not None:
            text = f"{clock.monotonic() - running.since:.1f} s"
            text = text if running.coin == self.context.coin else f"{running.coin} {text}"
        else:
            text = "" if last is None else f"{last.latency_ms / 1000:.1f} s"
        self.latency.setText(text)
        speed = "" if state.tokens_per_second is None else f", {state.tokens_per_second:.0f} tokens a second"
        lines = [
            f"Answers take {_seconds(state.median_ms)} in the middle{speed}.",
            f"{state.calls_this_hour} calls this hour; triggers keep within {state.per_hour}.",
            f"{state.answered} answered, {state.failed} failed, {len(state.waiting)} wait, {state.dropped} dropped.",
            f"{state.prompt_tokens:,} tokens read, {state.answer_tokens:,} written since the start.",
        ]
        if self._advising is not None and self._advising.storm.lately:
            lines.append(
                f"The advisers took away {counted(self._advising.storm.lately, 'idea')} in the last ten minutes."
            )
        self.latency.setToolTip("\n".join(lines))
        self.latency.setAccessibleName(f"Latency {text}")


def _seconds(ms: float | None) -> str:
    return figures.UNKNOWN if ms is None else f"{ms / 1000:.1f} s"
