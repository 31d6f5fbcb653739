from __future__ import annotations

import re

import pytest
from pytestqt.qtbot import QtBot

from hlmaster.core import errors
from hlmaster.ui.dialogs.help import FIRST, PAGES, HelpWindow, page_file, page_text, title_of
from hlmaster.ui.resources import resource


@pytest.fixture
def window(qtbot: QtBot) -> HelpWindow:
    made = HelpWindow()
    qtbot.addWidget(made)
    return made


def codes(kind: type[errors.HlError]) -> set[str]:
    return {kind.code}.union(*(codes(child) for child in kind.__subclasses__() if child.__module__ == errors.__name__))


def test_every_file_of_the_help_is_a_page_with_a_title() -> None:
    assert {file.stem for file in resource("help").glob("*.md")} == set(PAGES)
    assert all(page_file(name).is_file() and title_of(page_text(name)) for name in PAGES)


def test_every_link_leads_to_a_page() -> None:
    targets = {target for name in PAGES for target in re.findall(r"\]\(([^)]+)\)", page_text(name))}
    assert {target.removesuffix(".md") for target in targets} <= set(PAGES)


def test_every_code_of_the_error_tree_is_explained() -> None:
    text = page_text("troubleshooting")
    assert {code for code in codes(errors.HlError) - {errors.HlError.code} if f"**{code}**" not in text} == set()


def test_searching_leaves_the_pages_that_hold_the_words(window: HelpWindow) -> None:
    window.search.setText("drawdown")
    shown = [name for row, name in enumerate(PAGES) if not window.contents.item(row).isHidden()]
    assert shown == ["glossary"]
    assert window.page == "glossary"
    assert window.browser.extraSelections()
    window.search.setText("no such words")
    assert window.found.text() == "Nothing found."
    window.search.setText("")
    assert not any(window.contents.item(row).isHidden() for row in range(len(PAGES)))


def test_the_next_place_may_be_on_a_later_page(window: HelpWindow) -> None:
    window.search.setText("drawdown")
    window.show_text(FIRST)
    window.find_next()
    assert window.page == "glossary"
    assert window.browser.textCursor().selectedText().casefold() == "drawdown"


def test_the_contents_lead_to_their_pages(window: HelpWindow) -> None:
    for row, name in enumerate(PAGES):
        window.contents.setCurrentRow(row)
        assert window.page == name
        assert window.browser.toPlainText().startswith(title_of(page_text(name)))


def test_it_opens_at_a_page(window: HelpWindow) -> None:
    window.open_help("orders")
    assert window.isVisible()
    assert window.page == "orders"
