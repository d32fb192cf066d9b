"""Levels above B-B: what is added, what is left alone, what is refused."""

from collections.abc import Callable

import pytest
from asn1crypto import cms

from pki.errors import PkiError
from schemas.errors import ErrorCode
from schemas.verdict import Reason
from signing.errors import SigningError
from signing.pades.extend import extend_pdf
from signing.pades.levels import TokenRoom
from signing.profiles import SignatureLevel, SignerRole
from tests.support.encrypted_pdf import encrypted_pdf
from tests.support.levels import ABOVE_B_B, LevelDesk, stored, subjects
from tests.support.signed_pdf import LETTER, signatures, tampered
from tests.support.small_pdf import namesakes_pdf, version_apart_pdf

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


@pytest.mark.parametrize("build", [namesakes_pdf, version_apart_pdf])
def test_level_that_would_break_the_signature_is_not_added(
    desk: LevelDesk, build: Callable[[], bytes]
) -> None:
    done = desk.attempt(build(), SignatureLevel.B_LTA)
    assert done.level is SignatureLevel.B_T
    assert done.reason is not None
    assert done.reason.code is ErrorCode.PDF_MALFORMED
    assert desk.is_passed(done.data)
    with pytest.raises(SigningError) as refusal:
        extend_pdf(done.data, level=done.wanted, services=desk.services())
    assert refusal.value.code is ErrorCode.PDF_MALFORMED


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


def test_time_stamp_stands_in_the_cms_as_another_library_writes_it(
    desk: LevelDesk,
) -> None:
    (found,) = signatures(desk.signed(SOURCE, SignatureLevel.B_T))
    (attribute,) = found.signer_info["unsigned_attrs"]
    token = attribute["values"][0].dump()
    written = cms.CMSAttribute(
        {
            "type": "signature_time_stamp_token",
            "values": [cms.ContentInfo.load(token, strict=True)],
        }
    )
    assert attribute.dump(force=False) == written.dump()
    info = found.signer_info
    ours = {key: info[key] for key in info if key != "unsigned_attrs"}
    assert all(one.dump() == one.copy().dump(force=True) for one in ours.values())
    # The token is the authority's, octet by octet: it is not written anew.
    stock = cms.SignerInfo({**ours, "unsigned_attrs": cms.CMSAttributes([written])})
    assert info.dump() == stock.dump()


def test_room_is_what_the_authority_needs_once_it_is_known(desk: LevelDesk) -> None:
    first, second = (desk.signed(SOURCE, SignatureLevel.B_T) for _ in range(2))
    room = [
        len(one.pkcs7_content) for data in (first, second) for one in signatures(data)
    ]
    assert room[1] < room[0]
    padding = len(signatures(second)[0].pkcs7_content.rstrip(b"\0"))
    assert room[1] - padding < 100


def test_token_too_large_for_its_room_leaves_a_sound_signature(desk: LevelDesk) -> None:
    desk.room = TokenRoom(first=100)
    done = desk.attempt(SOURCE, SignatureLevel.B_LTA)
    assert done.level is SignatureLevel.B_B
    assert done.reason is not None
    assert done.reason.code is ErrorCode.TIME_STAMP_TOO_LARGE
    assert signatures(done.data)[0].field_name == "lienthong-person"
    extended = extend_pdf(done.data, level=done.wanted, services=desk.services())
    assert desk.is_passed(extended)


@pytest.mark.parametrize("broken", ["encrypted", "tampered", "unsigned"])
def test_files_that_are_not_sound_are_not_extended(
    desk: LevelDesk, broken: str
) -> None:
    signed = desk.signed(SOURCE, SignatureLevel.B_B)
    source, code = {
        "encrypted": (encrypted_pdf(), ErrorCode.PDF_ENCRYPTED),
        "tampered": (tampered(signed), ErrorCode.PDF_ALREADY_BROKEN),
        "unsigned": (SOURCE, ErrorCode.NOT_SIGNED),
    }[broken]
    with pytest.raises(SigningError, match=code):
        extend_pdf(source, level=SignatureLevel.B_LTA, services=desk.services())
    assert desk.asked == 0
