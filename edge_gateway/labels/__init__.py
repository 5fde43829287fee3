"""Labels of packs, crates, parties, places and loggers: symbols, drawings, whole sheets."""
