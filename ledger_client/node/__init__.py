"""Who orders statements."""
