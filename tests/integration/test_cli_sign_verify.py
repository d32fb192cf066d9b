"""Signing and verifying a PDF at the command line."""

from pathlib import Path

import pytest

from tests.support.cli import Said, lienthong, passphrase, program
from tests.support.draft_pdf import HEADING, SIGNER_BLOCK, Printed, draft_pdf
from tests.support.signed_pdf import ANNEX, LETTER

SIGNATURE_IMAGE = LETTER.parent / "chu-ky-mau.png"
SEAL_IMAGE = LETTER.parent / "con-dau-mau.png"
AGENCY = ("--agency", "H99.151")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a CA, an official's key, a seal, and a letter."""
    folder = tmp_path_factory.mktemp("office")
    secret = ("--passphrase-file", passphrase(folder), "--var", folder)
    lienthong("pki", "init", "--name", "Thử", "--approvals", "none", "--var", folder)
    for name, kind in (("official", "person"), ("seal", "agency-seal")):
        out = ("--out", folder / f"{name}.p12")
        made = lienthong("pki", "issue", kind, "--name", name, *AGENCY, *out, *secret)
        assert made.code == 0, made.err
    return folder


def sign(office: Path, source: Path, out: Path, *words: str | Path) -> Said:
    return lienthong(
        *("sign", source, "--out", out, "--json"),
        *("--passphrase-file", office / "passphrase", *words),
    )


def verify(office: Path, file: Path, *words: str | Path) -> Said:
    return lienthong(
        *("verify", file, "--json", "--trust", office / "pki" / "root.pem"), *words
    )


def published(office: Path) -> tuple[str | Path, ...]:
    issuing = office / "pki" / "issuing-persons.pem"
    return ("--intermediate", issuing, "--revocation", office / "pki")


