"""Known ways to deceive readers of signed PDF files, each refused.

Names follow pdf-insecurity.org: USF (universal signature forgery), SWA (signature
wrapping), ISA (incremental saving), shadow attacks.
"""

import re
from collections.abc import Callable
from hashlib import sha256

import pytest
from pyhanko.sign.fields import SigSeedSubFilter

from schemas.errors import ErrorCode
from schemas.verdict import Indication
from tests.support import later_revisions as later
from tests.support.judged_pdf import (
    AGENCY,
    FORMAT_FAILURE,
    PERSON,
    byte_range,
    codes,
    gap,
    judged,
    outcome,
    person_signed,
    roomy,
    sealed,
    sealed_unseen,
    with_gap,
)
from tests.support.later_revisions import appended, revised
from tests.support.odd_cms import build, resigned
from tests.support.pki import TestPki
from tests.support.signed_pdf import SEAL, sign
from tests.support.small_pdf import small_pdf
from tests.support.stock_signer import stock_signed

_CONTENTS = re.compile(rb"/Contents\s*<[0-9A-Fa-f]+>")
_RANGE = re.compile(rb"/ByteRange\s*\[[^\]]*\]")
_EVIL = b"9000 0 obj\n<< /Evil true >>\nendobj\n"


def _same_size(pattern: re.Pattern[bytes], data: bytes, new: bytes) -> bytes:
    """Replace the last match by `new`, filled up with spaces."""
    found = list(pattern.finditer(data))[-1]
    if len(new) > len(found[0]):
        raise ValueError("the replacement is longer")
    filled = new.ljust(len(found[0]))
    return data[: found.start()] + filled + data[found.end() :]


@pytest.mark.parametrize(
    "contents",
    [
        b"",
        b"/Contents null",
        b"/Contents <>",
        b"/Contents <00>",
        b"/Contents 0",
        b"/Contents ()",
        b"/Contents <3080>",
        b"/Contents 5 0 R",
    ],
)
def test_usf_without_a_real_value_is_refused(contents: bytes) -> None:
    verdict = judged(_same_size(_CONTENTS, person_signed(), contents))
    assert outcome(verdict) == FORMAT_FAILURE


@pytest.mark.parametrize(
    "found",
    [
        b"",
        b"/ByteRange null",
        b"/ByteRange []",
        b"/ByteRange [0 0 0 0]",
        b"/ByteRange [0 -1 0 -1]",
        b"/ByteRange [0 10 20 5]",
        b"/ByteRange 5 0 R",
        b"/ByteRange (0 0 0 0)",
    ],
)
def test_usf_without_a_real_range_is_refused(found: bytes) -> None:
    verdict = judged(_same_size(_RANGE, person_signed(), found))
    assert outcome(verdict) == FORMAT_FAILURE


def test_zeros_for_the_value_are_refused() -> None:
    start, end = gap(person_signed())
    verdict = judged(with_gap(person_signed(), b"<" + b"0" * (end - start - 2) + b">"))
    assert outcome(verdict) == FORMAT_FAILURE


def test_literal_string_in_the_gap_is_refused() -> None:
    """The value is the same, shorter; the room it frees holds keys nobody signed."""
    start, end = gap(person_signed())
    value = bytes.fromhex(person_signed()[start + 1 : end - 1].decode())
    literal = re.sub(rb"([()\\\r])", rb"\\\1", value.rstrip(b"\x00"))
    literal = literal.replace(b"\\\r", b"\\r")
    attack = b"(" + literal + b") /Reason (EVIL) "
    verdict = judged(with_gap(person_signed(), attack.ljust(end - start)))
    assert outcome(verdict) == FORMAT_FAILURE
    assert codes(verdict) == {ErrorCode.CONTENTS_GAP_INVALID}


def test_keys_behind_a_shorter_value_are_refused() -> None:
    start, end = gap(roomy())
    value = roomy()[start:end].rstrip(b"0>")
    attack = value + b"0" * (len(value) % 2 == 0) + b"> /Reason (EVIL) "
    verdict = judged(with_gap(roomy(), attack.ljust(end - start)))
    assert outcome(verdict) == FORMAT_FAILURE


def test_swa_moved_second_range_is_refused() -> None:
    """A second /ByteRange in the gap points past bytes that somebody inserted."""
    data = roomy()
    _, first, second, rest = byte_range(data)
    value = data[first:second].rstrip(b"0>")
    value += b"0" * (len(value) % 2 == 0) + b">"
    moved = second + len(_EVIL)
    claimed = b" /ByteRange [0 %d %d %d] " % (first, moved, rest)
    for inserted in (value + claimed, value):
        filled = inserted[: second - first].ljust(second - first)
        verdict = judged(data[:first] + filled + _EVIL + data[second:])
        assert outcome(verdict) == FORMAT_FAILURE


