"""Each rule on the bytes of a signature, by one breach of it."""

import pytest

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.validation.structure import (
    RULES,
    Rule,
    SignatureForm,
    broken_rule,
    form_unknown,
    gap_is_not_contents,
    gap_is_not_hexadecimal,
    keys_repeat,
    padding_not_zero,
    range_leaves_dictionary,
    range_malformed,
    read_signature,
    signature_value,
    signed_bytes,
)

_DER = b"3003020101"
_HEAD = b"/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached "


def _signed(
    contents: bytes = b"<" + _DER + b"0000>",
    *,
    head: bytes = _HEAD,
    tail: bytes = b"",
    numbers: tuple[object, ...] | None = None,
    end: int | None = None,
) -> bytes:
    """Write one signature dictionary whose /ByteRange is right unless given."""
    start = b"5 0 obj << " + head + b"/Contents "
    rest = b" /ByteRange [%s] " + tail + b">> endobj\n"
    gap_end = len(start) + len(contents)
    length = len(rest) - 2 + 40 if end is None else end - gap_end
    right = numbers or (0, len(start), gap_end, length)
    text = " ".join(map(str, right)).encode().ljust(40)
    return start + contents + rest % text


def _broken(data: bytes) -> Rule | None:
    return broken_rule(read_signature(data, 0))


def test_sound_signature_breaks_no_rule() -> None:
    signature = read_signature(_signed(), 0)
    assert broken_rule(signature) is None
    assert signature_value(signature) == bytes.fromhex(_DER.decode())
    assert signature.form is SignatureForm.PADES


def test_signed_bytes_are_all_but_the_gap() -> None:
    data = _signed()
    first, second = signed_bytes(read_signature(data, 0))
    assert bytes(first) + b"<" + _DER + b"0000>" + bytes(second) == data


def test_second_definition_of_a_key_is_refused() -> None:
    rule = _broken(_signed(tail=b"/Reason (EVIL) /Reason (GOOD) "))
    assert rule is not None
    assert rule.broken is keys_repeat


@pytest.mark.parametrize(
    "head",
    [
        b"/Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached ",
        b"/Type /Sig ",
        b"/Type /Sig /SubFilter /adbe.pkcs7.sha1 ",
        b"/Type /DocTimeStamp /SubFilter /ETSI.CAdES.detached ",
        b"/Type /Sig /SubFilter /ETSI.RFC3161 ",
        b"/Type /Sig /SubFilter /ETSI.CAdES.detache#64 ",
    ],
)
def test_other_type_or_subfilter_is_refused(head: bytes) -> None:
    rule = _broken(_signed(head=head))
    assert rule is not None
    assert rule.broken is form_unknown


@pytest.mark.parametrize(
    ("subfilter", "form"),
    [
        (b"/Type /Sig /SubFilter /adbe.pkcs7.detached ", SignatureForm.LEGACY),
        (b"/Type /DocTimeStamp /SubFilter /ETSI.RFC3161 ", SignatureForm.TIME_STAMP),
    ],
)
def test_other_known_forms_are_told_apart(
    subfilter: bytes, form: SignatureForm
) -> None:
    signature = read_signature(_signed(head=subfilter), 0)
    assert broken_rule(signature) is None
    assert signature.form is form


@pytest.mark.parametrize(
    "numbers",
    [
        (0, 0, 0, 0),
        (1, 100, 117, 10),
        (0, 117, 100, 10),
        (0, 100, 117, 10**9),
        (0, -100, 117, 10),
        (0, 100, 117),
        (0, 100, 117, 10, 5),
        (0, "100.0", 117, 10),
        ("0 0 R", 100, 117, 10),
        (0, 10**11, 10**12, 10),
    ],
)
def test_insane_byte_range_is_refused(numbers: tuple[object, ...]) -> None:
    rule = _broken(_signed(numbers=numbers))
    assert rule is not None
    assert rule.broken is range_malformed


def test_missing_byte_range_is_refused() -> None:
    data = _signed().replace(b"/ByteRange", b"/ByteRanges")
    rule = _broken(data)
    assert rule is not None
    assert rule.code is ErrorCode.BYTE_RANGE_INVALID


def test_range_that_ends_inside_the_dictionary_is_refused() -> None:
    data = _signed()
    rule = _broken(_signed(end=data.index(b">> endobj") - 5))
    assert rule is not None
    assert rule.broken is range_leaves_dictionary


@pytest.mark.parametrize(("before", "after"), [(1, 0), (0, 1), (-1, 0), (0, -1)])
def test_gap_other_than_the_value_of_contents_is_refused(
    before: int, after: int
) -> None:
    data = _signed()
    start = data.index(b"<" + _DER)
    end = data.index(b">", start) + 1
    numbers = (0, start - before, end + after, len(data) - end - after)
    rule = _broken(_signed(numbers=numbers))
    assert rule is not None
    assert rule.broken is gap_is_not_contents


def test_gap_over_another_entry_is_refused() -> None:
    data = _signed(tail=b"/Other <3003020101> ")
    start = data.index(b"<3003020101> ")
    end = data.index(b">", start) + 1
    numbers = (0, start, end, len(data) - end)
    rule = _broken(_signed(tail=b"/Other <3003020101> ", numbers=numbers))
    assert rule is not None
    assert rule.broken is gap_is_not_contents


@pytest.mark.parametrize(
    "contents",
    [
        b"(0\\003\\002\\001\\001)",
        b"<" + _DER + b"0>",
        b"<" + _DER + b" 0000>",
        b"<\n" + _DER + b"0000>",
        b"<300302010Aaf>",
        b"<>",
        b"null",
    ],
)
def test_gap_other_than_digit_pairs_is_refused(contents: bytes) -> None:
    rule = _broken(_signed(contents))
    assert rule is not None
    assert rule.broken is gap_is_not_hexadecimal


@pytest.mark.parametrize("contents", [b"<0000000000>", b"<30820000>", b"<3080>"])
def test_contents_without_a_value_are_refused(contents: bytes) -> None:
    rule = _broken(_signed(contents))
    assert rule is not None
    assert rule.code is ErrorCode.CMS_INVALID


def test_padding_other_than_zeros_is_refused() -> None:
    rule = _broken(_signed(b"<" + _DER + b"000001>"))
    assert rule is not None
    assert rule.broken is padding_not_zero
    assert rule.code is ErrorCode.CONTENTS_PADDING_NOT_ZERO


@pytest.mark.parametrize(
    "data",
    [
        b"5 0 obj [1] endobj",
        b"5 0 obj null endobj",
        b"5 0 obj << /A 1 >>\nstream\nx\nendstream endobj",
        b"5 0 obj << /A",
        b"5 0 obj << /Contents#20 1 >> endobj",
        b"trailer",
    ],
)
def test_other_than_a_plain_dictionary_is_refused(data: bytes) -> None:
    with pytest.raises(SigningError) as refusal:
        read_signature(data, 0)
    assert refusal.value.code is ErrorCode.SIGNATURE_DICTIONARY_INVALID


def test_every_rule_names_its_clause() -> None:
    assert all(rule.clause and rule.broken.__doc__ for rule in RULES)
