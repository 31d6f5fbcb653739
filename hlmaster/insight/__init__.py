"""Advisers: they read what a trader reads and say what they see. They publish opinions, never orders."""
