"""The commands of `coldseal`, one file a subject."""
