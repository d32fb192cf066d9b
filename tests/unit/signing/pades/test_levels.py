"""Levels above B-B: what is added, what is left alone, what is refused."""

import pytest

from pki.errors import PkiError
from schemas.errors import ErrorCode
from schemas.verdict import Reason
from signing.pades.extend import extend_pdf
from signing.profiles import SignatureLevel, SignerRole
from tests.support.levels import ABOVE_B_B, LevelDesk, stored, subjects
from tests.support.signed_pdf import LETTER, signatures

SOURCE = LETTER.read_bytes()
LEVELS = tuple(SignatureLevel)
KINDS = {
    SignatureLevel.B_B: ["/Sig"],
    SignatureLevel.B_T: ["/Sig"],
    SignatureLevel.B_LT: ["/Sig"],
    SignatureLevel.B_LTA: ["/Sig", "/DocTimeStamp"],
}


@pytest.fixture
def desk() -> LevelDesk:
    return LevelDesk()


@pytest.mark.parametrize("level", LEVELS)
def test_document_stays_and_the_parts_of_the_level_are_added(
    desk: LevelDesk, level: SignatureLevel
) -> None:
    signed = desk.signed(SOURCE, level)
    found = signatures(signed)
    assert signed.startswith(SOURCE)
    assert [one.sig_object["/Type"] for one in found] == KINDS[level]
    unsigned = [one["type"].native for one in found[0].signer_info["unsigned_attrs"]]
    stamps = ["signature_time_stamp_token"] * (level is not SignatureLevel.B_B)
    assert unsigned == stamps
    assert bool(stored(signed)) is level.includes(SignatureLevel.B_LT)


@pytest.mark.parametrize("level", ABOVE_B_B)
@pytest.mark.parametrize("before", LEVELS)
def test_any_file_is_extended_to_any_level(
    desk: LevelDesk, before: SignatureLevel, level: SignatureLevel
) -> None:
    signed = desk.signed(SOURCE, before)
    desk.later(hours=1)
    extended = extend_pdf(signed, level=level, services=desk.services())
    assert extended.startswith(signed)
    assert (extended == signed) is before.includes(level)
    again = extend_pdf(extended, level=level, services=desk.services())
    assert again == extended


def test_store_has_everybody_once(desk: LevelDesk) -> None:
    found = stored(desk.signed(SOURCE, SignatureLevel.B_LTA))
    assert all(len(set(items)) == len(items) for items in found.values())
    names = " ".join(sorted(subjects(found["/Certs"])))
    for name in ("Đoàn Thạch Khuê", "TSA", "Issuing CA", "Root CA"):
        assert name in names
    assert len(found["/CRLs"]) == len(desk.material().crls)


def test_store_is_added_to_and_nothing_is_removed(desk: LevelDesk) -> None:
    by_person = desk.signed(SOURCE, SignatureLevel.B_LTA)
    desk.later(hours=1)
    sealed = desk.signed(
        by_person, SignatureLevel.B_LTA, desk.pki.seal(), SignerRole.AGENCY_SEAL
    )
    before, after = stored(by_person), stored(sealed)
    for kind, items in before.items():
        assert after[kind][: len(items)] == items
    assert len(after["/Certs"]) == len(before["/Certs"]) + 1
    assert len(after["/CRLs"]) > len(before["/CRLs"])


def test_down_authority_leaves_a_signature_of_the_lowest_level(desk: LevelDesk) -> None:
    desk.stamps_down = True
    done = desk.attempt(SOURCE, SignatureLevel.B_LTA)
    assert done.level is SignatureLevel.B_B
    assert done.wanted is SignatureLevel.B_LTA
    assert done.reason is not None
    assert done.reason.code is ErrorCode.TIME_STAMP_UNAVAILABLE
    desk.stamps_down = False
    extended = extend_pdf(done.data, level=done.wanted, services=desk.services())
    assert extended.startswith(done.data)
    assert [one.sig_object["/Type"] for one in signatures(extended)] == [
        "/Sig",
        "/DocTimeStamp",
        "/DocTimeStamp",
    ]


def test_lists_from_before_the_signature_prove_nothing(desk: LevelDesk) -> None:
    desk.published = desk.now
    desk.later(minutes=5)
    done = desk.attempt(SOURCE, SignatureLevel.B_LT)
    assert done.level is SignatureLevel.B_T
    assert done.reason == Reason(ErrorCode.EVIDENCE_TOO_OLD, desk.published.isoformat())
    assert not stored(done.data)


def test_revoked_signer_is_refused_before_the_key_is_used(desk: LevelDesk) -> None:
    person = desk.pki.person()
    desk.pki.issuing.revoke(person.certificate, desk.now)
    with pytest.raises(PkiError, match=ErrorCode.CERTIFICATE_REVOKED):
        desk.attempt(SOURCE, SignatureLevel.B_B, person)
