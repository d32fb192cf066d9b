"""Whatever bytes come, edXML is read or refused with a code; nothing else happens."""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.edxml.reader import read
from schemas.edxml.secrecy import secrecy_mark
from schemas.edxml.status import EdxmlStatus
from schemas.edxml.validate import validate
from schemas.edxml.writer import write_document, write_status
from schemas.errors import CodedError
from schemas.xml import parse, serialize
from tests.support import edxml

SEEDS = [
    serialize(write_document(edxml.full_document())),
    serialize(write_document(edxml.update())),
    serialize(write_document(edxml.replacement())),
    serialize(write_status(edxml.status())),
    edxml.soap_status_xml(default=""),
    edxml.message_xml(),
]
PIECES = st.sampled_from(
    [
        *(b"<", b">", b"/", b'"', b"=", b"&", b"]]>", b"<!--", b"<?", b"\0", b"\xff"),
        *(b"xmlns=''", b"<edXML:To/>", b"</edXML:From>", b"2026/99/99", b"cid:"),
        *(b"&#xD;", b"99999999999999999999", "Ậ".encode(), b"\xef\xbb\xbf"),
    ]
)


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    """Cut a piece out of a message and put another in, up to three times."""
    data = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 40))
        piece = draw(PIECES | st.binary(max_size=8))
        data = data[:start] + piece + data[start + length :]
    return data


def _whole_way(data: bytes) -> None:
    root = parse(data)
    validate(root)
    message = read(root)
    if not isinstance(message, EdxmlStatus):
        secrecy_mark(message)


@settings(max_examples=400, deadline=None)
@given(_mutated() | st.binary(max_size=200))
def test_a_mutated_message_is_read_or_refused_with_a_code(data: bytes) -> None:
    with contextlib.suppress(CodedError):
        _whole_way(data)


@settings(max_examples=400, deadline=None)
@given(_mutated())
def test_the_reader_alone_never_fails_otherwise(data: bytes) -> None:
    with contextlib.suppress(CodedError):
        read(parse(data))
