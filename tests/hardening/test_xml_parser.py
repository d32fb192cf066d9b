"""Attacks on an XML parser, each refused before it costs or hides anything.

The table is that of the measured hardening notes; every document here is small, and
its refusal must be quick.
"""

from pathlib import Path
from xml.parsers.expat import ExpatError, ParserCreate

import pytest

from schemas.edxml.reader import read
from schemas.edxml.validate import validate
from schemas.errors import ErrorCode, SchemaError
from schemas.xml import QCVN, XmlLimits, canonicalize, parse
from tests.support.cpu import soon
from tests.support.edxml import MESSAGE_PARTS, message_xml

FORBIDDEN = ErrorCode.XML_FORBIDDEN_CONSTRUCT
EXCEEDED = ErrorCode.XML_LIMIT_EXCEEDED
MALFORMED = ErrorCode.XML_MALFORMED
NOT_UTF8 = ErrorCode.ENCODING_NOT_UTF8
QUICK_SECONDS = 3.0


def _refusal(xml: bytes, limits: XmlLimits | None = None) -> ErrorCode:
    """Return the refusal's code; it must come quickly."""
    with soon(QUICK_SECONDS), pytest.raises(SchemaError) as refused:
        parse(xml, limits=limits or XmlLimits())
    return refused.value.code


def _laughs(levels: int = 9) -> bytes:
    entities = [
        f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">'
        for level in range(1, levels + 1)
    ]
    declared = '<!ENTITY e0 "ha">' + "".join(entities)
    return f"<!DOCTYPE a [{declared}]><a>&e{levels};</a>".encode()


def _external(kind: str, url: str) -> bytes:
    declared = {
        "entity": f'<!DOCTYPE a [<!ENTITY x SYSTEM "{url}">]><a>&x;</a>',
        "dtd": f'<!DOCTYPE a SYSTEM "{url}"><a/>',
        "parameter": f'<!DOCTYPE a [<!ENTITY % x SYSTEM "{url}"> %x;]><a/>',
    }
    return declared[kind].encode()


def test_billion_laughs_are_refused() -> None:
    assert _refusal(_laughs()) is FORBIDDEN


def test_quadratic_blow_up_is_refused() -> None:
    text = f'<!DOCTYPE a [<!ENTITY x "{"x" * 50_000}">]><a>{"&x;" * 20_000}</a>'
    assert _refusal(text.encode()) is FORBIDDEN


@pytest.mark.parametrize("kind", ["entity", "dtd", "parameter"])
@pytest.mark.parametrize("url", ["file:///etc/hostname", "http://127.0.0.1:9/x"])
def test_what_lies_outside_is_never_fetched(kind: str, url: str) -> None:
    assert _refusal(_external(kind, url)) is FORBIDDEN


@pytest.mark.parametrize(
    "text",
    [
        "<!doctype a><a/>",
        "<a/><!DOCTYPE a>",
        "<a><!-- x --></a>",
        "<!-- x --><a/>",
        "<a/><!-- x -->",
        "<a><![CDATA[x]]></a>",
        "<a><?x y?></a>",
        "<?xml-stylesheet href='x'?><a/>",
        "<a/><?x?>",
        "<a>&undefined;</a>",
        "<a>&%x;</a>",
        "<a b='&x;'/>",
        "<a>&</a>",
        "<a>&amp</a>",
        " <?xml version='1.0'?><a/>",
        "<?xml version='1.1'?><a/>",
        "<?xml version='1.0' encoding='UTF-8' x='y'?><a/>",
    ],
)
def test_constructs_that_split_or_hide_text_are_refused(text: str) -> None:
    assert _refusal(text.encode()) is FORBIDDEN


@pytest.mark.parametrize("splitter", ["<!-- -->", "<?x?>", "<![CDATA[,]]>"])
def test_a_text_cannot_be_split_in_front_of_its_reader(splitter: str) -> None:
    subject = f"<Subject>Về việc{splitter} không phê duyệt</Subject>"
    xml = message_xml(*MESSAGE_PARTS[:-1], subject)
    assert _refusal(xml) is FORBIDDEN


