"""OCSP answers about ended certificates, and answers signed with RSASSA-PSS."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from pki.der import (
    GENERALIZED_TIME,
    OCTET_STRING,
    bit_string,
    constructed_tag,
    element,
    generalized_time,
    integer,
    object_identifier,
    sequence,
)
from pki.errors import PkiError
from pki.revocation.ocsp_evidence import read_ocsp_answers
from schemas.errors import ErrorCode
from schemas.verdict import Indication
from tests.support.certificates import PrivateKey, Shape, make
from tests.support.keys import rsa_key
from tests.support.mutating_der import Node, parsed
from tests.support.pki import NOW, TestPki
from tests.unit.pki.test_ocsp_evidence import (
    HOUR,
    RESPONDER,
    Answer,
    Signer,
    answered,
    judge,
    reasons,
    responder,
)

_PSS = x509.ObjectIdentifier("1.2.840.113549.1.1.10")
_MGF1 = x509.ObjectIdentifier("1.2.840.113549.1.1.8")
_SHA256 = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_SHA1 = x509.ObjectIdentifier("1.3.14.3.2.26")
_CUTOFF = x509.ObjectIdentifier("1.3.6.1.5.5.7.48.1.6")
_DIGEST = hashes.SHA256()


@pytest.fixture(scope="module")
def pki() -> TestPki:
    return TestPki.create()


@pytest.fixture(scope="module")
def rsa_signer(pki: TestPki) -> Signer:
    key = rsa_key(2048)
    return Signer(key, make(pki.issuing, RESPONDER, key=key).certificate)


def signed_again(
    answer: bytes,
    sign: Callable[[bytes], bytes],
    *,
    algorithm: bytes = b"",
    change: Callable[[Node], None] = lambda _: None,
) -> bytes:
    """Change what an answer says, and sign it again."""
    (response,) = parsed(answer)
    held = response.children[1].children[0].children[1]
    (basic,) = parsed(held.octets)
    said = basic.children[0]
    change(said)
    if algorithm:
        basic.children[1] = parsed(algorithm)[0]
    basic.children[2] = parsed(bit_string(sign(said.encode())))[0]
    held.octets = basic.encode()
    return response.encode()


def by_p256(key: PrivateKey) -> Callable[[bytes], bytes]:
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return lambda data: key.sign(data, ec.ECDSA(_DIGEST))


def by_pss(key: PrivateKey, salt: int = 32) -> Callable[[bytes], bytes]:
    assert isinstance(key, rsa.RSAPrivateKey)
    scheme = padding.PSS(padding.MGF1(_DIGEST), salt)
    return lambda data: key.sign(data, scheme, _DIGEST)


def pss(
    digest: x509.ObjectIdentifier = _SHA256,
    mask: x509.ObjectIdentifier = _SHA256,
    salt: int = 32,
    null: bytes = b"\5\0",
) -> bytes:
    """Encode id-RSASSA-PSS with parameters (RFC 4055 3.1)."""
    hashed = sequence(object_identifier(digest), null)
    masked = sequence(object_identifier(_MGF1), sequence(object_identifier(mask), null))
    parts = (hashed, masked, integer(salt))
    tagged = (element(constructed_tag(tag), one) for tag, one in enumerate(parts))
    return sequence(object_identifier(_PSS), sequence(*tagged))


def kept_since(moment: bytes) -> Callable[[Node], None]:
    """Let the only statement say since when the responder keeps what ended."""
    extension = sequence(object_identifier(_CUTOFF), element(OCTET_STRING, moment))

    def change(said: Node) -> None:
        statements = next(one for one in said.children if one.tag == 0x30)
        tagged = element(constructed_tag(1), sequence(extension))
        statements.children[0].children += parsed(tagged)

    return change


@pytest.mark.parametrize("null", [b"", b"\5\0"], ids=["bare", "null"])
def test_answer_signed_with_pss_counts(
    pki: TestPki, rsa_signer: Signer, null: bytes
) -> None:
    leaf = pki.person().certificate
    plain = answered(leaf, pki.issuing, rsa_signer)
    sign = by_pss(rsa_signer.key)
    answer = signed_again(plain, sign, algorithm=pss(null=null))
    judgement = judge(pki, leaf, answer)
    assert judgement.indication is Indication.TOTAL_PASSED
    assert judgement.ocsps == (answer,)


@pytest.mark.parametrize(
    "algorithm",
    [
        pss(digest=_SHA1),
        pss(mask=_SHA1),
        pss(salt=20),
        sequence(object_identifier(_PSS)),
    ],
    ids=["sha1", "mask-by-sha1", "short-salt", "defaults"],
)
def test_other_parameters_of_pss_are_refused(
    pki: TestPki, rsa_signer: Signer, algorithm: bytes
) -> None:
    plain = answered(pki.person().certificate, pki.issuing, rsa_signer)
    answer = signed_again(plain, by_pss(rsa_signer.key), algorithm=algorithm)
    with pytest.raises(PkiError) as refused:
        read_ocsp_answers(answer)
    assert refused.value.code is ErrorCode.OCSP_ANSWER_INVALID


def test_plain_signature_said_to_be_pss_is_not_heard(
    pki: TestPki, rsa_signer: Signer
) -> None:
    leaf, key = pki.person().certificate, rsa_signer.key
    assert isinstance(key, rsa.RSAPrivateKey)
    answer = signed_again(
        answered(leaf, pki.issuing, rsa_signer),
        lambda data: key.sign(data, padding.PKCS1v15(), _DIGEST),
        algorithm=pss(),
    )
    assert reasons(judge(pki, leaf, answer)) == [ErrorCode.REVOCATION_UNCHECKED]


def _about_ended(pki: TestPki, archived_from: bytes) -> tuple[x509.Certificate, bytes]:
    leaf = make(pki.issuing, Shape(not_after=NOW + HOUR)).certificate
    signer = responder(pki.issuing)
    told = Answer(at=NOW + 2 * HOUR, next_update=NOW + 3 * HOUR)
    plain = answered(leaf, pki.issuing, signer, told)
    sign = by_p256(signer.key)
    return leaf, signed_again(plain, sign, change=kept_since(archived_from))


@pytest.mark.parametrize(
    ("archived_from", "counts"),
    [
        (NOW - timedelta(days=3650), True),
        (NOW + HOUR, True),
        (NOW + HOUR + timedelta(seconds=1), False),
    ],
    ids=["long-before", "at-its-end", "after-its-end"],
)
def test_answer_about_an_ended_certificate_counts_while_it_is_kept(
    pki: TestPki, archived_from: datetime, counts: bool
) -> None:
    leaf, answer = _about_ended(pki, generalized_time(archived_from))
    found = reasons(judge(pki, leaf, answer))
    assert found == ([] if counts else [ErrorCode.REVOCATION_UNCHECKED])


@pytest.mark.parametrize(
    "moment",
    [
        element(GENERALIZED_TIME, b"20200101000000+0700"),
        element(GENERALIZED_TIME, b"2020"),
        element(OCTET_STRING, b"20200101000000Z"),
        element(GENERALIZED_TIME, b"20200101000000Z") + b"\5\0",
        element(GENERALIZED_TIME, b"\xff" * 15),
        b"",
    ],
    ids=["offset", "short", "octets", "more-behind", "no-text", "nothing"],
)
def test_malformed_archive_cutoff_is_refused(pki: TestPki, moment: bytes) -> None:
    _, answer = _about_ended(pki, moment)
    with pytest.raises(PkiError) as refused:
        read_ocsp_answers(answer)
    assert refused.value.code is ErrorCode.OCSP_ANSWER_INVALID
