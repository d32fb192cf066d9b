"""A file is signed on disk as it would be in memory, or left alone."""

import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades import in_place
from signing.pades.in_place import MAX_FILE_BYTES, SignedFile, sign_pdf_file
from signing.pades.levels import NO_SERVICES, SigningServices
from signing.pades.reading import MAX_PDF_BYTES
from signing.profiles import Placement, SignatureLevel
from tests.support.judged_pdf import AGENCY, judged
from tests.support.judged_pdf import PERSON as SIGNER
from tests.support.judges import run
from tests.support.large_pdf import many_pages_pdf, write_large_pdf
from tests.support.levels import LevelDesk
from tests.support.signed_pdf import (
    LETTER,
    PERSON,
    SEAL,
    SEAL_PNG,
    SIGNATURE_PNG,
    letter_place,
    sign,
    signatures,
)
from tests.support.small_pdf import small_pdf

MIB = 1024 * 1024
VISIBLE = replace(PERSON, image=SIGNATURE_PNG, placement=letter_place())


def signed_file(source: Path, target: Path) -> SignedFile:
    return sign_pdf_file(source, target, credential=SIGNER, request=VISIBLE)


def refusal(source: Path, target: Path) -> ErrorCode:
    with pytest.raises(SigningError) as caught:
        sign_pdf_file(source, target, credential=SIGNER, request=PERSON)
    return caught.value.code


def without_what_is_fresh(signed: bytes) -> bytes:
    """Leave out what differs each time: the file identifier and the value."""
    signed = re.sub(rb"/ID \[[^\]]*\]", b"", signed)
    return re.sub(rb"/Contents <[0-9A-F]+>", b"", signed)


def test_file_is_signed_as_in_memory(tmp_path: Path) -> None:
    target = tmp_path / "signed.pdf"
    told = signed_file(LETTER, target)

    signed = target.read_bytes()
    in_memory = sign(LETTER.read_bytes(), SIGNER, VISIBLE)
    assert signed.startswith(LETTER.read_bytes())
    assert told == SignedFile(
        size=len(signed), level=SignatureLevel.B_B, wanted=SignatureLevel.B_B
    )
    assert without_what_is_fresh(signed) == without_what_is_fresh(in_memory)
    assert judged(signed).indication == "TOTAL-PASSED"
    assert "Signature is Valid." in run("pdfsig", "-nocert", target).stdout
    assert [one.name for one in tmp_path.iterdir()] == ["signed.pdf"]


def test_seal_on_disk_keeps_the_personal_signature(tmp_path: Path) -> None:
    person, sealed = tmp_path / "person.pdf", tmp_path / "sealed.pdf"
    signed_file(LETTER, person)
    request = replace(SEAL, image=SEAL_PNG)
    sign_pdf_file(person, sealed, credential=AGENCY, request=request)

    assert judged(sealed.read_bytes()).indication == "TOTAL-PASSED"
    assert len(signatures(sealed.read_bytes())) == 2


