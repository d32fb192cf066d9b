"""What a verdict says about the status check: the answer, who gave it, and when."""

from datetime import timedelta

import pytest
from cryptography import x509

from pki.path.judging import ChainJudgement, KeyPurpose, judge_chain
from pki.trust import TrustMaterial, TrustStore
from schemas.verdict import RevocationSource, RevocationState
from tests.support.pki import NOW, TestPki


@pytest.fixture
def pki() -> TestPki:
    return TestPki.create()


def judge(
    pki: TestPki, leaf: x509.Certificate, crls: tuple[bytes, ...]
) -> ChainJudgement:
    known = pki.material()
    trust = TrustStore.from_material(
        TrustMaterial(known.roots, known.intermediates, crls)
    )
    return judge_chain(leaf, trust=trust, at=NOW, usage=KeyPurpose.DOCUMENT_ANY)


def test_every_certificate_but_the_root_is_reported_signer_first(pki: TestPki) -> None:
    judgement = judge(pki, pki.person().certificate, pki.crls())
    assert [one.state for one in judgement.revocation] == [RevocationState.GOOD] * 2
    assert {one.source for one in judgement.revocation} == {RevocationSource.CRL}
    leaf = judgement.revocation[0]
    assert leaf.said_at is not None
    assert leaf.fresh_until == leaf.said_at + timedelta(days=7)
    assert len(leaf.evidence) == 64


def test_revocation_is_reported_with_its_time(pki: TestPki) -> None:
    leaf = pki.person().certificate
    pki.issuing.revoke(leaf, NOW - timedelta(days=1))
    found = judge(pki, leaf, pki.crls()).revocation[0]
    assert found.state is RevocationState.REVOKED
    assert found.revoked_at == NOW - timedelta(days=1)


def test_without_evidence_nobody_is_named(pki: TestPki) -> None:
    found = judge(pki, pki.person().certificate, ()).revocation[0]
    assert (found.state, found.source) == (RevocationState.UNCHECKED, None)
    assert (found.said_at, found.evidence) == (None, "")
