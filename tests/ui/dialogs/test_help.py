from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QUrl
from pytestqt.qtbot import QtBot

from hlmaster.core import errors
from hlmaster.core.resources import resource
from hlmaster.strategies.catalogue import STRATEGIES
from hlmaster.ui.dialogs.help import FIRST, PAGES, HelpWindow, page_file, page_text, title_of
from hlmaster.ui.dialogs.help import STRATEGIES as BUILT_IN
from hlmaster.ui.form_builder import described


@pytest.fixture
def window(qtbot: QtBot) -> HelpWindow:
    made = HelpWindow()
    qtbot.addWidget(made)
    return made


def codes(kind: type[errors.HlError]) -> set[str]:
    return {kind.code}.union(*(codes(child) for child in kind.__subclasses__() if child.__module__ == errors.__name__))


def test_every_file_of_the_help_is_a_page_with_a_title() -> None:
    folder = resource("help")
    assert {file.relative_to(folder).with_suffix("").as_posix() for file in folder.rglob("*.md")} == set(PAGES)
    assert all(page_file(name).is_file() and title_of(page_text(name)) for name in PAGES)


def test_every_link_leads_to_a_page() -> None:
    targets = {target for name in PAGES for target in re.findall(r"\]\(([^)]+)\)", page_text(name))}
    assert {target.removesuffix(".md").rpartition("/")[2] for target in targets} <= {last(name) for name in PAGES}
    assert len({last(name) for name in PAGES}) == len(PAGES)


def last(name: str) -> str:
    return name.rpartition("/")[2]


def test_every_built_in_strategy_has_a_page_that_names_all_its_parameters() -> None:
    assert set(BUILT_IN) == set(STRATEGIES.names())
    for name in BUILT_IN:
        text = page_text(f"strategies/{name}")
        assert title_of(text) == STRATEGIES[name].title
        missing = [title for title, _ in described(STRATEGIES[name].Parameters()) if f"| {title} |" not in text]
        assert missing == [], name


def test_a_link_into_a_folder_leads_there(window: HelpWindow) -> None:
    window.open_help("writing_a_strategy")
    window._follow(QUrl("strategies/template.md"))
    assert window.page == "strategies/template"
    window.open_help("no_such_page")
    assert window.page == "strategies/template"


def test_every_code_of_the_error_tree_is_explained() -> None:
    text = page_text("troubleshooting")
    assert {code for code in codes(errors.HlError) - {errors.HlError.code} if f"**{code}**" not in text} == set()


def test_searching_leaves_the_pages_that_hold_the_words(window: HelpWindow) -> None:
    window.search.setText("premium")
    shown = [name for row, name in enumerate(PAGES) if not window.contents.item(row).isHidden()]
    assert shown == ["glossary"]
    assert window.page == "glossary"
    assert window.browser.extraSelections()
    window.search.setText("no such words")
    assert window.found.text() == "Nothing found."
    window.search.setText("")
    assert not any(window.contents.item(row).isHidden() for row in range(len(PAGES)))


def test_the_next_place_may_be_on_a_later_page(window: HelpWindow) -> None:
    window.search.setText("premium")
    window.show_text(FIRST)
    window.find_next()
    assert window.page == "glossary"
    assert window.browser.textCursor().selectedText().casefold() == "premium"


def test_the_contents_lead_to_their_pages(window: HelpWindow) -> None:
    for row, name in enumerate(PAGES):
        window.contents.setCurrentRow(row)
        assert window.page == name
        assert window.browser.toPlainText().startswith(title_of(page_text(name)))


def test_it_opens_at_a_page(window: HelpWindow) -> None:
    window.open_help("orders")
    assert window.isVisible()
    assert window.page == "orders"
