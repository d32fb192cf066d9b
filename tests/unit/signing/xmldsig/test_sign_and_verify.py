"""What is signed verifies, and only what was signed is handed on."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree

from pki.algorithms import SCHEMES
from pki.keys.api import Credential, SignatureScheme
from schemas import canonical
from schemas.errors import ErrorCode
from schemas.receipt import read_receipt, step_record
from schemas.xml import (
    DECLARATION,
    DS,
    LIENTHONG,
    QCVN,
    XADES,
    canonicalize,
    parse,
    serialize,
)
from signing.errors import SigningError
from signing.xmldsig.place import is_signed
from signing.xmldsig.sign import Signatory, sign_envelope, sign_receipt, sign_record
from signing.xmldsig.verify import verify_envelope, verify_receipt
from tests.support import receipts
from tests.support.keys import rsa_key
from tests.support.pki import NOW, HeldKey, TestPki
from tests.support.receipts import write_acceptance, write_step
from tests.support.signed_xml import (
    ENVELOPE_ATTACHMENTS,
    digests,
    signed_envelope,
    unsigned_envelope,
)

PKI = TestPki.create()
SYSTEM = PKI.system()
NAMES = {"ds": DS, "xades": XADES, "q": QCVN}


def _text(xml: bytes, path: str) -> list[str]:
    found = etree.XPath(path, namespaces=NAMES)(parse(xml))
    return [str(one) for one in found] if isinstance(found, list) else []


def test_signed_envelope_verifies_to_the_unsigned_content() -> None:
    signed = signed_envelope(SYSTEM)
    verified = verify_envelope(signed.root, attachments=signed.carried)
    unsigned = parse(unsigned_envelope())[0]
    assert canonicalize(verified.content) == canonicalize(unsigned)
    assert verified.certificate == SYSTEM.certificate
    assert verified.intermediates == SYSTEM.chain
    assert verified.signing_time == NOW
    assert verified.scheme is SignatureScheme.ECDSA_SHA256


def test_signed_receipt_verifies_to_the_receipt() -> None:
    receipt = receipts.acceptance()
    signed = sign_receipt(write_acceptance(receipt), credential=SYSTEM, at=NOW)
    verified = verify_receipt(parse(signed))
    assert read_receipt(verified.content) == receipt


@pytest.mark.parametrize("prefix", ["", "l:"], ids=["default", "prefixed"])
def test_signed_record_is_its_own_canonical_form(prefix: str) -> None:
    name = "xmlns" + (":l" if prefix else "")
    root = parse(
        f'<{prefix}r Id="r-1" {name}="{LIENTHONG}">'
        f"<{prefix}a/>&lt;/{prefix}r&gt;</{prefix}r>".encode()
    )
    signed = sign_receipt(root, credential=SYSTEM, at=NOW)
    assert DECLARATION + canonicalize(parse(signed)) == signed
    assert canonicalize(verify_receipt(parse(signed)).content) == canonicalize(root)


def test_record_is_signed_as_its_element_is() -> None:
    receipt = replace(receipts.step(), description="</StepReceipt> & \r\n\t\U0001f4dc")
    signed = sign_record(step_record(receipt), signatory=Signatory.of(SYSTEM), at=NOW)
    assert read_receipt(verify_receipt(parse(signed)).content) == receipt
    as_element = sign_receipt(write_step(receipt), credential=SYSTEM, at=NOW)
    value = re.compile(rb"<ds:SignatureValue>[^<]*<")
    assert value.sub(b"", signed) == value.sub(b"", as_element)


@pytest.mark.parametrize("identifier", ["", "a b", "signature-1", "reference-1"])
def test_record_without_an_id_of_its_own_is_not_signed(identifier: str) -> None:
    record = canonical.record("R", identifier=identifier)
    with pytest.raises(SigningError) as refused:
        sign_record(record, signatory=Signatory.of(SYSTEM), at=NOW)
    assert refused.value.place == "Id"


def test_signing_leaves_the_given_receipt_unsigned() -> None:
    root = write_step(receipts.step())
    sign_receipt(root, credential=SYSTEM, at=NOW)
    assert not is_signed(root)


def test_verification_leaves_the_tree_as_it_was() -> None:
    signed = signed_envelope(SYSTEM)
    root = signed.root
    verify_envelope(root, attachments=signed.carried)
    assert serialize(root) == serialize(signed.root)


@pytest.mark.parametrize(
    ("key", "scheme"),
    [
        (ec.generate_private_key(ec.SECP256R1()), SignatureScheme.ECDSA_SHA256),
        (ec.generate_private_key(ec.SECP384R1()), SignatureScheme.ECDSA_SHA384),
        (
            rsa_key(2048),
            SignatureScheme.RSA_PKCS1V15_SHA256,
        ),
    ],
    ids=["p256", "p384", "rsa2048"],
)
def test_each_kind_of_key_signs_with_its_scheme(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, scheme: SignatureScheme
) -> None:
    credential = PKI.issuing.issue("qlvb", key=key)
    signed = signed_envelope(credential)
    verified = verify_envelope(signed.root, attachments=signed.carried)
    assert verified.scheme is scheme
    methods = _text(signed.xml, "//ds:SignatureMethod/@Algorithm")
    assert methods == [SCHEMES[scheme].xml_uri]


def test_rsa_key_may_sign_with_pss() -> None:
    credential = PKI.issuing.issue("qlvb", key=rsa_key(2048))
    scheme = SignatureScheme.RSA_PSS_SHA256
    signed = sign_receipt(
        write_step(receipts.step()), credential=credential, at=NOW, scheme=scheme
    )
    assert verify_receipt(parse(signed)).scheme is scheme


def test_ecdsa_value_is_r_and_s_of_fixed_size() -> None:
    for _ in range(8):
        signed = signed_envelope(SYSTEM)
        (value,) = _text(signed.xml, "//ds:SignatureValue/text()")
        assert len(value) == 88


def test_form_is_that_of_the_profile() -> None:
    signed = signed_envelope(SYSTEM).xml
    uris = _text(signed, "//ds:Reference/@URI")
    assert uris == [
        "#envelope-1",
        "cid:cong-van-214",
        "cid:phu%20luc%201@ubnd",
        "#signed-properties-1",
    ]
    assert _text(signed, "//xades:MimeType/text()") == [
        "application/xml",
        "application/pdf",
        "application/pdf",
    ]
    assert len(_text(signed, "//xades:CertDigest/ds:DigestValue/text()")) == 2
    assert _text(signed, "//q:edXMLHeader/ds:Signature/@Id") == ["signature-1"]


def test_attachment_the_manifest_does_not_type_is_octets() -> None:
    signed = sign_envelope(
        unsigned_envelope(()),
        credential=SYSTEM,
        attachments=[("a", sha256(b"a").digest())],
        at=NOW,
    )
    types = _text(signed, "//xades:MimeType/text()")
    assert types == ["application/xml", "application/octet-stream"]


def test_signing_time_is_written_in_utc_with_milliseconds() -> None:
    at = datetime(2026, 11, 21, 2, 0, 0, 123456, UTC)
    signed = sign_receipt(write_step(receipts.step()), credential=SYSTEM, at=at)
    assert verify_receipt(parse(signed)).signing_time == at.replace(microsecond=123000)


def test_white_space_and_line_ends_of_the_sender_are_signed_as_they_are() -> None:
    spaced = unsigned_envelope().replace(b"><", b">\r\n\t <")
    signed = sign_envelope(
        spaced,
        credential=SYSTEM,
        attachments=list(digests(ENVELOPE_ATTACHMENTS).items()),
        at=NOW,
    )
    verify_envelope(parse(signed), attachments=digests(ENVELOPE_ATTACHMENTS))
    with pytest.raises(SigningError):
        verify_envelope(
            parse(signed.replace(b"\t </edXML:From>", b"</edXML:From>")),
            attachments=digests(ENVELOPE_ATTACHMENTS),
        )


def test_signed_document_is_not_signed_again() -> None:
    signed = sign_receipt(write_step(receipts.step()), credential=SYSTEM, at=NOW)
    with pytest.raises(SigningError) as refused:
        sign_receipt(parse(signed), credential=SYSTEM, at=NOW)
    assert refused.value.code is ErrorCode.SIGNATURE_SHAPE_REFUSED


def test_root_of_another_namespace_is_not_signed_as_receipt() -> None:
    with pytest.raises(SigningError):
        sign_receipt(parse(b'<r Id="r"/>'), credential=SYSTEM, at=NOW)


@pytest.mark.parametrize("identifier", ["", ' Id=""', ' Id="a b"', ' Id="#a"'])
def test_root_without_usable_id_is_not_signed(identifier: str) -> None:
    root = parse(f'<r xmlns="{LIENTHONG}"{identifier}/>'.encode())
    with pytest.raises(SigningError) as refused:
        sign_receipt(root, credential=SYSTEM, at=NOW)
    assert refused.value.place == "Id"


def test_content_that_takes_the_signatures_id_is_not_signed() -> None:
    root = parse(f'<r xmlns="{LIENTHONG}" Id="signature-1"/>'.encode())
    with pytest.raises(SigningError) as refused:
        sign_receipt(root, credential=SYSTEM, at=NOW)
    assert refused.value.place == "Id"


def test_document_that_is_no_envelope_is_not_signed_as_one() -> None:
    for xml in (b"<a/>", f'<edXML xmlns="{QCVN}"/>'.encode()):
        with pytest.raises(SigningError):
            sign_envelope(xml, credential=SYSTEM, attachments=(), at=NOW)


def test_unsigned_envelope_is_said_to_be_unsigned() -> None:
    with pytest.raises(SigningError) as refused:
        verify_envelope(parse(unsigned_envelope(())), attachments={})
    assert refused.value.code is ErrorCode.SIGNATURE_MISSING


def test_placeholder_signature_of_a_vendor_counts_as_none() -> None:
    placeholder = f'<Signature xmlns="{QCVN}"><SignatureValue/></Signature>'.encode()
    xml = unsigned_envelope(()).replace(
        b"</edXML:edXMLHeader>", placeholder + b"</edXML:edXMLHeader>"
    )
    assert not is_signed(parse(xml))


def test_envelope_keeps_the_id_it_has() -> None:
    xml = unsigned_envelope(()).replace(b'"envelope-1"', b'"_of-the-vendor"')
    signed = sign_envelope(xml, credential=SYSTEM, attachments=(), at=NOW)
    assert _text(signed, "//ds:Reference/@URI")[0] == "#_of-the-vendor"
    verify_envelope(parse(signed), attachments={})


def test_many_attachments_are_signed_and_verified() -> None:
    contents = {f"p{number}": b"x%d" % number for number in range(300)}
    signed = signed_envelope(SYSTEM, contents)
    verify_envelope(signed.root, attachments=signed.carried)


def test_weak_key_is_refused() -> None:
    weak = rsa_key(1024)
    root = write_step(receipts.step())
    credential = PKI.issuing.issue("qlvb", key=weak)
    signed = sign_receipt(root, credential=credential, at=NOW)
    with pytest.raises(SigningError) as refused:
        verify_receipt(parse(signed))
    assert refused.value.code is ErrorCode.SIGNATURE_ALGORITHM_REFUSED


def test_other_key_than_that_of_the_certificate_is_refused() -> None:
    other = HeldKey(ec.generate_private_key(ec.SECP256R1()))
    credential = Credential(other, SYSTEM.certificate, SYSTEM.chain)
    signed = signed_envelope(credential)
    with pytest.raises(SigningError) as refused:
        verify_envelope(signed.root, attachments=signed.carried)
    assert refused.value.code is ErrorCode.SIGNATURE_INVALID


@pytest.mark.parametrize("place", [0, 1], ids=["the signer's", "another"])
def test_certificate_of_a_version_there_is_none_is_refused(place: int) -> None:
    """Cryptography has an error of its own for it, which is no ValueError."""
    known = Signatory.of(SYSTEM)
    ders = list(known.certificates)
    version_3, version_8 = bytes.fromhex("a003020102"), bytes.fromhex("a003020107")
    ders[place] = ders[place].replace(version_3, version_8, 1)
    hostile = replace(
        known,
        certificates=tuple(ders),
        certificate_digests=tuple(sha256(one).digest() for one in ders),
    )
    record = step_record(receipts.step())
    signed = sign_record(record, signatory=hostile, at=NOW)
    with pytest.raises(SigningError) as refused:
        verify_receipt(parse(signed))
    assert refused.value.code is ErrorCode.CERTIFICATE_MALFORMED
