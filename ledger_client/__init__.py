"""What a record is, what a valid ledger is, how to ask it and check its proofs."""
