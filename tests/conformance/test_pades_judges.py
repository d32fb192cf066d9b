"""Other people's programs accept our signatures, and tell broken ones apart."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from pki.keys.api import Credential
from signing.pades.request import Particulars, SignRequest
from signing.profiles import CopyForm, SignatureProfile, SignerRole, seal_rectangle
from tests.support.cms import cut_signatures, openssl_verify
from tests.support.judges import run
from tests.support.keys import rsa_key
from tests.support.pki import NOW, TestPki
from tests.support.signed_pdf import (
    ANNEX,
    LETTER,
    SAMPLES,
    SCAN,
    SEAL,
    SEAL_PNG,
    SIGNATURE_PNG,
    letter_place,
    sign,
    tampered,
    with_bad_value,
)

VALID = "Signature is Valid."
WHOLE = "Total document signed"


@pytest.fixture(scope="module")
def pki() -> TestPki:
    return TestPki.create()


def credential_of(pki: TestPki, kind: str) -> Credential:
    if kind == "P-256":
        return pki.person()
    if kind == "P-384":
        key = ec.generate_private_key(ec.SECP384R1())
        return pki.issuing.issue("Nông Tùng Bách Lâm", key=key)
    return pki.issuing.issue("Hà Thị Vân Sam", key=rsa_key())


def pdfsig(path: Path, signed: bytes) -> str:
    path.write_bytes(signed)
    return run("pdfsig", "-nocert", path).stdout


def mutool(path: Path, signed: bytes) -> str:
    path.write_bytes(signed)
    return run("mutool", "sign", "-v", path).stdout


@pytest.mark.parametrize(
    ("kind", "profile"),
    [
        ("P-256", SignatureProfile.STANDARD),
        ("P-384", SignatureProfile.STANDARD),
        ("RSA-3072", SignatureProfile.STANDARD),
        ("RSA-3072", SignatureProfile.VGCA_COMPATIBLE),
    ],
)
def test_every_scheme_is_accepted_by_openssl_and_pdfsig(
    pki: TestPki, tmp_path: Path, kind: str, profile: SignatureProfile
) -> None:
    signed = sign(LETTER.read_bytes(), credential_of(pki, kind), profile=profile)
    (cut,) = cut_signatures(signed)
    verdict = openssl_verify(cut, pki.root.root, tmp_path)
    assert verdict.returncode == 0, verdict.stderr
    said = pdfsig(tmp_path / "signed.pdf", signed)
    assert said.count(VALID) == 1
    assert WHOLE in said


def test_openssl_refuses_another_root(pki: TestPki, tmp_path: Path) -> None:
    (cut,) = cut_signatures(sign(LETTER.read_bytes(), pki.person()))
    verdict = openssl_verify(cut, TestPki.create().root.root, tmp_path)
    assert verdict.returncode != 0


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_person_then_seal_are_both_valid(
    pki: TestPki, tmp_path: Path, sample: Path
) -> None:
    by_person = sign(sample.read_bytes(), pki.person())
    sealed = sign(by_person, pki.seal(), SEAL)
    said = pdfsig(tmp_path / "sealed.pdf", sealed)
    assert said.count(VALID) == 2
    assert said.rindex(WHOLE) > said.index("Signature #2")
    assert said.count(WHOLE) == 1
    for cut in cut_signatures(sealed):
        assert openssl_verify(cut, pki.root.root, tmp_path).returncode == 0


def test_visible_signatures_are_valid(pki: TestPki, tmp_path: Path) -> None:
    by_person = sign(
        LETTER.read_bytes(),
        pki.person(),
        image=SIGNATURE_PNG,
        placement=letter_place(),
        text_lines=("Đoàn Thạch Khuê",),
    )
    place = seal_rectangle(letter_place())
    sealed = sign(by_person, pki.seal(), SEAL, image=SEAL_PNG, placement=place)
    assert pdfsig(tmp_path / "sealed.pdf", sealed).count(VALID) == 2
    said = mutool(tmp_path / "sealed.pdf", sealed)
    assert said.count("unchanged since signing") == 1
    assert "invalidated" not in said


@pytest.mark.parametrize(
    ("path", "role"), [(ANNEX, SignerRole.ANNEX), (SCAN, SignerRole.COPY)]
)
def test_annex_and_copy_are_valid(
    pki: TestPki, tmp_path: Path, path: Path, role: SignerRole
) -> None:
    known = Particulars(number="187/KH-UBND", copy_form=CopyForm.FULL)
    request = SignRequest(role=role, at=NOW, particulars=known)
    signed = sign(path.read_bytes(), pki.seal(), request)
    said = pdfsig(tmp_path / "signed.pdf", signed)
    assert said.count(VALID) == 1
    assert WHOLE in said
    assert "unchanged since signing" in mutool(tmp_path / "signed.pdf", signed)
    (cut,) = cut_signatures(signed)
    assert openssl_verify(cut, pki.root.root, tmp_path).returncode == 0


CASES = {
    "ok": (VALID, True, "unchanged since signing", True),
    "tampered": ("Digest Mismatch.", True, "invalidated by change", False),
    "appended": (VALID, False, "edits since", True),
    "badsig": ("Signature is Invalid.", True, "Digest error", False),
}
"""What pdfsig says, whether of the whole file, what mutool says, and OpenSSL's word."""


@pytest.mark.parametrize("case", CASES)
def test_the_four_cases_are_told_apart(pki: TestPki, tmp_path: Path, case: str) -> None:
    signed = sign(LETTER.read_bytes(), pki.person())
    changed = {
        "ok": signed,
        "tampered": tampered(signed),
        "appended": signed + b"\n% more\n",
        "badsig": with_bad_value(signed),
    }[case]
    word, whole, other_word, verifies = CASES[case]
    said = pdfsig(tmp_path / "case.pdf", changed)
    assert word in said
    assert (WHOLE in said) is whole
    assert other_word in mutool(tmp_path / "case.pdf", changed)
    (cut,) = cut_signatures(changed)
    verdict = openssl_verify(cut, pki.root.root, tmp_path)
    assert (verdict.returncode == 0) is verifies
