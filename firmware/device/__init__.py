"""Pure logic of the device: events, bytes and time in, records and actions out.

Imports ledger_client.wire and itself only; what touches the world comes in as arguments
(firmware/ports on a board, firmware/host on the unix port).  Runs on CPython too.
"""
