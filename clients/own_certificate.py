"""Whether the certificate a system connects by still counts, as far as it can tell."""

from datetime import datetime
from pathlib import Path

from cryptography import x509

from pki.names import UNREADABLE_CERTIFICATE
from schemas.timestamps import format_utc


def not_held(path: Path, at: datetime) -> str:
    """Name a certificate and its time, if it does not hold at a moment.

    A hub refuses such a one in the handshake and closes the line, which looks like a
    hub that is not there.

    Args:
        path: PEM of the certificate, its issuers after it.
        at: when it has to hold.

    Returns:
        File name, begin and end; empty if it holds, or cannot be read.
    """
    try:
        own = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, *UNREADABLE_CERTIFICATE):
        return ""
    begin, end = own.not_valid_before_utc, own.not_valid_after_utc
    if begin <= at <= end:
        return ""
    return f"{path.name}: {format_utc(begin)} – {format_utc(end)}"
