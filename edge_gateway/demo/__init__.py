"""The demonstration: three devices, a gateway, a ledger, a passport, and four attempts to cheat.

It starts processes, feeds sensor values and symbol bytes, and reads outputs that any user could.
"""
