"""What a policy demands of the signature itself; the same facts, the same verdict."""

from dataclasses import replace

import pytest
from pyhanko.sign.fields import SigSeedSubFilter

from pki.policy.reading import read_policy
from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.verdict import Indication, SubIndication, Verdict
from signing.profiles import SignatureLevel
from signing.validation.pdf import judge_pdf
from signing.verdict_cache import verdict_key
from tests.support.judged_pdf import PERSON, TRUSTED, codes, person_signed
from tests.support.pki import NOW
from tests.support.signed_pdf import LETTER
from tests.support.stock_signer import stock_signed
from tests.support.timed_pdf import everything, example

Outcome = tuple[Indication, SubIndication | None]
WEAK: Outcome = (Indication.INDETERMINATE, SubIndication.SIG_CONSTRAINTS_FAILURE)


def under(text: str, known: TrustMaterial = TRUSTED) -> TrustMaterial:
    source = f'name = "thử"\nversion = "1"\n[rules]\n{text}\n'
    return replace(known, policy=read_policy(source.encode()))


def outcome(verdict: Verdict) -> Outcome:
    return verdict.indication, verdict.sub_indication


@pytest.fixture(scope="module")
def legacy() -> bytes:
    """Signed as readers did before PAdES."""
    form = SigSeedSubFilter.ADOBE_PKCS7_DETACHED
    return stock_signed(LETTER.read_bytes(), PERSON, "person", subfilter=form)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", WEAK),
        ('legacy = "weak"', WEAK),
        ('legacy = "refused"', (Indication.TOTAL_FAILED, SubIndication.FORMAT_FAILURE)),
    ],
    ids=["unsaid", "weak", "refused"],
)
def test_older_signature_never_passes(
    legacy: bytes, text: str, expected: Outcome
) -> None:
    verdict = judge_pdf(legacy, material=under(text), at=NOW)
    assert outcome(verdict) == expected
    assert ErrorCode.SIGNATURE_FORMAT_LEGACY in codes(verdict)


def test_level_below_the_one_demanded_does_not_pass() -> None:
    verdict = judge_pdf(person_signed(), material=under('level = "B-T"'), at=NOW)
    assert outcome(verdict) == WEAK
    (reason,) = verdict.signatures[0].reasons
    assert reason.code is ErrorCode.SIGNATURE_LEVEL_TOO_LOW
    assert reason.place == "PAdES-B-B < PAdES-B-T"


@pytest.mark.parametrize("demanded", ["B-B", "B-T", "B-LT", "B-LTA"])
def test_level_that_is_reached_passes(demanded: str) -> None:
    desk, data = example(SignatureLevel.B_LT)
    material = under(f'level = "{demanded}"', everything(desk))
    verdict = judge_pdf(data, material=material, at=desk.now)
    passes = demanded != "B-LTA"
    assert (verdict.indication is Indication.TOTAL_PASSED) is passes


def test_digest_that_ended_counts_only_where_a_stamp_proves_it_older() -> None:
    ended = "ends.sha256 = 2026-11-21"
    verdict = judge_pdf(person_signed(), material=under(ended), at=NOW)
    assert verdict.sub_indication is SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE
    before = "ends.sha256 = 2026-11-22"
    verdict = judge_pdf(person_signed(), material=under(before), at=NOW)
    assert verdict.indication is Indication.TOTAL_PASSED


def test_verdict_is_kept_for_its_policy_alone() -> None:
    keys = {
        verdict_key("f", policy="r", material=one, at=NOW)
        for one in (TRUSTED, under(""), under('level = "B-T"'))
    }
    assert len(keys) == 3
