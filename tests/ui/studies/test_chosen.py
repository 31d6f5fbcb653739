"""A chosen study has a title, colours that follow the theme, and is remembered as plain values."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication

from hlmaster.core.errors import ConfigError
from hlmaster.market.indicators.catalogue import INDICATORS
from hlmaster.ui.charts.palette import ChartPalette
from hlmaster.ui.studies.chosen import Chosen, from_state
from hlmaster.ui.studies.looks import GROUPS, LOOKS, look_of


def made(name: str, **parameters: object) -> Chosen:
    return Chosen(f"{name}-1", INDICATORS[name](**parameters))


@pytest.mark.parametrize(
    ("chosen", "title"),
    [
        (made("ema", period=9), "EMA 9"),
        (made("rsi", period=14, source="volume"), "RSI 14 volume"),
        (made("bollinger"), "Bollinger 20 2"),
        (made("anchored_vwap", anchor_ms=1_760_000_040_000.0), "Anchored VWAP 09 Oct 08:54"),
    ],
)
def test_the_title_names_the_parameters(chosen: Chosen, title: str) -> None:
    assert chosen.title == title


@pytest.mark.parametrize("name", sorted(LOOKS))
def test_looks_name_outputs_that_are_there_and_state_comes_back_equal(qapp: QApplication, name: str) -> None:
    kind, look = INDICATORS[name], LOOKS[name]
    assert {one.output for one in look.drawn} <= set(kind.outputs)
    assert look.group in GROUPS
    chosen = replace(made(name), tone=3, width=2.0, is_hidden=True, colours={look.drawn[0].output: "#123456"})
    assert from_state(json.loads(json.dumps(chosen.state()))) == chosen
    assert len(chosen.study(ChartPalette()).columns) >= len(look.drawn)


def test_colours_follow_the_palette_until_one_is_chosen(qapp: QApplication) -> None:
    palette = ChartPalette()
    chosen = replace(made("ema"), tone=1)
    assert chosen.study(palette).traces[0].colour == palette.tones[1]
    assert replace(chosen, colours={"ema": "#010203"}).study(palette).traces[0].colour == "#010203"
    assert made("supertrend").study(palette).traces[0].fall == palette.down


@pytest.mark.parametrize(
    "state",
    [
        None,
        "ema",
        {},
        {"key": "a", "indicator": "unheard_of", "parameters": {}},
        {"key": "a", "indicator": "ema", "parameters": {"period": 0}},
        {"key": "a", "indicator": "ema", "parameters": {"length": 9}},
        {"key": "a", "indicator": "ema", "parameters": {"period": 9}, "tone": "x"},
        {"key": "a", "indicator": "cvd", "parameters": {}},
        {"key": "a", "indicator": "ema", "parameters": {"period": 9}, "colours": 7},
    ],
)
def test_a_damaged_state_is_refused_in_words(state: object) -> None:
    with pytest.raises(ConfigError):
        from_state(state)


def test_odd_looks_are_the_defaults() -> None:
    state = made("ema").state() | {"colours": {"ema": "red", "other": "#000000"}, "width": 99}
    chosen = from_state(state)
    assert (chosen.colours, chosen.width) == ({}, 1.5)


def test_an_indicator_without_a_look_is_drawn_as_lines() -> None:
    look = look_of(INDICATORS["cvd"])
    assert [one.output for one in look.drawn] == ["cvd", "delta"]