def test_person_then_seal_pass_and_a_changed_byte_fails(
    office: Path, tmp_path: Path
) -> None:
    person, sealed = tmp_path / "person.pdf", tmp_path / "sealed.pdf"
    role = ("--role", "agency-seal")

    signed = sign(office, LETTER, person, "--key", office / "official.p12")
    seal = sign(office, person, sealed, "--key", office / "seal.p12", *role)
    passed = verify(office, sealed, *published(office))

    assert (signed.code, signed.json["signer"]) == (0, "official")
    assert seal.code == 0
    assert (passed.code, passed.json["indication"]) == (0, "TOTAL-PASSED")
    assert len(passed.json["signatures"]) == 2

    content = bytearray(sealed.read_bytes())
    content[len(content) // 3] ^= 1
    sealed.write_bytes(content)
    failed = verify(office, sealed, *published(office))
    assert (failed.code, failed.json["indication"]) == (1, "TOTAL-FAILED")


def test_verdict_without_lists_is_undecided_and_ends_with_two(
    office: Path, tmp_path: Path
) -> None:
    person = tmp_path / "person.pdf"
    sign(office, LETTER, person, "--key", office / "official.p12")

    undecided = verify(office, person)
    unsigned = verify(office, LETTER)

    assert (undecided.code, undecided.json["indication"]) == (2, "INDETERMINATE")
    assert [one["code"] for one in undecided.json["reasons"]] == [
        "revocation_unchecked"
    ]
    assert (unsigned.code, unsigned.json["reasons"][0]["code"]) == (2, "not_signed")


@pytest.mark.parametrize(
    ("language", "heading"), [("vi", "CHƯA KẾT LUẬN"), ("en", "UNDECIDED")]
)
def test_verdict_is_told_in_the_language_asked(language: str, heading: str) -> None:
    said = program("verify", LETTER, "--lang", language)

    assert said.code == 2
    assert heading in said.out.upper()


def test_unknown_kind_of_file_fails(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("không phải văn bản điện tử")

    said = lienthong("verify", path, "--json")

    assert (said.code, said.json["indication"]) == (1, "TOTAL-FAILED")


def test_signing_leaves_source_and_existing_target_as_they_are(
    office: Path, tmp_path: Path
) -> None:
    source = tmp_path / "letter.pdf"
    source.write_bytes(LETTER.read_bytes())
    key = ("--key", office / "official.p12")
    secret = ("--passphrase-file", office / "passphrase")

    first = lienthong("sign", source, *key, *secret)
    target = tmp_path / "letter-signed.pdf"
    signed = target.read_bytes()
    second = lienthong("sign", source, *key, *secret, "--json")

    assert first.code == 0
    assert source.read_bytes() == LETTER.read_bytes()
    assert (second.code, second.error) == (1, "file_not_written")
    assert target.read_bytes() == signed


def test_seal_before_the_person_is_refused(office: Path, tmp_path: Path) -> None:
    said = sign(
        office,
        LETTER,
        tmp_path / "out.pdf",
        *("--key", office / "seal.p12", "--role", "agency-seal"),
    )

    assert (said.code, said.error) == (1, "person_signature_missing")
    assert not (tmp_path / "out.pdf").exists()


def test_key_that_others_can_read_is_refused(office: Path, tmp_path: Path) -> None:
    exposed = tmp_path / "exposed.p12"
    exposed.write_bytes((office / "official.p12").read_bytes())
    exposed.chmod(0o644)

    said = sign(office, LETTER, tmp_path / "out.pdf", "--key", exposed)

    assert (said.code, said.error) == (1, "key_file_exposed")
    assert said.json["error"]["place"] == "exposed.p12"


def test_wrong_passphrase_is_told_as_such(office: Path, tmp_path: Path) -> None:
    wrong = passphrase(tmp_path, "không phải")

    said = lienthong(
        *("sign", LETTER, "--key", office / "official.p12", "--json"),
        *("--passphrase-file", wrong, "--out", tmp_path / "out.pdf"),
    )

    assert (said.code, said.error) == (1, "key_unreadable")
    assert "không phải" not in said.out


def test_passphrase_nobody_can_be_asked_for_is_wrong_usage(office: Path) -> None:
    key = ("--key", office / "official.p12")

    said = program("sign", LETTER, *key, "--out", office / "never.pdf")

    assert said.code == 3
    assert "--passphrase-file" in said.err


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """A letter whose number and date are still blank, signed by a person `official`."""
    path = tmp_path / "draft.pdf"
    block = (*SIGNER_BLOCK[:2], Printed(371, 375, "official"))
    path.write_bytes(draft_pdf(*HEADING, *block))
    return path


def test_clerk_numbers_and_seals_in_one_step_and_all_signatures_pass(
    office: Path, draft: Path, tmp_path: Path
) -> None:
    person, sealed = tmp_path / "person.pdf", tmp_path / "sealed.pdf"
    number = ("--number", "214/UBND-VHXH", "--date", "2026-10-05")

    signed = sign(
        office,
        draft,
        person,
        *("--key", office / "official.p12", "--image", SIGNATURE_IMAGE),
    )
    seal = sign(
        office,
        person,
        sealed,
        *("--key", office / "seal.p12", "--role", "agency-seal", *number),
        *("--image", SEAL_IMAGE),
    )
    passed = verify(office, sealed, *published(office))

    assert (signed.code, seal.code) == (0, 0)
    assert (passed.code, passed.json["indication"]) == (0, "TOTAL-PASSED")
    fields = [one["field"] for one in passed.json["signatures"]]
    assert fields == ["lienthong-person", "lienthong-number", "lienthong-agency-seal"]


@pytest.mark.parametrize(
    "words",
    [
        ("--role", "annex", "--number", "187/KH-UBND"),
        ("--role", "copy", "--copy-form", "sao-y"),
    ],
    ids=["annex", "copy"],
)
def test_agency_signs_annex_and_copy_alone(
    office: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    signed = tmp_path / "signed.pdf"

    said = sign(office, ANNEX, signed, "--key", office / "seal.p12", *words)
    passed = verify(office, signed, *published(office))

    assert said.code == 0
    assert (passed.code, passed.json["indication"]) == (0, "TOTAL-PASSED")


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (("--role", "annex"), "--number"),
        (("--role", "copy"), "--copy-form"),
        (("--role", "number"), "--number"),
        (("--number", "1/QĐ-UBND"), "--number"),
        (("--role", "annex", "--number", "1", "--image", "x.png"), "--image"),
        (("--date", "5/10/2026"), "--date"),
    ],
)
def test_role_says_what_it_needs_and_what_it_does_not_use(
    office: Path, tmp_path: Path, words: tuple[str, ...], missing: str
) -> None:
    secret = ("--passphrase-file", office / "passphrase")
    out = ("--key", office / "seal.p12", "--out", tmp_path / "out.pdf")
    said = lienthong("sign", LETTER, *out, *secret, *words)

    assert said.code == 3
    assert missing in said.err


def test_image_without_a_signers_block_says_which_place_to_give(
    office: Path, tmp_path: Path
) -> None:
    key = ("--key", office / "official.p12", "--image", SIGNATURE_IMAGE)

    unknown = sign(office, LETTER, tmp_path / "out.pdf", *key)
    named = sign(
        office, LETTER, tmp_path / "out.pdf", *key, "--signer-name", "đoàn thạch khuê"
    )

    assert (unknown.code, unknown.error) == (1, "signer_block_not_found")
    assert unknown.json["error"]["place"].startswith("--place 2,")
    assert named.code == 0


def test_secrecy_stamp_is_refused_before_the_key_is_used(
    office: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.pdf"
    secret.write_bytes(draft_pdf(Printed(100, 790, "TUYỆT MẬT"), *HEADING))

    said = sign(office, secret, tmp_path / "out.pdf", "--key", office / "official.p12")

    assert (said.code, said.error) == (1, "secrecy_mark")
    assert not (tmp_path / "out.pdf").exists()
