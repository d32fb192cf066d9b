"""What a verdict rests on is kept, and with the root alone gives the verdict again."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509

from pki.trust import TrustMaterial, load_material
from schemas.errors import ErrorCode
from schemas.verdict import EvidenceKind, Indication
from signing.carried import EvidenceFinder
from signing.errors import SigningError
from signing.keeping import MANIFEST, Judged, evidence_of, keep
from signing.profiles import SignatureLevel
from signing.reports.report import Report
from signing.validation.bundle import judge_bundle
from signing.validation.found import EvidenceFound
from signing.validation.pdf import evidence_in, judge_pdf
from tests.support.attacks.status import genuine_answer
from tests.support.evidence_bundle import Conversation, pdf_attachment
from tests.support.judged_pdf import PKI, TRUSTED, person_signed, sealed
from tests.support.pki import NOW
from tests.support.timed_pdf import everything, example

_Case = tuple[bytes, TrustMaterial, datetime]


def _level(level: SignatureLevel) -> _Case:
    desk, data = example(level)
    return data, everything(desk), desk.now


def _asked() -> _Case:
    attacked = genuine_answer()
    return attacked.data, attacked.material, attacked.at


def _unlisted() -> _Case:
    return person_signed(), replace(TRUSTED, crls=()), NOW


_CASES: dict[str, Callable[[], _Case]] = {
    "B-B by lists": lambda: (sealed(), TRUSTED, NOW),
    "B-B by an OCSP answer": _asked,
    "B-B without a list": _unlisted,
    "B-T": lambda: _level(SignatureLevel.B_T),
    "B-LTA": lambda: _level(SignatureLevel.B_LTA),
}


def _kept(case: _Case, folder: Path) -> tuple[Judged, Path]:
    data, material, at = case
    verdict = judge_pdf(data, material=material, at=at)
    report = Report(
        verdict=verdict,
        name="cong-van.pdf",
        sha256=sha256(data).hexdigest(),
        checked_at=at,
    )
    judged = Judged(report=report, material=material)
    return judged, keep(judged, evidence_in(data), folder)


@pytest.mark.parametrize("name", _CASES)
def test_kept_evidence_and_the_root_give_the_same_verdict(
    name: str, tmp_path: Path
) -> None:
    case = _CASES[name]()
    judged, place = _kept(case, tmp_path)
    kept = load_material(
        intermediates=[place / "certificates"],
        revocation=[one for one in [place / "revocation"] if one.is_dir()],
    )
    alone = replace(kept, roots=judged.material.roots)
    again = judge_pdf(case[0], material=alone, at=judged.report.checked_at)
    assert again == judged.report.verdict


def test_everything_that_was_used_is_kept_and_listed(tmp_path: Path) -> None:
    judged, place = _kept(_CASES["B-T"](), tmp_path)
    manifest = json.loads((place / MANIFEST).read_bytes())
    members = {one["name"]: one["sha256"] for one in manifest["members"]}
    on_disk = {
        str(one.relative_to(place)): sha256(one.read_bytes()).hexdigest()
        for one in place.rglob("*")
        if one.is_file() and one.name != MANIFEST
    }
    assert members == on_disk
    assert manifest["missing"] == []
    used = evidence_of(judged.report.verdict)
    assert {one.kind for one in used} >= {
        EvidenceKind.CERTIFICATE,
        EvidenceKind.REVOCATION_LIST,
        EvidenceKind.TIME_STAMP,
    }
    assert {one.sha256 for one in used} <= set(members.values())


def test_the_signers_certificate_is_kept(tmp_path: Path) -> None:
    judged, place = _kept(_CASES["B-B without a list"](), tmp_path)
    (signature,) = judged.report.verdict.signatures
    assert signature.indication is Indication.INDETERMINATE
    names = {
        x509.load_der_x509_certificate(one.read_bytes()).subject.rfc4514_string()
        for one in (place / "certificates").iterdir()
    }
    assert signature.chain[0].subject in names


def test_later_verdict_takes_the_place_of_the_earlier_one(tmp_path: Path) -> None:
    _, first = _kept(_CASES["B-B without a list"](), tmp_path)
    before = (first / "verdict.json").read_bytes()
    _, second = _kept((person_signed(), TRUSTED, NOW), tmp_path)
    assert second == first
    assert (second / "verdict.json").read_bytes() != before


def test_a_worker_finds_what_a_bundle_and_the_files_in_it_carry() -> None:
    conversation = Conversation.create(PKI, [pdf_attachment(person_signed())])
    data = conversation.bundle()
    verdict = judge_bundle(
        data, material=conversation.material(), at=None, judge_pdf=judge_pdf
    )
    with EvidenceFinder() as finder:
        broken = finder.find(b"%PDF-", material=TRUSTED, now=NOW)
        found = finder.find(data, material=conversation.material(), now=NOW)
    assert broken == EvidenceFound()
    ders = (*conversation.material().roots, *found.certificates, *found.crls)
    known = {sha256(one).hexdigest() for one in ders}
    used = {one.sha256 for one in evidence_of(verdict)}
    assert len(used) > len(verdict.parts)
    assert used <= known


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"")
    with pytest.raises(SigningError) as refusal:
        _kept(_CASES["B-B without a list"](), tmp_path / "kept")
    assert refusal.value.code is ErrorCode.FILE_NOT_WRITTEN
