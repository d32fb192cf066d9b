"""Attacks on what is signed: value, range and gap of a signature dictionary."""

import re
from functools import partial
from hashlib import sha256

from schemas.errors import ErrorCode
from tests.support.attacks.model import FAILED, Register, Row
from tests.support.judged_pdf import (
    PERSON,
    byte_range,
    gap,
    person_signed,
    roomy,
    with_gap,
)
from tests.support.odd_cms import build, resigned

ATTACKS = Register()

EVIL = b"9000 0 obj\n<< /Evil true >>\nendobj\n"
_CONTENTS = re.compile(rb"/Contents\s*<[0-9A-Fa-f]+>")
_RANGE = re.compile(rb"/ByteRange\s*\[[^\]]*\]")
_DICTIONARY = ErrorCode.SIGNATURE_DICTIONARY_INVALID
_BAD_RANGE = ErrorCode.BYTE_RANGE_INVALID
_BAD_GAP = ErrorCode.CONTENTS_GAP_INVALID


def same_size(pattern: re.Pattern[bytes], data: bytes, new: bytes) -> bytes:
    """Replace the last match by `new`, filled up with spaces.

    Raises:
        ValueError: `new` is longer.
    """
    found = list(pattern.finditer(data))[-1]
    if len(new) > len(found[0]):
        raise ValueError("the replacement is longer")
    filled = new.ljust(len(found[0]))
    return data[: found.start()] + filled + data[found.end() :]


def _contents(new: bytes) -> bytes:
    return same_size(_CONTENTS, person_signed(), new)


def _range(new: bytes) -> bytes:
    return same_size(_RANGE, person_signed(), new)


for _name, _new, _code in (
    ("missing", b"", _BAD_GAP),
    ("null", b"/Contents null", _BAD_GAP),
    ("empty", b"/Contents <>", _BAD_GAP),
    ("short", b"/Contents <00>", _BAD_GAP),
    ("number", b"/Contents 0", _BAD_GAP),
    ("indefinite", b"/Contents <3080>", _BAD_GAP),
    ("reference", b"/Contents 5 0 R", _BAD_GAP),
):
    ATTACKS.put(
        f"usf-contents-{_name}",
        partial(_contents, _new),
        Row.USF,
        FAILED,
        _code,
        f"/Contents {_name} in place of the value",
    )

for _name, _new, _code in (
    ("missing", b"", _BAD_RANGE),
    ("null", b"/ByteRange null", _BAD_RANGE),
    ("empty", b"/ByteRange []", _BAD_RANGE),
    ("zeros", b"/ByteRange [0 0 0 0]", _BAD_RANGE),
    ("string", b"/ByteRange (0 0 0 0)", _BAD_RANGE),
):
    ATTACKS.put(
        f"usf-range-{_name}",
        partial(_range, _new),
        Row.USF,
        FAILED,
        _code,
        f"/ByteRange {_name} in place of the range",
    )

for _name, _new in (
    ("negative", b"/ByteRange [0 -1 0 -1]"),
    ("overlapping", b"/ByteRange [0 900 400 500]"),
    ("huge", b"/ByteRange [0 9 20 9999999999]"),
    ("not-from-start", b"/ByteRange [9 100 200 300]"),
    ("reference", b"/ByteRange 5 0 R"),
):
    ATTACKS.put(
        f"range-{_name}",
        partial(_range, _new),
        Row.RANGE,
        FAILED,
        _BAD_RANGE,
        f"the byte range is {_name}",
    )


@ATTACKS.add(Row.USF, FAILED, ErrorCode.CMS_INVALID, "zeros in place of the value")
def usf_zeros() -> bytes:
    start, end = gap(person_signed())
    return with_gap(person_signed(), b"<" + b"0" * (end - start - 2) + b">")


@ATTACKS.add(Row.RANGE, FAILED, _BAD_RANGE, "the signer covers less than the revision")
def range_ends_early() -> bytes:
    data = person_signed()
    _, first, second, rest = byte_range(data)
    text = b"/ByteRange [0 %d %d %d]" % (first, second, rest - 30)
    return resigned(same_size(_RANGE, data, text), PERSON)


