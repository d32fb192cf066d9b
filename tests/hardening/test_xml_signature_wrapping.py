"""No forged envelope verifies, wherever the genuine parts are put."""

from collections.abc import Callable

import pytest
from lxml import etree

from schemas.errors import CodedError, ErrorCode
from schemas.xml import DS, canonicalize, parse, qualified
from signing.errors import SigningError
from signing.xmldsig.verify import verify_envelope, verify_receipt
from tests.support.pki import TestPki
from tests.support.signed_xml import digests, signed_envelope
from tests.support.wrapping import ATTACKS, attacked, first

PKI = TestPki.create()
GENUINE = signed_envelope(PKI.system())
CONTENT = canonicalize(
    verify_envelope(GENUINE.root, attachments=GENUINE.carried).content
)


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_forged_envelope_is_refused(name: str) -> None:
    forged = parse(attacked(GENUINE.xml, name))
    with pytest.raises(SigningError):
        verify_envelope(forged, attachments=GENUINE.carried)


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_forged_envelope_is_refused_when_its_attachments_go_along(name: str) -> None:
    """An attacker who drops references also drops the attachments."""
    forged = parse(attacked(GENUINE.xml, name))
    uris = [one.get("URI", "") for one in forged.iter(qualified(DS, "Reference"))]
    named = {
        content_id: digest
        for content_id, digest in GENUINE.carried.items()
        if any(content_id.split(" ")[0] in uri for uri in uris)
    }
    with pytest.raises(SigningError):
        verify_envelope(forged, attachments=named)


@pytest.mark.parametrize(
    "insert",
    [
        lambda xml: xml.replace(b"<edXML:Subject>", b"<edXML:Subject><!-- -->"),
        lambda xml: xml.replace(b"<edXML:Subject>", b"<edXML:Subject><?a b?>"),
        lambda xml: xml.replace(b"<ds:SignedInfo>", b"<!-- --><ds:SignedInfo>"),
        lambda xml: xml.replace(b"<edXML:edXML ", b"<!DOCTYPE a><edXML:edXML ", 1),
        lambda xml: xml.replace(b"</ds:X509Data>", b"<![CDATA[]]></ds:X509Data>"),
    ],
    ids=["comment", "instruction", "comment-in-signature", "doctype", "cdata"],
)
def test_construct_that_splits_text_is_refused(
    insert: Callable[[bytes], bytes],
) -> None:
    changed = insert(GENUINE.xml)
    assert changed != GENUINE.xml
    with pytest.raises(CodedError) as refused:
        verify_envelope(parse(changed), attachments=GENUINE.carried)
    assert refused.value.code is ErrorCode.XML_FORBIDDEN_CONSTRUCT


def test_injected_namespace_declaration_changes_nothing() -> None:
    """Exclusive canonical form leaves out what no name uses."""
    injected = GENUINE.xml.replace(
        b"<edXML:edXMLHeader>", b'<edXML:edXMLHeader xmlns:evil="urn:evil">'
    )
    assert injected != GENUINE.xml
    verified = verify_envelope(parse(injected), attachments=GENUINE.carried)
    assert canonicalize(verified.content) == CONTENT


def test_attribute_in_the_xml_namespace_around_the_envelope_is_not_captured() -> None:
    injected = GENUINE.xml.replace(b"<edXML:edXML ", b'<edXML:edXML xml:lang="en" ', 1)
    assert injected != GENUINE.xml
    verified = verify_envelope(parse(injected), attachments=GENUINE.carried)
    assert canonicalize(verified.content) == CONTENT


def test_unsigned_attachment_is_refused() -> None:
    carried = GENUINE.carried | digests({"them": b"unsigned"})
    with pytest.raises(SigningError) as refused:
        verify_envelope(GENUINE.root, attachments=carried)
    assert refused.value.place == "cid:them"


def test_attachment_that_is_not_carried_is_refused() -> None:
    name, digest = next(iter(GENUINE.carried.items()))
    with pytest.raises(SigningError) as refused:
        verify_envelope(GENUINE.root, attachments={name: digest})
    assert refused.value.code is ErrorCode.SIGNATURE_SHAPE_REFUSED


def test_changed_attachment_is_refused_by_name() -> None:
    carried = GENUINE.carried | digests({"cong-van-214": b"other"})
    with pytest.raises(SigningError) as refused:
        verify_envelope(GENUINE.root, attachments=carried)
    assert refused.value.code is ErrorCode.ATTACHMENT_DIGEST_MISMATCH
    assert refused.value.place == "cid:cong-van-214"


def test_swapped_attachments_are_refused() -> None:
    (one, first_digest), (two, second_digest) = GENUINE.carried.items()
    with pytest.raises(SigningError):
        verify_envelope(
            GENUINE.root, attachments={one: second_digest, two: first_digest}
        )


def test_signature_of_another_envelope_is_refused() -> None:
    other = signed_envelope(PKI.system(), {})
    forged = GENUINE.root
    mine, theirs = (
        first(root, qualified(DS, "Signature")) for root in (forged, other.root)
    )
    parent = mine.getparent()
    assert parent is not None
    parent.replace(mine, theirs)
    with pytest.raises(SigningError):
        verify_envelope(forged, attachments={})


def test_certificate_of_another_signer_is_refused() -> None:
    root = GENUINE.root
    other = signed_envelope(PKI.system("qlvb-khac")).root
    tag = qualified(DS, "X509Certificate")
    first(root, tag).text = first(other, tag).text
    with pytest.raises(SigningError) as refused:
        verify_envelope(root, attachments=GENUINE.carried)
    assert refused.value.code is ErrorCode.SIGNING_CERTIFICATE_MISMATCH


def test_signed_envelope_does_not_pass_as_receipt() -> None:
    with pytest.raises(SigningError):
        verify_receipt(GENUINE.root)


def test_many_references_are_refused_quickly() -> None:
    """A forged signature costs no more than reading it (the timeout holds it)."""
    root = GENUINE.root
    info = first(root, qualified(DS, "SignedInfo"))
    for number in range(4000):
        extra = etree.SubElement(info, qualified(DS, "Reference"))
        extra.set("URI", f"cid:{number}")
    with pytest.raises(SigningError):
        verify_envelope(root, attachments=GENUINE.carried)
