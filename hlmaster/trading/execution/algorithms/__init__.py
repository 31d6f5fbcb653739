"""Orders that are more than one order: ladders, pairs of which one cancels the other, limits that follow the market."""
