"""Pictures of order flow: the book over time, footprints, profiles."""
