"""How far the analyst deserves trust: every call scored against what then happened."""
