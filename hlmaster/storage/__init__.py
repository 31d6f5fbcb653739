"""The session's memory: sessions, the journal of intents, the recorder of facts, backups. The only home of SQL."""
