"""Writing XML and walking it; the refusals of parsing are in the hardening tests."""

import pytest

from schemas.errors import ErrorCode, SchemaError
from schemas.xml import (
    LIENTHONG,
    append,
    canonicalize,
    children,
    local_name,
    namespace_of,
    only_child,
    parse,
    qualified,
    serialize,
    text_of,
)


def test_the_canonical_form_is_exclusive_and_sorted() -> None:
    root = parse(
        b"<a xmlns:unused='urn:u' xmlns:p='urn:p'><p:b z='1' a='2'/>\r\n<c></c></a>"
    )
    expected = b'<a><p:b xmlns:p="urn:p" a="2" z="1"></p:b>\n<c></c></a>'
    assert canonicalize(root) == expected


def test_the_canonical_form_of_a_part_is_that_part_alone() -> None:
    root = parse(b"<a xmlns='urn:a' xmlns:p='urn:p'><b><p:c/>in</b>tail</a>")
    expected = b'<b xmlns="urn:a"><p:c xmlns:p="urn:p"></p:c>in</b>'
    assert canonicalize(root[0]) == expected
    assert canonicalize(parse(expected)) == expected


def test_a_written_document_says_that_it_is_utf8() -> None:
    root = parse("<a><b>Đ</b>tail</a>".encode())
    head = b"<?xml version='1.0' encoding='UTF-8'?>\n"
    assert serialize(root[0]) == head + "<b>Đ</b>".encode()


def test_names_and_namespaces_are_told_apart() -> None:
    root = parse(b"<p:a xmlns:p='urn:p'><b/></p:a>")
    assert (local_name(root), namespace_of(root)) == ("a", "urn:p")
    assert (local_name(root[0]), namespace_of(root[0])) == ("b", "")
    assert qualified("urn:p", "a") == root.tag
    assert qualified("", "b") == root[0].tag


def test_children_are_found_by_any_of_their_tags_in_order() -> None:
    root = parse(b"<a xmlns:p='urn:p'><b/><p:b/><c/><b/></a>")
    found = children(root, "b", qualified("urn:p", "b"))
    assert [child.tag for child in found] == ["b", "{urn:p}b", "b"]


def test_an_only_child_is_one_or_none_but_never_two() -> None:
    root = parse(b"<a><b/><c/><c/></a>")
    assert only_child(root, "b") is root[0]
    assert only_child(root, "d") is None
    with pytest.raises(SchemaError) as refused:
        only_child(root, "c")
    assert refused.value.code is ErrorCode.SCHEMA_VIOLATION
    assert refused.value.place == "c"


def test_a_text_comes_without_outer_space_and_never_in_pieces() -> None:
    root = parse(b"<a><b> x y\n</b><c/><d>x<e/>y</d></a>")
    assert [text_of(root[0]), text_of(root[1]), text_of(None)] == ["x y", "", ""]
    with pytest.raises(SchemaError) as refused:
        text_of(root[2])
    assert refused.value.place == "d"


@pytest.mark.parametrize("text", ["\x00", "\x0b", "\ud800", "\ufffe"])
def test_a_character_that_xml_cannot_carry_is_refused(text: str) -> None:
    root = parse(b"<a/>")
    with pytest.raises(SchemaError) as refused:
        append(root, qualified(LIENTHONG, "Name"), text)
    assert refused.value.code is ErrorCode.VALUE_MALFORMED
    assert refused.value.place == "Name"
