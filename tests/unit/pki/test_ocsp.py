"""The responder says what the CA says, to anybody, for as long as it counts."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus

from pki.ca.status import PublishedStatus
from pki.der import OCTET_STRING, DerReader, constructed_tag, element, sequence
from pki.errors import PkiError
from pki.ocsp.request import LONGEST_NONCE, MOST_CERTIFICATES, REQUEST_BYTES
from pki.ocsp.responder import AnsweringCa, OcspPolicy, OcspResponder
from pki.revocation.lists import read_revocation_list
from schemas.errors import ErrorCode
from tests.support.ocsp import SHA1, SHA256, OcspDesk, request_for
from tests.support.pki import NOW, TestPki

HOUR = timedelta(hours=1)
UNKNOWN_EXTENSION = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("1.3.6.1.4.1.99999.3"), b"\x05\x00"
)


def verify(desk: OcspDesk, answer: ocsp.OCSPResponse) -> None:
    """Check the signature as a relying party would, with another library."""
    key = desk.credential.certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    digest = answer.signature_hash_algorithm
    assert digest is not None
    key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(digest))
    assert answer.certificates == [desk.credential.certificate]
    identifier = x509.SubjectKeyIdentifier.from_public_key(key)
    assert answer.responder_key_hash == identifier.digest


@pytest.mark.parametrize("digest", [SHA1, SHA256], ids=["sha1", "sha256"])
def test_issued_certificate_is_good_and_the_answer_is_signed(
    digest: hashes.HashAlgorithm,
) -> None:
    desk = OcspDesk()
    person = desk.person()
    answer = desk.ask(person, digest=digest)
    verify(desk, answer)
    assert answer.certificate_status is OCSPCertStatus.GOOD
    assert answer.serial_number == person.serial_number
    assert answer.hash_algorithm.name == digest.name
    assert answer.produced_at_utc == answer.this_update_utc == NOW
    assert answer.next_update_utc == NOW + 8 * HOUR


@pytest.mark.parametrize("nonce", [None, b"n" * 32])
def test_serial_that_was_never_issued_is_never_good(nonce: bytes | None) -> None:
    desk = OcspDesk()
    forged = desk.pki.person().certificate
    answer = desk.ask(forged, nonce=nonce)
    verify(desk, answer)
    assert answer.certificate_status is OCSPCertStatus.UNKNOWN


@pytest.mark.parametrize("nonce", [None, b"n" * 32])
def test_revocation_shows_at_once(nonce: bytes | None) -> None:
    desk = OcspDesk()
    person = desk.person()
    assert desk.ask(person, nonce=nonce).certificate_status is OCSPCertStatus.GOOD
    desk.revoke(person)
    answer = desk.ask(person, nonce=nonce)
    verify(desk, answer)
    assert answer.certificate_status is OCSPCertStatus.REVOKED
    assert answer.revocation_time_utc == NOW - HOUR
    assert answer.revocation_reason is None


def test_revoked_certificate_is_revoked_even_if_the_record_lacks_it() -> None:
    desk = OcspDesk()
    person = desk.pki.person().certificate
    desk.revoke(person)
    assert desk.ask(person).certificate_status is OCSPCertStatus.REVOKED


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (x509.ReasonFlags.key_compromise, x509.ReasonFlags.key_compromise),
        (x509.ReasonFlags.aa_compromise, x509.ReasonFlags.aa_compromise),
        (x509.ReasonFlags.unspecified, None),
    ],
)
def test_reason_of_a_revocation_is_told(
    reason: x509.ReasonFlags, told: x509.ReasonFlags | None
) -> None:
    desk = OcspDesk()
    person = desk.pki.person().certificate
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(person.serial_number)
        .revocation_date(NOW)
        .add_extension(x509.CRLReason(reason), critical=False)
        .build()
    )
    builder = x509.CertificateRevocationListBuilder(
        desk.issuer.subject, NOW, NOW + HOUR, revoked_certificates=[entry]
    ).add_extension(x509.CRLNumber(1), critical=False)
    listed = builder.sign(desk.pki.issuing.private, hashes.SHA256())
    read = read_revocation_list(listed.public_bytes(Encoding.DER))
    source = PublishedStatus(read, frozenset())
    desk.responder.replace_authorities(
        [AnsweringCa(desk.issuer, desk.credential, source)]
    )
    assert desk.ask(person).revocation_reason is told


@pytest.mark.parametrize("size", [1, 32, 33, LONGEST_NONCE])
def test_nonce_comes_back_in_an_answer_of_its_own(size: int) -> None:
    desk = OcspDesk()
    person = desk.person()
    request = request_for(person, issuer=desk.issuer, nonce=b"n" * size)
    first, second = desk.responder.answer(request), desk.responder.answer(request)
    answer = ocsp.load_der_ocsp_response(first.body)
    verify(desk, answer)
    found = answer.extensions.get_extension_for_class(x509.OCSPNonce).value
    assert found.nonce == b"n" * size
    assert first.body != second.body
    assert first.period is None
    assert first.entity_tag == ""


def test_answer_is_kept_until_half_of_its_life_is_over() -> None:
    desk = OcspDesk()
    request = request_for(desk.person(), issuer=desk.issuer)
    first = desk.responder.answer(request)
    desk.now = NOW + 4 * HOUR - timedelta(seconds=1)
    desk.publish()
    assert desk.responder.answer(request) is first
    desk.now = NOW + 4 * HOUR
    later = desk.responder.answer(request)
    assert later.period is not None
    assert later.period.this_update == desk.now
    assert first.refresh_at == desk.now
    assert later.entity_tag != first.entity_tag


def test_answer_ends_before_the_list_it_rests_on_and_before_its_responder() -> None:
    desk = OcspDesk(policy=OcspPolicy(lifetime=timedelta(days=20)))
    person = desk.person()
    assert desk.ask(person).next_update_utc == NOW + timedelta(days=7)
    desk.credential = desk.certify_responder(days=3)
    desk.publish()
    assert desk.ask(person).next_update_utc == NOW + timedelta(days=3)


@pytest.mark.parametrize("nonce", [None, b"n"])
@pytest.mark.parametrize("late", [timedelta(days=7), timedelta(days=-2)])
def test_nothing_is_said_from_a_stale_list_or_by_an_expired_responder(
    nonce: bytes | None, late: timedelta
) -> None:
    desk = OcspDesk()
    person = desk.person()
    desk.ask(person)
    desk.now = NOW + late
    status = desk.ask(person, nonce=nonce).response_status
    assert status is OCSPResponseStatus.TRY_LATER


def test_answer_from_before_the_clock_was_set_back_is_not_given() -> None:
    desk = OcspDesk()
    person = desk.person()
    desk.ask(person)
    desk.now = NOW - HOUR
    assert desk.ask(person).this_update_utc == desk.now


def test_signatures_are_limited_and_kept_answers_are_not() -> None:
    desk = OcspDesk(policy=OcspPolicy(signatures_per_second=20))
    kept, other = desk.person(), desk.person()
    assert desk.ask(kept).certificate_status is OCSPCertStatus.GOOD
    assert desk.ask(kept, nonce=b"n").certificate_status is OCSPCertStatus.GOOD
    for refused in (desk.ask(other), desk.ask(kept, nonce=b"n")):
        assert refused.response_status is OCSPResponseStatus.TRY_LATER
    assert desk.ask(kept).certificate_status is OCSPCertStatus.GOOD
    desk.now += timedelta(seconds=0.05)
    assert desk.ask(other).certificate_status is OCSPCertStatus.GOOD


def test_kept_answer_serves_beyond_half_its_life_when_no_signature_is_left() -> None:
    desk = OcspDesk(policy=OcspPolicy(signatures_per_second=1))
    person = desk.person()
    desk.ask(person)
    desk.now = NOW + 5 * HOUR
    desk.ask(person, nonce=b"n")
    assert desk.ask(person).this_update_utc == NOW


def test_revoked_certificate_is_not_called_good_when_no_signature_is_left() -> None:
    desk = OcspDesk(policy=OcspPolicy(signatures_per_second=1))
    person = desk.person()
    desk.ask(person)
    desk.revoke(person)
    assert desk.ask(person).response_status is OCSPResponseStatus.TRY_LATER


def test_answers_longest_unused_are_dropped_first() -> None:
    desk = OcspDesk(policy=OcspPolicy(kept=1))
    first, second = desk.person(), desk.person()
    request = request_for(first, issuer=desk.issuer)
    kept = desk.responder.answer(request)
    assert desk.responder.answer(request) is kept
    desk.ask(second)
    assert desk.responder.answer(request) is not kept


def test_new_responder_key_signs_anew() -> None:
    desk = OcspDesk()
    person = desk.person()
    desk.ask(person)
    desk.credential = desk.certify_responder()
    desk.publish()
    verify(desk, desk.ask(person))


def several(desk: OcspDesk, *requests: bytes) -> bytes:
    """Join requests about one certificate each into one."""
    items = [_items(one) for one in requests]
    return desk.responder.answer(sequence(sequence(sequence(*items)))).body


def _items(request: bytes) -> bytes:
    body = DerReader(DerReader(request).content(0x30))
    return DerReader(body.content(0x30)).content(0x30)


def test_several_certificates_are_answered_together_in_order() -> None:
    desk = OcspDesk()
    good, revoked, forged = desk.person(), desk.person(), desk.pki.person().certificate
    desk.revoke(revoked)
    asked = [good, revoked, forged]
    requests = [request_for(one, issuer=desk.issuer) for one in asked]
    answer = ocsp.load_der_ocsp_response(several(desk, *requests))
    told = [(one.serial_number, one.certificate_status) for one in answer.responses]
    assert told == [
        (good.serial_number, OCSPCertStatus.GOOD),
        (revoked.serial_number, OCSPCertStatus.REVOKED),
        (forged.serial_number, OCSPCertStatus.UNKNOWN),
    ]


def refused(desk: OcspDesk, request: bytes) -> OCSPResponseStatus:
    answer = desk.responder.answer(request)
    assert answer.period is None
    return ocsp.load_der_ocsp_response(answer.body).response_status


def test_other_ca_is_not_answered_for() -> None:
    desk, other = OcspDesk(), TestPki.create("Khác")
    stranger = other.person().certificate
    foreign = request_for(stranger, issuer=other.issuing.credential.certificate)
    assert refused(desk, foreign) is OCSPResponseStatus.UNAUTHORIZED
    own = request_for(desk.person(), issuer=desk.issuer)
    mixed = ocsp.load_der_ocsp_response(several(desk, own, foreign))
    assert mixed.response_status is OCSPResponseStatus.UNAUTHORIZED


def test_ca_of_the_same_name_with_another_key_is_not_answered_for() -> None:
    desk, twin = OcspDesk(), TestPki.create()
    request = request_for(
        twin.person().certificate, issuer=twin.issuing.credential.certificate
    )
    assert refused(desk, request) is OCSPResponseStatus.UNAUTHORIZED


@pytest.mark.parametrize("digest", [hashes.SHA384(), hashes.SHA512()])
def test_other_hashes_in_the_certificate_id_are_not_answered(
    digest: hashes.HashAlgorithm,
) -> None:
    desk = OcspDesk()
    request = request_for(desk.person(), issuer=desk.issuer, digest=digest)
    assert refused(desk, request) is OCSPResponseStatus.UNAUTHORIZED


def test_unknown_extension_is_ignored_unless_critical() -> None:
    desk = OcspDesk()
    person = desk.person()
    ignored = desk.ask(person, extensions=((UNKNOWN_EXTENSION, False),))
    assert ignored.certificate_status is OCSPCertStatus.GOOD
    critical = request_for(
        person, issuer=desk.issuer, extensions=((UNKNOWN_EXTENSION, True),)
    )
    assert refused(desk, critical) is OCSPResponseStatus.MALFORMED_REQUEST


def _with_body(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Change what stands in the TBSRequest."""

    def changed(request: bytes) -> bytes:
        body = DerReader(DerReader(request).content(0x30)).content(0x30)
        return sequence(sequence(change(body)))

    return changed


