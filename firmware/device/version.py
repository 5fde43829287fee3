"""The firmware's version, as events 1 and 11 tell it."""

VERSION = "0.1.0"