@ATTACKS.add(Row.RANGE, FAILED, _BAD_GAP, "the signer leaves out more than the value")
def range_with_a_wider_gap() -> bytes:
    data = person_signed()
    _, first, second, rest = byte_range(data)
    text = b"/ByteRange [0 %d %d %d]" % (first, second + 20, rest - 20)
    changed = same_size(_RANGE, data, text)
    digest = sha256(changed[:first] + changed[second + 20 :]).digest()
    value = build(PERSON, digest).ljust((second - first - 2) // 2, b"\x00")
    return changed[:first] + b"<%s>" % value.hex().encode() + changed[second:]


def _tail_moved(claim: bytes, *, changed: bool) -> bytes:
    """Put a copy of everything behind the gap before it, where readers look for it.

    The sections name places in the copy, the digest is over the tail that moved.

    Args:
        claim: fills the room in the gap; ``$`` becomes the range over the moved tail.
        changed: another value in the copy than in what was signed.
    """
    data = roomy()
    _, first, second, rest = byte_range(data)
    value = data[first:second].rstrip(b"0>")
    value += b"0" * (len(value) % 2 == 0) + b">"
    moved = b"[0 %d %d %d]" % (first, second + rest, rest)
    filled = (value + claim.replace(b"$", moved)).ljust(second - first)
    copy = data[second:].replace(b"/SigFlags 3", b"/SigFlags 1") if changed else b""
    return data[:first] + filled + (copy or data[second:]) + data[second:]


@ATTACKS.add(Row.SWA, FAILED, _DICTIONARY, "the signed tail moved, a second range")
def swa_second_range_in_the_gap() -> bytes:
    return _tail_moved(b" /ByteRange $ ", changed=True)


@ATTACKS.add(Row.SWA, FAILED, _BAD_GAP, "the signed tail moved, the range as it was")
def swa_range_kept() -> bytes:
    return _tail_moved(b"", changed=True)


@ATTACKS.add(Row.SWA, FAILED, _DICTIONARY, "the dictionary closed in the gap")
def swa_dictionary_closed_in_the_gap() -> bytes:
    return _tail_moved(b" /ByteRange $ >>\nendobj\n", changed=True)


@ATTACKS.add(Row.SWA, FAILED, _DICTIONARY, "the rest of the dictionary in a string")
def swa_dictionary_in_a_string() -> bytes:
    return _tail_moved(b" /ByteRange $ /Reason (", changed=True)


@ATTACKS.add(Row.SWA, FAILED, ErrorCode.TRAILING_BYTES, "the signed tail there twice")
def swa_tail_twice() -> bytes:
    _, _, second, _ = byte_range(roomy())
    return roomy() + roomy()[second:]


@ATTACKS.add(Row.SWA, FAILED, ErrorCode.PDF_MALFORMED, "bytes put before the file")
def swa_bytes_before_the_file() -> bytes:
    return b"%PDF-1.7\n" + EVIL + person_signed()


@ATTACKS.add(Row.GAP, FAILED, _BAD_GAP, "a literal string of equal value and own keys")
def gap_literal_string_and_keys() -> bytes:
    start, end = gap(person_signed())
    value = bytes.fromhex(person_signed()[start + 1 : end - 1].decode())
    literal = re.sub(rb"([()\\\r])", rb"\\\1", value.rstrip(b"\x00"))
    literal = literal.replace(b"\\\r", b"\\r")
    attack = b"(" + literal + b") /Reason (EVIL) "
    return with_gap(person_signed(), attack.ljust(end - start))


@ATTACKS.add(Row.GAP, FAILED, _BAD_GAP, "own keys behind a shorter value")
def gap_keys_behind_the_value() -> bytes:
    return _room(b"> /Reason (EVIL) ")


@ATTACKS.add(Row.GAP, FAILED, _BAD_GAP, "white space between the digits")
def gap_white_space() -> bytes:
    return _room(b" \n\t>")


@ATTACKS.add(Row.GAP, FAILED, _DICTIONARY, "a comment between the digits")
def gap_comment() -> bytes:
    return _room(b"%EVIL\n>")


def _room(tail: bytes) -> bytes:
    start, end = gap(roomy())
    value = roomy()[start:end].rstrip(b"0>")
    value += b"0" * (len(value) % 2 == 0)
    return with_gap(roomy(), (value + tail).ljust(end - start))


@ATTACKS.add(Row.GAP, FAILED, _BAD_GAP, "an odd number of digits")
def gap_odd_digits() -> bytes:
    start, end = gap(roomy())
    return with_gap(roomy(), roomy()[start : end - 2] + b"> ")


@ATTACKS.add(Row.GAP, FAILED, _BAD_GAP, "digits of both cases")
def gap_mixed_case() -> bytes:
    start, end = gap(roomy())
    value = roomy()[start:end]
    half = len(value.rstrip(b"0>")) // 2
    return with_gap(roomy(), value[:half].upper() + value[half:].lower())


@ATTACKS.add(
    Row.GAP, FAILED, ErrorCode.CONTENTS_PADDING_NOT_ZERO, "data behind the DER value"
)
def gap_padding_not_zero() -> bytes:
    start, end = gap(roomy())
    return with_gap(roomy(), roomy()[start : end - 9] + b"45564931>")


@ATTACKS.add(Row.DUPLICATE_KEYS, FAILED, _DICTIONARY, "a signed key twice")
def key_given_twice() -> bytes:
    return resigned(_instead_of_date(b"/Type /Sig"), PERSON)


@ATTACKS.add(Row.DUPLICATE_KEYS, FAILED, _DICTIONARY, "a key in a second spelling")
def key_spelled_twice() -> bytes:
    return resigned(_instead_of_date(b"/T#79pe /DocTimeSt"), PERSON)


def _instead_of_date(entry: bytes) -> bytes:
    return same_size(re.compile(rb"/M\s*\([^)]*\)"), person_signed(), entry)
