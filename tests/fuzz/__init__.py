"""Every parser under hostile bytes: `make fuzz` for a while, with the tests for a moment."""
