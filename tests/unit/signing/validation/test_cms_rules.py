"""What a CMS signature must be, by one breach of each rule."""

from dataclasses import replace

import pytest
from asn1crypto import algos, core

from pki.keys.api import SignatureScheme
from schemas.errors import ErrorCode
from schemas.verdict import Indication, SubIndication
from signing.errors import SigningError
from signing.validation.cms import CmsSignature, read_cms
from signing.validation.cms_rules import (
    COMMON_RULES,
    PADES_RULES,
    broken_cms_rules,
)
from signing.validation.identifiers import DIGESTS, SIGNATURES
from signing.validation.limits import MAX_CERTIFICATES
from tests.support.judged_pdf import (
    AGENCY,
    FORMAT_FAILURE,
    PERSON,
    codes,
    judged,
    outcome,
    person_signed,
)
from tests.support.mutating_der import Node, parsed
from tests.support.odd_cms import SOUND, CmsShape, build, resigned, with_contents

_DIGEST = b"\x05" * 32
_ALONE = (PERSON.certificate,)
_NO_ALGORITHM = (
    Indication.INDETERMINATE,
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
)
_NO_SIGNER = (Indication.INDETERMINATE, SubIndication.NO_SIGNING_CERTIFICATE_FOUND)


def _read(shape: CmsShape = SOUND) -> CmsSignature:
    return read_cms(build(PERSON, _DIGEST, shape))


def test_facts_of_a_sound_signature() -> None:
    cms = _read()
    assert broken_cms_rules(cms, PADES_RULES) == ()
    assert (cms.digest, cms.scheme) == ("sha256", SignatureScheme.ECDSA_SHA256)
    assert cms.attributes is not None
    assert cms.attributes.message_digest == _DIGEST
    assert len(cms.certificates) == 2


def test_document_with_a_cms_of_other_make_passes() -> None:
    assert judged(resigned(person_signed(), PERSON)).indication == "TOTAL-PASSED"


@pytest.mark.parametrize(
    ("shape", "code", "expected"),
    [
        (CmsShape(signers=2, certificates=_ALONE), "cms_invalid", FORMAT_FAILURE),
        (CmsShape(signers=0), "cms_invalid", FORMAT_FAILURE),
        (CmsShape(with_attributes=False), "cms_invalid", FORMAT_FAILURE),
        (CmsShape(without=frozenset({"content_type"})), "cms_invalid", FORMAT_FAILURE),
        (
            CmsShape(without=frozenset({"message_digest"})),
            "cms_invalid",
            FORMAT_FAILURE,
        ),
        (
            CmsShape(without=frozenset({"signing_certificate_v2"})),
            "cms_invalid",
            FORMAT_FAILURE,
        ),
        (
            CmsShape(repeated=frozenset({"message_digest"}), certificates=_ALONE),
            "cms_invalid",
            FORMAT_FAILURE,
        ),
        (CmsShape(content=b"content"), "cms_invalid", FORMAT_FAILURE),
        (CmsShape(content_type="tst_info"), "cms_invalid", FORMAT_FAILURE),
        (CmsShape(version=3), "cms_invalid", FORMAT_FAILURE),
        (CmsShape(listed_digests=("sha384",)), "cms_invalid", FORMAT_FAILURE),
        (CmsShape(listed_digests=("sha256", "sha1")), "cms_invalid", FORMAT_FAILURE),
        (CmsShape(digest="sha1"), "signature_algorithm_refused", _NO_ALGORITHM),
        (
            CmsShape(bound_to=AGENCY.certificate),
            "signing_certificate_mismatch",
            _NO_SIGNER,
        ),
        (CmsShape(binding_digest="sha1"), "signing_certificate_mismatch", _NO_SIGNER),
        (CmsShape(certificates=()), "signing_certificate_mismatch", _NO_SIGNER),
        (
            CmsShape(certificates=(AGENCY.certificate,)),
            "signing_certificate_mismatch",
            _NO_SIGNER,
        ),
    ],
    ids=lambda one: str(one) if isinstance(one, str) else "",
)
def test_signature_of_another_shape_is_refused(
    shape: CmsShape, code: str, expected: tuple[Indication, SubIndication]
) -> None:
    verdict = judged(resigned(person_signed(), PERSON, shape))
    assert outcome(verdict) == expected
    assert code in codes(verdict)


