"""Tests; README.md says where each kind goes."""
