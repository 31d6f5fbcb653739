"""Dialogs. None runs a loop of its own: they are opened, and answer by signal or future."""
