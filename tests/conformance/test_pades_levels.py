"""Other people's programs accept every level with every scheme and kind of key."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from pki.keys.api import Credential
from schemas.verdict import Indication
from signing.evidence_sources import (
    FetchedEvidence,
    StoredEvidence,
    evidence_of,
    judge,
)
from signing.pades.levels import Evidence, EvidenceQuestion
from signing.profiles import SignatureLevel, SignatureProfile, SignerRole
from signing.validation.pdf import judge_pdf
from tests.support.ades import ades_verdict
from tests.support.cms import cut_signatures, openssl_verify
from tests.support.judges import run
from tests.support.keys import rsa_key
from tests.support.levels import LevelDesk
from tests.support.pki import NOW
from tests.support.revocation_service import RevocationService
from tests.support.signed_pdf import LETTER, signatures, tampered
from tests.support.time_stamps import PrivateKey

SOURCE = LETTER.read_bytes()
VALID = "Signature is Valid."
PSS = ("RSA-3072", SignatureProfile.STANDARD)
SCHEMES = [
    ("P-256", SignatureProfile.STANDARD),
    ("P-384", SignatureProfile.STANDARD),
    PSS,
    ("RSA-3072", SignatureProfile.VGCA_COMPATIBLE),
]
LEVELS = tuple(SignatureLevel)
DESK = LevelDesk(tsa_key=rsa_key())


@cache
def credential_of(kind: str) -> Credential:
    key: PrivateKey = rsa_key()
    if kind != "RSA-3072":
        curve = ec.SECP256R1() if kind == "P-256" else ec.SECP384R1()
        key = ec.generate_private_key(curve)
    return DESK.pki.issuing.issue("Hà Thị Vân Sam", key=key)


@cache
def signed_at(level: SignatureLevel, kind: str, profile: SignatureProfile) -> bytes:
    return DESK.signed(SOURCE, level, credential_of(kind), profile=profile)


def said_by(program: str, path: Path, signed: bytes) -> str:
    path.write_bytes(signed)
    options = ("-nocert",) if program == "pdfsig" else ("sign", "-v")
    return run(program, *options, path).stdout


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("kind", "profile"), SCHEMES)
def test_every_level_is_accepted(
    tmp_path: Path, kind: str, profile: SignatureProfile, level: SignatureLevel
) -> None:
    signed = signed_at(level, kind, profile)
    at = DESK.now + timedelta(minutes=1)
    assert ades_verdict(signed, level, DESK.material(), at) == "PASSED"
    own = judge_pdf(signed, material=DESK.material(), at=at).signatures[0]
    assert own.indication is Indication.TOTAL_PASSED
    assert own.level == f"PAdES-{level}"
    cut = cut_signatures(signed)[0]
    verdict = openssl_verify(cut, DESK.pki.root.root, tmp_path)
    assert verdict.returncode == 0, verdict.stderr
    assert said_by("pdfsig", tmp_path / "signed.pdf", signed).count(VALID) == 1
    if (kind, profile) != PSS:
        said = said_by("mutool", tmp_path / "signed.pdf", signed)
        is_last = not level.includes(SignatureLevel.B_LT)
        words = "unchanged since signing" if is_last else "edits since signing"
        assert words in said


@pytest.mark.parametrize("level", LEVELS)
def test_tampered_and_bad_signatures_are_refused(
    tmp_path: Path, level: SignatureLevel
) -> None:
    signed = signed_at(level, "P-256", SignatureProfile.STANDARD)
    for changed in (tampered(signed), _with_bad_value(signed)):
        at = DESK.now + timedelta(minutes=1)
        assert ades_verdict(changed, level, DESK.material(), at) != "PASSED"
        own = judge_pdf(changed, material=DESK.material(), at=at)
        assert own.indication is Indication.TOTAL_FAILED
        assert VALID not in said_by("pdfsig", tmp_path / "changed.pdf", changed)


def _with_bad_value(signed: bytes) -> bytes:
    """Change the last octet of the value of the first signature."""
    value = signatures(signed)[0].signer_info["signature"].native
    changed = value[:-1] + bytes([value[-1] ^ 1])
    return signed.replace(value.hex().upper().encode(), changed.hex().upper().encode())


@pytest.mark.parametrize("level", [SignatureLevel.B_LT, SignatureLevel.B_LTA])
def test_person_then_seal_at_one_level(tmp_path: Path, level: SignatureLevel) -> None:
    desk = LevelDesk()
    by_person = desk.signed(SOURCE, level)
    desk.later(hours=1)
    sealed = desk.signed(by_person, level, desk.pki.seal(), SignerRole.AGENCY_SEAL)
    desk.later(minutes=1)
    for number in range(2):
        said = ades_verdict(sealed, level, desk.material(), desk.now, number)
        assert said == "PASSED"
    assert said_by("pdfsig", tmp_path / "sealed.pdf", sealed).count(VALID) == 2


def test_archive_outlives_the_certificate_of_the_signer() -> None:
    desk = LevelDesk()
    person = desk.pki.issuing.issue("Nông Tùng Bách Lâm", days=10)
    signed = desk.signed(SOURCE, SignatureLevel.B_LTA, person)
    desk.later(days=60)
    judged = ades_verdict(signed, SignatureLevel.B_LTA, desk.material(), desk.now)
    assert judged == "PASSED"
    only_lt = ades_verdict(signed, SignatureLevel.B_LT, desk.material(), desk.now)
    assert only_lt != "PASSED"


@dataclass(frozen=True, slots=True)
class HastyEvidence:
    """Takes whatever is fresh, from before the signature too, as others do."""

    desk: LevelDesk

    def collect(self, question: EvidenceQuestion) -> Evidence:
        store = self.desk.trust()
        return evidence_of(judge(question, store), store)


def test_lists_from_before_the_signature_are_what_past_validation_cannot_use() -> None:
    """The likely cause of NO_POE that long-term files of other signers show."""
    desk = LevelDesk(published=NOW)
    desk.later(days=1)
    person = desk.pki.issuing.issue("Nông Tùng Bách Lâm", days=10)
    desk.evidence = HastyEvidence(desk)
    signed = desk.signed(SOURCE, SignatureLevel.B_LTA, person)
    desk.later(days=60)
    desk.published = None
    judged = ades_verdict(signed, SignatureLevel.B_LTA, desk.material(), desk.now)
    assert "NO_POE" in judged


@pytest.mark.parametrize("level", [SignatureLevel.B_LT, SignatureLevel.B_LTA])
def test_answers_over_ocsp_are_accepted_as_evidence(level: SignatureLevel) -> None:
    desk = LevelDesk(published=NOW)
    desk.later(hours=1)
    with RevocationService(desk).serving() as service:
        desk.use_stamper(service.stamper())
        stored = StoredEvidence(desk.material())
        desk.evidence = FetchedEvidence(stored, service.client())
        signed = desk.signed(SOURCE, level, service.person())
    desk.later(minutes=1)
    assert ades_verdict(signed, level, desk.material(), desk.now) == "PASSED"
