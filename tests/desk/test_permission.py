"""No setting, variable or typo trades real money: live is reached by asking for it exactly, and by nothing else."""

from __future__ import annotations

import ast
import contextlib
import copy
import io
import pickle
import random
from collections.abc import Sequence
from dataclasses import FrozenInstanceError
from decimal import Decimal
from pathlib import Path

import pytest

from hlmaster.__main__ import _parser
from hlmaster.core.errors import ConfigError
from hlmaster.core.model import Mode
from hlmaster.desk.identity import said_on_the_command_line
from hlmaster.desk.parts import SessionInfo
from hlmaster.desk.permission import LIVE_PHRASE, LiveConfirmation, LivePermit, check_permit, confirm_live
from hlmaster.settings import Settings, chosen_mode
from tests.house.source import sources

ACCOUNT = "0x" + "ab" * 18 + "c0de"
WHOLE = (("--mode", "live"), ("--live",), ("--i-understand-the-risks",), ("--account-tail", "c0de"))
SAID = LiveConfirmation(named=True, account_tail="c0de", phrase=LIVE_PHRASE, notice_acknowledged=True)
CASES = 10_000
PARSER = _parser()


def reaches_live(argv: Sequence[str], env: dict[str, str], file: Path | None, session: dict[str, object]) -> bool:
    """What a start without a window decides, from everything that is outside the program."""
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            arguments = PARSER.parse_args(argv)
        mode = chosen_mode(arguments.mode)
        Settings.load(file, env, arguments.overrides, session)
        if mode is not Mode.LIVE:
            return False
        check_permit(mode, ACCOUNT, confirm_live(ACCOUNT, said_on_the_command_line(arguments)))
    except (ConfigError, SystemExit):
        return False
    return True


