"""The gate and its rules."""
