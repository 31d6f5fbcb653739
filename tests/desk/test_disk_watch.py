"""A file that cannot be written is told once, is tried again, and its recovery is told once."""

from __future__ import annotations

from pathlib import Path

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock
from hlmaster.core.events import Notice, Severity
from hlmaster.desk.disk_watch import RETRY_SECONDS, DiskWatch, files
from hlmaster.desk.kept import Kept
from hlmaster.storage.audit.check import check_folder
from hlmaster.storage.audit.log import AuditLog
from tests.desk.desks import running, scene


class Scene:
    def __init__(self, folder: Path) -> None:
        self.folder, self.clock, bus = folder, ManualClock(), Bus()
        self.limits, self.breakers = Kept(folder / "limits.json"), Kept(folder / "risk.json")
        self.watch = DiskWatch(bus, self.clock, {"limits": self.limits, "breakers": self.breakers})
        self.notices: list[Notice] = []
        bus.subscribe(Notice, self.notices.append)

    async def look(self, times: int = 3) -> list[tuple[Severity, str]]:
        """What it tells within so many retries."""
        for _ in range(times):
            self.clock.advance(int(RETRY_SECONDS * 1000))
            self.watch.look()
            for file in (self.limits, self.breakers):
                await file._pen.settled()
        told, self.notices[:] = [(notice.severity, notice.sentence) for notice in self.notices], []
        return told


async def test_each_trouble_and_each_cure_is_told_once(tmp_path: Path) -> None:
    made = Scene(tmp_path / "gone")
    assert await made.look() == []
    for _ in range(3):
        made.breakers.save(b"tripped")
        await made.breakers._pen.settled()
        trouble = f"{made.folder / 'risk.json'} cannot be written: No such file or directory."
        assert await made.look() == [(Severity.ERROR, trouble)]
        made.breakers.save(b"tripped twice")
        assert await made.look() == []
        made.folder.mkdir()
        assert await made.look() == [(Severity.INFO, "The breakers can be written again.")]
        assert made.breakers.load() == b"tripped twice"
        (made.folder / "risk.json").unlink()
        made.folder.rmdir()


async def test_one_that_never_failed_is_left_alone_while_another_is_tried_again(tmp_path: Path) -> None:
    made = Scene(tmp_path)
    made.limits.save(b"strict")
    await made.limits._pen.settled()
    (tmp_path / "limits.json").write_bytes(b"by hand")
    (tmp_path / "risk.json").mkdir()
    made.breakers.save(b"tripped")
    await made.breakers._pen.settled()
    (told,) = await made.look()
    assert told[0] is Severity.ERROR
    assert made.limits.load() == b"by hand"


async def test_a_desk_tells_of_its_audit_log_and_of_its_breakers_memory(tmp_path: Path) -> None:
    """As a full disk looks to them: neither file can be replaced until it is made way for."""
    made = scene(folder=tmp_path)
    made.desk._parts.audit = log = AuditLog(tmp_path, made.clock, {})
    desk = made.desk
    desk._disk = DiskWatch(desk.bus, desk.clock, files(log, desk.limits, desk.risk, desk._protecting, desk._deciding))
    blocked = [tmp_path / "audit.jsonl", tmp_path / "risk.json"]
    for path in blocked:
        path.mkdir()
    log.start()
    try:
        async with running(made):
            made.clock.advance(5_000)
            await made.until(lambda: len(_errors(made.notices)) == 2)
            for path in blocked:
                path.rmdir()
            made.clock.advance(5_000)
            await made.until(lambda: len(_cures(made.notices)) == 2)
            assert len(_errors(made.notices)) == 2
    finally:
        log.close()
    assert check_folder(tmp_path).is_sound


def _errors(notices: list[Notice]) -> list[str]:
    return [notice.sentence for notice in notices if "cannot be written" in notice.sentence]


def _cures(notices: list[Notice]) -> list[str]:
    return [notice.sentence for notice in notices if "can be written again" in notice.sentence]
