"""The rules on the bytes of one signature in a PDF file.

Pure on bytes: `read_signature` finds where the values of the signature dictionary lie,
each rule below answers for one way in which readers have been deceived. A rule names
its clause; ISO means ISO 32000-2, PAdES means EN 319 142-1.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.validation.der import value_end
from signing.validation.limits import MAX_CMS_BYTES
from signing.validation.tokens import Entry, ScannedObject, scan_object

_GAP = re.compile(rb"<(?:(?:[0-9a-f]{2})+|(?:[0-9A-F]{2})+)>")
_BYTE_RANGE = re.compile(
    rb"\[\s*(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*\]"
)
_PADES = b"/ETSI.CAdES.detached"
_LEGACY = b"/adbe.pkcs7.detached"
_TIME_STAMP = b"/ETSI.RFC3161"


class SignatureForm(StrEnum):
    """What the signature dictionary says it holds."""

    PADES = "pades"
    LEGACY = "legacy"
    TIME_STAMP = "time_stamp"


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The signed bytes: everything but the gap, up to `end`."""

    first_start: int
    gap_start: int
    gap_end: int
    second_length: int

    @property
    def end(self) -> int:
        """First byte after the signed bytes."""
        return self.gap_end + self.second_length


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureBytes:
    """Where one signature dictionary and its values lie in the file."""

    data: bytes
    scanned: ScannedObject
    byte_range: ByteRange | None

    def entry(self, key: bytes) -> Entry | None:
        """Return the entry of `key`, None without one."""
        return next((one for one in self.scanned.entries if one.key == key), None)

    def value(self, key: bytes) -> bytes:
        """Return the bytes of the value of `key`, nothing without one."""
        entry = self.entry(key)
        return self.data[entry.start : entry.end] if entry else b""

    @property
    def form(self) -> SignatureForm | None:
        """Return the form that /Type and /SubFilter name, None for another one."""
        named = (self.value(b"/Type"), self.value(b"/SubFilter"))
        return _FORMS.get(named)

    @property
    def gap(self) -> bytes:
        """Return the bytes that no digest covers."""
        if self.byte_range is None:
            return b""
        return self.data[self.byte_range.gap_start : self.byte_range.gap_end]


_FORMS = {
    (b"/Sig", _PADES): SignatureForm.PADES,
    (b"/Sig", _LEGACY): SignatureForm.LEGACY,
    (b"/DocTimeStamp", _TIME_STAMP): SignatureForm.TIME_STAMP,
}


def read_signature(data: bytes, start: int) -> SignatureBytes:
    """Scan the signature dictionary whose object begins at `start`.

    Raises:
        SigningError: SIGNATURE_DICTIONARY_INVALID, no plain dictionary object there.
    """
    try:
        scanned = scan_object(data, start)
    except SigningError as error:
        raise SigningError(
            ErrorCode.SIGNATURE_DICTIONARY_INVALID, place=error.place
        ) from error
    if not scanned.entries or scanned.stream_start is not None:
        raise SigningError(ErrorCode.SIGNATURE_DICTIONARY_INVALID)
    if any(b"#" in one.key for one in scanned.entries):
        raise SigningError(ErrorCode.SIGNATURE_DICTIONARY_INVALID)
    bare = SignatureBytes(data=data, scanned=scanned, byte_range=None)
    found = _BYTE_RANGE.fullmatch(bare.value(b"/ByteRange"))
    return SignatureBytes(
        data=data,
        scanned=scanned,
        byte_range=ByteRange(*map(int, found.groups())) if found else None,
    )


def keys_repeat(signature: SignatureBytes) -> bool:
    """Tell whether a key is there twice: readers then disagree on its value."""
    keys = [entry.key for entry in signature.scanned.entries]
    return len(set(keys)) != len(keys)


def form_unknown(signature: SignatureBytes) -> bool:
    """Tell whether /Type and /SubFilter name no form that is judged here."""
    return signature.form is None


