"""Exports: every table in CSV and JSON, the settings, and never the wallet."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import StorageError
from hlmaster.core.model import Mode
from hlmaster.storage import tables
from hlmaster.storage.opinions import SqlOpinions
from hlmaster.storage.recorder import Recorder
from hlmaster.storage.sessions import DemoSession, Sessions
from tests.storage.facts import NOW, a_call, a_fill, an_order


async def test_a_running_session_is_exported_without_its_wallet(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path / "data", ManualClock(NOW))
    session = sessions.create(Mode.DEMO, "main")
    assert isinstance(session, DemoSession)
    key = session.wallet().private_key[2:]
    session.file.set_setting("demo.speed", 2)
    recorder = Recorder(session.info, session.database())
    recorder.start()
    recorder.save_fill(a_fill(1), Decimal("1.25"))
    recorder.save_order(an_order())
    SqlOpinions(recorder).save_call(a_call())
    await recorder.flush()
    target = sessions.export(Mode.DEMO, "main", tmp_path / "main.zip", settings_toml="version = 1\n")
    recorder.close()
    session.close()
    with zipfile.ZipFile(target) as archive:
        contents = {name: archive.read(name).decode() for name in archive.namelist()}
    told = set(tables.metadata.tables) - {"sessions", "inputs"}
    wanted = {f"{name}.{kind}" for name in told for kind in ("csv", "json")}
    assert set(contents) == wanted | {"session.json", "settings.toml"}
    [fill] = csv.DictReader(io.StringIO(contents["fills.csv"]))
    assert (fill["coin"], fill["price"], fill["realised"]) == ("BTC", "97000.5", "1.25")
    assert json.loads(contents["orders.json"])[0]["status"] == "resting"
    [call] = csv.DictReader(io.StringIO(contents["calls.csv"]))
    assert (call["prompt"], call["answer"]) == (a_call().prompt, a_call().answer)
    assert json.loads(contents["session.json"])["settings"] == {"demo.speed": 2}
    assert all(key not in text for text in contents.values())
    assert target.stat().st_mode & 0o077 == 0


def test_an_export_never_overwrites(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path / "data", ManualClock(NOW))
    sessions.create(Mode.DEMO, "main").close()
    (tmp_path / "main.zip").write_text("mine")
    with pytest.raises(StorageError, match="cannot be written"):
        sessions.export(Mode.DEMO, "main", tmp_path / "main.zip")
    assert (tmp_path / "main.zip").read_text() == "mine"
