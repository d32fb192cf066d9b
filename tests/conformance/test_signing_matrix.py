"""The whole product: each level, scheme, kind of key and role, and what befalls it.

Every combination is signed once; every judge sees it, and what is changed about it is
refused with the code that names the change.
"""

from datetime import date, timedelta
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from pki.keys.api import Credential
from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.verdict import Indication, SignatureVerdict, SubIndication, Verdict
from signing.pades.request import Particulars
from signing.profiles import (
    ROLES,
    CopyForm,
    SignatureLevel,
    SignatureProfile,
    SignerRole,
)
from signing.validation.page_text import document_text
from signing.validation.pdf import judge_pdf
from tests.support.cms import cut_signatures, openssl_verify
from tests.support.draft_pdf import draft_pdf
from tests.support.judges import run
from tests.support.keys import rsa_key
from tests.support.levels import LevelDesk
from tests.support.pki import TestPki
from tests.support.signed_pdf import (
    ANNEX,
    LETTER,
    SCAN,
    SEAL_PNG,
    SIGNATURE_PNG,
    letter_place,
    signatures,
    tampered,
)
from tests.support.time_stamps import PrivateKey

VALID = "Signature is Valid."
WHOLE = "Total document signed"
DESK = LevelDesk()
TRUSTED = DESK.material()
OTHER_ROOT = TestPki.create("Nơi khác").material()
NAMESAKE = TestPki.create().material()
"""Another root of the same names: only the keys tell it apart."""

KEYS: dict[str, PrivateKey] = {
    "RSA-3072": rsa_key(),
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
}
PSS = ("RSA-3072", SignatureProfile.STANDARD)
SCHEMES = {
    "RSA-PSS": PSS,
    "RSA-v1.5": ("RSA-3072", SignatureProfile.VGCA_COMPATIBLE),
    "P-256": ("P-256", SignatureProfile.STANDARD),
    "P-384": ("P-384", SignatureProfile.STANDARD),
}
COMBINATIONS = list(product(SignatureLevel, SCHEMES, SignerRole))

DRAFT = draft_pdf()
SOURCES = {
    SignerRole.PERSON: LETTER.read_bytes(),
    SignerRole.NUMBER: DRAFT,
    SignerRole.AGENCY_SEAL: LETTER.read_bytes(),
    SignerRole.ANNEX: ANNEX.read_bytes(),
    SignerRole.COPY: SCAN.read_bytes(),
}
SHOWN: dict[SignerRole, dict[str, object]] = {
    SignerRole.PERSON: {"image": SIGNATURE_PNG, "placement": letter_place()},
    SignerRole.NUMBER: {
        "particulars": Particulars(
            number="214/UBND-VHXH",
            issued=date(2026, 11, 21),
            text=document_text(DRAFT),
        )
    },
    SignerRole.AGENCY_SEAL: {"image": SEAL_PNG},
    SignerRole.ANNEX: {"particulars": Particulars(number="187/KH-UBND")},
    SignerRole.COPY: {"particulars": Particulars(copy_form=CopyForm.FULL)},
}


@cache
def credential_of(kind: str, *, is_person: bool) -> Credential:
    """Certify the one key of the kind for a person or for a seal."""
    name = "Đoàn Thạch Khuê" if is_person else "UBND xã Suối Mây"
    return DESK.pki.issuing.issue(name, organ_id="H99.151", key=KEYS[kind])


@cache
def signed_as(level: SignatureLevel, scheme: str, role: SignerRole) -> bytes:
    kind, profile = SCHEMES[scheme]
    source, is_person = SOURCES[role], role is SignerRole.PERSON
    if ROLES[role].follows_person:
        source = _by_person(source, scheme)
    who = credential_of(kind, is_person=is_person)
    return DESK.signed(source, level, who, role, profile=profile, **SHOWN[role])


@cache
def _by_person(source: bytes, scheme: str) -> bytes:
    kind, profile = SCHEMES[scheme]
    who = credential_of(kind, is_person=True)
    changes = SHOWN[SignerRole.PERSON] if source != DRAFT else {}
    return DESK.signed(source, SignatureLevel.B_B, who, profile=profile, **changes)


def judged(data: bytes, material: TrustMaterial = TRUSTED) -> Verdict:
    return judge_pdf(data, material=material, at=DESK.now + timedelta(minutes=1))


def of_role(verdict: Verdict, role: SignerRole) -> SignatureVerdict:
    name = ROLES[role].field_name
    return next(one for one in verdict.signatures if one.field == name)


