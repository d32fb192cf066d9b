"""A responder says nothing for after its certificate ended (RFC 6960 3.2)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509

from pki.der import generalized_time
from pki.errors import PkiError
from pki.revocation.ocsp_evidence import read_ocsp_answers
from schemas.errors import ErrorCode
from schemas.verdict import Indication
from tests.support.mutating_der import Node, parsed
from tests.support.pki import NOW, TestPki
from tests.unit.pki.test_ocsp_archive import by_p256, signed_again
from tests.unit.pki.test_ocsp_evidence import (
    HOUR,
    RESPONDER,
    REVOKED,
    Answer,
    Signer,
    answered,
    judge,
    reasons,
    responder,
)

SECOND = timedelta(seconds=1)
TEN_YEARS = timedelta(days=3650)


@pytest.fixture(scope="module")
def pki() -> TestPki:
    return TestPki.create()


def produced(
    pki: TestPki, leaf: x509.Certificate, signer: Signer, answer: Answer, at: datetime
) -> bytes:
    """Say that an answer was signed at another time than it was."""

    def change(said: Node) -> None:
        said.children[1] = parsed(generalized_time(at))[0]

    whole = answered(leaf, pki.issuing, signer, answer)
    return signed_again(whole, by_p256(signer.key), change=change)


def test_answer_as_of_after_it_was_signed_is_refused(pki: TestPki) -> None:
    leaf = pki.person().certificate
    signer = responder(pki.issuing)
    told = Answer(at=NOW)
    assert read_ocsp_answers(produced(pki, leaf, signer, told, NOW))
    with pytest.raises(PkiError) as refused:
        read_ocsp_answers(produced(pki, leaf, signer, told, NOW - SECOND))
    assert refused.value.code is ErrorCode.OCSP_ANSWER_INVALID


def test_ended_responder_cannot_speak_of_today(pki: TestPki) -> None:
    """It puts a time at which it still might, over news of now."""
    leaf = pki.person().certificate
    signer = responder(pki.issuing, replace(RESPONDER, not_after=NOW - HOUR))
    answer = produced(pki, leaf, signer, Answer(at=NOW), NOW - 2 * HOUR)
    assert reasons(judge(pki, leaf, answer)) == [ErrorCode.REVOCATION_UNCHECKED]


def test_answer_is_fresh_until_its_responder_ends(pki: TestPki) -> None:
    leaf = pki.person().certificate
    ends = NOW + HOUR
    signer = responder(pki.issuing, replace(RESPONDER, not_after=ends))
    told = Answer(at=NOW, next_update=NOW + TEN_YEARS)
    answer = produced(pki, leaf, signer, told, NOW)
    found = judge(pki, leaf, answer, at=ends)
    assert found.indication is Indication.TOTAL_PASSED
    assert (found.good_until, found.revocation[0].fresh_until) == (ends, ends)
    late = judge(pki, leaf, answer, at=ends + SECOND)
    assert reasons(late) == [ErrorCode.REVOCATION_STALE]


def test_answer_of_the_ca_itself_is_fresh_as_long_as_it_says(pki: TestPki) -> None:
    leaf = pki.person().certificate
    ca = Signer(pki.issuing.private, pki.issuing.credential.certificate)
    told = Answer(at=NOW, next_update=NOW + timedelta(days=30), embedded=False)
    answer = produced(pki, leaf, ca, told, NOW)
    root_list = (pki.root.crl(days=60),)
    at = NOW + timedelta(days=30)
    found = judge(pki, leaf, answer, at=at, lists=root_list)
    assert found.indication is Indication.TOTAL_PASSED


def test_revoked_is_heard_after_the_responder_ended(pki: TestPki) -> None:
    leaf = pki.person().certificate
    signer = responder(pki.issuing, replace(RESPONDER, not_after=NOW - HOUR))
    told = Answer(
        status=REVOKED,
        revoked_at=NOW - 3 * HOUR,
        at=NOW - 2 * HOUR,
    )
    answer = produced(pki, leaf, signer, told, NOW - 2 * HOUR)
    assert reasons(judge(pki, leaf, answer)) == [ErrorCode.CERTIFICATE_REVOKED]


def test_past_is_judged_by_who_answered_then(pki: TestPki) -> None:
    """A signature proven to be older passes by what was current when it was made."""
    leaf = pki.person().certificate
    signer = responder(pki.issuing, replace(RESPONDER, not_after=NOW + HOUR))
    told = Answer(at=NOW, next_update=NOW + TEN_YEARS)
    answer = produced(pki, leaf, signer, told, NOW)
    for at, passes in ((NOW, True), (NOW + 2 * HOUR, False)):
        found = judge(pki, leaf, answer, at=at, proven_at=NOW)
        assert (found.indication is Indication.TOTAL_PASSED) is passes