def _nonce(content: bytes) -> bytes:
    name = bytes.fromhex("06092b0601050507300102")
    extension = sequence(name, element(OCTET_STRING, content))
    return element(constructed_tag(2), sequence(extension))


MALFORMED: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "no der": lambda _: b"xx",
    "cut off": lambda request: request[:-1],
    "data after it": lambda request: request + b"\x00",
    "too large": lambda request: request + b"\x00" * REQUEST_BYTES,
    "no certificate": lambda _: sequence(sequence(sequence())),
    "too many": _with_body(
        lambda body: sequence(DerReader(body).content(0x30) * (MOST_CERTIFICATES + 1))
    ),
    "version 2": _with_body(
        lambda body: element(constructed_tag(0), b"\x02\x01\x01") + body
    ),
    "empty nonce": _with_body(lambda body: body + _nonce(element(OCTET_STRING, b""))),
    "long nonce": _with_body(
        lambda body: body + _nonce(element(OCTET_STRING, b"n" * (LONGEST_NONCE + 1)))
    ),
    "bare nonce": _with_body(lambda body: body + _nonce(b"n" * 16)),
    "nonce and more": _with_body(
        lambda body: body + _nonce(element(OCTET_STRING, b"n") + b"\x00")
    ),
    "nonce twice": _with_body(
        lambda body: (
            body
            + element(
                constructed_tag(2),
                sequence(
                    DerReader(_nonce(element(OCTET_STRING, b"n"))[4:]).whole(0x30) * 2
                ),
            )
        )
    ),
    "empty serial": lambda request: _about_serial(b""),
    "padded serial": lambda request: _about_serial(b"\x00\x01"),
    "padded negative serial": lambda request: _about_serial(b"\xff\x80"),
}


