"""Runs before main.py.  Everything happens there: one start for a board and for the unix port."""