def test_digest_of_other_bytes_is_a_mismatch() -> None:
    verdict = judged(
        resigned(person_signed(), PERSON, CmsShape(message_digest=_DIGEST))
    )
    assert outcome(verdict) == (Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE)
    assert codes(verdict) == {ErrorCode.DOCUMENT_DIGEST_MISMATCH}


def test_value_over_other_attributes_is_invalid() -> None:
    verdict = judged(resigned(person_signed(), PERSON, CmsShape(other_value=True)))
    assert outcome(verdict) == (
        Indication.TOTAL_FAILED,
        SubIndication.SIG_CRYPTO_FAILURE,
    )
    assert codes(verdict) == {ErrorCode.SIGNATURE_INVALID}


def test_more_certificates_than_a_path_needs_are_refused() -> None:
    many = replace(_read(), certificates=(b"",) * (MAX_CERTIFICATES + 1))
    (finding,) = broken_cms_rules(many, COMMON_RULES)
    assert finding.code is ErrorCode.LIMIT_EXCEEDED


@pytest.mark.parametrize(
    "octets",
    [
        b"\x30\x00",
        b"\x04\x03abc",
        bytes.fromhex("300b06092a864886f70d010701"),
        bytes.fromhex("300d06092a864886f70d010702a000"),
        bytes.fromhex("300f06092a864886f70d010702a0023000"),
    ],
)
def test_other_than_signed_data_is_refused_by_code(octets: bytes) -> None:
    with pytest.raises(SigningError) as refusal:
        read_cms(octets)
    assert refusal.value.code is ErrorCode.CMS_INVALID
    verdict = judged(with_contents(person_signed(), octets))
    assert outcome(verdict) == FORMAT_FAILURE


@pytest.mark.parametrize("depth", range(5))
def test_part_that_the_syntax_does_not_know_is_refused(depth: int) -> None:
    """No signature covers it, and the library passes over it."""
    (root,) = parsed(build(PERSON, _DIGEST))
    explicit = root.children[1]
    signed = explicit.children[0]
    signer = signed.children[-1].children[0]
    known = (root, explicit, signed, signer, signer.children[1])
    assert read_cms(root.encode()).signer_count == 1
    known[depth].children.append(Node(0x02, b"\1"))
    with pytest.raises(SigningError) as refusal:
        read_cms(root.encode())
    assert refusal.value.code is ErrorCode.CMS_INVALID


@pytest.mark.parametrize("place", range(3))
def test_number_spelled_longer_than_it_is_is_refused(place: int) -> None:
    """Versions and the serial number are in no signature."""
    (root,) = parsed(build(PERSON, _DIGEST))
    signed = root.children[1].children[0]
    signer = signed.children[-1].children[0]
    numbers = (signed.children[0], signer.children[0], signer.children[1].children[1])
    numbers[place].octets = b"\0" + numbers[place].octets
    with pytest.raises(SigningError) as refusal:
        read_cms(root.encode())
    assert refusal.value.code is ErrorCode.CMS_INVALID


def test_listed_identifiers_are_the_encodings_of_their_names() -> None:
    for octets, scheme in SIGNATURES.items():
        read = algos.SignedDigestAlgorithm.load(octets, strict=True)
        names = scheme.value.split("-")
        if read.signature_algo == "rsassa_pss":
            assert scheme is SignatureScheme.RSA_PSS_SHA256
            assert read["parameters"]["salt_length"].native == 32
            assert read["parameters"]["trailer_field"].native == "trailer_field_bc"
        elif read["algorithm"].native != "rsassa_pkcs1v15":
            assert read.hash_algo == names[-1]
    for octets, name in DIGESTS.items():
        read = algos.DigestAlgorithm.load(octets, strict=True)
        assert read["algorithm"].native == name
        assert isinstance(read["parameters"], core.Null | core.Void)
