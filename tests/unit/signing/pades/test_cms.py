"""The CMS template against the library's own CMS, and against the standards."""

import asyncio

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.signers.pdf_cms import ExternalSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from pki.algorithms import hash_of
from pki.keys.api import Credential, SignatureScheme
from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.cms import CmsTemplate, template_for
from tests.support.cms import asn1
from tests.support.keys import rsa_key
from tests.support.pki import TestPki

PKI = TestPki.create()
SCHEMES = tuple(SignatureScheme)


def credential_for(scheme: SignatureScheme) -> Credential:
    if scheme is SignatureScheme.ECDSA_SHA256:
        return PKI.person()
    if scheme is SignatureScheme.ECDSA_SHA384:
        return PKI.issuing.issue("P-384", key=ec.generate_private_key(ec.SECP384R1()))
    return PKI.issuing.issue("RSA", key=rsa_key(2048))


def signed(template: CmsTemplate, credential: Credential, digest: bytes) -> bytes:
    attributes = template.signed_attributes(digest)
    return template.assemble(digest, credential.key.sign(attributes, template.scheme))


def by_library(
    credential: Credential, template: CmsTemplate, digest: bytes
) -> cms.ContentInfo:
    """Let pyHanko build the same CMS, with a signature value of the same length."""
    store = SimpleCertificateStore()
    store.register_multiple(asn1(one) for one in credential.chain)
    signer = ExternalSigner(
        asn1(credential.certificate),
        store,
        signature_value=template.signature_limit,
        prefer_pss=template.scheme is SignatureScheme.RSA_PSS_SHA256,
    )
    return asyncio.run(
        signer.async_sign(digest, template.hash_name, use_pades=True, dry_run=True)
    )


def attributes_of(signer_info: cms.SignerInfo) -> dict[str, bytes]:
    return {
        one["type"].native: one["values"].dump() for one in signer_info["signed_attrs"]
    }


@pytest.mark.parametrize("scheme", SCHEMES)
def test_template_equals_the_librarys_cms_field_by_field(
    scheme: SignatureScheme,
) -> None:
    credential = credential_for(scheme)
    template = template_for(credential, scheme)
    digest = bytes(range(hash_of(scheme).digest_size))
    own = cms.ContentInfo.load(signed(template, credential, digest), strict=True)
    other = by_library(credential, template, digest)
    assert own["content_type"].native == other["content_type"].native
    mine, theirs = own["content"], other["content"]
    for field in ("version", "digest_algorithms", "encap_content_info"):
        assert mine[field].dump() == theirs[field].dump(), field
    assert sorted(one.dump() for one in mine["certificates"]) == sorted(
        one.dump() for one in theirs["certificates"]
    )
    assert mine["crls"].native is None
    (own_signer,), (other_signer,) = mine["signer_infos"], theirs["signer_infos"]
    for field in ("version", "sid", "digest_algorithm"):
        assert own_signer[field].dump() == other_signer[field].dump(), field
    # The library takes the longest PSS salt, this project that of the digest.
    if scheme is not SignatureScheme.RSA_PSS_SHA256:
        algorithm = own_signer["signature_algorithm"].dump()
        assert algorithm == other_signer["signature_algorithm"].dump()
    attributes = attributes_of(own_signer)
    del attributes["cms_algorithm_protection"]  # RFC 6211: ours alone
    assert attributes == attributes_of(other_signer)
    assert own_signer["unsigned_attrs"].native is None


def test_pss_parameters_name_one_digest_and_its_salt() -> None:
    credential = credential_for(SignatureScheme.RSA_PSS_SHA256)
    template = template_for(credential, SignatureScheme.RSA_PSS_SHA256)
    info = cms.ContentInfo.load(signed(template, credential, bytes(32)))
    algorithm = info["content"]["signer_infos"][0]["signature_algorithm"]
    parameters = algorithm["parameters"]
    assert parameters["hash_algorithm"]["algorithm"].native == "sha256"
    assert (
        parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native == "sha256"
    )
    assert parameters["salt_length"].native == 32


