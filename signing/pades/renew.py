"""Archives that go on: one more document time stamp before the last one ends.

A time stamp is worth something as long as its certificate and its algorithm are. Before
that ends, the evidence about it enters the store and a new one covers both (EN 319
142-1 clause 5.4.3, EN 319 102-1 clause 5.6.3).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric import rsa

from pki.certificates import ReadCertificate
from pki.trust import read_certificates
from signing.pades.acts import Act
from signing.pades.extend import (
    KnownFile,
    extend_signed,
    outlived,
    require_intact,
    with_evidence,
)
from signing.pades.levels import SigningServices
from signing.pades.stamped import add_time_stamp
from signing.profiles import SignatureLevel

RENEWED_BEFORE = timedelta(days=90)
"""How long before its end an archive is renewed: there must be time for failures."""

_RSA_MODERN = 3000
ALGORITHM_ENDS: Mapping[str, datetime] = MappingProxyType(
    {
        "rsa-legacy": datetime(2030, 12, 31, tzinfo=UTC),
        "modern": datetime(2035, 12, 31, tzinfo=UTC),
    }
)
"""Until when signatures count: of RSA keys below 3000 bits, and of all others with
SHA-2 (NIST IR 8547: 112 bits until 2030, RSA and elliptic curves until 2035)."""


def renew_archive(source: bytes, *, services: SigningServices) -> bytes:
    """Return `source` with one more document time stamp over the evidence so far.

    A file below B-LTA becomes one.

    Raises:
        SigningError: see `signing.pades.extend.extend_pdf`.
        PkiError: see there.
    """
    require_intact(source)
    known = KnownFile.read(source)
    if not known.is_archived:
        level = SignatureLevel.B_LTA
        return extend_signed(source, level=level, services=services)
    known = with_evidence(known, known.acts, services)
    return outlived(add_time_stamp(known.data, services))


def last_stamp(source: bytes) -> Act | None:
    """Return the document time stamp that ends an archive; None if it is none.

    Raises:
        SigningError: PDF_ALREADY_BROKEN, PDF_MALFORMED.
        PkiError: a time stamp in it is not sound.
    """
    known = KnownFile.read(source)
    return known.acts[-1] if known.is_archived else None


def renewal_due(stamp: Act) -> datetime:
    """Return when the archive that ends with `stamp` is to be renewed."""
    certificates = read_certificates((stamp.certificate, *stamp.certificates))
    return min(map(_end, certificates)) - RENEWED_BEFORE


def _end(certificate: ReadCertificate) -> datetime:
    key = certificate.certificate.public_key()
    is_legacy = isinstance(key, rsa.RSAPublicKey) and key.key_size < _RSA_MODERN
    algorithm = ALGORITHM_ENDS["rsa-legacy" if is_legacy else "modern"]
    return min(certificate.not_after, algorithm)
