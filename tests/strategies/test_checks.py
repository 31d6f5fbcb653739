"""Every way to cheat is caught, and honest strategies pass."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest

from hlmaster.core.candles import Floats
from hlmaster.core.model import Interval
from hlmaster.market.indicators.ema import Ema
from hlmaster.market.indicators.sma import Sma
from hlmaster.market.window import FrameNeeds, Grid, Needs, Window
from hlmaster.strategies.base import STRATEGIES, Explanation, Params, Signals, Strategy
from hlmaster.strategies.checks import check, rehearsed
from tests.strategies.scenes import made

LOOKBACK = 20


class Honest(Strategy[Params]):
    """Goes with the last move."""

    name, title, Parameters = "honest", "Honest", Params
    declared: ClassVar[Needs] = Needs(
        Grid.of("1m"), LOOKBACK, ("funding",), (Ema(9),), (FrameNeeds(Interval.H1, (Ema(5),), 3),)
    )

    @classmethod
    def declare(cls, params: Params) -> Needs:
        return cls.declared

    @property
    def horizon_ms(self) -> int:
        return 60_000

    def signals(self, window: Window) -> Signals:
        return told(window["close"] - window["open"])

    def explain(self, window: Window) -> Explanation:
        return Explanation("it moved")


def told(evidence: Floats) -> Signals:
    return Signals.of(np.sign(np.nan_to_num(evidence)), np.minimum(np.abs(np.nan_to_num(evidence)), 1.0))


def cheat(signals: Callable[[Window], Any], **more: Any) -> Strategy[Params]:
    """The honest one with other signals, or with another method or attribute."""
    kind = type("Cheat", (Honest,), {"signals": lambda self, window: signals(window), **more})
    made: Strategy[Params] = kind(Params())
    return made


def shifted(column: Floats, rows: int) -> Floats:
    out = np.full(len(column), np.nan)
    out[max(0, rows) : len(out) + min(0, rows)] = column[max(0, -rows) : len(column) - max(0, rows)]
    return out


def restarted_average(window: Window) -> Floats:
    """An exponential average that begins anew at whatever row the window begins with."""
    values, level = [], float(window["close"][0])
    for close in window["close"].tolist():
        level += 0.05 * (close - level)
        values.append(level)
    return np.array(values)


def centred_mean(window: Window) -> Floats:
    return np.convolve(window["close"], np.ones(5) / 5, "same") if len(window) >= 5 else window["close"]


def written_to(window: Window) -> Signals:
    window["close"][:] = np.nan_to_num(window["close"])
    return told(window["close"] - window["open"])


def raised(window: Window) -> Signals:
    raise RuntimeError("out of ideas")


def wrong(**columns: Any) -> Callable[[Window], Signals]:
    return lambda window: replace(
        told(window["close"] - window["open"]),
        **{name: value(len(window)) if callable(value) else value for name, value in columns.items()},
    )


CHEATS: dict[str, tuple[str, Callable[[Window], Any]]] = {
    "the next close": ("look-ahead", lambda w: told(shifted(w["close"], -1) - w["close"])),
    "a close far ahead": ("look-ahead", lambda w: told(shifted(w["close"], -50) - w["close"])),
    "a centred mean": ("look-ahead", lambda w: told(w["close"] - centred_mean(w))),
    "the mean of all history": ("look-ahead", lambda w: told(w["close"] - np.mean(w["close"]))),
    "a rank in all history": (
        "look-ahead",
        lambda w: told(np.argsort(np.argsort(w["close"])).astype(np.float64) - len(w) / 2),
    ),
    "the last row of the window": ("look-ahead", lambda w: told(w["close"] - w["close"][-1])),
    "the number of rows": ("look-ahead", lambda w: told(w["close"] - w["open"] + len(w) % 7 - 3)),
    "a later row of a higher frame": ("look-ahead", lambda w: told(w["close"] - w.frames[Interval.H1]["close"][-1])),
    "an average restarted on the tail": ("warm-up", lambda w: told(w["close"] - restarted_average(w))),
    "a running total": ("warm-up", lambda w: told(np.cumsum(w["close"] - w["open"]))),
    "a close before its lookback": ("warm-up", lambda w: told(w["close"] - shifted(w["close"], LOOKBACK))),
    "writing to the window": ("purity", written_to),
    "chance": ("purity", lambda w: told(np.array([random.choice((-1.0, 1.0)) for _ in range(len(w))]))),
    "an exception": ("runs", raised),
    "a column it did not declare": ("runs", lambda w: told(w["oracle"])),
    "no signals at all": ("shape", lambda w: None),
    "a row too few": ("shape", lambda w: told((w["close"] - w["open"])[1:])),
    "only the last row": ("shape", lambda w: told((w["close"] - w["open"])[-1:])),
    "directions as numbers": ("shape", wrong(direction=np.ones)),
    "confidence as a list": ("shape", wrong(confidence=lambda n: [0.5] * n)),
    "a direction of 2": ("range", wrong(direction=lambda n: np.full(n, 2, np.int8))),
    "a confidence of NaN": ("range", wrong(confidence=lambda n: np.full(n, np.nan))),
    "a confidence over 1": ("range", wrong(confidence=lambda n: np.full(n, 1.01))),
    "a negative strength": ("range", wrong(strength=lambda n: np.full(n, -0.1))),
    "an infinite strength": ("range", wrong(strength=lambda n: np.full(n, np.inf))),
    "a stop at zero": ("range", wrong(stop=np.zeros)),
    "a stop beyond its entry": ("range", wrong(entry=lambda n: np.full(n, 100.0), stop=lambda n: np.full(n, 101.0))),
    "a side when nothing is known": ("missing data", wrong(direction=lambda n: np.ones(n, np.int8))),
}


@pytest.mark.parametrize("name", CHEATS)
def test_each_cheat_is_caught(name: str) -> None:
    expected, signals = CHEATS[name]
    with np.errstate(all="ignore"):
        report = check(cheat(signals))
    assert not report.passed
    assert expected in [finding.check for finding in report.findings], report
    assert all(len(finding.sentence) > 10 and finding.sentence.endswith(".") for finding in report.findings)


def test_what_remembers_between_calls_is_caught() -> None:
    class Remembers(Honest):
        calls = 0

        def signals(self, window: Window) -> Signals:
            self.calls += 1
            return told((window["close"] - window["open"]) * (-1) ** self.calls)

    assert check(Remembers(Params())).findings[0].check == "purity"


@pytest.mark.parametrize(
    ("explain", "expected"),
    [
        (lambda self, window: Explanation(" "), "explanation"),
        (lambda self, window: "because", "explanation"),
        (lambda self, window: Explanation(7), "explanation"),  # type: ignore[arg-type]
        (lambda self, window: Explanation.lacking("everything"), "explanation"),
        (lambda self, window: Explanation(f"{random.random()}"), "explanation"),
        (lambda self, window: Explanation(f"{window['close'][-LOOKBACK - 1]}"), "runs"),
    ],
)
def test_what_cannot_be_explained_is_caught(explain: Any, expected: str) -> None:
    report = check(cheat(lambda window: told(window["close"] - window["open"]), explain=explain))
    assert [finding.check for finding in report.findings] == [expected]


def test_an_opportunity_that_is_none_is_caught() -> None:
    report = check(
        cheat(lambda window: told(window["close"] - window["open"]), opportunity=lambda self, window: "soon")
    )
    assert [finding.check for finding in report.findings] == ["explanation"]


def test_needs_that_nobody_can_meet_are_told() -> None:
    class Greedy(Honest):
        declared = Needs(Grid.of("1m"), 1, (), (Sma(5, source="luck"),))

    report = check(Greedy(Params()))
    assert "sma(5, luck) needs the column luck" in report.findings[0].sentence


def test_what_can_be_made_only_once_is_caught() -> None:
    class Single(Honest):
        made = False

        def __init__(self, params: Params) -> None:
            if Single.made:
                raise RuntimeError("there is one already")
            Single.made = True
            super().__init__(params)

    assert "making it twice raised RuntimeError: there is one already." in check(Single(Params())).findings[0].sentence


def test_a_frame_looked_at_beyond_its_lookback_is_caught() -> None:
    def deep(window: Window) -> Signals:
        frame = window.frames[Interval.H1]
        close = np.concatenate(([np.nan], frame["close"]))
        return told(window["close"] - close[np.maximum(frame.as_of - 10, -1) + 1])

    assert [finding.check for finding in check(cheat(deep)).findings] == ["warm-up"]


@pytest.mark.parametrize(
    "signals",
    [
        lambda w: told(w["close"] - w["open"]),
        lambda w: told(w["close"] - w[Ema(9)]),
        lambda w: told(w["close"] - shifted(w["close"], LOOKBACK - 1)),
        lambda w: told(w["close"] - w.frames[Interval.H1].at(Ema(5))),
        lambda w: told(np.zeros(len(w))),
    ],
)
def test_the_honest_pass(signals: Callable[[Window], Signals]) -> None:
    report = check(cheat(signals))
    assert report.passed, report.findings
    assert report.rows > 1_000


def test_a_strategy_that_never_speaks_is_told_by_its_count() -> None:
    assert check(cheat(lambda w: told(np.zeros(len(w))))).spoke == 0
    assert check(Honest(Params())).spoke > 500


def test_a_given_window_is_checked_and_left_alone() -> None:
    window = rehearsed(Honest.declared, seed=9)
    before = {name: column.copy() for name, column in window.columns.items()}
    assert check(Honest(Params()), window).rows == len(window)
    assert not check(cheat(written_to), window).passed
    assert all(np.array_equal(before[name], window[name], equal_nan=True) for name in before)


@pytest.mark.parametrize("rows", [1, 2, LOOKBACK - 1, LOOKBACK])
def test_a_short_window_is_no_obstacle(rows: int) -> None:
    assert check(Honest(Params()), rehearsed(Honest.declared).tail(rows)).passed


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_every_strategy_that_comes_with_the_application_passes_and_speaks(name: str) -> None:
    report = check(made(name))
    assert report.passed, report.findings
    assert report.spoke > 10
