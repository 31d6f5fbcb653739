"""Schema revisions of the desk store, run by ``storage.database.migrate``."""
