"""What every strategy on candles must obey, whatever it believes in."""

from __future__ import annotations

from typing import Any

import numpy as np

from hlmaster.strategies.base import Strategy
from hlmaster.strategies.checks import check
from tests.strategies.scenes import made, mirrored, put, scene


def passes_its_checks(name: str, **params: Any) -> None:
    report = check(made(name, **params))
    assert report.passed, report.findings
    assert report.spoke


def mirrors(name: str, seed: int, **params: Any) -> None:
    """A reflected market gives the reflected signal: side turned, confidence equal, prices as far away."""
    strategy = made(name, **params)
    market = scene(strategy, seed)
    one, other = (strategy.signals(m.window(strategy.needs)) for m in (market, mirrored(market)))
    known = slice(strategy.needs.warm_up, None)
    differing = one.direction[known] != -other.direction[known]
    # Reflection changes the last bits, so a row may lie on the other side of a threshold that it just met.
    assert differing.mean() < 0.01
    same = ~differing & (one.direction[known] != 0)
    np.testing.assert_allclose(one.confidence[known][same], other.confidence[known][same], atol=1e-6)
    if one.stop is not None and other.stop is not None:
        close, turned = (m.columns["close"] for m in (market, mirrored(market)))
        away = np.abs(one.stop - close)[known][same], np.abs(other.stop - turned)[known][same]
        np.testing.assert_allclose(*away, rtol=1e-6)


def explains(name: str, seed: int, up: str, down: str, **params: Any) -> None:
    """The sentence agrees with the side on every row, and names what is missing where that is why."""
    strategy = made(name, **params)
    window = scene(strategy, seed, holes=True).window(strategy.needs)
    said = strategy.signals(window)
    for row in range(strategy.needs.warm_up, len(window), 7):
        told = strategy.explain(window.upto(row))
        assert told.reason
        side = int(said.direction[row])
        if side:
            assert (up if side > 0 else down) in told.reason, told.reason
            assert (down if side > 0 else up) not in told.reason, told.reason
            assert not told.missing
            assert told.details


def says_nothing_without(name: str, seed: int, **params: Any) -> None:
    """Each indicator that is taken away on the last row makes that row NEUTRAL, with the reason."""
    strategy = made(name, **params)
    window = speaking(strategy, seed)
    for indicator in strategy.needs.indicators:
        lacking = put(window, dict.fromkeys(indicator.columns, np.nan))
        assert strategy.signals(lacking).direction[-1] == 0, indicator.label
        assert strategy.explain(lacking).missing, indicator.label


def speaking(strategy: Strategy[Any], seed: int) -> Any:
    """A window that ends on a row with a side."""
    while True:
        window = scene(strategy, seed).window(strategy.needs)
        rows = np.flatnonzero(strategy.signals(window).direction)
        if len(rows):
            return window.upto(int(rows[-1]))
        seed += 1_000