def test_the_five_named_and_the_numbered_characters_are_read() -> None:
    root = parse(b"<a b='&quot;'>&amp;&lt;&gt;&apos;&#272;&#x1EAD;</a>")
    assert root.text == "&<>'Đậ"


def test_an_inclusion_is_inert(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret", encoding="utf-8")
    include = '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="%s"/>'
    root = parse((f"<a>{include}</a>" % secret.as_uri()).encode())
    assert b"XInclude" in canonicalize(root)
    assert b"secret</" not in canonicalize(root)


def test_an_inclusion_in_an_envelope_is_refused_by_shape() -> None:
    include = '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="file:///x"/>'
    root = parse(message_xml(*MESSAGE_PARTS, include))
    with pytest.raises(SchemaError) as refused:
        validate(root)
    assert refused.value.code is ErrorCode.SCHEMA_VIOLATION


@pytest.mark.parametrize("depth", [33, 200, 50_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    code = _refusal(b"<a>" * depth + b"</a>" * depth)
    assert code in {EXCEEDED, MALFORMED}


def test_nesting_at_the_limit_is_read() -> None:
    parse(b"<a>" * 32 + b"</a>" * 32)


@pytest.mark.parametrize("equals", ["=", " = "])
@pytest.mark.parametrize("count", [33, 20_000, 100_000])
def test_many_attributes_are_refused_without_looking_at_each(
    count: int, equals: str
) -> None:
    attributes = " ".join(f'a{number}{equals}"1"' for number in range(count))
    assert _refusal(f"<a><b {attributes}/></a>".encode()) is EXCEEDED


def test_attributes_at_the_limit_and_equals_signs_in_text_are_read() -> None:
    attributes = " ".join(f'a{number}=">"' for number in range(32))
    parse(f"<a><b {attributes}/>{'=' * 5000}</a>".encode())


def test_many_namespaces_are_refused_before_parsing() -> None:
    declared = " ".join(f'xmlns:n{number}="urn:{number}"' for number in range(1000))
    elements = "<b/>" * 1000
    assert _refusal(f"<a {declared}>{elements}</a>".encode()) is EXCEEDED


def test_many_elements_are_refused_before_parsing() -> None:
    assert _refusal(b"<a>" + b"<b/>" * 450_000 + b"</a>") is EXCEEDED


def test_a_document_over_its_size_is_refused_unread() -> None:
    limits = XmlLimits(size=1000)
    assert _refusal(b"\xff" * 1001, limits) is ErrorCode.BODY_TOO_LARGE
    parse(b"<a>" + b"x" * 993 + b"</a>", limits=limits)


@pytest.mark.parametrize("part", ["<%s/>", "<a %s='1'/>", "<a xmlns:%s='urn:x'/>"])
def test_a_name_of_a_megabyte_is_refused(part: str) -> None:
    assert _refusal((part % ("n" * 1_000_000)).encode()) is MALFORMED


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("declared", [True, False])
def test_wide_encodings_are_refused(encoding: str, declared: bool) -> None:
    head = f"<?xml version='1.0' encoding='{encoding}'?>" if declared else ""
    assert _refusal(f"{head}<a>Đ</a>".encode(encoding)) is NOT_UTF8


@pytest.mark.parametrize(
    "encoding", ["utf-7", "UTF-16", "iso-8859-1", "windows-1258", "ebcdic-cp-us"]
)
def test_a_declared_encoding_other_than_utf8_is_refused(encoding: str) -> None:
    xml = f'<?xml version="1.0" encoding="{encoding}"?><a>x</a>'
    assert _refusal(xml.encode("ascii")) is NOT_UTF8


def test_utf7_that_hides_markup_is_refused() -> None:
    hidden = "<?xml version='1.0' encoding='utf-7'?><a>+ADw-!DOCTYPE x+AD4-</a>"
    assert _refusal(hidden.encode()) is NOT_UTF8


@pytest.mark.parametrize(
    "text",
    [b"<a>\xe9</a>", b"<a>\xc0\xaf</a>", b"<a>\xed\xa0\x80</a>", b"<a>\xf5</a>"],
)
def test_octets_that_are_not_utf8_are_refused(text: bytes) -> None:
    assert _refusal(text) is NOT_UTF8


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"   ",
        b"{}",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b"<a/>text",
        b"<a b=1/>",
        b"<a b='1' b='2'/>",
        b"<p:a/>",
        b"<a>\x01</a>",
        b"<a>&#1;</a>",
        b"<a>&#xFFFF;</a>",
        b"<a b='<'/>",
        b"%PDF-1.7",
    ],
)
def test_what_is_not_well_formed_is_refused(text: bytes) -> None:
    assert _refusal(text) is MALFORMED


def test_the_refusal_of_a_fault_names_its_line_only() -> None:
    with pytest.raises(SchemaError) as refused:
        parse(b"<?xml version='1.0'?>\n<a>\n<secret-name>\n</a>")
    assert refused.value.place == "line 4"


@pytest.mark.parametrize("declaration", ["", "<?xml version='1.0'?>"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_utf8_is_read_with_and_without_mark_and_declaration(
    declaration: str, mark: bytes
) -> None:
    assert parse(mark + f"{declaration}<a>Đ</a>".encode()).text == "Đ"


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-8", "Utf8"])
def test_declared_utf8_is_read(encoding: str) -> None:
    xml = f'<?xml version="1.0"  encoding="{encoding}" standalone="yes" ?>\n<a>Đ</a>'
    assert parse(xml.encode()).text == "Đ"


@pytest.mark.parametrize(
    "before",
    [
        b"<?xml version='1.0' encoding='UTF-8\"?>",
        b'<?xml version="1.0" encoding="UTF-8" standalone=\'yes"?>',
        b"<?xml\x0cversion='1.0'?>",
        b"<?xml version='1.0'\x0b?>",
        b"<?xml version='1.0'encoding='UTF-8'?>",
        b"\xef\xbb\xbf\xef\xbb\xbf",
        b"\xef\xbb\xbf<?xml version='1.0'?>\xef\xbb\xbf",
        b"<?xml version='1.0'?>\xef\xbb\xbf",
    ],
)
def test_beginning_that_no_other_reader_takes_is_refused(before: bytes) -> None:
    """Whoever received it could not read it."""
    with pytest.raises(ExpatError):
        ParserCreate().Parse(before + b"<a/>", True)
    assert _refusal(before + b"<a/>") in {MALFORMED, FORBIDDEN}


def test_two_envelopes_side_by_side_are_refused() -> None:
    one = message_xml().partition(b"<edXML:edXMLEnvelope>")
    inner = one[1] + one[2].rpartition(b"</edXML>")[0]
    twice = f'<edXML xmlns="{QCVN}" xmlns:edXML="{QCVN}">'.encode() + inner * 2
    root = parse(twice + b"</edXML>")
    for judge in (validate, read):
        with pytest.raises(SchemaError) as refused:
            judge(root)
        assert refused.value.code is ErrorCode.SCHEMA_VIOLATION


def test_a_long_list_of_equal_namespaces_does_not_slow_the_canonical_form() -> None:
    declared = " ".join(f'xmlns:n{number}="urn:{number}"' for number in range(250))
    root = parse(f"<a {declared}>{'<b/>' * 50_000}</a>".encode())
    with soon(QUICK_SECONDS):
        assert b"xmlns" not in canonicalize(root)


@pytest.mark.parametrize(
    "document",
    [
        b"<a><x:b/><d xmlns='relative'/></a>",
        b"<a><b x:c='1'/><d xmlns='relative'/></a>",
        b"<a><b xmlns:c=''/><d xmlns='relative'/></a>",
        b"<a>" + b"<c xmlns='relative'/>" * 200 + b"<x:b/><c xmlns='other'/></a>",
    ],
    ids=["element", "attribute", "undeclared", "after many warnings"],
)
def test_error_of_namespaces_is_refused_despite_a_later_warning(
    document: bytes,
) -> None:
    assert _refusal(document) is MALFORMED


def test_what_was_said_of_one_document_is_not_held_against_the_next() -> None:
    for hostile in (b"<a><x:b/><d xmlns='relative'/></a>", b"<a>", b"<a b='1' b='2'/>"):
        assert _refusal(hostile) is MALFORMED
        assert parse(b"<a xmlns='relative'><b/></a>")[0].tag == "{relative}b"
