"""What a time stamping authority stamps, and what it refuses (RFC 3161)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ObjectIdentifier

from pki.der import NULL, OCTET_STRING, element, integer, sequence
from pki.errors import PkiError
from pki.keys.api import PublicKey, SignatureScheme
from pki.keys.software import verify_signature
from pki.kinds import TIME_STAMP_POLICY
from pki.tsa.register import MemoryTimeStampRegister, SqliteTimeStampRegister
from pki.tsa.request import REQUEST_BYTES, FailureInfo, message_imprint
from pki.tsa.stamp_token import rejected
from schemas.errors import ErrorCode
from tests.support.certificates import Shape
from tests.support.pki import NOW, TestPki
from tests.support.time_stamps import (
    DIGEST,
    NONCE,
    STAMPS,
    TSA_SHAPE,
    authority,
    failure_of,
    info_of,
    odd_request,
    request,
    tsa_credential,
)

PKI = TestPki.create()
CREDENTIAL = tsa_credential(PKI)
REQUEST = request()
OTHER_POLICY = ObjectIdentifier("1.2.3.4")


def stamped(query: bytes = REQUEST, **changes: object) -> tsp.TSTInfo:
    answer = authority(CREDENTIAL, **changes).answer(query)
    assert answer.error is None
    return info_of(answer.response)


def signed_data(query: bytes) -> object:
    response = authority(CREDENTIAL).answer(query).response
    return tsp.TimeStampResp.load(response)["time_stamp_token"]["content"]


def test_stamp_repeats_what_was_asked() -> None:
    info = stamped()
    assert info["version"].native == "v1"
    assert info["message_imprint"].dump() == message_imprint(DIGEST, "sha256")
    assert info["nonce"].native == NONCE
    assert info["policy"].dotted == TIME_STAMP_POLICY.dotted_string
    assert info["gen_time"].native == NOW


@pytest.mark.parametrize(("name", "octets"), [("sha384", 48), ("sha512", 64)])
def test_longer_digests_are_stamped(name: str, octets: int) -> None:
    info = stamped(request(bytes(octets), name))
    assert info["message_imprint"]["hash_algorithm"]["algorithm"].native == name


def test_imprint_is_repeated_as_it_came() -> None:
    """With NULL parameters, as many clients write them."""
    algorithm = sequence(bytes.fromhex("0609608648016503040201"), element(NULL, b""))
    imprint = sequence(algorithm, element(OCTET_STRING, DIGEST))
    info = stamped(sequence(integer(1), imprint))
    assert info["message_imprint"].dump() == imprint


def test_stamp_without_a_nonce_has_none() -> None:
    assert stamped(odd_request())["nonce"].native is None


def test_policy_asked_for_is_stamped() -> None:
    asked = odd_request(req_policy=OTHER_POLICY.dotted_string)
    info = stamped(asked, policies=(TIME_STAMP_POLICY, OTHER_POLICY))
    assert info["policy"].dotted == OTHER_POLICY.dotted_string


@pytest.mark.parametrize(
    ("accuracy", "encoded"),
    [
        (timedelta(seconds=1), {"seconds": 1, "millis": None, "micros": None}),
        (timedelta(milliseconds=200), {"seconds": None, "millis": 200, "micros": None}),
        (timedelta(milliseconds=1), {"seconds": None, "millis": 1, "micros": None}),
    ],
)
def test_stamp_states_its_accuracy_and_no_order(
    accuracy: timedelta, encoded: dict[str, int | None]
) -> None:
    info = stamped(accuracy=accuracy)
    assert dict(info["accuracy"].native) == encoded
    assert info["ordering"].native is False


@pytest.mark.parametrize(
    ("microsecond", "text"),
    [
        (0, b"20261121020000Z"),
        (999, b"20261121020000Z"),
        (500_000, b"20261121020000.5Z"),
        (120_456, b"20261121020000.12Z"),
        (7_000, b"20261121020000.007Z"),
    ],
)
def test_time_is_written_without_trailing_zeros(microsecond: int, text: bytes) -> None:
    info = stamped(clock=lambda: NOW.replace(microsecond=microsecond))
    assert info["gen_time"].contents == text


def test_time_of_another_zone_is_written_in_utc() -> None:
    local = datetime.fromisoformat("2026-11-21T09:00:00+07:00")
    assert stamped(clock=lambda: local)["gen_time"].contents == b"20261121020000Z"


def test_serial_numbers_grow_and_every_stamp_is_recorded() -> None:
    tsa = authority(CREDENTIAL)
    answers = [tsa.answer(request()) for _ in range(3)]
    serials = [info_of(one.response)["serial_number"].native for one in answers]
    assert serials == sorted(set(serials))
    for serial, answer in zip(serials, answers, strict=True):
        record = tsa.register.get(serial)
        assert record == answer.record
        assert record.imprint == message_imprint(DIGEST, "sha256")
        assert record.at == NOW


def test_requests_that_came_together_are_answered_each_in_its_place() -> None:
    register = MemoryTimeStampRegister(NOW)
    tsa = authority(CREDENTIAL, register=register)
    other = request(bytes(64), "sha512")
    answers = tsa.answer_all([REQUEST, b"nonsense", other])
    assert failure_of(answers[1].response) == {"bad_data_format"}
    stamps = [info_of(answers[one].response) for one in (0, 2)]
    digests = [one["message_imprint"]["hashed_message"].native for one in stamps]
    assert digests == [DIGEST, bytes(64)]
    records = [register.get(one["serial_number"].native) for one in stamps]
    assert [answers[0].record, answers[2].record] == records
    assert len(register) == 2


def test_register_that_cannot_be_written_fails_all_that_came_together() -> None:
    register = SqliteTimeStampRegister(Path(":memory:"), NOW)
    register.close()
    answers = authority(CREDENTIAL, register=register).answer_all([REQUEST] * 2)
    for one in answers:
        assert failure_of(one.response) == {"system_failure"}
        assert one.error is not None
        assert one.error.code is ErrorCode.FILE_NOT_WRITTEN


def test_certificates_come_only_when_asked_for() -> None:
    asked = signed_data(odd_request(cert_req=True))
    unasked = signed_data(odd_request())
    embedded = {one.chosen.dump() for one in asked["certificates"]}  # type: ignore[index]  # asn1crypto
    assert embedded == {
        one.public_bytes(Encoding.DER)
        for one in (CREDENTIAL.certificate, *CREDENTIAL.chain)
    }
    assert unasked["certificates"].native is None  # type: ignore[index]  # asn1crypto


def test_signed_attributes_bind_the_certificate() -> None:
    (signer,) = signed_data(request())["signer_infos"]  # type: ignore[index]  # asn1crypto
    attributes = {
        one["type"].native: one["values"][0] for one in signer["signed_attrs"]
    }
    assert set(attributes) == {
        "content_type",
        "message_digest",
        "signing_certificate_v2",
    }
    own = CREDENTIAL.certificate
    identifier = attributes["signing_certificate_v2"]["certs"][0]
    assert identifier["hash_algorithm"]["algorithm"].native == "sha256"
    fingerprint = sha256(own.public_bytes(Encoding.DER)).digest()
    assert identifier["cert_hash"].native == fingerprint
    assert identifier["issuer_serial"]["serial_number"].native == own.serial_number


def test_signature_holds_over_the_attributes() -> None:
    (signer,) = signed_data(request())["signer_infos"]  # type: ignore[index]  # asn1crypto
    verify_signature(
        CREDENTIAL.key.public_key,
        SignatureScheme.ECDSA_SHA256,
        signer["signature"].native,
        signer["signed_attrs"].untag().dump(),
    )


def test_response_is_der_to_the_last_element() -> None:
    response = authority(CREDENTIAL).answer(request()).response
    read = tsp.TimeStampResp.load(response, strict=True)
    assert read.dump(force=True) == response


def _imprint(name: str, digest: bytes) -> dict[str, object]:
    return {"hash_algorithm": {"algorithm": name}, "hashed_message": digest}


# NULL that holds something, as the parameters of SHA-256.
FULL_NULL = sequence(
    integer(1),
    sequence(
        sequence(bytes.fromhex("0609608648016503040201"), element(NULL, b"x")),
        element(OCTET_STRING, DIGEST),
    ),
)
EXTENSION = {"extn_id": "1.2.3.4.5", "critical": False, "extn_value": b"\x05\x00"}


@pytest.mark.parametrize(
    ("query", "failure"),
    [
        (b"", "bad_data_format"),
        (b"\x30\x00", "bad_data_format"),
        (b"<html>", "bad_data_format"),
        (FULL_NULL, "bad_data_format"),
        (odd_request() + b"\x00", "bad_data_format"),
        (bytes(REQUEST_BYTES + 1), "bad_data_format"),
        (b"\x30\x80" + odd_request()[2:] + b"\0\0", "bad_data_format"),
        (b"\x30\x81" + odd_request()[1:], "bad_data_format"),
        (sequence(b"\x02\x02\x00\x01", odd_request()[5:]), "bad_data_format"),
        (sequence(odd_request()[2:], b"\x01\x01\x00"), "bad_data_format"),
        (sequence(odd_request()[2:], b"\x01\x01\x01"), "bad_data_format"),
        (sequence(odd_request()[2:], b"\x02\x00"), "bad_data_format"),
        (sequence(odd_request()[2:], integer(1 << 600)), "bad_data_format"),
        (sequence(odd_request()[2:], b"\x02\x02\x00\x01"), "bad_data_format"),
        (
            odd_request(message_imprint=_imprint("sha256", DIGEST[1:])),
            "bad_data_format",
        ),
        (
            odd_request(message_imprint=_imprint("sha512", DIGEST)),
            "bad_data_format",
        ),
        (odd_request(message_imprint=_imprint("sha1", bytes(20))), "bad_alg"),
        (odd_request(message_imprint=_imprint("md5", bytes(16))), "bad_alg"),
        (odd_request(version=2), "bad_request"),
        (odd_request(req_policy="1.2.3.4"), "unaccepted_policy"),
        (odd_request(extensions=[EXTENSION]), "unaccepted_extensions"),
        (
            odd_request(extensions=[{**EXTENSION, "critical": True}]),
            "unaccepted_extensions",
        ),
    ],
)
def test_request_is_refused_with_its_reason(query: bytes, failure: str) -> None:
    tsa = authority(CREDENTIAL)
    answer = tsa.answer(query)
    assert failure_of(answer.response) == {failure}
    assert answer.error is not None
    assert answer.error.code is ErrorCode.TIME_STAMP_REFUSED
    assert len(tsa.register) == 0


def test_time_is_not_available_while_the_clock_is_unsound() -> None:
    tsa = authority(CREDENTIAL, clock_is_sound=lambda: False)
    answer = tsa.answer(request())
    assert failure_of(answer.response) == {"time_not_available"}
    assert len(tsa.register) == 0


@pytest.mark.parametrize("failure", list(FailureInfo))
def test_failure_is_the_bit_of_the_standard(failure: FailureInfo) -> None:
    (name,) = failure_of(rejected(failure))
    assert tsp.PKIFailureInfo._map[failure.value] == name


class BrokenKey:
    """A token that was taken out."""

    @property
    def public_key(self) -> PublicKey:
        return CREDENTIAL.key.public_key

    def sign(self, data: bytes, scheme: SignatureScheme) -> bytes:
        raise PkiError(ErrorCode.KEY_DEVICE_UNAVAILABLE)


def test_key_that_does_not_sign_is_a_failure_of_the_system() -> None:
    tsa = authority(replace(CREDENTIAL, key=BrokenKey()))
    answer = tsa.answer(request())
    # Recorded before it is signed: a number is never given twice.
    assert len(tsa.register) == 1
    assert failure_of(answer.response) == {"system_failure"}
    assert answer.error is not None
    assert answer.error.code is ErrorCode.KEY_DEVICE_UNAVAILABLE


PERIOD = x509.PrivateKeyUsagePeriod(
    (NOW - timedelta(days=1)).replace(tzinfo=None),
    (NOW + timedelta(days=30)).replace(tzinfo=None),
)


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (NOW + timedelta(days=31), ErrorCode.CERTIFICATE_EXPIRED),
        (NOW - timedelta(days=2), ErrorCode.CERTIFICATE_NOT_YET_VALID),
    ],
)
def test_key_is_not_used_outside_its_period(at: datetime, code: ErrorCode) -> None:
    shape = replace(TSA_SHAPE, extra=((STAMPS, True), (PERIOD, False)))
    tsa = authority(tsa_credential(PKI, shape), clock=lambda: at.astimezone(UTC))
    answer = tsa.answer(request())
    assert failure_of(answer.response) == {"system_failure"}
    assert answer.error is not None
    assert answer.error.code is code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (
            {"credential": tsa_credential(PKI, Shape(extra=((STAMPS, False),)))},
            ErrorCode.CERTIFICATE_USAGE_WRONG,
        ),
        ({"credential": PKI.person()}, ErrorCode.CERTIFICATE_USAGE_WRONG),
        (
            {"credential": replace(CREDENTIAL, key=PKI.person().key)},
            ErrorCode.CERTIFICATE_MALFORMED,
        ),
        ({"accuracy": timedelta(seconds=2)}, ErrorCode.CONFIGURATION_INVALID),
        ({"accuracy": timedelta()}, ErrorCode.CONFIGURATION_INVALID),
        ({"policies": ()}, ErrorCode.CONFIGURATION_INVALID),
    ],
)
def test_authority_that_could_not_stamp_well_does_not_open(
    changes: dict[str, object], code: ErrorCode
) -> None:
    with pytest.raises(PkiError) as refusal:
        authority(**{"credential": CREDENTIAL, **changes})  # type: ignore[arg-type]  # a test's own words
    assert refusal.value.code is code