@pytest.mark.parametrize(("level", "scheme", "role"), COMBINATIONS)
def test_every_judge_accepts(
    tmp_path: Path, level: SignatureLevel, scheme: str, role: SignerRole
) -> None:
    signed = signed_as(level, scheme, role)
    verdict = judged(signed)
    assert verdict.indication is Indication.TOTAL_PASSED
    assert of_role(verdict, role).level == f"PAdES-{level}"
    count = 2 if ROLES[role].follows_person else 1
    for cut in cut_signatures(signed)[:count]:
        said = openssl_verify(cut, DESK.pki.root.root, tmp_path)
        assert said.returncode == 0, said.stderr
    path = tmp_path / "signed.pdf"
    path.write_bytes(signed)
    is_last = not level.includes(SignatureLevel.B_LT)
    told = run("pdfsig", "-nocert", path).stdout
    assert told.count(VALID) == count
    assert told.count(WHOLE) == (level is not SignatureLevel.B_LT)
    if SCHEMES[scheme] != PSS:
        _mutool_accepts(path, count, is_last=is_last)


def _mutool_accepts(path: Path, count: int, *, is_last: bool) -> None:
    told = run("mutool", "sign", "-v", path).stdout
    assert told.count("unchanged since signing") == is_last
    assert told.count("edits since signing") == count - is_last
    assert "Digest error" not in told


def with_bad_bit(signed: bytes, role: SignerRole) -> bytes:
    """Flip the lowest bit of the value of the signature of `role`."""
    name = ROLES[role].field_name
    mine = next(one for one in signatures(signed) if one.field_name == name)
    value = mine.signer_info["signature"].native
    changed = value[:-1] + bytes([value[-1] ^ 1])
    old, new = (one.hex().upper().encode() for one in (value, changed))
    assert signed.count(old) == 1
    return signed.replace(old, new)


FAILED, UNKNOWN = Indication.TOTAL_FAILED, Indication.INDETERMINATE
NO_CHAIN = SubIndication.NO_CERTIFICATE_CHAIN_FOUND
REFUSALS = {
    "tampered": (
        FAILED,
        SubIndication.HASH_FAILURE,
        ErrorCode.DOCUMENT_DIGEST_MISMATCH,
    ),
    "appended": (FAILED, SubIndication.FORMAT_FAILURE, ErrorCode.TRAILING_BYTES),
    "bad signature": (
        FAILED,
        SubIndication.SIG_CRYPTO_FAILURE,
        ErrorCode.SIGNATURE_INVALID,
    ),
    "wrong chain": (UNKNOWN, NO_CHAIN, ErrorCode.CHAIN_NOT_FOUND),
    "namesake": (UNKNOWN, NO_CHAIN, ErrorCode.CHAIN_NOT_FOUND),
}


@pytest.mark.parametrize(("level", "scheme", "role"), COMBINATIONS)
def test_our_verifier_refuses_every_change_by_its_code(
    level: SignatureLevel, scheme: str, role: SignerRole
) -> None:
    signed = signed_as(level, scheme, role)
    verdicts = {
        "tampered": judged(tampered(signed)),
        "appended": judged(signed + b"\n% more\n"),
        "bad signature": judged(with_bad_bit(signed, role)),
        "wrong chain": judged(signed, OTHER_ROOT),
        "namesake": judged(signed, NAMESAKE),
    }
    found = {}
    for case, verdict in verdicts.items():
        mine = of_role(verdict, role)
        assert verdict.indication is mine.indication
        found[case] = (mine.indication, mine.sub_indication, mine.reasons[0].code)
    assert found == REFUSALS


@pytest.mark.parametrize(("level", "scheme"), list(product(SignatureLevel, SCHEMES)))
def test_other_judges_refuse_a_broken_file(
    tmp_path: Path, level: SignatureLevel, scheme: str
) -> None:
    role, path = SignerRole.PERSON, tmp_path / "changed.pdf"
    signed = signed_as(level, scheme, role)
    for changed in (tampered(signed), with_bad_bit(signed, role)):
        path.write_bytes(changed)
        said = openssl_verify(cut_signatures(changed)[0], DESK.pki.root.root, tmp_path)
        assert said.returncode != 0
        told = run("pdfsig", "-nocert", path).stdout
        assert "Signature #1" in told
        assert VALID not in told
        if SCHEMES[scheme] != PSS:
            assert "Digest error" in run("mutool", "sign", "-v", path).stdout
