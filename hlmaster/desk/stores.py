"""What a session keeps on disk while it is open: intents, facts, records and the audit log."""

from __future__ import annotations

from dataclasses import dataclass

from hlmaster import __version__
from hlmaster.core.clock import Clock
from hlmaster.settings import Settings
from hlmaster.storage.audit.log import AuditLog
from hlmaster.storage.journal import SqliteJournal
from hlmaster.storage.opinions import SqlOpinions
from hlmaster.storage.recorder import Recorder
from hlmaster.storage.records import StoredRecords
from hlmaster.storage.sessions import Session


@dataclass(frozen=True, slots=True)
class Stores:
    """``start`` the slow ones once prices are on their way; ``close`` ends the session too."""

    session: Session
    journal: SqliteJournal
    recorder: Recorder
    records: StoredRecords
    opinions: SqlOpinions
    audit: AuditLog

    @classmethod
    def open(cls, session: Session, settings: Settings, clock: Clock) -> Stores:
        """The journal is open when this returns. Raises StorageError."""
        info = session.info
        journal = SqliteJournal(session.journal_path, clock)
        journal.open()
        recorder = Recorder(info, session.database(settings.storage.database_url))
        about = {"session": info.id, "mode": info.mode, "version": __version__}
        audit = AuditLog(session.folder, clock, about, settings.storage.audit_years)
        return cls(session, journal, recorder, StoredRecords(recorder), SqlOpinions(recorder), audit)

    def start(self) -> None:
        """Returns at once, and may be called again."""
        self.audit.start()
        self.recorder.start()

    def close(self) -> None:
        self.recorder.close()
        self.audit.close()
        self.journal.close()
        self.session.close()
