"""What is written again with a signature is spelled as it was."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.pades.kept_spelling import library_name, octets_of, read_name
from tests.support.pki import TestPki
from tests.support.signed_pdf import PERSON, sign
from tests.support.small_pdf import small_pdf

SIGNER = TestPki.create().person()
_TOKENS = st.lists(
    st.sampled_from([b"a", b"#41", b"#20", b"#e9", b"#C3", b"#A9", b"#0d", b"#", b"("])
)


def written(value: generic.PdfObject) -> bytes:
    stream = BytesIO()
    value.write_to_stream(stream)
    return stream.getvalue()


@given(_TOKENS)
def test_name_is_the_one_of_the_library_and_keeps_its_octets(
    tokens: list[bytes],
) -> None:
    try:
        expected = library_name(b"".join(tokens))
    except PdfReadError:
        with pytest.raises(PdfReadError):
            read_name(b"".join(tokens))
        return
    found = read_name(b"".join(tokens))
    assert found == expected
    octets = b"".join(
        bytes.fromhex(one[1:].decode()) if len(one) == 3 else one for one in tokens
    )
    assert octets_of(found) == octets
    assert octets_of(read_name(written(found)[1:])) == octets


def test_library_reads_names_this_way() -> None:
    assert generic._decode_name is read_name


@pytest.mark.parametrize(
    ("entry", "spelled"),
    [
        ("/Resources << /Font << /F#E9 4 0 R >> >>", "/F#E9 4 0 R"),
        ("/Resources << /Font << /F#C3#A9#0DB 4 0 R >> >>", "/F#C3#A9#0DB 4 0 R"),
        ("/Group << /CS /Own#e9 >>", "/CS /Own#E9"),
        ("/Resources << /X [/Indexed <FEFF0041>] >>", "(\\376\\377\\000A)"),
        ("/Resources << /X [48.0 /nine 0.00000001] >>", "48.0 /nine 0.00000001"),
        ("/Resources << /X [-.50 +7 4.] >>", "-0.50 7 4.0"),
    ],
)
def test_page_that_is_written_again_says_what_it_said(entry: str, spelled: str) -> None:
    source = small_pdf({4: "<< /Type /Font >>"}, page=entry)
    added = sign(source, SIGNER, PERSON)[len(source) :]
    assert b"3 0 obj" in added
    assert spelled.encode() in b" ".join(added.split())


def test_page_with_a_name_in_latin_1_shows_its_font() -> None:
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    source = small_pdf({4: font}, page="/Resources << /Font << /F#E9 4 0 R >> >>")
    reader = PdfFileReader(BytesIO(sign(source, SIGNER, PERSON)))
    (name,) = reader.root["/Pages"]["/Kids"][0]["/Resources"]["/Font"]
    assert octets_of(name) == b"F\xe9"
