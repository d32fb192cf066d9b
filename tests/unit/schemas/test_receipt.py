from dataclasses import replace

import pytest
from lxml import etree

from schemas import xml
from schemas.errors import ErrorCode, SchemaError
from schemas.receipt import AcceptanceReceipt, StepReceipt, read_receipt
from tests.support.receipts import acceptance, step, write_acceptance, write_step

WRITTEN = [
    pytest.param(write_acceptance(acceptance()), id="acceptance"),
    pytest.param(write_step(step()), id="step"),
]


def reread(element: xml.Element) -> AcceptanceReceipt | StepReceipt:
    return read_receipt(xml.parse(xml.serialize(element)))


def test_acceptance_reads_back_as_it_was_written() -> None:
    assert reread(write_acceptance(acceptance())) == acceptance()


def test_acceptance_of_a_channel_peer_has_no_signature_verdict() -> None:
    receipt = replace(acceptance(), signature_verdict=None, attachments=())
    written = write_acceptance(receipt)
    assert b"SignatureVerdict" not in xml.serialize(written)
    assert reread(written) == receipt


def test_step_reads_back_as_it_was_written() -> None:
    assert reread(write_step(step())) == step()


def test_step_without_its_optional_parts_reads_back() -> None:
    receipt = replace(
        step(),
        recipient=None,
        status_code=None,
        description="",
        status_envelope_id=None,
        status_body_sha256=None,
        request_envelope_id=None,
        request_body_sha256=None,
        reach=None,
        findings=(),
        redirections=(),
    )
    assert reread(write_step(receipt)) == receipt


def test_texts_of_people_survive_unchanged() -> None:
    receipt = replace(step(), description='Thiếu phụ lục <1> & "2";\n\tgửi lại \r')
    assert reread(write_step(receipt)) == receipt


@pytest.mark.parametrize("written", WRITTEN)
def test_root_is_in_our_namespace_with_the_id_signatures_name(
    written: xml.Element,
) -> None:
    assert xml.namespace_of(written) == "urn:lienthong:1"
    assert written.attrib.items() == [("Id", "receipt-1")]


def elements_below(root: xml.Element) -> list[xml.Element]:
    return [one for one in root.iter() if one is not root]


@pytest.mark.parametrize("written", WRITTEN)
def test_receipt_with_any_required_element_taken_out_is_refused(
    written: xml.Element,
) -> None:
    optional = {
        *("Attachment", "Recipient", "SignatureVerdict", "SubIndication"),
        *("CertificateSha256", "StatusCode", "StatusEnvelopeId", "StatusBodySha256"),
        *("RequestEnvelopeId", "RequestBodySha256", "Reach"),
        *("Finding", "Reason", "Redirections", "Redirection"),
        *("Change", "Effective", "EventId", "EventDigest", "LogIndex"),
    }
    for number, element in enumerate(elements_below(written)):
        copy = xml.parse(xml.serialize(written))
        victim = elements_below(copy)[number]
        parent = victim.getparent()
        if xml.local_name(element) in optional or parent is None:
            continue
        parent.remove(victim)
        with pytest.raises(SchemaError):
            read_receipt(copy)


@pytest.mark.parametrize("written", WRITTEN)
def test_receipt_with_anything_added_anywhere_is_refused(written: xml.Element) -> None:
    for number in range(len(list(written.iter()))):
        for change in CHANGES:
            copy = xml.parse(xml.serialize(written))
            change(list(copy.iter())[number])
            changed = xml.serialize(copy) != xml.serialize(written)
            if changed:
                with pytest.raises(SchemaError):
                    read_receipt(copy)


def add_child(element: xml.Element) -> None:
    xml.append(element, xml.qualified(xml.LIENTHONG, "Extra"), "x")


def add_text_before(element: xml.Element) -> None:
    if len(element):
        element.text = "\n"


def add_foreign(element: xml.Element) -> None:
    xml.append(element, xml.qualified(xml.DS, "Signature"))


def add_attribute(element: xml.Element) -> None:
    element.set("extra", "x")


def add_text_after(element: xml.Element) -> None:
    if element.getparent() is not None:
        element.tail = "\n"


CHANGES = (add_child, add_attribute, add_text_after, add_text_before, add_foreign)


@pytest.mark.parametrize("written", WRITTEN)
def test_receipt_with_two_children_swapped_is_refused(written: xml.Element) -> None:
    for number in range(len(written) - 1):
        copy = xml.parse(xml.serialize(written))
        copy.insert(number, copy[number + 1])
        with pytest.raises(SchemaError):
            read_receipt(copy)


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("EnvelopeId", "not-a-ulid", ErrorCode.VALUE_MALFORMED),
        ("BodySha256", "AB" * 32, ErrorCode.VALUE_MALFORMED),
        ("BodySize", "01", ErrorCode.VALUE_MALFORMED),
        ("BodySize", "-1", ErrorCode.VALUE_MALFORMED),
        ("Kind", "letter", ErrorCode.VALUE_MALFORMED),
        ("Sender", " H99.151", ErrorCode.ORGAN_ID_MALFORMED),
        ("SystemId", "Xã", ErrorCode.SYSTEM_ID_MALFORMED),
        ("MessageId", "a b", ErrorCode.MESSAGE_ID_MALFORMED),
        ("AcceptedAt", "2026-11-21", ErrorCode.DATE_MALFORMED),
    ],
)
def test_malformed_value_is_refused_by_its_place(
    name: str, text: str, code: ErrorCode
) -> None:
    written = write_acceptance(acceptance())
    written.find(xml.qualified(xml.LIENTHONG, name)).text = text  # type: ignore[union-attr]  # the builder writes every element
    with pytest.raises(SchemaError) as refused:
        read_receipt(written)
    assert refused.value.code is code
    assert refused.value.place == f"AcceptanceReceipt/{name}"


def test_root_of_another_name_namespace_or_id_is_refused() -> None:
    good = xml.serialize(write_step(step()))
    for before, after in (
        (b"StepReceipt", b"OtherReceipt"),
        (b"urn:lienthong:1", b"urn:lienthong:2"),
        (b"receipt-1", b"receipt-2"),
    ):
        with pytest.raises(SchemaError):
            read_receipt(etree.fromstring(good.replace(before, after)))


def test_text_that_xml_cannot_carry_is_refused_when_writing() -> None:
    with pytest.raises(SchemaError) as refused:
        write_step(replace(step(), description="a\x00b"))
    assert refused.value.code is ErrorCode.VALUE_MALFORMED
