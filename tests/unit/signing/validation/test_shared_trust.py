"""What is kept between files never outlives what it rests on."""

from datetime import timedelta

import pytest

from pki.certificates import read_certificate
from pki.trust import TrustMaterial
from schemas.verdict import Indication, SubIndication
from signing.validation.pdf import judge_pdf
from signing.validation.shared_trust import shared_chains
from signing.workers import Job
from signing.workers.pool import WorkerPool
from tests.support.certificates import der
from tests.support.pki import NOW, TestPki
from tests.support.signed_pdf import LETTER, sign

GIB = 1024**3


@pytest.fixture
def pki() -> TestPki:
    return TestPki.create()


def signed_and_lists(pki: TestPki) -> tuple[bytes, TrustMaterial, TrustMaterial]:
    """Return a signed file, the lists before and those after it was revoked."""
    signer = pki.person()
    before = pki.material()
    pki.issuing.revoke(signer.certificate)
    return sign(LETTER.read_bytes(), signer), before, pki.material()


def test_same_material_is_read_once(pki: TestPki) -> None:
    material = pki.material()
    again = TrustMaterial(
        material.roots, material.intermediates, material.crls, material.ocsps
    )
    assert shared_chains(again) is shared_chains(material)
    assert shared_chains(TestPki.create().material()) is not shared_chains(material)


def test_same_certificate_is_read_once(pki: TestPki) -> None:
    octets = der(pki.person().certificate)
    assert read_certificate(octets) is read_certificate(bytes(bytearray(octets)))


def test_new_list_counts_at_once(pki: TestPki) -> None:
    signed, before, after = signed_and_lists(pki)
    assert judge_pdf(signed, material=before, at=NOW).indication is _PASSED
    verdict = judge_pdf(signed, material=after, at=NOW)
    assert verdict.sub_indication is SubIndication.REVOKED_NO_POE
    assert judge_pdf(signed, material=before, at=NOW).indication is _PASSED


@pytest.mark.parametrize(
    ("seconds", "passes"), [(59, True), (60, True), (61, False)], ids=str
)
def test_kept_chain_ends_with_its_list(
    pki: TestPki, seconds: int, *, passes: bool
) -> None:
    """The list runs out 60 s after the file is first judged."""
    signed, material = sign(LETTER.read_bytes(), pki.person()), pki.material()
    last = NOW + timedelta(days=7)
    first = judge_pdf(signed, material=material, at=last - timedelta(seconds=60))
    assert first.indication is _PASSED
    later = last - timedelta(seconds=60 - seconds)
    found = judge_pdf(signed, material=material, at=later)
    assert (found.indication is _PASSED) is passes


async def test_worker_that_keeps_material_hears_of_other_material(pki: TestPki) -> None:
    signed, before, after = signed_and_lists(pki)
    async with WorkerPool(1, GIB, 20, (Job.JUDGE_PDF,)) as pool:
        found = [
            await pool.run(Job.JUDGE_PDF, signed, material=one, at=NOW)
            for one in (before, before, after, before, TrustMaterial())
        ]
    assert found == [
        judge_pdf(signed, material=one, at=NOW)
        for one in (before, before, after, before, TrustMaterial())
    ]
    assert found[0] != found[2]


_PASSED = Indication.TOTAL_PASSED
