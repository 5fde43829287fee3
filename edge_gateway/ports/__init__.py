"""Everything of the gateway that touches the world: broker, files, clock, ledger, serial line."""
