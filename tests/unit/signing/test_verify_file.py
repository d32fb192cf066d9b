"""One verb judges any file: by its content, offline, without a traceback."""

import os
import random
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.evidence import TreeHead, write_tree_head
from schemas.preflight import write_preflight
from schemas.verdict import FileKind, Indication, SubIndication, Verdict
from signing import api
from signing.api import verify_file
from signing.errors import SigningError
from signing.xmldsig.sign import sign_receipt
from tests.support import edxml, receipts
from tests.support.evidence_bundle import (
    ANNEX,
    Body,
    Conversation,
    document_body,
    pdf_attachment,
    system,
)
from tests.support.pki import NOW, TestPki
from tests.support.receipts import write_acceptance, write_step
from tests.support.signed_pdf import LETTER, sign
from tests.support.signed_xml import signed_envelope

PKI = TestPki.create()
MATERIAL = PKI.material()
SENDER = system(PKI, edxml.COMMUNE, "qlvb-xa")
PASSED, FAILED = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED


def _verify(folder: Path, data: bytes, material: TrustMaterial = MATERIAL) -> Verdict:
    path = folder / "file.bin"
    path.write_bytes(data)
    return verify_file(path, material=material, at=NOW)


def _saved(body: Body, line_end: str = "\r\n") -> bytes:
    header = f"MIME-Version: 1.0{line_end}Content-Type: {body.content_type}"
    return header.encode() + (line_end * 2).encode() + body.data


def test_pdf_is_judged_in_a_worker(tmp_path: Path) -> None:
    verdict = _verify(tmp_path, sign(LETTER.read_bytes(), PKI.person()))
    assert (verdict.kind, verdict.indication) == (FileKind.PDF, PASSED)


def test_reasons_of_a_pdfs_signatures_are_those_of_the_file(tmp_path: Path) -> None:
    signed = sign(LETTER.read_bytes(), PKI.person())
    verdict = _verify(tmp_path, signed, replace(MATERIAL, crls=()))
    assert verdict.indication is Indication.INDETERMINATE
    assert verdict.reasons == verdict.signatures[0].reasons


def test_unsigned_pdf_is_indeterminate(tmp_path: Path) -> None:
    verdict = _verify(tmp_path, LETTER.read_bytes())
    assert verdict.indication is Indication.INDETERMINATE
    assert [one.code for one in verdict.reasons] == [ErrorCode.NOT_SIGNED]


def test_plain_envelope_is_judged(tmp_path: Path) -> None:
    verdict = _verify(tmp_path, signed_envelope(SENDER, {}).xml)
    assert (verdict.kind, verdict.indication) == (FileKind.ENVELOPE, PASSED)


def test_envelope_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    verdict = _verify(tmp_path, b"\xef\xbb\xbf" + signed_envelope(SENDER, {}).xml)
    assert verdict.indication is PASSED


@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_multipart_envelope_saved_with_its_header_is_judged(
    tmp_path: Path, line_end: str
) -> None:
    saved = _saved(document_body(SENDER, [ANNEX]), line_end)
    verdict = _verify(tmp_path, saved)
    assert (verdict.kind, verdict.indication) == (FileKind.ENVELOPE, PASSED)


def test_folded_header_is_read(tmp_path: Path) -> None:
    body = document_body(SENDER, [ANNEX])
    folded = replace(body, content_type=body.content_type.replace("; ", ";\r\n\t"))
    assert _verify(tmp_path, _saved(folded)).indication is PASSED


def test_attached_pdf_is_judged_with_the_message(tmp_path: Path) -> None:
    pdf = pdf_attachment(sign(LETTER.read_bytes(), PKI.person()))
    verdict = _verify(tmp_path, _saved(document_body(SENDER, [pdf])))
    assert [(one.name, one.indication) for one in verdict.parts] == [
        ("cong-van.pdf", PASSED)
    ]
    assert verdict.indication is PASSED


@pytest.mark.parametrize(
    ("root", "credential", "kind"),
    [
        (write_acceptance(receipts.acceptance()), PKI.receipt(), FileKind.RECEIPT),
        (write_step(receipts.step()), PKI.receipt(), FileKind.RECEIPT),
        (write_preflight(receipts.preflight()), PKI.receipt(), FileKind.PREFLIGHT),
        (
            write_tree_head(TreeHead(log_id="l", size=1, root_hash=bytes(32), at=NOW)),
            PKI.log(),
            FileKind.TREE_HEAD,
        ),
    ],
    ids=["acceptance", "step", "preflight", "tree-head"],
)
def test_documents_of_a_hub_are_judged(
    tmp_path: Path, root: object, credential: object, kind: FileKind
) -> None:
    signed = sign_receipt(root, credential=credential, at=NOW)  # type: ignore[arg-type]  # the parameters are what they are
    verdict = _verify(tmp_path, signed)
    assert (verdict.kind, verdict.indication) == (kind, PASSED)


