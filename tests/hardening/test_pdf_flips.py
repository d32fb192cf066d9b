"""One changed byte, anywhere in a signed file: it never passes."""

import random
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.verdict import Indication, SubIndication
from tests.support.judged_pdf import (
    HASH_FAILURE,
    PKI,
    TRUSTED,
    byte_range,
    codes,
    flipped,
    gap,
    judged,
    outcome,
    person_signed,
    roomy,
    sealed,
    sealed_unseen,
)
from tests.support.signed_pdf import LETTER

# The issuing certificate is at hand as well: a damaged copy of it must still be seen.
_ISSUING = PKI.issuing.credential.certificate.public_bytes(Encoding.DER)
_TRUSTED = TrustMaterial(TRUSTED.roots, (_ISSUING,), TRUSTED.crls)
_MASKS = (0x01, 0x20, 0x80)


def _positions(data: bytes, count: int) -> list[int]:
    """Spread over the whole file, and as many again over what signing added."""
    chance = random.Random(20261121)
    start = len(LETTER.read_bytes())
    return [
        *chance.sample(range(start), count),
        *chance.sample(range(start, len(data)), count),
    ]


@pytest.mark.parametrize("base", [person_signed, sealed, sealed_unseen])
def test_flipped_byte_never_passes(base: Callable[[], bytes]) -> None:
    data = base()
    for number, position in enumerate(_positions(data, 20)):
        changed = flipped(data, position, _MASKS[number % 3])
        assert judged(changed, _TRUSTED).indication is not Indication.TOTAL_PASSED


@pytest.mark.parametrize("mask", _MASKS)
def test_flipped_byte_of_content_is_a_digest_mismatch(mask: int) -> None:
    data = person_signed()
    stream = data.index(b"stream") + 100
    verdict = judged(flipped(data, stream, mask))
    assert outcome(verdict) == HASH_FAILURE
    assert codes(verdict) == {ErrorCode.DOCUMENT_DIGEST_MISMATCH}


def test_every_octet_of_the_cms_matters() -> None:
    """Also those that no signature covers, and other spellings of the same octet."""
    data = person_signed()
    start, end = gap(data)
    size = len(data[start:end].rstrip(b"0>"))
    for position in range(start + 1, start + size, 13):
        changed = _other_digit(data, position)
        assert judged(changed, _TRUSTED).indication is not Indication.TOTAL_PASSED


def test_octets_that_readers_ignore_matter_too() -> None:
    """The count of unused bits of an issuer's signature is signed by nobody."""
    data = person_signed()
    value = PKI.issuing.credential.certificate.signature.hex().upper().encode()
    verdict = judged(flipped(data, data.index(value) - 1), _TRUSTED)
    assert verdict.indication is Indication.INDETERMINATE
    assert codes(verdict) == {ErrorCode.CERTIFICATE_MALFORMED}


def test_letter_case_of_one_digit_matters() -> None:
    data = person_signed()
    start, end = gap(data)
    letters = [at for at in range(start, end) if data[at : at + 1] in b"ABCDEF"]
    verdict = judged(flipped(data, letters[10], 0x20))
    assert codes(verdict) == {ErrorCode.CONTENTS_GAP_INVALID}


def test_flipped_signature_value_is_a_cryptographic_failure() -> None:
    data = person_signed()
    start, end = gap(data)
    last = start + len(data[start:end].rstrip(b"0>")) - 4
    verdict = judged(_other_digit(data, last))
    assert outcome(verdict) == (
        Indication.TOTAL_FAILED,
        SubIndication.SIG_CRYPTO_FAILURE,
    )
    assert codes(verdict) == {ErrorCode.SIGNATURE_INVALID}


def test_flipped_padding_is_named() -> None:
    data = roomy()
    verdict = judged(_other_digit(data, gap(data)[1] - 2))
    assert codes(verdict) == {ErrorCode.CONTENTS_PADDING_NOT_ZERO}


def test_flip_in_the_first_gap_breaks_both_signatures() -> None:
    data = sealed()
    start, _ = gap(data, 0)
    verdict = judged(_other_digit(data, start + 400))
    person, agency = verdict.signatures
    assert person.indication is not Indication.TOTAL_PASSED
    assert (agency.indication, agency.sub_indication) == HASH_FAILURE
    assert byte_range(data, 0) != byte_range(data, 1)


def _other_digit(data: bytes, position: int) -> bytes:
    digit = b"1" if data[position : position + 1] != b"1" else b"2"
    return data[:position] + digit + data[position + 1 :]