def test_swa_range_that_leaves_out_more_than_the_value_is_refused() -> None:
    data = person_signed()
    _, first, second, rest = byte_range(data)
    text = b"/ByteRange [0 %d %d %d]" % (first, second + 20, rest - 20)
    changed = _same_size(_RANGE, data, text)
    digest = sha256(changed[:first] + changed[second + 20 :]).digest()
    value = build(PERSON, digest).ljust((second - first - 2) // 2, b"\x00")
    verdict = judged(
        changed[:first] + b"<%s>" % value.hex().encode() + changed[second:]
    )
    assert outcome(verdict) == FORMAT_FAILURE
    assert codes(verdict) == {ErrorCode.CONTENTS_GAP_INVALID}


def test_range_that_ends_before_its_revision_is_refused() -> None:
    data = person_signed()
    _, first, second, rest = byte_range(data)
    text = b"/ByteRange [0 %d %d %d]" % (first, second, rest - 30)
    verdict = judged(resigned(_same_size(_RANGE, data, text), PERSON))
    assert outcome(verdict) == FORMAT_FAILURE
    assert codes(verdict) & {ErrorCode.BYTE_RANGE_INVALID, ErrorCode.TRAILING_BYTES}


@pytest.mark.parametrize("base", [person_signed, sealed])
@pytest.mark.parametrize(
    "tail",
    [
        b"\n",
        b" ",
        b"\x00",
        b"%%EOF\n",
        _EVIL,
        _EVIL + b"%%EOF\n",
        b"trailer\n<< /Root 9000 0 R >>\n",
    ],
)
def test_isa_bytes_without_a_revision_are_refused(
    tail: bytes, base: Callable[[], bytes]
) -> None:
    verdict = judged(base() + tail)
    assert outcome(verdict) == FORMAT_FAILURE


@pytest.mark.parametrize("base", [person_signed, sealed])
def test_isa_bytes_with_the_old_startxref_are_refused(
    base: Callable[[], bytes],
) -> None:
    data = base()
    old = data[data.rindex(b"startxref") :]
    verdict = judged(data + _EVIL + old)
    assert outcome(verdict) == FORMAT_FAILURE
    assert codes(verdict) == {ErrorCode.TRAILING_BYTES}


def test_isa_objects_hidden_in_a_harmless_revision_are_refused() -> None:
    data = person_signed()
    harmless = appended(data, {9000: b"null"})
    start = harmless.rindex(b"startxref\n") + len(b"startxref\n")
    old = int(harmless[start : harmless.index(b"\n", start)])
    section = harmless[old:].replace(b"%d\n%%%%EOF" % old, b"%d\n%%%%EOF" % (old + 36))
    verdict = judged(harmless[:old] + _EVIL.ljust(36) + section)
    assert outcome(verdict) == FORMAT_FAILURE
    assert codes(verdict) == {ErrorCode.TRAILING_BYTES}


def test_shadow_object_defined_only_after_signing_is_refused() -> None:
    """A page names an object that does not exist yet."""
    file = small_pdf(
        {4: "<< /Length 0 >>\nstream\n\nendstream"}, page="/Contents 9 0 R"
    )
    verdict = judged(file)
    assert codes(verdict) == {ErrorCode.NOT_SIGNED}
    signed = stock_signed(file, PERSON, "person", subfilter=SigSeedSubFilter.PADES)
    hidden = b"<< /Length 21 >>\nstream\n1 0 0 rg 0 0 9 9 re f\nendstream"
    verdict = judged(appended(signed, {9: hidden}))
    assert verdict.indication is Indication.TOTAL_FAILED


def test_shadow_replace_by_a_font_of_the_form_is_refused() -> None:
    verdict = judged(revised(person_signed(), later.form_fonts))
    assert outcome(verdict) == FORMAT_FAILURE
    assert codes(verdict) == {ErrorCode.MODIFIED_AFTER_SIGNING}


def test_overlay_by_a_field_that_nobody_signed_is_refused() -> None:
    verdict = judged(revised(person_signed(), later.unsigned_field))
    assert codes(verdict) == {ErrorCode.MODIFIED_AFTER_SIGNING}


def test_overlay_signed_by_a_stranger_is_refused() -> None:
    stranger = TestPki.create("Lạ").seal()
    verdict = judged(sign(person_signed(), stranger, SEAL))
    assert verdict.indication is Indication.INDETERMINATE
    assert codes(verdict) == {ErrorCode.CHAIN_NOT_FOUND}


@pytest.mark.parametrize("base", [person_signed, sealed, sealed_unseen])
@pytest.mark.parametrize(
    "change",
    [later.fields_taken_away, later.last_field_emptied, later.signature_shown_again],
)
def test_signature_hidden_or_shown_twice_is_refused(
    change: later.Change, base: Callable[[], bytes]
) -> None:
    verdict = judged(revised(base(), change))
    assert outcome(verdict) == FORMAT_FAILURE
    assert ErrorCode.SIGNATURE_DICTIONARY_INVALID in codes(verdict)


@pytest.mark.parametrize("key", [b"/AcroForm", b"/Fields", b"/V ", b"/FT "])
def test_damaged_way_to_the_signature_is_not_unsigned(key: bytes) -> None:
    data = person_signed()
    at = data.rindex(key) + 1
    verdict = judged(data[:at] + b"Q" + data[at + 1 :])
    assert verdict.indication is Indication.TOTAL_FAILED
    assert ErrorCode.NOT_SIGNED not in codes(verdict)


def test_signature_of_another_document_is_refused() -> None:
    other = sign(small_pdf(), PERSON)
    start, end = gap(other)
    value = other[start:end].rstrip(b"0>").ljust(gap(person_signed())[1], b"0")
    size = gap(person_signed())[1] - gap(person_signed())[0]
    verdict = judged(with_gap(person_signed(), value[: size - 1] + b">"))
    assert verdict.indication is Indication.TOTAL_FAILED
    assert codes(verdict) == {ErrorCode.DOCUMENT_DIGEST_MISMATCH}


def test_replaced_seal_of_another_signer_shows_that_signer() -> None:
    verdict = judged(resigned(sealed(), PERSON))
    assert [one.signer for one in verdict.signatures] == ["Đoàn Thạch Khuê"] * 2
    assert AGENCY.certificate.serial_number != PERSON.certificate.serial_number
