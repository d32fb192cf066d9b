"""Records written as canonical text, judged by the canonical form libxml2 makes."""

import pytest
from lxml import etree

from schemas import canonical
from schemas.errors import ErrorCode, SchemaError
from schemas.strict_xml import add, add_fields, new_root
from schemas.xml import canonicalize, parse_canonical

TEXTS = {
    "empty": "",
    "markup": "</r><r a='1'>&amp;&#13;]]>",
    "quotes": "\"'`",
    "spaces": " \t\n \r\n\r ",
    "vietnamese": "Quyết định số 12/QĐ-UBND\u00a0\u2028\u0085",
    "beyond": "\U0001f4dc\U0010ffff\ufffd\ue000\x7f",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_text_is_written_as_libxml2_makes_it_canonical(text: str) -> None:
    named = (("A", text), ("B", None), ("C", "plain"))
    tree = new_root("R", identifier="r-1")
    add_fields(tree, named)
    add(tree, "Empty")
    add(add(tree, "Outer"), "Inner", named)
    written = canonical.record(
        "R",
        canonical.fields(named),
        canonical.element("Empty"),
        canonical.element("Outer", canonical.element("Inner", canonical.fields(named))),
        identifier="r-1",
    )
    assert written.octets == canonicalize(tree)
    assert canonicalize(parse_canonical(written.octets)) == written.octets


def test_same_characters_are_carried_and_refused_as_by_libxml2() -> None:
    tree = etree.Element("A")
    for point in (*range(0x10000), 0x10000, 0x1FFFE, 0x1FFFF, 0x10FFFF):
        character = chr(point)
        try:
            tree.text = character
        except ValueError:
            with pytest.raises(SchemaError) as refused:
                canonical.fields([("A", character)])
            assert refused.value.code is ErrorCode.VALUE_MALFORMED
            assert refused.value.place == "A"
        else:
            written = canonical.fields([("A", character)])
            assert written.encode() == canonicalize(tree)


def test_forbidden_character_is_refused_behind_what_is_escaped() -> None:
    with pytest.raises(SchemaError) as refused:
        canonical.fields([("A", "<&>\r"), ("B", "a\x00b")])
    assert refused.value.place == "B"