def test_broken_signature_in_a_file_is_refused(tmp_path: Path) -> None:
    source, target = tmp_path / "broken.pdf", tmp_path / "signed.pdf"
    signed = bytearray(sign(LETTER.read_bytes(), SIGNER))
    signed[len(signed) // 3] ^= 1
    source.write_bytes(signed)

    with pytest.raises(SigningError, match="pdf_already_broken"):
        sign_pdf_file(source, target, credential=AGENCY, request=SEAL)
    assert not target.exists()


@pytest.mark.parametrize(
    ("catalog", "code"),
    [
        ("/OpenAction << /S /JavaScript >>", ErrorCode.PDF_ACTIVE_CONTENT),
        ("/AcroForm << /XFA () /Fields [] >>", ErrorCode.PDF_FORM_XFA),
    ],
)
@pytest.mark.parametrize("is_large", [False, True])
def test_what_acts_is_found_in_a_file(
    tmp_path: Path,
    catalog: str,
    code: ErrorCode,
    is_large: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A large file with few objects is walked, another one searched."""
    if is_large:
        monkeypatch.setattr("signing.pades.active._SEARCHED_AT_ONCE", 10)
        monkeypatch.setattr("signing.pades.active._OCTETS_PER_OBJECT_WALKED", 1)
    source = tmp_path / "active.pdf"
    source.write_bytes(small_pdf(catalog=catalog))
    assert refusal(source, tmp_path / "signed.pdf") is code


def test_names_across_the_pieces_of_a_search_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signing.pades.active._SEARCHED_AT_ONCE", 64)
    for shift in range(64):
        source = tmp_path / f"{shift}.pdf"
        catalog = "/A" + "a" * shift + " 1 /OpenAction << /S /JavaScript >>"
        source.write_bytes(small_pdf(catalog=catalog))
        assert refusal(source, tmp_path / "out.pdf") is ErrorCode.PDF_ACTIVE_CONTENT


def test_files_up_to_two_gigabytes_are_signed_on_disk(tmp_path: Path) -> None:
    assert MAX_FILE_BYTES == 2 * 1024**3 > MAX_PDF_BYTES
    source = tmp_path / "huge.pdf"
    with source.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    assert refusal(source, tmp_path / "signed.pdf") is ErrorCode.PDF_TOO_LARGE


def test_a_file_too_large_for_memory_is_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signing.pades.reading.MAX_PDF_BYTES", MIB)
    source, target = tmp_path / "large.pdf", tmp_path / "signed.pdf"
    write_large_pdf(source, 20 * MIB)
    sign_pdf_file(source, target, credential=SIGNER, request=PERSON)

    assert target.read_bytes().startswith(source.read_bytes())
    assert "Signature is Valid." in run("pdfsig", "-nocert", target).stdout


@pytest.mark.parametrize("level", list(SignatureLevel))
def test_levels_are_reached_on_disk_too(tmp_path: Path, level: SignatureLevel) -> None:
    desk, target = LevelDesk(), tmp_path / "signed.pdf"
    told = sign_pdf_file(
        LETTER,
        target,
        credential=desk.pki.person(),
        request=replace(PERSON, level=level),
        services=desk.services(),
    )
    assert (told.level, told.size) == (level, target.stat().st_size)
    assert target.read_bytes().startswith(LETTER.read_bytes())


@pytest.mark.parametrize(
    "services", [NO_SERVICES, LevelDesk(stamps_down=True).services()]
)
def test_without_a_time_stamp_the_file_says_what_it_reached(
    tmp_path: Path, services: SigningServices
) -> None:
    request = replace(PERSON, level=SignatureLevel.B_LT)
    target = tmp_path / "signed.pdf"
    credential = LevelDesk().pki.person()
    services = replace(services, evidence=None)
    told = sign_pdf_file(
        LETTER, target, credential=credential, request=request, services=services
    )
    assert (told.level, told.wanted) == (SignatureLevel.B_B, SignatureLevel.B_LT)
    assert told.reason
    assert told.reason.code is ErrorCode.TIME_STAMP_UNAVAILABLE


def test_a_file_too_large_to_be_extended_stays_at_b_t(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_place, "MAX_PDF_BYTES", 1000)
    desk = LevelDesk()
    told = sign_pdf_file(
        LETTER,
        tmp_path / "signed.pdf",
        credential=desk.pki.person(),
        request=replace(PERSON, level=SignatureLevel.B_LTA),
        services=desk.services(),
    )
    assert told.level is SignatureLevel.B_T
    assert told.reason
    assert told.reason.code is ErrorCode.PDF_TOO_LARGE


@pytest.mark.parametrize("missing", ["source", "folder"])
def test_what_cannot_be_read_or_written_is_told(tmp_path: Path, missing: str) -> None:
    source = tmp_path / "none.pdf" if missing == "source" else LETTER
    folder = tmp_path if missing == "source" else tmp_path / "none"
    wanted = {
        "source": ErrorCode.FILE_UNREADABLE,
        "folder": ErrorCode.FILE_NOT_WRITTEN,
    }
    assert refusal(source, folder / "signed.pdf") is wanted[missing]


def test_no_other_page_is_read_to_sign_on_the_last_of_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Objects read do not grow with the pages; the seal looks at each page once.

    It must see that the person's signature outlives it.
    """
    read: list[int] = []
    original = PdfFileReader._read_object

    def counting(*args: Any, **named: Any) -> object:
        read.append(1)
        return original(*args, **named)

    monkeypatch.setattr(PdfFileReader, "_read_object", counting)
    by_person, by_seal = [], []
    for pages in (40, 400):
        source, place = many_pages_pdf(pages), Placement(pages, 100, 100, 100, 50)
        read.clear()
        person = sign(source, SIGNER, image=SIGNATURE_PNG, placement=place)
        by_person.append(len(read))
        read.clear()
        sealed = sign(person, AGENCY, SEAL, image=SEAL_PNG)
        by_seal.append(len(read))
        widgets = [one.sig_field.raw_get("/P") for one in signatures(sealed)]
        assert widgets[0] == widgets[1]
    assert by_person[0] == by_person[1]
    assert by_seal[1] - by_seal[0] == 400 - 40


_KILLED = """
import sys, time
from pathlib import Path
from signing.pades import in_place
from tests.support.signed_pdf import PERSON
from tests.support.pki import TestPki

def slow(*_):
    print("about to sign", flush=True)
    time.sleep(60)

in_place.token_for = slow
source, target = map(Path, sys.argv[1:])
credential = TestPki.create().person()
in_place.sign_pdf_file(source, target, credential=credential, request=PERSON)
"""


def test_a_kill_in_the_middle_leaves_the_source_and_no_target(tmp_path: Path) -> None:
    source, target = tmp_path / "source.pdf", tmp_path / "signed.pdf"
    source.write_bytes(LETTER.read_bytes())
    child = subprocess.Popen(
        [sys.executable, "-c", _KILLED, source, target], stdout=subprocess.PIPE
    )
    with child:
        assert child.stdout
        assert child.stdout.readline() == b"about to sign\n"
        os.kill(child.pid, signal.SIGKILL)

    assert source.read_bytes() == LETTER.read_bytes()
    assert not target.exists()
    signed_file(source, target)
    assert judged(target.read_bytes()).indication == "TOTAL-PASSED"
