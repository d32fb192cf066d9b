"""Our verdict years later beside that of the library's own engine."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import pytest

from schemas.verdict import Indication
from signing.profiles import SignatureLevel
from tests.support.ades import ades_verdict
from tests.support.keys import rsa_key
from tests.support.levels import LevelDesk
from tests.support.pki import NOW, TestPki
from tests.support.signed_pdf import LETTER
from tests.support.time_stamps import tsa_credential
from tests.support.timed_pdf import LONG, everything, first, verdict_on

DAY = timedelta(days=1)
SIGNER_ENDED = NOW + 800 * DAY


@cache
def _example(level: SignatureLevel) -> tuple[LevelDesk, bytes]:
    # The library's own engine reads time stamps by RSA keys and others alike.
    pki = TestPki.create()
    key = rsa_key()
    made = LevelDesk(pki=pki, _tsa=tsa_credential(pki, LONG, key))
    return made, made.signed(LETTER.read_bytes(), level)


def _said(level: SignatureLevel, at: datetime) -> tuple[Indication, str]:
    """Return what both say, with the lists that are current at the time."""
    made, data = _example(level)
    known = everything(replace(made, now=at))
    ours = first(verdict_on(data, known, at)).indication
    return ours, ades_verdict(data, level, known, at)


@pytest.mark.parametrize(
    ("level", "at"),
    [
        *((level, NOW) for level in SignatureLevel),
        *((level, NOW + 3 * DAY) for level in SignatureLevel),
        (SignatureLevel.B_B, SIGNER_ENDED),
        (SignatureLevel.B_LTA, SIGNER_ENDED),
    ],
)
def test_both_say_the_same_of_a_genuine_file(
    level: SignatureLevel, at: datetime
) -> None:
    ours, theirs = _said(level, at)
    assert (ours is Indication.TOTAL_PASSED) is (theirs == "PASSED"), theirs


def test_lists_that_may_have_dropped_a_signer_say_nothing_here() -> None:
    """They are from after the certificate ended, and do not say they keep it."""
    ours, theirs = _said(SignatureLevel.B_T, SIGNER_ENDED)
    assert (ours, theirs) == (Indication.INDETERMINATE, "PASSED")


def test_b_lt_rests_on_its_own_evidence_here() -> None:
    """The library wants news about the authority for as long as nothing covers it."""
    ours, theirs = _said(SignatureLevel.B_LT, SIGNER_ENDED)
    assert ours is Indication.TOTAL_PASSED
    assert "TRY_LATER" in theirs
