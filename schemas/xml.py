"""The only way XML is parsed, made canonical and written here.

Untrusted bytes are judged in this order: size, encoding, forbidden constructs and
counts on the bytes themselves, then libxml2 with everything optional switched off,
then the shape of the tree. A document type, comment, processing instruction, entity
or CDATA section is never needed by our formats and splits or hides text, so each is
refused rather than removed.
"""

import re
from dataclasses import dataclass
from functools import cache
from threading import local
from typing import TypeAlias

from lxml import etree

from schemas.errors import ErrorCode, SchemaError

Element: TypeAlias = etree._Element  # noqa: SLF001 lxml has no public name for it

QCVN = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XLINK = "http://www.w3.org/1999/xlink"
LIENTHONG = "urn:lienthong:1"

DECLARATION = b"<?xml version='1.0' encoding='UTF-8'?>\n"
"""What every document written here begins with."""

_BOM = b"\xef\xbb\xbf"
_S = rb"[ \t\r\n]"
_EQUALS = rb"%b*=%b*" % (_S, _S)
_DECLARATION = re.compile(
    rb"<\?xml%b+version%b(?:'1\.0'|\"1\.0\")"
    rb"(?:%b+encoding%b(['\"])(?P<encoding>[A-Za-z][A-Za-z0-9._-]*)\1)?"
    rb"(?:%b+standalone%b(['\"])(?:yes|no)\3)?%b*\?>"
    % (_S, _EQUALS, _S, _EQUALS, _S, _EQUALS, _S)
)
_ENTITY = re.compile(
    rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlLimits:
    """Caps on one XML document; attachments are cut out before it is parsed.

    Args:
        size: bytes of the document.
        tags: start and end tags in all (5,000 recipients need 90,000).
        attributes: attributes of one element.
        namespaces: namespace declarations in all; canonical form grows with them.
        depth: levels of nesting (an XAdES signature inside a header needs 14).
    """

    size: int = 2_000_000
    tags: int = 120_000
    attributes: int = 32
    namespaces: int = 256
    depth: int = 32


DEFAULT = XmlLimits()


def parse(data: bytes, *, limits: XmlLimits = DEFAULT) -> Element:
    """Return the root element of `data`.

    Raises:
        SchemaError: too large, not UTF-8, a forbidden construct, too many parts,
            or not well-formed.
    """
    if len(data) > limits.size:
        raise SchemaError(ErrorCode.BODY_TOO_LARGE, place="xml")
    text = _without_declaration(_utf8(data))
    _refuse_constructs(text)
    _refuse_counts(text, limits)
    root = _well_formed(text)
    _refuse_shape(root, limits)
    return root


def parse_canonical(octets: bytes) -> Element:
    """Return the root of canonical octets of a tree that passed `parse`.

    They hold nothing `parse` refuses, and may repeat namespaces beyond its count.

    Raises:
        SchemaError: not well-formed, so not such octets.
    """
    return _well_formed(octets)


def canonicalize(element: Element) -> bytes:
    """Return exclusive canonical XML 1.0 without comments of the subtree.

    Raises:
        SchemaError: a namespace is a relative URI, which has no canonical form.
    """
    try:
        return etree.tostring(
            element, method="c14n", exclusive=True, with_comments=False
        )
    except etree.C14NError as error:
        raise SchemaError(
            ErrorCode.XML_FORBIDDEN_CONSTRUCT, place="namespace"
        ) from error


def serialize(element: Element) -> bytes:
    """Return `element` as a UTF-8 document with its XML declaration."""
    return etree.tostring(
        element, encoding="UTF-8", xml_declaration=True, with_tail=False
    )


def qualified(namespace: str, name: str) -> str:
    """Return `name` in `namespace` in the notation lxml uses for tags."""
    return f"{{{namespace}}}{name}" if namespace else name


def local_name(element: Element) -> str:
    """Return the name of `element` without its namespace."""
    return etree.QName(element).localname


def namespace_of(element: Element) -> str:
    """Return the namespace of `element`, empty if it has none."""
    return etree.QName(element).namespace or ""


def children(element: Element, *tags: str) -> list[Element]:
    """Return the children of `element` with one of `tags`, in document order."""
    return [child for child in element if child.tag in tags]


def only_child(element: Element, *tags: str) -> Element | None:
    """Return the one child of `element` with one of `tags`, None if there is none.

    Raises:
        SchemaError: there are several, so which one is meant is anybody's guess.
    """
    found = children(element, *tags)
    if len(found) > 1:
        raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place=local_name(found[1]))
    return found[0] if found else None


