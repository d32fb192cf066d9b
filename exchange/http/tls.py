"""The TLS of the agency listener."""

import ssl

from exchange.config import TlsSettings
from exchange.errors import ExchangeError
from schemas.errors import ErrorCode


def server_context(settings: TlsSettings) -> ssl.SSLContext:
    """Return the context of a listener that asks for client certificates.

    A peer without a certificate gets through the handshake, so that it can be told
    with a coded refusal what is missing; nothing of its request is read beyond the
    headers. A certificate of a foreign CA fails the handshake. There are no session
    tickets: a resumed session would skip the check of the chain.

    Raises:
        ExchangeError: a file is missing or unreadable (CONFIGURATION_INVALID).
    """
    if not (settings.certificate and settings.key and settings.client_ca):
        raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place="tls")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION
    context.num_tickets = 0
    context.verify_mode = ssl.CERT_OPTIONAL
    # The CA of systems is believed, not everything below the root above it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_cert_chain(settings.certificate, settings.key)
        context.load_verify_locations(settings.client_ca)
    except (OSError, ssl.SSLError) as error:
        raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place="tls") from error
    return context
