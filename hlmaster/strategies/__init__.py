"""What to do, decided from what is known: one file a strategy."""