def text_of(element: Element | None) -> str:
    """Return the text of `element` without outer white space; empty if None.

    Raises:
        SchemaError: it holds elements where text is expected.
    """
    if element is None:
        return ""
    if len(element):
        raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place=local_name(element))
    return (element.text or "").strip()


def append(parent: Element, tag: str, text: str | None = None) -> Element:
    """Append a child with `tag` and `text` to `parent` and return it.

    Raises:
        SchemaError: the text holds a character XML cannot carry.
    """
    child = etree.SubElement(parent, tag)
    try:
        child.text = text
    except ValueError as error:
        raise SchemaError(ErrorCode.VALUE_MALFORMED, place=local_name(child)) from error
    return child


def _utf8(data: bytes) -> bytes:
    """Return `data` without its byte order mark, being sure that it is UTF-8.

    UTF-16 and UTF-32 of ASCII letters hold zero bytes, which are valid UTF-8 but
    never XML, so they are caught by that.
    """
    text = data.removeprefix(_BOM)
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SchemaError(ErrorCode.ENCODING_NOT_UTF8, place="xml") from error
    if b"\0" in text:
        raise SchemaError(ErrorCode.ENCODING_NOT_UTF8, place="xml")
    return text


def _without_declaration(text: bytes) -> bytes:
    """Return `text` after its XML declaration, which may name UTF-8 only.

    What follows is handed to a parser alone, which would take a byte order mark there.
    """
    declaration = _DECLARATION.match(text)
    encoding = declaration["encoding"] if declaration else None
    if encoding is not None and encoding.lower() not in {b"utf-8", b"utf8"}:
        raise SchemaError(ErrorCode.ENCODING_NOT_UTF8, place="xml")
    rest = text[declaration.end() :] if declaration else text
    if rest.startswith(_BOM):
        raise SchemaError(ErrorCode.XML_MALFORMED, place="line 1")
    return rest


def _refuse_constructs(text: bytes) -> None:
    """Refuse what our formats never need.

    In well-formed XML a literal ``<`` is always markup, so bytes suffice.
    """
    if b"<!" in text or b"<?" in text or (b"&" in text and _ENTITY.search(text)):
        raise SchemaError(ErrorCode.XML_FORBIDDEN_CONSTRUCT, place="xml")


def _refuse_counts(text: bytes, limits: XmlLimits) -> None:
    """Refuse by counts that are never below the true ones, before a tree exists."""
    if text.count(b"<") > limits.tags:
        raise SchemaError(ErrorCode.XML_LIMIT_EXCEEDED, place="tags")
    if text.count(b"xmlns") > limits.namespaces:
        raise SchemaError(ErrorCode.XML_LIMIT_EXCEEDED, place="namespaces")


class _Parser(local):
    """The parser of one thread; what it said of a document goes with the next one."""

    def __init__(self) -> None:
        self.parser = etree.XMLParser(
            encoding="utf-8",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            attribute_defaults=False,
            huge_tree=False,
            recover=False,
            collect_ids=False,
            strip_cdata=False,
        )


_own = _Parser()


def _well_formed(text: bytes) -> Element:
    parser = _own.parser
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        place = f"line {error.lineno}" if error.lineno else "xml"
        raise SchemaError(ErrorCode.XML_MALFORMED, place=place) from error
    # A later warning hides an error of libxml2 from lxml: an undeclared prefix, say.
    if any(one.level >= etree.ErrorLevels.ERROR for one in parser.error_log):
        raise SchemaError(ErrorCode.XML_MALFORMED, place="namespace")
    return root


def _refuse_shape(root: Element, limits: XmlLimits) -> None:
    if _deeper_than(limits.depth)(root):
        raise SchemaError(ErrorCode.XML_LIMIT_EXCEEDED, place="depth")
    if _has_attributes_beyond(limits.attributes)(root):
        raise SchemaError(ErrorCode.XML_LIMIT_EXCEEDED, place="attributes")


@cache
def _deeper_than(depth: int) -> etree.XPath:
    """Return the test for an element below `depth`; libxml2 walks, not Python."""
    return etree.XPath(f"boolean({'/*' * (depth + 1)})")


@cache
def _has_attributes_beyond(count: int) -> etree.XPath:
    """Return the test for an element with more than `count` attributes."""
    return etree.XPath(f"boolean(/descendant::*/attribute::*[{count + 1}])")
