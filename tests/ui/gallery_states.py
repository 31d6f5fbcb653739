"""Pictures of cards, analyst and news in each of their states, as wide as the smallest window gives them.

``python -m tests.ui.gallery_states OUT [--theme …]`` writes ``OUT/THEME/cards.png``, ``analyst.png`` and ``news.png``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from hlmaster.core.model import Side
from hlmaster.core.orders import RuleResult, Verdict
from hlmaster.core.proposals import Proposal, ProposalState
from hlmaster.ui import qt, theme
from hlmaster.ui.loop import Loop
from hlmaster.ui.palettes import SCHEMES
from hlmaster.ui.panels.analyst import AnalystPanel, Stage
from hlmaster.ui.panels.sentiment import SentimentPanel
from hlmaster.ui.proposal_card import ProposalCard
from hlmaster.ui.theme import Theme
from tests.insight.fake_ollama import FakeOllama, Mode
from tests.insight.sentiment.press import Press, feed, page
from tests.trading.proposals.cards import card
from tests.trading.scenes import D
from tests.ui import market_desk
from tests.ui.advised import NOBODY, Told, advised, says
from tests.ui.desks import until
from tests.ui.proposals import signal
from tests.ui.readable import complaints

WIDTH, APART = 250, 14
NO = Verdict(
    (
        RuleResult("positions", False, sentence="2 of 2 positions are open."),
        RuleResult("band", False, sentence="The price is 6.2 % from the mark; 5 % is the limit."),
    )
)
LINES = (
    "Ethereum surges to a record high as traders are bullish and funding stays close to nothing at all",
    "Exchange outage worries holders of ether, while withdrawals queue for the third hour of the afternoon",
)


def cards() -> list[tuple[str, Proposal, int]]:
    reason = "funding below its base, book skew 1.42, VWMA cross up"
    first = card(
        signals=(signal(market_desk.NOW, reason=reason),),
        size=D("0.42"),
        limit_price=D("3434.2"),
        stops=((D(3426), D("0.14")), (D(3421), D("0.14")), (D(3416), D("0.14"))),
        target=D("3460"),
        liquidation_price=D("3012"),
        risk=D("48.12"),
        risk_percent=D("0.48"),
        funding_per_hour=D("-0.01"),
        confidence=0.81,
        reasons=("The regime of ETH is a trend: size 1.2 times.",),
    )
    short = replace(first, coin="HYPE", side=Side.SELL, size=D("18"), limit_price=None)
    return [
        ("waiting", first, 57_000),
        ("running out", first, 7_000),
        ("edited", replace(first, edited=True, size=D("0.2"), post_only=True), 41_000),
        (
            "blocked",
            replace(short, state=ProposalState.BLOCKED, state_text=NO.failures[0].sentence, verdict=NO),
            33_000,
        ),
        ("approved", replace(first, state=ProposalState.APPROVED, state_text="Sending."), 20_000),
        ("later", replace(short, state=ProposalState.SNOOZED, state_text="Back in 48 s."), 20_000),
    ]


def shown_card(proposal: Proposal, left_ms: int, look: Theme) -> QWidget:
    made = ProposalCard(look, asks=True)
    made.show_proposal(proposal, "Triple confluence", 4)
    made.show_second_opinion("AI agrees 7/10: “pullback held the 1h VWMA, sellers absorbed.”", "up")
    made.show_time(left_ms)
    made._still.stop()
    made._show_answers()
    around = QWidget()
    column = QVBoxLayout(around)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(made)
    column.addStretch(1)
    around.resize(WIDTH, 400)
    around.show()
    return around


def sheet(pictures: list[tuple[str, QPixmap]], look: Theme) -> QPixmap:
    wide = sum(picture.width() + APART for _, picture in pictures) + APART
    made = QPixmap(wide, max(picture.height() for _, picture in pictures) + 40)
    made.fill(look.window)
    painter = QPainter(made)
    painter.setPen(look.muted)
    x = APART
    for name, picture in pictures:
        painter.drawText(x, 18, name)
        painter.drawPixmap(QPoint(x, 28), picture)
        x += picture.width() + APART
    painter.end()
    return made


@contextlib.asynccontextmanager
async def analyst(host: str, **news: Any) -> AsyncIterator[Told]:
    with tempfile.TemporaryDirectory() as folder:
        async with advised(Path(folder), host, None, **news) as told:
            yield told


def wear(panel: QWidget, height: int) -> None:
    panel.setProperty("role", "panel")
    panel.resize(WIDTH, height)
    panel.show()


async def analysts(look: Theme) -> list[tuple[str, QPixmap]]:
    pictures = []

    async def take(name: str, panel: AnalystPanel) -> None:
        await asyncio.sleep(0.15)
        pictures.append((name, panel.grab()))
        for complaint in complaints(panel):
            sys.stdout.write(f"{look.name} analyst {name}: {complaint}\n")

    def made(told: Told) -> AnalystPanel:
        told.scene.context.set_theme(look)
        panel = AnalystPanel(told.scene.context)
        wear(panel, 300)
        return panel

    async with analyst(NOBODY) as told:
        panel = made(told)
        await take("unavailable", panel)
        await told.ask()
        await take("plain rules", panel)
        settings = told.scene.desk.settings
        off = settings.analyst.model_copy(update={"enabled": False})
        told.scene.context.apply_settings(settings.model_copy(update={"analyst": off}))
        await take("off", panel)
    answer = says(stop=3400.0, target=3500.0, entry=3434.0)
    async with FakeOllama(answer=answer) as server, analyst(server.host) as told:
        panel = made(told)
        await take("nothing said", panel)
        for mode, stage, name in (
            (Mode.HANG, Stage.LOADING, "loading"),
            (Mode.HANG_INSIDE, Stage.STREAMING, "streaming"),
        ):
            server.mode = mode
            panel.ask.click()
            await until(lambda stage=stage: panel.stage is stage)  # type: ignore[misc]
            await asyncio.sleep(0.3)
            await take(name, panel)
            panel.cancel.click()
            await until(lambda: panel.stage is Stage.FAILED)
        await take("failed", panel)
    async with FakeOllama(answer=answer) as server, analyst(server.host) as told:
        panel = made(told)
        await told.ask()
        await until(lambda: panel.stage is Stage.ANSWERED)
        await take("answered", panel)
    return pictures


async def newses(look: Theme) -> list[tuple[str, QPixmap]]:
    pictures = []
    async with Press() as press:
        now = market_desk.NOW / 1000
        items = [
            f"<title>{LINES[n % 2]} ({n + 1})</title><pubDate>{formatdate(now - 300 * n)}</pubDate>" for n in range(10)
        ]
        press.pages = {"/feed": page(feed(*items)), "/empty": page(feed())}
        for name, path in (("ten headlines", "/feed"), ("no headline", "/empty"), ("off", "")):
            more: dict[str, Any] = {"feeds": (f"{press.url}{path}",)} if path else {}
            async with analyst(NOBODY, **more) as told:
                told.scene.context.set_theme(look)
                panel = SentimentPanel(told.scene.context)
                wear(panel, 380)
                await asyncio.sleep(0.6)
                panel.look()
                await asyncio.sleep(0.1)
                pictures.append((name, panel.grab()))
                for complaint in complaints(panel):
                    sys.stdout.write(f"{look.name} news {name}: {complaint}\n")
    return pictures


async def photograph(out: Path, themes: list[str]) -> None:
    keeper = QWidget()
    keeper.show()
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme.load_fonts()
    for name in themes:
        look = theme.theme(name)
        theme.apply(application, look)
        (out / name).mkdir(parents=True, exist_ok=True)
        pictures = []
        for state, proposal, left_ms in cards():
            made = shown_card(proposal, left_ms, look)
            await asyncio.sleep(0.05)
            pictures.append((state, made.grab()))
            for complaint in complaints(made):
                sys.stdout.write(f"{name} card {state}: {complaint}\n")
            made.hide()
        sheet(pictures, look).save(str(out / name / "cards.png"))
        sheet(await analysts(look), look).save(str(out / name / "analyst.png"))
        sheet(await newses(look), look).save(str(out / name / "news.png"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--theme", nargs="*", choices=SCHEMES, default=["dark"])
    arguments = parser.parse_args()
    application = qt.application(sys.argv[:1])
    with asyncio.Runner(loop_factory=lambda: Loop(application)) as runner:
        runner.run(photograph(arguments.out, arguments.theme))


if __name__ == "__main__":
    main()