def broken(part: tuple[str, ...], chance: random.Random) -> tuple[str, ...]:
    """One required part, no longer what it must be."""
    option, *value = part
    spoilt = [
        (),
        (option[:-1], *value),
        (option[: len(option) // 2 + 1], *value),
        (option.upper(), *value),
        (option.replace("-", "_"), *value),
        (option[1:], *value),
        (option + "=false",),
        ("--no" + option[1:], *value),
        (f"--set={option[2:]}={(value or ['true'])[0]}",),
    ]
    if value:
        text = value[0]
        others = ["", " " + text, text + " ", text[:-1], text + text[-1], text[1:], "demo", "testnet", "paper", "true"]
        others += ["l1ve", "líve", "ⅼive", "LIVE\n", "0", "None"]
        others += [text.upper()] if option == "--mode" else []
        spoilt += [(option, other) for other in others if other != text]
        spoilt += [(f"{option}={other}",) for other in others if other != text]
        spoilt += [(option,)]
    return chance.choice(spoilt)


VARIABLES = [
    "HLM_MODE",
    "HLM_GENERAL__MODE",
    "HLM_LIVE",
    "HLM_LIVE__ENABLED",
    "HLMASTER_MODE",
    "MODE",
    "HLM_ACCOUNT_TAIL",
]
LINES = [
    'mode = "live"',
    "live = true",
    '[general]\nmode = "live"',
    "[live]\nenabled = true",
    "[general]\nconfirm_live = false",
    '[demo]\nurl = "https://api.hyperliquid.xyz"',
    '[execution]\nnetwork = "mainnet"',
]


def test_ten_thousand_mutated_starts_reach_live_never(tmp_path: Path) -> None:
    chance, reached = random.Random(20_261_120), []
    files: list[Path | None] = [None]
    for number, text in enumerate(LINES):
        files.append(tmp_path / f"{number}.toml")
        (tmp_path / f"{number}.toml").write_text(text)
    for _ in range(CASES):
        parts = list(WHOLE)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            place = chance.randrange(len(parts))
            parts[place] = broken(WHOLE[place], chance)
        chance.shuffle(parts)
        argv = ["headless", *(word for part in parts for word in part)]
        env = {
            chance.choice(VARIABLES): chance.choice(("live", "LIVE", "1", "true")) for _ in range(chance.randrange(3))
        }
        session: dict[str, object] = {"general.mode": "live"} if chance.random() < 0.1 else {}
        file = chance.choice(files) if chance.random() < 0.3 else None
        if reaches_live(argv, env, file, session):
            reached.append((argv, env, file))
    assert reached == []


def test_the_whole_request_does_reach_it_in_any_order() -> None:
    for seed in range(24):
        parts = list(WHOLE)
        random.Random(seed).shuffle(parts)
        assert reaches_live(["headless", *(word for part in parts for word in part)], {}, None, {})


@pytest.mark.parametrize("text", LINES)
@pytest.mark.parametrize("extra", [[], [word for part in WHOLE for word in part]])
def test_a_settings_file_that_speaks_of_live_starts_nothing(tmp_path: Path, text: str, extra: list[str]) -> None:
    (tmp_path / "settings.toml").write_text(text)
    assert not reaches_live(["headless", *extra], {}, tmp_path / "settings.toml", {})


def test_the_windows_command_line_cannot_confirm() -> None:
    for extra in ([], ["--live"], ["--account-tail", "c0de"]):
        assert not reaches_live(["gui", "--mode", "live", *extra], {}, None, {})


def test_without_a_word_it_is_demo() -> None:
    assert chosen_mode(PARSER.parse_args(["headless"]).mode) is Mode.DEMO
    assert chosen_mode(None) is Mode.DEMO


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (LiveConfirmation(False, "c0de", LIVE_PHRASE, notice_acknowledged=True), "not asked for"),
        (LiveConfirmation(True, "", LIVE_PHRASE, notice_acknowledged=True), "last four"),
        (LiveConfirmation(True, "c0d", LIVE_PHRASE, notice_acknowledged=True), "last four"),
        (LiveConfirmation(True, "xc0de", LIVE_PHRASE, notice_acknowledged=True), "last four"),
        (LiveConfirmation(True, "c0de", "", notice_acknowledged=True), "typed exactly"),
        (LiveConfirmation(True, "c0de", LIVE_PHRASE.upper(), notice_acknowledged=True), "typed exactly"),
        (LiveConfirmation(True, "c0de", LIVE_PHRASE), "risk notice"),
        (LiveConfirmation(True, "c0de", "", live_flag=True, notice_acknowledged=True), "needs both"),
        (LiveConfirmation(True, "c0de", "", understood_flag=True, notice_acknowledged=True), "needs both"),
        (LiveConfirmation(True, "c0de", LIVE_PHRASE, live_flag=True, notice_acknowledged=True), "needs both"),
    ],
)
def test_each_missing_part_is_named(said: LiveConfirmation, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        confirm_live(ACCOUNT, said)


def test_a_permit_is_for_one_account_of_one_mode() -> None:
    permit = confirm_live(ACCOUNT, SAID)
    check_permit(Mode.LIVE, ACCOUNT, permit)
    with pytest.raises(ConfigError, match="not confirmed for this account"):
        check_permit(Mode.LIVE, "0x" + "ab" * 20, permit)
    with pytest.raises(ConfigError, match="not confirmed"):
        check_permit(Mode.LIVE, ACCOUNT, None)
    for mode in (Mode.DEMO, Mode.PAPER, Mode.TESTNET):
        check_permit(mode, ACCOUNT, None)
        with pytest.raises(ConfigError, match="was given to"):
            check_permit(mode, ACCOUNT, permit)


def test_a_permit_is_made_by_the_confirmation_alone() -> None:
    with pytest.raises(TypeError):
        LivePermit(ACCOUNT, object())
    permit = confirm_live(ACCOUNT, SAID)
    for take in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            take(permit)


def test_nobody_else_names_the_permits_maker_or_the_seal() -> None:
    """The mode is decided at the start; a running desk has no way to another one."""
    naming = {
        source.path for source in sources() for word in ("LivePermit(", "_SEAL", "confirm_live(") if word in source.text
    }
    assert naming == {"hlmaster/desk/permission.py", "hlmaster/desk/connector.py", "hlmaster/desk/identity.py"}


def test_nothing_changes_the_mode_of_a_session_that_runs() -> None:
    """A connector is no running session, and what is launched next is another one; leverage has modes of its own."""
    writing = {
        name
        for source in sources()
        for name, function in source.functions()
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and node.attr == "mode" and isinstance(node.ctx, ast.Store)
    }
    assert writing == {
        "Desk.__init__",
        "Connector.__init__",
        "Connector.choose",
        "Connector.resume",
        "LeverageBox.__init__",
        "_launch_next",
    }
    with pytest.raises(FrozenInstanceError):
        SessionInfo("default", Mode.DEMO, 0, Decimal(1), Path()).mode = Mode.LIVE  # type: ignore[misc]
