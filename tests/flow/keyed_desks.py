"""Whole desks of testnet and live on embedded exchanges that play them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from hlmaster import app
from hlmaster.core.model import Mode
from hlmaster.core.secret import Secret
from hlmaster.desk.connection import Connection
from hlmaster.desk.connector import Connected
from hlmaster.desk.desk import Desk
from hlmaster.desk.permission import LIVE_PHRASE, LiveConfirmation, confirm_live
from hlmaster.storage.vault.entries import Keeper
from tests.desk.rehearsal import Rehearsal
from tests.flow.desks import arguments, opened

PASSPHRASE = Secret("correct horse battery staple")


async def connected(made: Rehearsal, *, days: float | None = None) -> Connection:
    """An approved and checked wallet, its key in the vault; in live with a permit."""
    connector = made.connector()
    connector.set_account(made.account)
    await made.approve(connector.create_wallet(), days=days)
    assert (await connector.check()).admitted
    await connector.keep(Keeper.VAULT, PASSPHRASE)
    return permitted(connector.finish(), made.mode)


def permitted(connection: Connection, mode: Mode) -> Connection:
    if mode is not Mode.LIVE:
        return connection
    said = LiveConfirmation(True, connection.account[-4:], LIVE_PHRASE, notice_acknowledged=True)
    return replace(connection, permit=confirm_live(connection.account, said))


@asynccontextmanager
async def keyed_desk(made: Rehearsal, connection: Connection, session: str = "default") -> AsyncIterator[Desk]:
    told = arguments(made.data, mode=made.mode.value, exchange=made.ready_file, session=session)
    wallet = Connected(made.mode, session, connection)
    async with opened(app.launch(told, connected=wallet, console=False)) as desk:
        yield desk
