"""The published schema and our readers must agree on what a record is."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import etree

from schemas import xml
from schemas.delegation import Delegation, read_delegation, write_delegation
from schemas.errors import SchemaError
from schemas.evidence import (
    BundleManifest,
    BundleMember,
    MemberRole,
    TreeHead,
    read_manifest,
    read_tree_head,
    write_manifest,
    write_tree_head,
)
from schemas.identifiers import OrganId, person_id
from schemas.preflight import read_preflight, write_preflight
from schemas.receipt import read_receipt
from tests.architecture.imports import ROOT
from tests.support.receipts import (
    AT,
    ENVELOPE,
    acceptance,
    preflight,
    step,
    write_acceptance,
    write_step,
)

Reader = Callable[[xml.Element], object]

MEMBER = BundleMember(
    name="envelope/body",
    sha256="0a" * 32,
    size=1,
    role=MemberRole.BODY,
    content_type="application/xml",
)
DELEGATION = Delegation(
    delegator=OrganId("H99"),
    delegate=OrganId("H99.151"),
    kinds=("22", "07"),
    valid_from=AT,
    valid_to=AT + timedelta(days=30),
    reason="Quyết định 12/QĐ-UBND",
)
RECORDS: dict[str, tuple[xml.Element, Reader]] = {
    "acceptance": (write_acceptance(acceptance()), read_receipt),
    "acceptance, from a person": (
        write_acceptance(replace(acceptance(), system_id=person_id("van.thu_2"))),
        read_receipt,
    ),
    "step": (write_step(step()), read_receipt),
    "preflight": (write_preflight(preflight()), read_preflight),
    "preflight, acceptable": (
        write_preflight(replace(preflight(), reasons=())),
        read_preflight,
    ),
    "tree head": (
        write_tree_head(TreeHead(log_id="l", size=1, root_hash=bytes(32), at=AT)),
        read_tree_head,
    ),
    "manifest": (
        write_manifest(BundleManifest(envelope_id=ENVELOPE, at=AT, members=(MEMBER,))),
        read_manifest,
    ),
    "delegation": (write_delegation(DELEGATION), read_delegation),
}


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(ROOT / "schemas" / "xsd" / "lienthong.xsd"))


@pytest.mark.parametrize("record", RECORDS)
def test_schema_takes_what_we_write_signed_or_not(
    record: str, schema: etree.XMLSchema
) -> None:
    written = xml.parse(xml.serialize(RECORDS[record][0]))
    assert schema.validate(written)
    xml.append(written, xml.qualified(xml.DS, "Signature"))
    assert schema.validate(written)


def variants(written: xml.Element) -> Iterator[xml.Element]:
    """Every record that lacks one element, or has the text of one changed."""
    for number in range(1, len(list(written.iter()))):
        lacking = xml.parse(xml.serialize(written))
        victim = list(lacking.iter())[number]
        parent = victim.getparent()
        if parent is not None:
            parent.remove(victim)
        yield lacking
        for text in ("", "x", " ", "A B", "-1", "01"):
            changed = xml.parse(xml.serialize(written))
            element = list(changed.iter())[number]
            if not len(element):
                element.text = text
                yield changed


@pytest.mark.parametrize("record", RECORDS)
def test_reader_takes_nothing_the_schema_refuses(
    record: str, schema: etree.XMLSchema
) -> None:
    written, read = RECORDS[record]
    taken = [one for one in variants(written) if is_taken(read, one)]
    assert taken
    assert all(schema.validate(one) for one in taken)


@pytest.mark.parametrize("record", RECORDS)
def test_schema_takes_more_than_the_reader_only_for_unknown_words(
    record: str, schema: etree.XMLSchema
) -> None:
    written, read = RECORDS[record]
    names = (b"Step", b"Reason", b"Role", b"Change", b"Reach", b"Code")
    words = [b">x</%b>" % name for name in names]
    for one in variants(written):
        if schema.validate(one) and not is_taken(read, one):
            assert any(word in xml.serialize(one) for word in words)


def is_taken(read: Reader, element: xml.Element) -> bool:
    try:
        read(element)
    except SchemaError:
        return False
    return True