def range_malformed(signature: SignatureBytes) -> bool:
    """Tell whether /ByteRange is other than two ranges inside the file, from 0 on."""
    found = signature.byte_range
    return (
        found is None
        or found.first_start != 0
        or not 0 < found.gap_start < found.gap_end <= found.end <= len(signature.data)
    )


def range_leaves_dictionary(signature: SignatureBytes) -> bool:
    """Tell whether the signed bytes end before the signature dictionary does."""
    found = signature.byte_range
    return found is None or found.end < signature.scanned.end


def gap_is_not_contents(signature: SignatureBytes) -> bool:
    """Tell whether the gap is other than exactly the value of /Contents."""
    contents, found = signature.entry(b"/Contents"), signature.byte_range
    return (
        contents is None
        or found is None
        or (contents.start, contents.end) != (found.gap_start, found.gap_end)
    )


def gap_is_not_hexadecimal(signature: SignatureBytes) -> bool:
    """Tell whether the gap is other than ``<``, digit pairs of one case, ``>``.

    A literal string of equal value is shorter, which leaves room for unsigned keys.
    """
    return _GAP.fullmatch(signature.gap) is None


def contents_not_der(signature: SignatureBytes) -> bool:
    """Tell whether /Contents does not begin with one DER value of allowed size."""
    try:
        return not 0 < len(signature_value(signature)) <= MAX_CMS_BYTES
    except (SigningError, ValueError):
        return True


def padding_not_zero(signature: SignatureBytes) -> bool:
    """Tell whether anything but zero octets follows the DER value."""
    content = _decoded(signature)
    return any(content[value_end(content) :])


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what its breach is called, where it comes from, how it is seen."""

    code: ErrorCode
    clause: str
    broken: Callable[[SignatureBytes], bool]


RULES = (
    Rule(ErrorCode.SIGNATURE_DICTIONARY_INVALID, "ISO 7.3.7", keys_repeat),
    Rule(ErrorCode.SIGNATURE_DICTIONARY_INVALID, "PAdES 6.3", form_unknown),
    Rule(ErrorCode.BYTE_RANGE_INVALID, "ISO 12.8.1, PAdES 6.3", range_malformed),
    Rule(ErrorCode.BYTE_RANGE_INVALID, "ISO 12.8.1", range_leaves_dictionary),
    Rule(ErrorCode.CONTENTS_GAP_INVALID, "ISO 12.8.1", gap_is_not_contents),
    Rule(ErrorCode.CONTENTS_GAP_INVALID, "ISO 12.8.1, 7.3.4.3", gap_is_not_hexadecimal),
    Rule(ErrorCode.CMS_INVALID, "ISO 12.8.3.3", contents_not_der),
    Rule(ErrorCode.CONTENTS_PADDING_NOT_ZERO, "ISO 12.8.1", padding_not_zero),
)
"""In this order: a later rule may rely on the earlier ones holding."""


def broken_rule(signature: SignatureBytes) -> Rule | None:
    """Return the first rule that `signature` breaks, None if all hold."""
    return next((rule for rule in RULES if rule.broken(signature)), None)


def signature_value(signature: SignatureBytes) -> bytes:
    """Return the DER of the signature without its padding.

    Raises:
        SigningError: CMS_INVALID, no DER value.
    """
    content = _decoded(signature)
    return content[: value_end(content)]


def signed_bytes(signature: SignatureBytes) -> tuple[memoryview, memoryview]:
    """Return the two signed ranges.

    Raises:
        SigningError: BYTE_RANGE_INVALID, there are none.
    """
    found = signature.byte_range
    if found is None:
        raise SigningError(ErrorCode.BYTE_RANGE_INVALID)
    view = memoryview(signature.data)
    return view[: found.gap_start], view[found.gap_end : found.end]


def _decoded(signature: SignatureBytes) -> bytes:
    return bytes.fromhex(signature.gap[1:-1].decode("ascii"))
