"""Revocation lists: indexed once, checked once."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from pki.certificates import read_certificate
from pki.der import element
from pki.errors import PkiError
from pki.keys.api import SignatureScheme
from pki.revocation.lists import read_revocation_list
from schemas.errors import ErrorCode
from tests.support.cpu import soon
from tests.support.pki import NOW, TestPki

PKI = TestPki.create()


def test_listed_serial_is_revoked_at_its_time() -> None:
    pki = TestPki.create()
    gone, other = pki.person().certificate, pki.person().certificate
    pki.issuing.revoke(gone, NOW - timedelta(hours=1))
    read = read_revocation_list(pki.issuing.crl())
    assert read.revoked_at(gone.serial_number) == NOW - timedelta(hours=1)
    assert read.revoked_at(other.serial_number) is None


def test_signature_is_of_the_named_ca_only() -> None:
    read = read_revocation_list(PKI.issuing.crl())
    assert read.is_signed_by(read_certificate(PKI.issuing.credential.certificate))
    assert not read.is_signed_by(read_certificate(PKI.root.root))
    twin = TestPki.create().issuing.credential.certificate
    assert not read.is_signed_by(read_certificate(twin))


@pytest.mark.parametrize("data", [b"", b"\x30\x00", b"crl", PKI.issuing.crl()[:-1]])
def test_malformed_list_is_a_coded_refusal(data: bytes) -> None:
    with pytest.raises(PkiError) as refusal:
        read_revocation_list(data)
    assert refusal.value.code is ErrorCode.CRL_INVALID


def test_every_flipped_bit_is_refused_or_no_longer_signed() -> None:
    """Also the count of unused bits before the signature, which nobody signs."""
    whole, issuer = PKI.issuing.crl(), PKI.issuing.credential.certificate
    for position in range(8 * len(whole)):
        changed = bytearray(whole)
        changed[position // 8] ^= 1 << position % 8
        assert not _holds(bytes(changed), issuer)


def _holds(data: bytes, issuer: x509.Certificate) -> bool:
    try:
        return read_revocation_list(data).is_signed_by(read_certificate(issuer))
    except PkiError:
        return False


def _dated(pki: TestPki, old: bytes, new: bytes) -> bytes:
    """Return the list of the CA with another date in its last entry, signed so."""
    whole = pki.issuing.crl()
    signed = x509.load_der_x509_crl(whole).tbs_certlist_bytes
    at = signed.rindex(old)
    changed = signed[:at] + new + signed[at + len(old) :]
    value = pki.issuing.credential.key.sign(changed, SignatureScheme.ECDSA_SHA256)
    algorithm = whole.partition(signed)[2][:12]
    return element(0x30, changed + algorithm + element(0x03, b"\0" + value))


def test_unreadable_entry_makes_the_whole_list_malformed() -> None:
    """Signed by the right CA, but with a date that is none."""
    pki = TestPki.create()
    pki.issuing.revoke(pki.person().certificate, NOW)
    date = NOW.strftime("%y%m%d%H%M%SZ").encode()
    with pytest.raises(PkiError) as refusal:
        read_revocation_list(_dated(pki, date, b"999999999999!"))
    assert refusal.value.code is ErrorCode.CRL_INVALID


def test_revocation_in_the_year_0_holds_since_ever() -> None:
    """DER has that year, and no judgement may stumble over what a CA signed."""
    pki = TestPki.create()
    gone, other = pki.person().certificate, pki.person().certificate
    pki.issuing.revoke(gone, datetime(2050, 1, 1, tzinfo=UTC))
    read = read_revocation_list(_dated(pki, b"20500101000000Z", b"00000101000000Z"))
    assert read.is_signed_by(read_certificate(pki.issuing.credential.certificate))
    for since in (read.revoked_at, read.distrusted_since):
        assert since(gone.serial_number) == datetime(1, 1, 1, tzinfo=UTC)
        assert since(other.serial_number) is None


def test_every_flip_of_a_list_is_refused_or_unsigned() -> None:
    issuer = read_certificate(PKI.issuing.credential.certificate)
    whole = PKI.issuing.crl()
    for position in range(0, len(whole), 3):
        flipped = bytearray(whole)
        flipped[position] ^= 0xFF
        try:
            read = read_revocation_list(bytes(flipped))
        except PkiError:
            continue
        assert not read.is_signed_by(issuer)


def test_warm_lookup_does_not_grow_with_the_list() -> None:
    """The bar is 0.1 ms for 100,000 entries; a scan of 20,000 takes twenty times it."""
    entries = [
        x509.RevokedCertificateBuilder()
        .serial_number(serial)
        .revocation_date(NOW)
        .build()
        for serial in range(1, 20_001)
    ]
    builder = x509.CertificateRevocationListBuilder(
        PKI.issuing.credential.certificate.subject,
        NOW,
        NOW + timedelta(days=1),
        revoked_certificates=entries,
    ).add_extension(x509.CRLNumber(1), critical=False)
    signed = builder.sign(PKI.issuing.private, hashes.SHA256())
    read = read_revocation_list(signed.public_bytes(Encoding.DER))
    assert read.revoked_at(20_000) == NOW
    with soon(2):  # a look through 20,000 entries takes a millisecond or more
        for serial in range(19_000, 20_000):
            assert read.revoked_at(serial) == NOW
            assert read.revoked_at(-serial) is None