def _about_serial(octets: bytes) -> bytes:
    names = (element(4, b""), element(4, b""), element(2, octets))
    return sequence(sequence(sequence(sequence(sequence(sequence(), *names)))))


@pytest.mark.parametrize("defect", MALFORMED)
def test_malformed_request_is_named_so(defect: str) -> None:
    desk = OcspDesk()
    request = MALFORMED[defect](request_for(desk.person(), issuer=desk.issuer))
    assert refused(desk, request) is OCSPResponseStatus.MALFORMED_REQUEST


def test_every_cut_and_flip_of_a_request_is_answered() -> None:
    desk = OcspDesk(policy=OcspPolicy(signatures_per_second=1_000_000))
    request = request_for(desk.person(), issuer=desk.issuer, nonce=b"n" * 16)
    for at in range(len(request)):
        for broken in (
            request[:at],
            request[:at] + bytes((request[at] ^ 0x81,)) + request[at + 1 :],
        ):
            ocsp.load_der_ocsp_response(desk.responder.answer(broken).body)


def test_version_written_out_and_a_requestor_are_accepted() -> None:
    desk = OcspDesk()
    request = request_for(desk.person(), issuer=desk.issuer)
    named = element(constructed_tag(1), element(0x82, b"nobody.test"))
    written = _with_body(
        lambda body: element(constructed_tag(0), b"\x02\x01\x00") + named + body
    )(request)
    answer = ocsp.load_der_ocsp_response(desk.responder.answer(written).body)
    assert answer.certificate_status is OCSPCertStatus.GOOD


def test_responder_of_another_ca_is_refused() -> None:
    desk, twin = OcspDesk(), OcspDesk()
    source = desk.authority().source
    with pytest.raises(PkiError) as refusal:
        AnsweringCa(desk.issuer, twin.credential, source)
    assert refusal.value.code is ErrorCode.CHAIN_INVALID


def test_responder_without_the_purpose_is_refused() -> None:
    desk = OcspDesk()
    source = desk.authority().source
    for credential in (desk.pki.person(), desk.pki.receipt()):
        with pytest.raises(PkiError) as refusal:
            AnsweringCa(desk.issuer, credential, source)
        assert refusal.value.code is ErrorCode.CERTIFICATE_USAGE_WRONG


def test_responder_without_authorities_answers_nobody() -> None:
    desk = OcspDesk()
    empty = OcspResponder([], policy=OcspPolicy(), clock=lambda: NOW)
    request = request_for(desk.person(), issuer=desk.issuer)
    answer = ocsp.load_der_ocsp_response(empty.answer(request).body)
    assert answer.response_status is OCSPResponseStatus.UNAUTHORIZED
