"""A verdict is given again only where judging again could give no other."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.verdict import Reason, Verdict
from signing.verdict_cache import (
    BUCKET,
    VerdictCache,
    VerdictKey,
    lifetime,
    material_digest,
    verdict_key,
)
from tests.support.judged_pdf import TRUSTED, judged, person_signed
from tests.support.pki import NOW
from tests.support.reported import FAILED, PASSED, SIGNATURE

SECOND = timedelta(seconds=1)
LASTING = replace(SIGNATURE, good_until=NOW + timedelta(days=7))
GOOD = replace(PASSED, signatures=(LASTING,))


def key(
    file: str = "aa",
    *,
    policy: str = "1",
    material: TrustMaterial = TRUSTED,
    at: datetime = NOW,
) -> VerdictKey:
    return verdict_key(file, policy=policy, material=material, at=at)


def kept(verdict: Verdict, *, at: datetime = NOW) -> VerdictCache:
    cache = VerdictCache(8)
    cache.put(key(at=at), verdict, at)
    return cache


def test_same_question_gets_the_same_verdict() -> None:
    assert kept(GOOD).get(key(), NOW + SECOND) is GOOD


@pytest.mark.parametrize(
    "other",
    [
        key("bb"),
        key(policy="2"),
        key(material=replace(TRUSTED, crls=TRUSTED.crls[:1])),
        key(material=replace(TRUSTED, ocsps=(b"answer",))),
        key(material=replace(TRUSTED, roots=TRUSTED.crls, crls=TRUSTED.roots)),
        key(at=NOW + BUCKET),
    ],
    ids=["file", "policy", "crls", "ocsps", "groups", "minute"],
)
def test_any_other_question_is_judged_again(other: VerdictKey) -> None:
    assert kept(GOOD).get(other, NOW) is None


def test_verdict_dies_with_the_first_of_its_data() -> None:
    ends = replace(SIGNATURE, good_until=NOW + 5 * SECOND)
    cache = kept(replace(PASSED, signatures=(LASTING, ends)))
    assert cache.get(key(), NOW + 4 * SECOND) is not None
    assert cache.get(key(), NOW + 5 * SECOND) is None


def test_data_of_a_part_counts_as_that_of_the_file() -> None:
    ends = replace(SIGNATURE, good_until=NOW + SECOND)
    part = replace(PASSED, signatures=(ends,))
    assert lifetime(replace(GOOD, parts=(part,)), NOW) == NOW + SECOND


def test_verdict_is_not_given_for_a_time_before_its_own() -> None:
    cache = kept(GOOD, at=NOW + 10 * SECOND)
    assert cache.get(key(), NOW + 9 * SECOND) is None


@pytest.mark.parametrize(
    "verdict",
    [
        PASSED,
        replace(GOOD, signatures=(replace(LASTING, good_until=NOW),)),
        replace(FAILED, reasons=(Reason(ErrorCode.LIMIT_EXCEEDED),)),
        replace(FAILED, reasons=(Reason(ErrorCode.PARSER_FAILED),)),
        replace(GOOD, signatures=(LASTING,) * 100),
    ],
    ids=["no end known", "ended", "limit", "crash", "large"],
)
def test_what_may_not_be_given_again_is_not_kept(verdict: Verdict) -> None:
    assert kept(verdict).get(key(), NOW) is None


def test_number_is_bounded_and_the_oldest_goes_first() -> None:
    cache = VerdictCache(2)
    for file in ("a", "b", "c"):
        cache.put(key(file), GOOD, NOW)
        cache.get(key("a"), NOW)
    assert [cache.get(key(one), NOW) is GOOD for one in "abc"] == [True, False, True]


def test_real_verdict_lives_a_minute_at_most_and_as_long_as_its_lists() -> None:
    verdict = judged(person_signed())
    assert lifetime(verdict, NOW) == NOW + BUCKET
    last = NOW + timedelta(days=7)
    assert lifetime(judged(person_signed(), at=last - SECOND), last - SECOND) == last


def test_digest_of_material_tells_groups_apart() -> None:
    one, other = TrustMaterial((b"a", b"b")), TrustMaterial((b"a",), (b"b",))
    assert material_digest(one) != material_digest(other)
