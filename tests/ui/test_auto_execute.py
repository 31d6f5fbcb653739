"""How far strategies go alone is one word; more careful at once, AUTO only when it is meant."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from hlmaster.core.proposals import Policy
from hlmaster.ui.auto_execute import MEANINGS, WORDS, AutoExecuteButton
from hlmaster.ui.dialogs.confirm import Confirm
from tests.ui.desks import settled, trading
from tests.ui.questions import met, words


async def test_it_says_the_policy_and_the_menu_explains_each(qtbot: QtBot) -> None:
    async with trading() as scene:
        button = AutoExecuteButton(scene.context)
        qtbot.addWidget(button)
        assert "ASK ME" in words(button)
        actions = button.menu_of_policies().actions()
        assert [action.isChecked() for action in actions[:3]] == [False, True, False]
        for action, policy in zip(actions, Policy, strict=False):
            assert WORDS[policy] in action.text()
            assert MEANINGS[policy] in action.text()


async def test_off_needs_no_question_and_shows_at_once(qtbot: QtBot) -> None:
    async with trading() as scene:
        button = AutoExecuteButton(scene.context)
        qtbot.addWidget(button)
        button.choose(Policy.OBSERVE)
        assert scene.desk.roster.overall is Policy.OBSERVE
        assert "OFF" in words(button)


@pytest.mark.parametrize("yes", [True, False])
async def test_auto_is_asked_about_and_says_who_would_act(qtbot: QtBot, yes: bool) -> None:
    async with trading() as scene:
        button = AutoExecuteButton(scene.context)
        qtbot.addWidget(button)
        button.choose(Policy.AUTO)
        question = await met(Confirm)
        assert "No armed strategy is set to auto yet" in words(question)
        assert question.no.isDefault()
        (question.yes if yes else question.no).click()
        await settled(scene)
        assert scene.desk.roster.overall is (Policy.AUTO if yes else Policy.ASK)
        assert WORDS[scene.desk.roster.overall] in words(button)
