"""Kept judgements: reused while they hold, never longer."""

from datetime import timedelta

import pytest

from pki.path.cache import LIFETIME, ChainCache
from pki.path.judging import KeyPurpose
from pki.trust import TrustMaterial, TrustStore
from schemas.verdict import Indication, SubIndication
from tests.support.certificates import Shape, der, make
from tests.support.pki import NOW, TestPki

SECOND = timedelta(seconds=1)
USAGE = KeyPurpose.DOCUMENT_ANY


@pytest.fixture
def pki() -> TestPki:
    return TestPki.create()


def store(pki: TestPki) -> TrustStore:
    return TrustStore.from_material(pki.material())


def test_judgement_is_reused_within_its_lifetime(pki: TestPki) -> None:
    cache, leaf = ChainCache(store(pki)), pki.person().certificate
    first = cache.judge(leaf, at=NOW, usage=USAGE)
    assert first.indication is Indication.TOTAL_PASSED
    assert cache.judge(leaf, at=NOW + LIFETIME - SECOND, usage=USAGE) is first
    assert cache.judge(der(leaf), at=NOW, usage=USAGE) is first


@pytest.mark.parametrize("shift", [LIFETIME, -SECOND], ids=["too-old", "earlier"])
def test_judgement_is_made_again_outside_its_lifetime(
    pki: TestPki, shift: timedelta
) -> None:
    cache, leaf = ChainCache(store(pki)), pki.person().certificate
    first = cache.judge(leaf, at=NOW, usage=USAGE)
    assert cache.judge(leaf, at=NOW + shift, usage=USAGE) is not first


def test_judgement_does_not_outlive_its_certificate(pki: TestPki) -> None:
    cache = ChainCache(store(pki))
    leaf = make(pki.issuing, Shape(not_after=NOW + SECOND)).certificate
    cache.judge(leaf, at=NOW, usage=USAGE)
    judgement = cache.judge(leaf, at=NOW + 2 * SECOND, usage=USAGE)
    assert judgement.sub_indication is SubIndication.OUT_OF_BOUNDS_NO_POE


def test_other_use_or_other_chain_is_judged_apart(pki: TestPki) -> None:
    material = TrustMaterial(pki.material().roots, (), pki.crls())
    cache, leaf = ChainCache(TrustStore.from_material(material)), pki.seal()
    alone = cache.judge(leaf.certificate, at=NOW, usage=USAGE)
    assert alone.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    chained = cache.judge(
        leaf.certificate, intermediates=leaf.chain, at=NOW, usage=USAGE
    )
    assert chained.indication is Indication.TOTAL_PASSED
    wrong = cache.judge(
        leaf.certificate, intermediates=leaf.chain, at=NOW, usage=KeyPurpose.RECEIPT
    )
    assert wrong.sub_indication is SubIndication.CHAIN_CONSTRAINTS_FAILURE


def test_new_revocation_data_counts_at_once(pki: TestPki) -> None:
    cache, leaf = ChainCache(store(pki)), pki.person().certificate
    cache.judge(leaf, at=NOW, usage=USAGE)
    pki.issuing.revoke(leaf, NOW)
    cache.replace_trust(store(pki))
    judgement = cache.judge(leaf, at=NOW, usage=USAGE)
    assert judgement.sub_indication is SubIndication.REVOKED_NO_POE


def test_longest_unused_goes_first(pki: TestPki) -> None:
    cache = ChainCache(store(pki), capacity=2)
    one, two, three = (pki.person().certificate for _ in range(3))
    first = cache.judge(one, at=NOW, usage=USAGE)
    second = cache.judge(two, at=NOW, usage=USAGE)
    cache.judge(one, at=NOW, usage=USAGE)
    cache.judge(three, at=NOW, usage=USAGE)
    assert cache.judge(one, at=NOW, usage=USAGE) is first
    assert cache.judge(two, at=NOW, usage=USAGE) is not second


def test_only_what_passed_is_kept_where_that_is_asked() -> None:
    pki, late = TestPki.create(), timedelta(days=8)
    cache, leaf = ChainCache(store(pki), passed_only=True), pki.person().certificate
    first = cache.judge(leaf, at=NOW, usage=USAGE)
    assert cache.judge(leaf, at=NOW, usage=USAGE) is first
    stale = cache.judge(leaf, at=NOW + late, usage=USAGE)
    assert stale.indication is not Indication.TOTAL_PASSED
    assert cache.judge(leaf, at=NOW + late, usage=USAGE) is not stale


def test_time_proven_is_a_question_of_its_own() -> None:
    pki = TestPki.create()
    leaf = pki.person().certificate
    pki.issuing.revoke(leaf, at=NOW)
    cache = ChainCache(store(pki))
    before = cache.judge(leaf, at=NOW, usage=USAGE, proven_at=NOW - SECOND)
    after = cache.judge(leaf, at=NOW, usage=USAGE, proven_at=NOW + SECOND)
    assert before.indication is Indication.TOTAL_PASSED
    assert after.sub_indication is SubIndication.REVOKED
