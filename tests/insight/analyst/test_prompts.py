from __future__ import annotations

import os
from pathlib import Path

import pytest

from hlmaster.core.opinions import Question
from hlmaster.core.resources import resource
from hlmaster.insight.analyst.facts import FIGURES
from hlmaster.insight.analyst.prompts import FILES, LARGEST_FILE, PromptBroken, Prompts, parsed

SOUND = "version 2 of mine\n\n# System\nBe brief.\n\n# Question\nHow is {coin}? {outside}\n"


def write(folder: Path, text: str | bytes, question: Question = Question.MARKET) -> Path:
    path = folder / FILES[question]
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("question", Question)
def test_our_prompts_are_sound_and_name_their_version(question: Question) -> None:
    prompt = Prompts(None).of(question)
    assert prompt.version.startswith("1 ")
    assert prompt.system.startswith("You are")
    assert not prompt.trouble
    assert prompt.hears_outside is (question is Question.MARKET)


def test_a_copy_of_the_user_takes_the_place_of_ours(tmp_path: Path) -> None:
    write(tmp_path, SOUND)
    prompts = Prompts(tmp_path)
    mine = prompts.of(Question.MARKET)
    assert (mine.system, mine.question, mine.trouble) == ("Be brief.", "How is {coin}? {outside}", "")
    assert mine.version.startswith("2 of mine ")
    assert prompts.of(Question.ENTRY) == Prompts(None).of(Question.ENTRY)


def test_an_edit_is_seen_at_once_and_is_another_version(tmp_path: Path) -> None:
    path = write(tmp_path, SOUND)
    prompts = Prompts(tmp_path)
    before = prompts.of(Question.MARKET)
    assert prompts.of(Question.MARKET) is before
    write(tmp_path, SOUND.replace("brief", "quick"))
    os.utime(path, ns=(1, 1))
    after = prompts.of(Question.MARKET)
    assert after.system == "Be quick."
    assert after.version != before.version


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "its parts are not there. It begins with a line"),
        ("# System\nx\n# Question\n{coin}\n", "its parts are not there"),
        ("version 1\n# Question\n{coin}\n# System\nx\n", "its parts are not there"),
        (SOUND.replace("{coin}", "it"), "its question does not hold {coin}"),
        (
            SOUND.replace("{coin}", "{coin} {wallet}"),
            "its question holds {wallet}, which is no figure. It may hold ask,",
        ),
        (SOUND.replace("{coin}", "{coin} {direction}"), "its question holds {direction}"),
        (SOUND.replace("brief", "brief {outside}"), "its system part holds {outside}. Figures belong in the question"),
        (SOUND.replace("brief", "brief {coin}"), "its system part holds {coin}"),
        (b"version 1\xff", "it is not UTF-8 text. Save it as UTF-8."),
        (SOUND + "x" * LARGEST_FILE, "it is larger than 16,384 bytes. Shorten it."),
    ],
)
def test_a_broken_copy_is_named_and_ours_is_used(tmp_path: Path, text: str | bytes, said: str) -> None:
    write(tmp_path, text)
    prompt, ours = Prompts(tmp_path).of(Question.MARKET), Prompts(None).of(Question.MARKET)
    assert (prompt.system, prompt.question, prompt.version) == (ours.system, ours.question, ours.version)
    assert prompt.trouble.startswith("Your prompts/market.md is not used, for ")
    assert said in prompt.trouble


def test_a_copy_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / FILES[Question.MARKET]).mkdir()
    assert "it cannot be read" in Prompts(tmp_path).of(Question.MARKET).trouble


def test_a_copy_to_edit_is_ours_until_it_is_edited(tmp_path: Path) -> None:
    prompts = Prompts(tmp_path / "prompts")
    path = prompts.own_copy(Question.ENTRY)
    assert path == tmp_path / "prompts" / "entry.md"
    assert prompts.of(Question.ENTRY) == Prompts(None).of(Question.ENTRY)
    path.write_text("mine")
    assert prompts.own_copy(Question.ENTRY) == path
    assert path.read_text() == "mine"
    assert Prompts(None).own_copy(Question.ENTRY) is None


def test_a_folder_that_is_not_there_is_no_trouble(tmp_path: Path) -> None:
    assert Prompts(tmp_path / "none").of(Question.MARKET) == Prompts(None).of(Question.MARKET)


def test_the_question_about_a_proposal_may_name_it_and_must_name_its_direction() -> None:
    text = SOUND.replace("{coin}", "{direction} {coin} {stop}")
    assert parsed(text.encode(), Question.ENTRY).question.startswith("How is {direction}")
    with pytest.raises(PromptBroken, match=r"does not hold \{direction\}"):
        parsed(SOUND.encode(), Question.ENTRY)


def test_a_damaged_prompt_of_ours_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PromptBroken, match="Install the program again"):
        Prompts(None, tmp_path).of(Question.MARKET)
    write(tmp_path, "nonsense")
    with pytest.raises(PromptBroken, match="its parts are not there"):
        Prompts(None, tmp_path).of(Question.MARKET)


def test_line_ends_and_marks_of_editors_do_not_matter() -> None:
    windows = b"\xef\xbb\xbf" + SOUND.replace("\n", "\r\n").encode()
    assert parsed(windows, Question.MARKET).system == "Be brief."


def test_a_value_is_never_filled_again() -> None:
    values = dict.fromkeys(FIGURES, "x") | {"coin": "{outside}", "outside": "{position} {{coin}}"}
    assert parsed(SOUND.encode(), Question.MARKET).filled(values) == "How is {outside}? {position} {{coin}}"


def test_every_prompt_stands_beside_the_others() -> None:
    assert {path.name for path in resource("prompts").iterdir()} == set(FILES.values())
