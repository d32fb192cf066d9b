"""Signed documents to attack, and the verdict on what became of them."""

import re
from datetime import datetime
from functools import cache

from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.fields import SigSeedSubFilter

from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.verdict import Indication, SubIndication, Verdict
from signing.validation.pdf import judge_pdf
from tests.support.pki import NOW, TestPki
from tests.support.signed_pdf import (
    LETTER,
    SEAL,
    SEAL_PNG,
    SIGNATURE_PNG,
    letter_place,
    sign,
)
from tests.support.stock_signer import stock_signed

PKI = TestPki.create()
PERSON = PKI.person()
AGENCY = PKI.seal()

FORMAT_FAILURE = (Indication.TOTAL_FAILED, SubIndication.FORMAT_FAILURE)
HASH_FAILURE = (Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE)

_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")


def material(
    pki: TestPki = PKI, crls: tuple[bytes, ...] | None = None
) -> TrustMaterial:
    """Trust the root of `pki`, with its current revocation lists unless given."""
    root = pki.root.root.public_bytes(Encoding.DER)
    return TrustMaterial((root,), (), pki.crls() if crls is None else crls)


TRUSTED = material()


@cache
def person_signed() -> bytes:
    """The letter with the visible signature of a person."""
    source = LETTER.read_bytes()
    return sign(source, PERSON, image=SIGNATURE_PNG, placement=letter_place())


@cache
def roomy() -> bytes:
    """The letter signed by another program, with much padding behind the value."""
    return stock_signed(
        LETTER.read_bytes(), PERSON, "person", subfilter=SigSeedSubFilter.PADES
    )


@cache
def sealed() -> bytes:
    """The letter signed by a person, then sealed by the agency."""
    return sign(person_signed(), AGENCY, SEAL, image=SEAL_PNG)


@cache
def sealed_unseen() -> bytes:
    """The same with two signatures that do not show."""
    return sign(sign(LETTER.read_bytes(), PERSON), AGENCY, SEAL)


def judged(
    data: bytes,
    trusted: TrustMaterial = TRUSTED,
    *,
    at: datetime = NOW,
    proven_at: datetime | None = None,
) -> Verdict:
    """Judge `data` in this process."""
    return judge_pdf(data, material=trusted, at=at, proven_at=proven_at)


def outcome(verdict: Verdict) -> tuple[Indication, SubIndication | None]:
    """Return indication and sub-indication of a verdict."""
    return verdict.indication, verdict.sub_indication


def codes(verdict: Verdict) -> set[ErrorCode]:
    """Return the codes of all reasons in a verdict."""
    own = {reason.code for reason in verdict.reasons}
    return own.union(*({r.code for r in one.reasons} for one in verdict.signatures))


def byte_range(signed: bytes, index: int = -1) -> tuple[int, int, int, int]:
    """Return the /ByteRange of one signature, in file order."""
    found = list(_BYTE_RANGE.finditer(signed))[index]
    start, length, second, rest = map(int, found.groups())
    return start, length, second, rest


def gap(signed: bytes, index: int = -1) -> tuple[int, int]:
    """Return where the bytes lie that one signature does not cover."""
    _, length, second, _ = byte_range(signed, index)
    return length, second


def with_gap(signed: bytes, content: bytes, index: int = -1) -> bytes:
    """Replace the bytes that one signature does not cover by as many others."""
    start, end = gap(signed, index)
    if len(content) != end - start:
        raise ValueError("the gap keeps its size")
    return signed[:start] + content + signed[end:]


def flipped(data: bytes, position: int, mask: int = 1) -> bytes:
    """Change one byte."""
    return data[:position] + bytes([data[position] ^ mask]) + data[position + 1 :]
