"""Pixels of the window at a scale of 100 %; Qt multiplies all of them alike. The style sheet reads them by name."""

FONT_PIXELS = 12
CAPTION_PIXELS = 10
SMALL_PIXELS = 11
FIGURE_PIXELS = 13
TITLE_PIXELS = 14

ROW_HEIGHT = 26
HEADER_HEIGHT = 24
BUTTON_HEIGHT = 20
"""Of a button in a row."""
PADDING = 8
GAP = 6
"""Between docks, and between them and the window's edge."""
MARGIN = 12
RADIUS = 4
