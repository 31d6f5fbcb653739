"""The Qt face: it calls the desk's verbs, listens to the bus through ``bridge``, and nothing more."""
