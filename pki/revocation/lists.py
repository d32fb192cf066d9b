"""Revocation lists: checked once per issuer, indexed by serial number.

A list counts only if it is complete for its issuer (RFC 5280 5.2): partitioned and
indirect lists carry critical extensions and are refused, as is every critical
extension that is not understood. A delta list is heard only about what it revokes, and
so is one with an entry that is not understood (5.3).
"""

from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID

from pki.algorithms import is_accepted_signature
from pki.certificates import (
    ReadCertificate,
    authority_key_id,
    has_whole_signature,
)
from pki.der import GENERALIZED_TIME, DerReader, read_generalized_time
from pki.errors import PkiError
from pki.names import UNREADABLE_CERTIFICATE
from schemas.errors import ErrorCode

_UNDERSTOOD = frozenset(
    {
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        ExtensionOID.DELTA_CRL_INDICATOR,
    }
)
"""What may be critical; the number of a list must not (5.2.3)."""

_UNDERSTOOD_OF_ENTRY = frozenset(
    {CRLEntryExtensionOID.CRL_REASON, CRLEntryExtensionOID.INVALIDITY_DATE}
)
_TRUE = b"\x01\x01\xff"
"""BOOLEAN, in the one spelling of DER: without it nothing is critical."""

_SINCE_EVER = datetime.min.replace(tzinfo=UTC)

_EXPIRED_KEPT = x509.ObjectIdentifier("2.5.29.60")


