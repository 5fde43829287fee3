"""The cases behind tests/vectors: what is written there, before it is encoded."""
