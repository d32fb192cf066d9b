"""What a client checks of a time stamp before it is used."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256, sha512

import pytest
from asn1crypto import core, tsp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import ObjectIdentifier
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.der import element, integer, object_identifier, sequence
from pki.errors import PkiError
from pki.keys.api import Credential
from pki.kinds import TIME_STAMP_POLICY
from pki.trust import TrustStore
from pki.tsa.client import CLOCKS_APART, AskedStamp, check_response, check_token
from pki.tsa.reply import RESPONSE_BYTES
from pki.tsa.request import FailureInfo, message_imprint
from pki.tsa.stamp_token import (
    CONTENT_TYPE,
    SET,
    TST_INFO,
    Stamp,
    granted,
    rejected,
    template_of,
)
from schemas.errors import ErrorCode
from tests.support.certificates import Shape
from tests.support.keys import rsa_key
from tests.support.pki import NOW, TestPki
from tests.support.time_stamps import (
    DATA,
    DIGEST,
    NONCE,
    STAMPS,
    TSA_SHAPE,
    authority,
    tsa_credential,
)

PKI = TestPki.create()
TRUST = TrustStore.from_material(PKI.material())
CREDENTIAL = tsa_credential(PKI)
ASKED = AskedStamp(digest=DIGEST, hash_name="sha256", nonce=NONCE)
OTHER_CONTENT = object_identifier(ObjectIdentifier("1.2.840.113549.1.9.16.1.5"))
STAMP = Stamp(
    policy=object_identifier(TIME_STAMP_POLICY),
    imprint=message_imprint(DIGEST, "sha256"),
    serial=7,
    at=NOW,
    accuracy=1000,
    nonce=integer(NONCE),
)


def signed(info: bytes, credential: Credential = CREDENTIAL) -> bytes:
    """Sign what an honest authority would not."""
    template = template_of(credential)
    value = credential.key.sign(template.signed_attributes(info), template.scheme)
    return granted(template.assemble(info, value, with_certificates=True))


def stamped(credential: Credential = CREDENTIAL, **changes: object) -> bytes:
    """Sign a stamp that differs in `changes`."""
    return signed(replace(STAMP, **changes).encode(), credential)  # type: ignore[arg-type]  # by field name


def refusal_of(
    response: bytes, asked: AskedStamp = ASKED, at: datetime = NOW
) -> tuple[ErrorCode, str]:
    with pytest.raises(PkiError) as refusal:
        check_response(response, asked, trust=TRUST, at=at)
    return refusal.value.code, refusal.value.place


@pytest.mark.parametrize("key", [None, rsa_key(2048)])
@pytest.mark.parametrize(("name", "digest"), [("sha256", sha256), ("sha512", sha512)])
def test_stamp_of_an_authority_is_accepted(
    key: rsa.RSAPrivateKey | None, name: str, digest: Callable[[bytes], object]
) -> None:
    tsa = authority(
        tsa_credential(PKI, key=key),
        clock=lambda: NOW + timedelta(milliseconds=250),
        accuracy=timedelta(milliseconds=20),
    )
    value = digest(DATA).digest()  # type: ignore[attr-defined]  # a hash
    asked = AskedStamp(
        digest=value, hash_name=name, nonce=NONCE, policy=TIME_STAMP_POLICY
    )
    answer = tsa.answer(asked.encode())
    stamp = check_response(answer.response, asked, trust=TRUST, at=NOW)
    assert answer.record is not None
    assert stamp.serial == answer.record.serial
    assert stamp.at == NOW + timedelta(milliseconds=250)
    assert stamp.accuracy == timedelta(milliseconds=20)
    assert stamp.certificate == tsa.credential.certificate
    again = check_token(stamp.token, value, hash_name=name, trust=TRUST, at=NOW)
    assert again == stamp


def test_stored_stamp_of_something_else_is_refused() -> None:
    token = check_response(stamped(), ASKED, trust=TRUST, at=NOW).token
    with pytest.raises(PkiError) as refusal:
        check_token(token, bytes(32), hash_name="sha256", trust=TRUST, at=NOW)
    assert refusal.value.place == "messageImprint"
    with pytest.raises(PkiError) as refusal:
        check_token(token[:-1], DIGEST, hash_name="sha256", trust=TRUST, at=NOW)
    assert refusal.value.code is ErrorCode.TIME_STAMP_MALFORMED


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"imprint": message_imprint(bytes(32), "sha256")}, "messageImprint"),
        ({"imprint": message_imprint(bytes(64), "sha512")}, "messageImprint"),
        ({"nonce": integer(NONCE + 1)}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"at": NOW + CLOCKS_APART + timedelta(seconds=1)}, "genTime"),
        ({"at": NOW - CLOCKS_APART - timedelta(seconds=1)}, "genTime"),
    ],
)
def test_stamp_that_does_not_answer_is_refused(
    changes: dict[str, object], place: str
) -> None:
    response = stamped(CREDENTIAL, **changes)
    assert refusal_of(response) == (ErrorCode.TIME_STAMP_MISMATCH, place)


def test_stamp_under_another_policy_is_refused() -> None:
    asked = replace(ASKED, policy=ObjectIdentifier("1.2.3.4"))
    refusal = refusal_of(stamped(), asked)
    assert refusal == (ErrorCode.TIME_STAMP_MISMATCH, "policy")


@pytest.mark.parametrize("failure", list(FailureInfo))
def test_refusal_is_told_with_its_reason(failure: FailureInfo) -> None:
    refusal = refusal_of(rejected(failure))
    assert refusal == (ErrorCode.TIME_STAMP_REFUSED, failure.name.lower())


def test_refusal_without_a_reason_is_one() -> None:
    refused = sequence(sequence(integer(2)))
    assert refusal_of(refused) == (ErrorCode.TIME_STAMP_REFUSED, "")


def test_one_changed_octet_never_changes_the_stamp() -> None:
    response = stamped()
    honest = check_response(response, ASKED, trust=TRUST, at=NOW)
    for at in range(0, len(response), 7):
        changed = response[:at] + bytes([response[at] ^ 1]) + response[at + 1 :]
        try:
            stamp = check_response(changed, ASKED, trust=TRUST, at=NOW)
        except PkiError:
            continue
        # No signature covers a status or a certificate further up.
        assert (stamp.serial, stamp.at) == (honest.serial, honest.at)
        assert stamp.certificate == honest.certificate


def test_signature_of_another_key_is_refused() -> None:
    other = replace(CREDENTIAL, key=tsa_credential(PKI).key)
    code, _ = refusal_of(stamped(other))
    assert code is ErrorCode.SIGNATURE_INVALID


def test_info_other_than_the_signed_one_is_refused() -> None:
    honest, other = STAMP.encode(), replace(STAMP, serial=8).encode()
    code, place = refusal_of(stamped().replace(honest, other))
    assert (code, place) == (ErrorCode.TIME_STAMP_MISMATCH, "messageDigest")


def test_certificate_the_attributes_do_not_name_is_refused() -> None:
    honest = template_of(CREDENTIAL)
    other = template_of(tsa_credential(PKI))
    mixed = replace(honest, certificates=other.certificates)
    info = STAMP.encode()
    value = CREDENTIAL.key.sign(mixed.signed_attributes(info), mixed.scheme)
    response = granted(mixed.assemble(info, value, with_certificates=True))
    code, _ = refusal_of(response)
    assert code is ErrorCode.SIGNING_CERTIFICATE_MISMATCH


def test_stamp_without_the_certificate_is_refused() -> None:
    template, info = template_of(CREDENTIAL), STAMP.encode()
    value = CREDENTIAL.key.sign(template.signed_attributes(info), template.scheme)
    response = granted(template.assemble(info, value, with_certificates=False))
    code, _ = refusal_of(response)
    assert code is ErrorCode.SIGNING_CERTIFICATE_MISMATCH


def test_attributes_without_the_certificate_are_refused() -> None:
    """ESSCertID of SHA-1, and none at all, do not bind it (RFC 5816)."""
    honest = template_of(CREDENTIAL)
    before, after = honest.attributes
    oid = object_identifier(ObjectIdentifier("1.2.840.113549.1.9.16.2.47"))
    older = object_identifier(ObjectIdentifier("1.2.840.113549.1.9.16.2.12"))
    changed = (before.replace(oid, older), after.replace(oid, older))
    code, _ = refusal_of(with_attributes(*changed))
    assert code is ErrorCode.TIME_STAMP_MALFORMED


def with_attributes(before: bytes, after: bytes) -> bytes:
    """Sign other attributes."""
    template = replace(template_of(CREDENTIAL), attributes=(before, after))
    info = STAMP.encode()
    value = CREDENTIAL.key.sign(template.signed_attributes(info), template.scheme)
    return granted(template.assemble(info, value, with_certificates=True))


def test_token_of_another_content_is_refused() -> None:
    """Named inside the signed attributes, outside of them, or twice."""
    before, after = template_of(CREDENTIAL).attributes
    twice = sequence(CONTENT_TYPE, element(SET, TST_INFO))
    for response in (
        with_attributes(before.replace(TST_INFO, OTHER_CONTENT), after),
        stamped().replace(TST_INFO, OTHER_CONTENT, 1),
        with_attributes(twice + before, after),
    ):
        assert refusal_of(response)[0] is ErrorCode.TIME_STAMP_MALFORMED


SERVER_TOO = x509.ExtendedKeyUsage(
    [ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.SERVER_AUTH]
)


@pytest.mark.parametrize(
    ("credential", "code"),
    [
        (
            tsa_credential(PKI, replace(TSA_SHAPE, extra=((STAMPS, False),))),
            ErrorCode.CERTIFICATE_USAGE_WRONG,
        ),
        (
            tsa_credential(PKI, replace(TSA_SHAPE, extra=((SERVER_TOO, True),))),
            ErrorCode.CERTIFICATE_USAGE_WRONG,
        ),
        (tsa_credential(PKI, Shape()), ErrorCode.CERTIFICATE_USAGE_WRONG),
        (tsa_credential(TestPki.create("Khác")), ErrorCode.CHAIN_NOT_FOUND),
        (
            tsa_credential(
                PKI, replace(TSA_SHAPE, not_after=NOW - timedelta(seconds=1))
            ),
            ErrorCode.CERTIFICATE_EXPIRED,
        ),
        (
            tsa_credential(PKI, key=rsa_key(1024)),
            ErrorCode.KEY_WEAK,
        ),
    ],
    ids=["not-critical", "not-sole", "no-purpose", "stranger", "expired", "weak"],
)
def test_authority_that_is_not_trusted_is_refused(
    credential: Credential, code: ErrorCode
) -> None:
    assert refusal_of(stamped(credential))[0] is code


def test_revoked_authority_is_refused() -> None:
    pki = TestPki.create()
    credential = tsa_credential(pki)
    pki.issuing.revoke(credential.certificate, NOW - timedelta(hours=1))
    trust = TrustStore.from_material(pki.material())
    with pytest.raises(PkiError) as refusal:
        check_response(stamped(credential), ASKED, trust=trust, at=NOW)
    assert refusal.value.code is ErrorCode.CERTIFICATE_REVOKED


def _changed(change: Callable[[tsp.TSTInfo], None]) -> bytes:
    info = tsp.TSTInfo.load(STAMP.encode()).copy()
    change(info)
    return signed(info.dump(force=True))


def _version(info: tsp.TSTInfo) -> None:
    info["version"] = 2


def _extension(info: tsp.TSTInfo) -> None:
    extension = {"extn_id": "1.2.3.4", "critical": True, "extn_value": b"\x05\x00"}
    info["extensions"] = [extension]


def _unknown_digest(info: tsp.TSTInfo) -> None:
    info["message_imprint"] = {
        "hash_algorithm": {"algorithm": "sha1"},
        "hashed_message": bytes(20),
    }


@pytest.mark.parametrize("change", [_version, _extension, _unknown_digest])
def test_info_outside_the_standard_is_refused(
    change: Callable[[tsp.TSTInfo], None],
) -> None:
    code, _ = refusal_of(_changed(change))
    assert code is ErrorCode.TIME_STAMP_MALFORMED


@pytest.mark.parametrize(
    "text",
    [b"20261121020000", b"20261121090000+0700", b"20261321020000Z", b"202611210200Z"],
)
def test_time_outside_the_standard_is_refused(text: bytes) -> None:
    honest = element(0x18, b"20261121020000Z")
    parts = core.Sequence.load(STAMP.encode())
    encoded = [parts[number].dump() for number in range(len(parts))]
    assert honest in encoded
    odd = [element(0x18, text) if one == honest else one for one in encoded]
    code, _ = refusal_of(signed(sequence(*odd)))
    assert code is ErrorCode.TIME_STAMP_MALFORMED


@pytest.mark.parametrize(
    "response",
    [
        b"",
        b"<html>503</html>",
        sequence(sequence(integer(0))),
        sequence(sequence(integer(2)), stamped()),
        stamped() + b"\x00",
        bytes(RESPONSE_BYTES + 1),
        granted(sequence(object_identifier(ObjectIdentifier("1.2.840.113549.1.7.1")))),
    ],
    ids=["empty", "html", "granted-without", "refused-with", "more", "large", "data"],
)
def test_other_answers_are_refused(response: bytes) -> None:
    code, _ = refusal_of(response)
    assert code is ErrorCode.TIME_STAMP_MALFORMED
