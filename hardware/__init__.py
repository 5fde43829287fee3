"""Boards and parts as data, the rules that they keep, and what is made from them."""
