"""The TLS of the listeners for agencies, for enrolment and for people."""

import ssl
from collections.abc import Iterable, Sequence

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate

from exchange.errors import ExchangeError
from exchange.settings.certification import EnrolmentSettings
from exchange.settings.console import ConsoleSettings
from exchange.settings.server import TlsSettings
from schemas.errors import ErrorCode

_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL; the library has no name for it."""


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
    context = _context()
    try:
        context.load_cert_chain(settings.certificate, settings.key)
        context.load_verify_locations(settings.client_ca)
    except (OSError, ssl.SSLError) as error:
        raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place="tls") from error
    return context


def enrolment_context(
    settings: EnrolmentSettings, authorities: Sequence[Certificate]
) -> ssl.SSLContext:
    """Return the context of the enrolment listener.

    A certificate that has run out gets through the handshake: it is refused at the
    request, with its code.

    Args:
        settings: of the listener.
        authorities: the CAs that issue to those who may renew.

    Raises:
        ExchangeError: a file is missing or unreadable (CONFIGURATION_INVALID).
    """
    if not (settings.certificate and settings.key):
        raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place="enrolment")
    context = _context()
    context.verify_flags = ssl.VerifyFlags(context.verify_flags | _NO_CHECK_TIME)
    try:
        context.load_cert_chain(settings.certificate, settings.key)
    except (OSError, ssl.SSLError) as error:
        place = "enrolment"
        raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=place) from error
    believe(context, authorities)
    return context


def console_context(settings: ConsoleSettings) -> ssl.SSLContext:
    """Return the context of the console.

    People are asked for a certificate only where some sign in by one; a browser shows
    its question to everybody.

    Raises:
        ExchangeError: a file is missing or unreadable (CONFIGURATION_INVALID).
    """
    if not (settings.certificate and settings.key):
        raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place="console")
    context = _context()
    try:
        context.load_cert_chain(settings.certificate, settings.key)
        if settings.client_ca:
            context.load_verify_locations(settings.client_ca)
    except (OSError, ssl.SSLError) as error:
        place = "console"
        raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=place) from error
    if not settings.client_ca:
        context.verify_mode = ssl.CERT_NONE
    return context


def believe(context: ssl.SSLContext, authorities: Iterable[Certificate]) -> None:
    """Accept client certificates of these CAs too; a running listener takes it up."""
    for authority in authorities:
        context.load_verify_locations(cadata=authority.public_bytes(Encoding.DER))


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION
    context.num_tickets = 0
    context.verify_mode = ssl.CERT_OPTIONAL
    # The CA of systems is believed, not everything below the root above it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
