"""No text and no attribute of a signed document can change without being noticed."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from schemas.errors import CodedError
from schemas.xml import Element, parse
from signing.xmldsig.sign import sign_receipt
from signing.xmldsig.verify import VerifiedXml, verify_envelope, verify_receipt
from tests.support import receipts
from tests.support.pki import NOW, TestPki
from tests.support.receipts import write_acceptance
from tests.support.signed_xml import signed_envelope

PKI = TestPki.create()
ENVELOPE = signed_envelope(PKI.system())
RECEIPT = sign_receipt(
    write_acceptance(receipts.acceptance()), credential=PKI.receipt(), at=NOW
)

Step = Callable[[], object]


def _verify_envelope(root: Element) -> VerifiedXml:
    return verify_envelope(root, attachments=ENVELOPE.carried)


VERIFIERS = {"envelope": _verify_envelope, "receipt": verify_receipt}
DOCUMENTS = {"envelope": ENVELOPE.xml, "receipt": RECEIPT}


def _signed(root: Element) -> Element:
    """Return the signed element: the envelope inside edXML, or the root itself."""
    return root[0] if str(root.tag).endswith("edXML") else root


def _other(text: str) -> str:
    """Return `text` with its middle character replaced by a neighbour."""
    middle = len(text) // 2
    return text[:middle] + chr(ord(text[middle]) ^ 1) + text[middle + 1 :]


def _changes(signed: Element) -> Iterator[tuple[Step, Step]]:
    """Yield every change of one text or attribute, and how to take it back."""
    for element in signed.iter():
        yield from _text_changes(element)
        if element is not signed:
            yield (
                partial(setattr, element, "tail", " "),
                partial(setattr, element, "tail", None),
            )
        for name, value in element.items():
            for new in (_other(str(value)), f"{value!s} "):
                yield partial(element.set, name, new), partial(element.set, name, value)
        yield partial(element.set, "added", "1"), partial(element.attrib.pop, "added")


def _text_changes(element: Element) -> Iterator[tuple[Step, Step]]:
    old = None if element.text is None else str(element.text)
    for new in (_other(old), f"{old} ", f"\n{old}") if old else ("x", " "):
        yield (
            partial(setattr, element, "text", new),
            partial(setattr, element, "text", old),
        )


def _is_accepted(name: str, root: Element) -> bool:
    try:
        VERIFIERS[name](root)
    except CodedError:
        return False
    return True


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_change_of_a_text_or_attribute_is_refused(name: str) -> None:
    root = parse(DOCUMENTS[name])
    refused = []
    for change, take_back in _changes(_signed(root)):
        change()
        refused.append(not _is_accepted(name, root))
        take_back()
    assert _is_accepted(name, root)
    assert len(refused) > 300
    assert all(refused)


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_flipped_bit_after_the_declaration_is_refused(name: str) -> None:
    xml = DOCUMENTS[name]
    accepted = []
    for position in range(xml.index(b"?>") + 2, len(xml)):
        changed = bytearray(xml)
        changed[position] ^= 1 << position % 7
        try:
            VERIFIERS[name](parse(bytes(changed)))
        except CodedError:
            continue
        accepted.append(position)
    assert accepted == []
