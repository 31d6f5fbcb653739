from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

import pytest
from pydantic import Field
from PySide6.QtWidgets import QLabel, QPlainTextEdit
from pytestqt.qtbot import QtBot

from hlmaster.core.config import Config
from hlmaster.settings import Settings
from hlmaster.ui.form_builder import Form
from hlmaster.ui.form_fields import Lines
from hlmaster.ui.theme import theme


class Pace(StrEnum):
    SLOW = "slow"
    FAST = "very_fast"


class Inner(Config):
    share: Decimal = Field(
        Decimal("2.5"), gt=0, le=50, title="Share", description="Of it.", json_schema_extra={"unit": "%"}
    )
    coins: tuple[str, ...] = Field(("BTC", "ETH"), min_length=1, title="Coins", description="In order.")
    address: str | None = Field(None, title="Address", description="Where.")


class Sample(Config):
    loud: bool = Field(True, title="Loud", description="Make a noise.")
    look: Literal["dark", "light"] = Field("dark", title="Look", description="Colours.")
    pace: Pace = Field(Pace.SLOW, title="Pace", description="How fast.")
    tries: int = Field(3, ge=1, le=100_000, title="Tries", description="How often.")
    wait: float = Field(0.5, ge=0.1, le=5, title="Wait", description="How long.")
    inner: Inner = Inner()


@pytest.fixture
def form(qtbot: QtBot) -> Form:
    made = Form(Sample(), theme("dark"))
    qtbot.addWidget(made)
    return made


def put(form: Form, key: str, text: str) -> None:
    editor: Any = form.row(key).editor
    editor.line.setText(text)


@pytest.mark.parametrize("model", [Sample(), Settings()])
def test_an_untouched_form_gives_back_the_model_and_no_change(qtbot: QtBot, model: Config) -> None:
    form = Form(model, theme("dark"))
    qtbot.addWidget(form)
    for key, value in form.values().items():
        expected: object = model
        for part in key.split("."):
            expected = getattr(expected, part)
        assert value == expected, key
    assert form.changes() == {}


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("tries", "1,000", 1000),
        ("wait", "1.25", 1.25),
        ("inner.share", "0.10", Decimal("0.10")),
        ("inner.coins", " SOL, ,HYPE ", ("SOL", "HYPE")),
        ("inner.address", "here", "here"),
    ],
)
def test_what_is_typed_becomes_a_change_of_the_fields_type(form: Form, key: str, text: str, value: object) -> None:
    put(form, key, text)
    assert form.changes() == {key: value}
    assert type(form.changes()[key]) is type(value)
    assert form.problems == {}


@pytest.mark.parametrize(
    ("key", "text", "sentence"),
    [
        ("tries", "0", "It must be at least 1 and at most 100,000."),
        ("tries", "1.5", "It must be at least 1 and at most 100,000."),
        ("wait", "9", "It must be at least 0.1 and at most 5."),
        ("inner.share", "80", "It must be more than 0 and at most 50\N{NO-BREAK SPACE}%."),
        ("inner.share", "much", "“much” is not a number."),
        ("inner.coins", "", "It must be a list."),
    ],
)
def test_a_value_out_of_range_is_marked_with_the_range(form: Form, key: str, text: str, sentence: str) -> None:
    put(form, key, text)
    assert form.problems == {key: sentence}
    assert form.row(key).editor.inner.property("bad") == "true"
    form.row(key).editor.set_value(form.row(key).default)
    assert form.problems == {}
    assert form.row(key).editor.inner.property("bad") == "false"


def test_an_empty_text_unsets_what_may_be_unset(qtbot: QtBot) -> None:
    form = Form(Sample(inner=Inner(address="here")), theme("dark"))
    qtbot.addWidget(form)
    put(form, "inner.address", " ")
    assert form.changes() == {"inner.address": None}


def test_choices_and_switches_keep_their_own_values(form: Form) -> None:
    form.row("pace").editor.set_value(Pace.FAST)
    form.row("look").editor.set_value("light")
    form.row("loud").editor.set_value(False)
    assert form.changes() == {"pace": Pace.FAST, "look": "light", "loud": False}


def test_going_back_to_the_start_is_no_change(form: Form) -> None:
    put(form, "tries", "7")
    put(form, "tries", "3")
    assert form.changes() == {}


def test_settling_makes_the_values_shown_the_ones_in_force(form: Form) -> None:
    put(form, "tries", "7")
    form.settle(lambda key: "from the file")
    assert form.changes() == {}


def test_the_filter_finds_fields_of_any_section_by_their_words(form: Form) -> None:
    form.show_section("inner")
    assert form.filter("how") == 3
    assert form.row("tries").isVisibleTo(form)
    assert not form.row("inner.share").isVisibleTo(form)
    form.filter("")
    assert form.row("inner.share").isVisibleTo(form)
    assert not form.row("tries").isVisibleTo(form)


def test_long_items_have_a_line_each_and_titles_stand_as_they_are_written(qtbot: QtBot) -> None:
    form = Form(Settings().news, theme("dark"))
    qtbot.addWidget(form)
    editor = form.row("feeds").editor
    assert isinstance(editor, Lines)
    text = editor.findChild(QPlainTextEdit)
    assert text is not None
    assert text.toPlainText().splitlines() == list(Settings().news.feeds)
    text.setPlainText("https://one.example/rss\n\n  https://two.example/atom ")
    assert form.changes() == {"feeds": ("https://one.example/rss", "https://two.example/atom")}
    text.setPlainText("not an address")
    assert "not an address" in form.problems["feeds"]
    titles = [label.text() for label in form.row("fear_greed").findChildren(QLabel)]
    assert "Fear && Greed" in titles, "Qt takes a single & for a shortcut"
