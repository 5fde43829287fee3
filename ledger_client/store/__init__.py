"""State and log of a ledger on disk or in memory: twins behind one small interface."""
