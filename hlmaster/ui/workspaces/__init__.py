"""Named arrangements of panels and windows: what they are, how they are drawn, and how they are kept."""