def test_bundle_is_judged_at_its_own_time(tmp_path: Path) -> None:
    conversation = Conversation.create(PKI, [ANNEX])
    path = tmp_path / "bundle"
    path.write_bytes(conversation.bundle())
    verdict = verify_file(path, material=conversation.material())
    assert (verdict.kind, verdict.indication) == (FileKind.BUNDLE, PASSED)


def test_bundle_with_a_damaged_beginning_is_still_a_bundle(tmp_path: Path) -> None:
    data = b"XK" + Conversation.create(PKI, [ANNEX]).bundle()[2:]
    verdict = _verify(tmp_path, data)
    assert (verdict.kind, verdict.indication) == (FileKind.BUNDLE, FAILED)


def test_without_a_time_messages_are_judged_now(tmp_path: Path) -> None:
    later = TestPki.create(now=NOW + timedelta(days=36500))
    path = tmp_path / "envelope"
    path.write_bytes(signed_envelope(system(later, "H99.151", "qlvb-xa"), {}).xml)
    verdict = verify_file(path, material=later.material())
    assert verdict.sub_indication is SubIndication.NOT_YET_VALID


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ErrorCode.FILE_EMPTY),
        (b"hello", ErrorCode.FORMAT_UNKNOWN),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), ErrorCode.FORMAT_UNKNOWN),
        (b"<html><body/></html>", ErrorCode.FORMAT_UNKNOWN),
        (b"<?xml version='1.0'?>", ErrorCode.FORMAT_UNKNOWN),
        (b"\0" * 5000, ErrorCode.FORMAT_UNKNOWN),
        (b"<edXML", ErrorCode.FORMAT_UNKNOWN),
        (b"<edXML>", ErrorCode.XML_MALFORMED),
        (b"<AcceptanceReceipt/>", ErrorCode.SIGNATURE_SHAPE_REFUSED),
        (b"Subject: a\r\n\r\nb", ErrorCode.CONTENT_TYPE_UNSUPPORTED),
        (b"Content-Type: text/plain\r\n\r\nb", ErrorCode.CONTENT_TYPE_UNSUPPORTED),
        (b"Content-Type: application/xml", ErrorCode.CONTENT_TYPE_UNSUPPORTED),
        (b"PK\x03\x04", ErrorCode.BUNDLE_STRUCTURE_INVALID),
    ],
)
def test_what_is_no_file_of_ours_fails_by_its_format(
    tmp_path: Path, data: bytes, code: ErrorCode
) -> None:
    verdict = _verify(tmp_path, data)
    assert (verdict.indication, verdict.sub_indication) == (
        FAILED,
        SubIndication.FORMAT_FAILURE,
    )
    assert [one.code for one in verdict.reasons] == [code]


def test_ordinary_zip_file_fails_as_bundle(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a")
    verdict = verify_file(path, material=MATERIAL, at=NOW)
    assert (verdict.kind, verdict.indication) == (FileKind.BUNDLE, FAILED)


def test_noise_never_passes_and_never_raises(tmp_path: Path) -> None:
    source = random.Random(11)
    starts = (b"", b"<edXML ", b"PK\x03\x04", b"Content-Type: application/xml\n\n<")
    for number in range(200):
        noise = starts[number % len(starts)] + source.randbytes(200)
        assert _verify(tmp_path, noise).indication is FAILED


def test_file_beyond_the_limit_is_not_decided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "LARGEST_FILE", 10)
    verdict = _verify(tmp_path, b"%PDF-1.7 and more")
    assert verdict.indication is Indication.INDETERMINATE
    assert [one.code for one in verdict.reasons] == [ErrorCode.LIMIT_EXCEEDED]


def test_pdf_that_takes_too_long_is_not_decided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "SECONDS", 0.0)
    verdict = _verify(tmp_path, sign(LETTER.read_bytes(), PKI.person()))
    assert verdict.indication is Indication.INDETERMINATE
    assert [one.code for one in verdict.reasons] == [ErrorCode.LIMIT_EXCEEDED]


def test_path_that_is_no_readable_file_is_a_coded_error(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path / "absent", tmp_path, pipe):
        with pytest.raises(SigningError) as refused:
            verify_file(path, material=MATERIAL, at=NOW)
        assert refused.value.code is ErrorCode.FILE_UNREADABLE