@pytest.mark.parametrize("octet", [0x00, 0x30, 0x7F, 0xFF])
def test_sets_are_sorted_whatever_the_digest(octet: int) -> None:
    credential = PKI.person()
    template = template_for(credential, SignatureScheme.ECDSA_SHA256)
    content = signed(template, credential, bytes([octet]) * 32)
    signed_data = cms.ContentInfo.load(content, strict=True)["content"]
    attributes = signed_data["signer_infos"][0]["signed_attrs"]
    for members in (attributes, signed_data["certificates"]):
        encoded = [one.dump() for one in members]
        assert encoded == sorted(encoded)


def test_attributes_are_those_of_a_baseline_signature() -> None:
    credential = PKI.person()
    template = template_for(credential, SignatureScheme.ECDSA_SHA256)
    content = signed(template, credential, b"\x5a" * 32)
    (signer_info,) = cms.ContentInfo.load(content)["content"]["signer_infos"]
    found = {one["type"].native: one["values"] for one in signer_info["signed_attrs"]}
    # No signing-time: EN 319 142-1 clause 6.3 keeps the time in the dictionary.
    assert set(found) == {
        "content_type",
        "message_digest",
        "signing_certificate_v2",
        "cms_algorithm_protection",
    }
    assert found["message_digest"].native == [b"\x5a" * 32]


def test_certificates_hold_the_chain_without_the_root() -> None:
    credential = PKI.person()
    template = template_for(credential, SignatureScheme.ECDSA_SHA256)
    content = signed(template, credential, bytes(32))
    embedded = cms.ContentInfo.load(content)["content"]["certificates"]
    expected = {credential.certificate, *credential.chain}
    assert {one.chosen.dump() for one in embedded} == {
        one.public_bytes(Encoding.DER) for one in expected
    }


@pytest.mark.parametrize("scheme", SCHEMES)
def test_size_limit_holds_and_is_tight(scheme: SignatureScheme) -> None:
    credential = credential_for(scheme)
    template = template_for(credential, scheme)
    digest = bytes(hash_of(scheme).digest_size)
    sizes = [len(signed(template, credential, digest)) for _ in range(20)]
    assert max(sizes) <= template.size_limit <= min(sizes) + 12


def test_a_key_of_another_certificate_is_refused() -> None:
    one, other = PKI.person(), PKI.person()
    mixed = Credential(one.key, other.certificate, other.chain)
    with pytest.raises(SigningError) as refusal:
        template_for(mixed, SignatureScheme.ECDSA_SHA256)
    assert refusal.value.code is ErrorCode.SIGNING_CERTIFICATE_MISMATCH


def test_a_weak_key_is_refused() -> None:
    weak = rsa_key(1024)
    credential = PKI.issuing.issue("yếu", key=weak)
    with pytest.raises(SigningError) as refusal:
        template_for(credential, SignatureScheme.RSA_PSS_SHA256)
    assert refusal.value.code is ErrorCode.KEY_WEAK


def test_a_scheme_of_another_key_family_is_refused() -> None:
    with pytest.raises(SigningError) as refusal:
        template_for(PKI.person(), SignatureScheme.RSA_PSS_SHA256)
    assert refusal.value.code is ErrorCode.SIGNATURE_ALGORITHM_REFUSED


def test_templates_of_two_certificates_do_not_mix() -> None:
    one, other = PKI.person(), PKI.seal()
    digest = bytes(32)
    for credential in (one, other, one):
        template = template_for(credential, SignatureScheme.ECDSA_SHA256)
        signed_data = cms.ContentInfo.load(signed(template, credential, digest))
        sid = signed_data["content"]["signer_infos"][0]["sid"].chosen
        assert sid["serial_number"].native == credential.certificate.serial_number
