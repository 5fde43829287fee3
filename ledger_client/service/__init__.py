"""HTTP over a ledger: the service, and what it shares with its client.

Both sides: message_signature, problem, answers.  The client's: transport.  The service's: the
rest; only application and server import the web stack, which a gateway does not install.
"""
