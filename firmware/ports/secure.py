"""Mutual TLS for the broker connection.

`tls`, not `ssl`: its client contexts require certificates by default, and older MicroPython has no
ssl module.  Certificates and key are DER: PEM is refused by some builds (measured).
"""

import tls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

AUTHORITY, CERTIFICATE, PRIVATE_KEY = "tls_ca", "tls_cert", "tls_key"  # names in the key store


def client_context(keys: "Any") -> "Any":
    """A context whose wrap_socket(sock, server_hostname=...) makes a TLS socket of a connected,
    blocking one, or raises OSError or ValueError with the reason.  ValueError: keys are missing.
    """
    names = (AUTHORITY, CERTIFICATE, PRIVATE_KEY)
    authority, certificate, key = (keys.load(name) for name in names)
    if authority is None or certificate is None or key is None:
        raise ValueError("the key store lacks %s, %s or %s: TLS to the broker needs them"
                         % names)
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    context.verify_mode = tls.CERT_REQUIRED
    context.load_verify_locations(authority)
    context.load_cert_chain(certificate, key)
    return context
