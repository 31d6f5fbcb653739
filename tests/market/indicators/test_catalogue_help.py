"""The guide explains every indicator with its columns, parameters, defaults and ranges."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hlmaster.market.indicators.catalogue import INDICATORS

PAGE = (Path(__file__).parents[3] / "resources" / "help" / "indicators.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### [^\n]* · `(\w+)`\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL))


def test_there_is_a_paragraph_for_each_and_for_nothing_else() -> None:
    assert set(SECTIONS) == set(INDICATORS)


@pytest.mark.parametrize("name", INDICATORS.names())
def test_its_parameters_are_named_with_default_and_range(name: str) -> None:
    text, kind = SECTIONS[name], INDICATORS[name]
    for p in kind.parameters():
        if p.name == "source":
            continue
        assert f"**{p.name}** {p.default:g}" in text
        if name != "anchored_vwap":
            assert f"{p.low:g} to {p.high:,g}" in text.replace("1,000,000,000", "1e+09")


@pytest.mark.parametrize("name", [name for name in INDICATORS if len(INDICATORS[name].outputs) > 1])
def test_its_columns_are_named(name: str) -> None:
    assert {output for output in INDICATORS[name].outputs if f"*{output}*" not in SECTIONS[name]} == set()
