"""Whether a changed PDF that passes may: a rule of its own, on bytes and objects.

1. A file with n signatures is compared with the genuine one as of its n-th: up to
   there every byte outside the gap of that signature is the same.
2. In that gap the CMS is the same but for what is not signed: the set of certificates
   (the signer's is bound by the signed attributes), the unsigned attributes, and if a
   digest is named with NULL or without: both mean the same (RFC 5754 clause 2).
3. What follows shows nothing: catalog, pages and fields read the same without the
   security store and the document time-stamps.
4. Signer, signing time and time proven are those of the genuine file, or no time is
   proven any more; the level may be lower.
"""

import re
from hashlib import sha256
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from schemas.verdict import SignatureVerdict, Verdict
from signing.validation.der import contents, value_end

_RANGE = re.compile(
    rb"<<(?:(?!endobj).)*?/ByteRange\s*\[\s*0\s+(\d+)\s+(\d+)\s+(\d+)\s*\]"
    rb"(?:(?!endobj).)*?endobj",
    re.DOTALL,
)
_DIGEST = re.compile(
    rb"(?:\x31\x0f)?\x30\x0d(\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02.)\x05\x00"
    rb"|(?:\x31\x0d)?\x30\x0b(\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02.)",
    re.DOTALL,
)
_UNSIGNED = 0xA1
_CERTIFICATES = 0xA0
_LATER = {"/DSS", "/Extensions"}
_STAMP = "document-time-stamp"


def uncovered(
    genuine: bytes, before: Verdict, changed: bytes, after: Verdict
) -> str | None:
    """Return why the changed file must not pass; None when it may."""
    count = len(_signatures(after))
    spans = _spans(genuine)
    if not 0 < count <= len(spans):
        return "signatures"
    start, end, stop = spans[count - 1]
    if (changed[:start], changed[end:stop]) != (genuine[:start], genuine[end:stop]):
        return "signed bytes"
    if _signed_parts(changed[start:end]) != _signed_parts(genuine[start:end]):
        return "signature"
    if shown(changed) != shown(genuine[:stop]):
        return "later bytes"
    pairs = zip(_signatures(before), _signatures(after), strict=False)
    return None if all(_agrees(*pair) for pair in pairs) else "what is said"


def _signatures(verdict: Verdict) -> list[SignatureVerdict]:
    return [one for one in verdict.signatures if one.level != _STAMP]


def _agrees(before: SignatureVerdict, after: SignatureVerdict) -> bool:
    return (
        (before.field, before.signer, before.signing_time)
        == (after.field, after.signer, after.signing_time)
        and after.timestamp_time in {before.timestamp_time, None}
        and len(after.level) <= len(before.level)
    )


def _spans(data: bytes) -> list[tuple[int, int, int]]:
    """Return gap and end of each signature that is no document time-stamp."""
    found = [one for one in _RANGE.finditer(data) if b"/DocTimeStamp" not in one[0]]
    numbers = [tuple(map(int, one.groups())) for one in found]
    return [(start, end, end + rest) for start, end, rest in numbers]


def _signed_parts(gap: bytes) -> tuple[object, ...]:
    octets = bytes.fromhex(gap.decode("ascii")[1:-1])
    end = value_end(octets)
    kind, explicit = contents(octets[:end])
    (inner,) = contents(explicit)
    *parts, signers = contents(inner)
    (signer,) = contents(signers)
    own = tuple(_spelled(one) for one in contents(signer) if one[0] != _UNSIGNED)
    rest = tuple(_spelled(one) for one in parts if one[0] != _CERTIFICATES)
    return kind, rest, own, any(octets[end:])


def _spelled(part: bytes) -> bytes:
    """Return the identifier of a digest, or a set of one, without NULL."""
    found = _DIGEST.fullmatch(part)
    return (found[1] or found[2]) if found else part


def shown(data: bytes) -> object:
    """Read all that hangs on the catalog, without what is added for long terms."""
    return _plain(PdfFileReader(BytesIO(data), strict=False).root, set())


def _plain(value: Any, seen: set[Any]) -> object:
    if isinstance(value, generic.IndirectObject):
        if value.reference in seen:
            return "seen"
        seen.add(value.reference)
        return _plain(value.get_object(), seen)
    if isinstance(value, generic.ArrayObject):
        items = [
            one for one in map(value.raw_get, range(len(value))) if not _stamp(one)
        ]
        return [_plain(one, seen) for one in items] or None
    if isinstance(value, generic.DictionaryObject):
        left_out = _LATER | ({"/Contents"} if "/ByteRange" in value else set())
        keys = sorted(key for key in value if key not in left_out)
        items = [(key, _plain(value.raw_get(key), seen)) for key in keys]
        coded = getattr(value, "encoded_data", b"")
        return [one for one in items if one[1] is not None], sha256(coded).digest()
    return None if isinstance(value, generic.NullObject) else repr(value)


def _stamp(value: Any) -> bool:
    """Tell whether this is the field of a document time-stamp."""
    found = value.get_object()
    if not isinstance(found, generic.DictionaryObject) or "/V" not in found:
        return False
    held = found["/V"]
    kind = held.get("/Type") if isinstance(held, generic.DictionaryObject) else None
    return kind == "/DocTimeStamp"
