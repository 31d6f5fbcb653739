"""``hlmaster connect``: the wizard's steps on a terminal, for computers without a screen."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from hlmaster.core.clock import SystemClock
from hlmaster.core.errors import AccessRefused, ConfigError
from hlmaster.core.model import Mode
from hlmaster.core.secret import Secret
from hlmaster.desk.connection import record, session_for
from hlmaster.desk.connector import Connector
from hlmaster.desk.entrance import Check, Outcome
from hlmaster.settings import chosen_mode
from hlmaster.storage.sessions import Sessions
from hlmaster.storage.vault.entries import KEYED_MODES, Keeper

SIGNS = {Outcome.PASSED: "passed ", Outcome.WARNING: "warning", Outcome.FAILED: "FAILED ", Outcome.UNKNOWN: "UNKNOWN"}


def lines(checks: Sequence[Check]) -> list[str]:
    """Each check with its outcome, and below it what to do."""
    shown: list[str] = []
    for check in checks:
        shown.append(f"{SIGNS[check.outcome]}  {check.title}: {check.sentence}")
        if check.cure:
            shown.append(f"         {check.cure}")
    return shown


def connect(arguments: argparse.Namespace, data: Path) -> int:
    """Raises HlError."""
    mode = chosen_mode(arguments.mode)
    name = asyncio.run(
        connect_account(
            data,
            mode,
            arguments.account,
            terminal(),
            create=arguments.create,
            keeper=Keeper(arguments.keep),
            ready_file=arguments.exchange,
            session=arguments.session,
        )
    )
    sys.stdout.write(f"Connected: the {mode} session {name!r} trades this account.\n")
    return 0


def terminal() -> Dialogue:
    """Secrets are typed unseen on a terminal, or come as lines of standard input; never from arguments."""

    def say(line: str) -> None:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    def ask(question: str) -> str:
        sys.stderr.write(question)
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise AccessRefused("Nobody answers.", "Run it on a terminal.")
        return line.rstrip("\r\n")

    def ask_secret(question: str) -> Secret:
        return Secret(getpass.getpass(question) if sys.stdin.isatty() else ask(question))

    return Dialogue(say, ask, ask_secret)


class Dialogue:
    """``say`` prints, ``ask`` reads a line, ``ask_secret`` reads one unseen."""

    def __init__(
        self, say: Callable[[str], None], ask: Callable[[str], str], ask_secret: Callable[[str], Secret]
    ) -> None:
        self.say, self.ask, self.ask_secret = say, ask, ask_secret


async def connect_account(
    data: Path,
    mode: Mode,
    account: str,
    talk: Dialogue,
    *,
    create: bool,
    keeper: Keeper,
    ready_file: Path | None = None,
    session: str | None = None,
) -> str:
    """The name of the session that trades this account from now on. Raises HlError."""
    if mode not in KEYED_MODES:
        raise ConfigError(f"The mode {mode} needs no account.", "Connect one of testnet or live.")
    connector = Connector(data, ready_file)
    connector.choose(mode)
    connector.set_account(account)
    if create:
        agent = connector.create_wallet()
        talk.say(f"A new API wallet was made. Approve exactly this address at {connector.venue.page}:\n    {agent}")
        await asyncio.to_thread(talk.ask, "Press Enter when it is approved. ")
    else:
        key = await asyncio.to_thread(talk.ask_secret, "Private key of the API wallet (not shown): ")
        connector.paste_key(key)
    while not (entrance := await connector.check()).admitted:
        for line in lines(entrance.checks):
            talk.say(line)
        if not create:
            raise AccessRefused("The checks did not pass, so no key was stored.", "Do what they say and try again.")
        if (await asyncio.to_thread(talk.ask, "Enter to check again, q to give up. ")).strip().lower() == "q":
            raise AccessRefused("Given up; no key was stored.", "The approved address is useless now: remove it.")
    for line in lines(entrance.checks):
        talk.say(line)
    passphrase = None
    if keeper is Keeper.VAULT:
        passphrase = await asyncio.to_thread(talk.ask_secret, "Passphrase of the vault: ")
    await connector.keep(keeper, passphrase)
    kept = connector.finish().record
    sessions = Sessions(data, SystemClock())
    name = session or session_for(sessions, mode, kept)
    opened = sessions.open(mode, name)
    try:
        record(opened.file, kept)
    finally:
        opened.close()
    return name
