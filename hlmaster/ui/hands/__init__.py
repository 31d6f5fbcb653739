"""What the hands do: keys, the palette, the arming switch, and the way out."""
