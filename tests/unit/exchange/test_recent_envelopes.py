"""The envelopes a process keeps in memory: the last ones, in bounded memory."""

import gc
import tracemalloc
from dataclasses import replace
from typing import Any

import bson
import pytest
from bson.codec_options import CodecOptions

from exchange.domain.links import Link
from exchange.domain.records import Envelope, Redirect
from exchange.storage.mongo.envelope_codec import envelope_document, envelope_record
from exchange.storage.recent_envelopes import RecentEnvelopes
from schemas.identifiers import OrganId
from schemas.vocabulary import LinkKind
from tests.support.stored import acceptance, envelope_id

_AS_STORED: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)
COMMUNES = tuple(OrganId(f"H99.{number:04d}.151") for number in range(3_300))


def plain(number: int = 1) -> Envelope:
    return acceptance(number).envelope


LETTERS = {
    "plain": plain(),
    "to all communes": replace(plain(), recipients=COMMUNES),
    "with its receipt": replace(plain(), recipients=COMMUNES, receipt=b"r" * 400_000),
    "redirected": replace(
        plain(),
        recipients=COMMUNES,
        redirects=tuple(Redirect(one, COMMUNES[0]) for one in COMMUNES),
    ),
    "of many parts": replace(plain(), attachments=plain().attachments * 100),
    "tied to others": replace(
        plain(),
        links=(Link(kind=LinkKind.RECALLS, recipients=COMMUNES[:500]),) * 20,
    ),
}


def read_again(envelope: Envelope) -> Envelope:
    """An envelope as it comes from storage: nothing of it is shared."""
    document = envelope_document(replace(acceptance(), envelope=envelope))
    return envelope_record(bson.decode(bson.encode(document), _AS_STORED))


@pytest.mark.parametrize("letter", LETTERS.values(), ids=LETTERS)
def test_memory_is_bounded_whatever_the_letters(letter: Envelope) -> None:
    most = 150_000 if letter == plain() else 2_000_000
    recent = RecentEnvelopes(most_bytes=most)
    gc.collect()
    tracemalloc.start()
    for number in range(1, 4_000_000):
        one = replace(read_again(letter), envelope_id=envelope_id(number))
        recent.keep(one)
        if len(recent) < number:
            break
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(recent) > 1
    assert most / 5 < taken < most * 3 / 2


def test_those_not_asked_for_longest_are_forgotten_first() -> None:
    recent = RecentEnvelopes(most_bytes=10_000)
    for number in (1, 2, 3, 4):
        recent.keep(plain(number))
    assert recent.get(envelope_id(1)) == plain(1)
    recent.keep(plain(5))
    recent.keep(plain(6))
    known = [one for one in range(1, 7) if recent.get(envelope_id(one))]
    assert known == [1, 4, 5, 6]


def test_envelope_met_again_counts_once() -> None:
    recent = RecentEnvelopes(most_bytes=10_000)
    recent.keep(plain(1))
    for _ in range(100):
        recent.keep(plain(2))
    assert recent.get(envelope_id(1)) == plain(1)
    assert len(recent) == 2


def test_letter_that_is_too_large_is_not_kept() -> None:
    recent = RecentEnvelopes(most_bytes=10_000)
    recent.keep(LETTERS["to all communes"])
    assert len(recent) == 0
