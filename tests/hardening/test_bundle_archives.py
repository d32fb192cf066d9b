"""Archives that two readers could read in two ways are no evidence."""

import struct
from collections.abc import Callable
from dataclasses import replace

import pytest

from schemas.errors import ErrorCode
from schemas.verdict import Indication, SubIndication, Verdict
from signing.validation.bundle import judge_bundle
from signing.validation.pdf import judge_pdf
from tests.support.cpu import soon
from tests.support.evidence_bundle import (
    ANNEX,
    Conversation,
)
from tests.support.pki import TestPki

PKI = TestPki.create()
GENUINE = Conversation.create(PKI, [ANNEX])
OTHER = Conversation.create(PKI, [replace(ANNEX, content=b"bang tinh khac")])
FAILED = Indication.TOTAL_FAILED
CENTRAL_END = 22
"""Bytes of the end record without a comment."""


def judged(data: bytes) -> Verdict:
    return judge_bundle(data, material=GENUINE.material(), at=None, judge_pdf=judge_pdf)


def _zip64(data: bytes) -> bytes:
    """Announce the directory in the records of large archives too."""
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 46, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(data) - CENTRAL_END, 1)
    return data[:-CENTRAL_END] + record + locator + data[-CENTRAL_END:]


def _many_entries(data: bytes) -> bytes:
    end = len(data) - CENTRAL_END
    return data[: end + 8] + b"\xff\xff\xff\xff" + data[end + 12 :]


def _huge_member(data: bytes) -> bytes:
    return data[:18] + b"\xff\xff\xff\xff\xff\xff\xff\xff" + data[26:]


def _long_name(data: bytes) -> bytes:
    return data[:26] + b"\xff\xff" + data[28:]


def _second_archive(data: bytes) -> bytes:
    return data + OTHER.bundle()


def _archive_before(data: bytes) -> bytes:
    return OTHER.bundle() + data


def _commented(data: bytes) -> bytes:
    return data[:-2] + struct.pack("<H", 6) + b"ghi ch"


@pytest.mark.parametrize(
    "change",
    [
        _zip64,
        _many_entries,
        _huge_member,
        _long_name,
        _second_archive,
        _archive_before,
        _commented,
    ],
)
def test_archive_with_room_for_another_reading_is_refused(
    change: Callable[[bytes], bytes],
) -> None:
    verdict = judged(change(GENUINE.bundle()))

    assert (verdict.indication, verdict.sub_indication) == (
        FAILED,
        SubIndication.FORMAT_FAILURE,
    )
    assert [one.code for one in verdict.reasons] == [ErrorCode.BUNDLE_STRUCTURE_INVALID]


def test_archive_of_very_many_members_is_refused_quickly() -> None:
    header = struct.pack(
        "<4s5H3L2H", b"PK\x03\x04", 20, 0x800, 0, 0, 0x21, 0, 0, 0, 5, 0
    )
    many = b"".join(header + b"%05d" % number for number in range(100_000))
    with soon(5):
        verdict = judged(many)

    assert verdict.indication is FAILED