class RevocationList:
    """One CRL.

    The index and the signature check are made at the first use and kept: a list of
    100,000 entries takes a fifth of a second once and microseconds afterwards.

    Args:
        crl: the parsed list.

    Raises:
        PkiError: it is malformed, weakly signed, or about a part of its issuer's
            certificates.
    """

    def __init__(self, crl: x509.CertificateRevocationList) -> None:
        try:
            self._read(crl)
        except (*UNREADABLE_CERTIFICATE, UnsupportedAlgorithm) as error:
            raise PkiError(ErrorCode.CRL_INVALID) from error

    def _read(self, crl: x509.CertificateRevocationList) -> None:
        extensions = crl.extensions
        if not is_accepted_signature(crl) or not all(map(_is_understood, extensions)):
            raise PkiError(ErrorCode.CRL_INVALID)
        if not any(one.oid == ExtensionOID.CRL_NUMBER for one in extensions):
            raise PkiError(ErrorCode.CRL_INVALID)  # 5.2.3
        encoded = crl.public_bytes(Encoding.DER)
        if not has_whole_signature(encoded, crl.signature):
            raise PkiError(ErrorCode.CRL_INVALID)
        self.crl = crl
        self.issuer = crl.issuer.public_bytes()
        self.this_update = crl.last_update_utc
        self.next_update = crl.next_update_utc
        self.is_delta = any(
            one.oid == ExtensionOID.DELTA_CRL_INDICATOR for one in extensions
        )
        self._may_be_critical = _TRUE in encoded
        self._expired_kept_from = _expired_kept_from(extensions)
        self._authority_key_id = authority_key_id(extensions)
        self._positions: dict[int, int] | None = None
        self._signed_by: dict[bytes, bool] = {}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the list, lower hex."""
        return sha256(self.crl.public_bytes(Encoding.DER)).hexdigest()

    @cached_property
    def may_say_good(self) -> bool:
        """Whether who is not listed is not revoked (5.2.4, 5.3).

        Entries are looked through only where one may be critical, once; ask only about
        a list whose signature was checked.
        """
        if self.is_delta:
            return False
        return not self._may_be_critical or all(map(_is_entry_understood, self.crl))

    def is_signed_by(self, issuer: ReadCertificate) -> bool:
        """Tell whether `issuer` may and did sign this list."""
        known = self._signed_by.get(issuer.fingerprint)
        if known is None:
            known = self._check_signature(issuer)
            self._signed_by[issuer.fingerprint] = known
        return known

    def revoked_at(self, serial: int) -> datetime | None:
        """Return when the certificate was revoked; None if it is not listed.

        The library read all entries when it loaded the list. The one time that it
        takes and cannot give is of the year 0; it counts as the earliest there is.
        """
        if self._positions is None:
            entries = enumerate(self.crl)
            self._positions = {one.serial_number: at for at, one in entries}
        position = self._positions.get(serial)
        if position is None:
            return None
        if self.is_delta and self.reason_of(serial) is x509.ReasonFlags.remove_from_crl:
            return None
        try:
            return self.crl[position].revocation_date_utc
        except ValueError:
            return _SINCE_EVER

    def distrusted_since(self, serial: int) -> datetime | None:
        """Return since when a certificate is not to be trusted; None if not listed.

        Where the CA says since when its key was known or suspected to be in other
        hands, that counts, though it was revoked later (invalidityDate, 5.3.2).
        """
        revoked_at = self.revoked_at(serial)
        if revoked_at is None or self._positions is None:
            return None
        entry = self.crl[self._positions[serial]]
        try:
            stated = entry.extensions.get_extension_for_class(x509.InvalidityDate)
        except (x509.ExtensionNotFound, *UNREADABLE_CERTIFICATE):
            return revoked_at
        return min(revoked_at, stated.value.invalidity_date_utc)

    def reason_of(self, serial: int) -> x509.ReasonFlags | None:
        """Return why the certificate was revoked (5.3.1); None if it is not stated."""
        entry = self.crl.get_revoked_certificate_by_serial_number(serial)
        if entry is None:
            return None
        try:
            return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        except (x509.ExtensionNotFound, *UNREADABLE_CERTIFICATE):
            return None

    def is_fresh(self, at: datetime) -> bool:
        """Tell whether a newer list was not yet due at `at` (5.1.2.5).

        A list issued after `at` is as good: it knows more.
        """
        return self.next_update is not None and at <= self.next_update

    def covers(self, certificate: ReadCertificate) -> bool:
        """Tell whether the certificate could still be listed.

        Entries may be dropped one list after the certificate expired (3.3), unless the
        list says since when it keeps them (expiredCertsOnCRL, ITU-T X.509 9.5.2.8).
        """
        kept_from = self._expired_kept_from
        expires = certificate.not_after
        return self.this_update <= expires or (
            kept_from is not None and kept_from <= expires
        )

    def _check_signature(self, issuer: ReadCertificate) -> bool:
        stated, own = self._authority_key_id, issuer.subject_key_id
        if stated is not None and own is not None and stated != own:
            return False
        if self.issuer != issuer.subject or not issuer.strong_key:
            return False
        if issuer.key_usage is not None and "crl_sign" not in issuer.key_usage:
            return False
        # A strong key is RSA or EC (pki.algorithms), which this call accepts.
        key = issuer.certificate.public_key()
        return self.crl.is_signature_valid(key)  # type: ignore[arg-type]


def read_revocation_list(data: bytes) -> RevocationList:
    """Read a DER CRL.

    Raises:
        PkiError: it is malformed, weakly signed, or not a complete list.
    """
    found = read_any_list(data)
    if found.is_delta:
        raise PkiError(ErrorCode.CRL_INVALID)
    return found


def read_any_list(data: bytes) -> RevocationList:
    """Read a DER CRL, complete or delta.

    Raises:
        PkiError: it is malformed, weakly signed, or about a part of its issuer's
            certificates.
    """
    try:
        crl = x509.load_der_x509_crl(data)
    except UNREADABLE_CERTIFICATE as error:
        raise PkiError(ErrorCode.CRL_INVALID) from error
    return RevocationList(crl)


def _expired_kept_from(extensions: x509.Extensions) -> datetime | None:
    """Read since when expired certificates stay on the list; None if they do not."""
    for one in extensions:
        if one.oid == _EXPIRED_KEPT and isinstance(
            one.value, x509.UnrecognizedExtension
        ):
            reader = DerReader(one.value.value)
            kept_from = read_generalized_time(reader.content(GENERALIZED_TIME))
            reader.finish()
            return kept_from
    return None


def _is_entry_understood(entry: x509.RevokedCertificate) -> bool:
    try:
        critical = {one.oid for one in entry.extensions if one.critical}
    except UNREADABLE_CERTIFICATE:
        return False
    return critical <= _UNDERSTOOD_OF_ENTRY


def _is_understood(extension: x509.Extension[x509.ExtensionType]) -> bool:
    if extension.oid == ExtensionOID.ISSUING_DISTRIBUTION_POINT:
        return False
    return extension.oid in _UNDERSTOOD or not extension.critical
