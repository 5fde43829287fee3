"""Errors of the gateway.

ledger_client.errors.ColdsealError
└── UsageError
    └── ConfigurationError   a setting is missing, unknown or out of range; names file and key
"""

from ledger_client.errors import UsageError


class ConfigurationError(UsageError):
    """What the configuration says cannot be."""
