"""The report says the answer first, then who, then what to do."""

from dataclasses import replace

import pytest

from schemas.errors import ErrorCode
from schemas.verdict import (
    CertificateSummary,
    FileKind,
    Indication,
    Modifications,
    Reason,
    SignatureVerdict,
    SubIndication,
    Verdict,
)
from signing.validation.report import render_text
from tests.support.pki import NOW

VALID = "HỢP LỆ: chữ ký số đúng, nội dung nguyên vẹn, chứng thư đáng tin cậy."
LEAF = CertificateSummary(
    subject="CN=Đoàn Thạch Khuê",
    issuer="CN=CA Cán bộ",
    serial="1f",
    not_before=NOW,
    not_after=NOW,
    sha256="00" * 32,
)
SIGNATURE = SignatureVerdict(
    field="signature-1",
    indication=Indication.TOTAL_PASSED,
    signer="Đoàn Thạch Khuê",
    intact=True,
    valid=True,
    modifications=Modifications.NONE,
    signing_time=NOW,
    chain=(LEAF,),
)
PASSED = Verdict(
    kind=FileKind.ENVELOPE,
    indication=Indication.TOTAL_PASSED,
    signatures=(SIGNATURE,),
)
FAILED = Verdict(
    kind=FileKind.PDF,
    indication=Indication.TOTAL_FAILED,
    sub_indication=SubIndication.HASH_FAILURE,
    signatures=(
        replace(
            SIGNATURE,
            indication=Indication.TOTAL_FAILED,
            intact=False,
            reasons=(Reason(ErrorCode.DOCUMENT_DIGEST_MISMATCH, "Signature1"),),
        ),
    ),
    reasons=(Reason(ErrorCode.DOCUMENT_DIGEST_MISMATCH, "Signature1"),),
)


def test_valid_file_in_vietnamese() -> None:
    assert render_text(PASSED, "vi").splitlines() == [
        f"{VALID} [TOTAL-PASSED]",
        "Loại tệp: gói tin văn bản edXML",
        "",
        "Chữ ký signature-1: hợp lệ",
        "  Người ký: Đoàn Thạch Khuê",
        "  Thời điểm ký (do bên ký khai): 21/11/2026 09:00:00 +07:00",
        "  Nội dung nguyên vẹn: có",
        "  Giá trị chữ ký đúng: có",
        "  Thay đổi sau khi ký: không có",
        "  Đơn vị cấp chứng thư: CN=CA Cán bộ",
        "  Hiệu lực chứng thư: 21/11/2026 09:00:00 +07:00 – 21/11/2026 09:00:00 +07:00",
    ]


def test_failed_file_in_english_says_side_and_next_step_once() -> None:
    lines = render_text(FAILED, "en").splitlines()
    assert lines[0] == (
        "NOT VALID: do not rely on this file. [TOTAL-FAILED / HASH_FAILURE]"
    )
    assert "  Content intact: NO" in lines
    assert sum("document_digest_mismatch" in line for line in lines) == 1
    assert [line.split(":")[0].strip() for line in lines[-2:]] == [
        "On the side of",
        "Next",
    ]


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("indication", list(Indication))
@pytest.mark.parametrize("kind", list(FileKind))
def test_every_answer_about_every_kind_has_words(
    language: str, indication: Indication, kind: FileKind
) -> None:
    verdict = Verdict(kind=kind, indication=indication)
    assert str(indication) in render_text(verdict, language)


def test_parts_that_did_not_pass_come_first_with_their_reasons() -> None:
    bad = replace(FAILED, name="phu-luc.pdf")
    good = replace(PASSED, name="envelope/body")
    text = render_text(replace(PASSED, parts=(good, bad)), "vi")
    assert text.index("phu-luc.pdf (văn bản PDF)") < text.index("envelope/body (")
    assert "[phu-luc.pdf: Signature1]" in text


def test_many_parts_and_reasons_stay_on_one_screen() -> None:
    parts = tuple(replace(PASSED, name=f"p{number}") for number in range(500))
    reasons = tuple(Reason(ErrorCode.NOT_SIGNED, str(one)) for one in range(500))
    signatures = (SIGNATURE,) * 50
    whole = replace(PASSED, parts=parts, reasons=reasons, signatures=signatures)
    lines = render_text(whole, "vi").splitlines()
    assert len(lines) < 80
    assert "  … và 488 mục khác" in lines


def test_names_from_a_file_cannot_steer_the_terminal() -> None:
    hostile = replace(SIGNATURE, signer="\x1b[2J\nHỢP LỆ" + "x" * 500)
    text = render_text(replace(PASSED, signatures=(hostile,)), "vi")
    assert "\x1b" not in text
    assert "?[2J?HỢP LỆ" in text
    assert len(max(text.splitlines(), key=len)) < 150


def test_signer_without_a_name_is_unknown() -> None:
    nameless = replace(SIGNATURE, signer="", chain=(), signing_time=None)
    text = render_text(replace(PASSED, signatures=(nameless,)), "en")
    assert "Signer: unknown" in text
