"""The report says the answer first, then who, then what to do."""

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.errors import ErrorCode
from schemas.verdict import FileKind, Indication, Reason, Verdict
from signing.reports.text import render_text
from tests.support.pki import NOW
from tests.support.reported import FAILED, PASSED, SIGNATURE

VALID = "HỢP LỆ: chữ ký số đúng, nội dung nguyên vẹn, chứng thư đáng tin cậy."
ASKED_FOR = {
    "vi": (
        "Người ký: Đoàn Thạch Khuê",
        "Đơn vị quản lý: Văn phòng – UBND xã Suối Mây",
        "Đơn vị cấp chứng thư: CA Cán bộ",
        "Thời điểm ký (do bên ký khai): 21/11/2026 09:00:00 +07:00",
        "Nội dung nguyên vẹn: có",
        "Chứng thư khi ký: có hiệu lực",
        "Hiệu lực chứng thư: 22/10/2026 09:00:00 +07:00 – 21/10/2028 09:00:00 +07:00",
        (
            "Kiểm tra thu hồi: không bị thu hồi, danh sách thu hồi (CRL), "
            "tính đến 21/11/2026 06:00:00 +07:00"
        ),
    ),
    "en": (
        "Signer: Đoàn Thạch Khuê",
        "Managing unit: Văn phòng – UBND xã Suối Mây",
        "Certificate issued by: CA Cán bộ",
        "Signing time (as claimed): 21/11/2026 09:00:00 +07:00",
        "Content intact: yes",
        "Certificate when signing: valid",
        "Certificate valid: 22/10/2026 09:00:00 +07:00 – 21/10/2028 09:00:00 +07:00",
        (
            "Revocation check: not revoked, revocation list, "
            "as of 21/11/2026 06:00:00 +07:00"
        ),
    ),
}
"""What verifying software shows at least (Circular 15/2025/TT-BKHCN)."""


@pytest.mark.parametrize("language", ["vi", "en"])
def test_everything_the_circular_asks_for_is_on_the_screen(language: str) -> None:
    lines = [one.strip() for one in render_text(PASSED, language).splitlines()]
    assert [one for one in ASKED_FOR[language] if one not in lines] == []


def test_first_line_is_the_answer_in_words_and_in_the_terms_of_the_standard() -> None:
    assert render_text(PASSED, "vi").splitlines()[0] == f"{VALID} [TOTAL-PASSED]"


def test_time_stamp_counts_before_the_claimed_time() -> None:
    stamped = replace(SIGNATURE, timestamp_time=NOW + timedelta(minutes=2))
    text = render_text(replace(PASSED, signatures=(stamped,)), "vi")
    proved = text.index("Thời điểm ký (dấu thời gian): 21/11/2026 09:02:00 +07:00")
    assert proved < text.index("Thời điểm ký (do bên ký khai)")


def test_document_time_stamp_is_not_called_a_signature() -> None:
    stamp = replace(
        SIGNATURE,
        field="lienthong-time-1",
        signer="TSA",
        level="document-time-stamp",
        signing_time=None,
        timestamp_time=NOW,
        timestamp_authority="TSA",
    )
    text = render_text(replace(PASSED, signatures=(SIGNATURE, stamp)), "vi")
    _, told = text.split("Dấu thời gian lienthong-time-1: hợp lệ")
    assert "Đơn vị cấp dấu thời gian: TSA" in told
    assert "Người ký" not in told
    assert "document-time-stamp" not in told


def test_authority_of_a_signatures_time_stamp_is_named() -> None:
    stamped = replace(SIGNATURE, timestamp_time=NOW, timestamp_authority="TSA 1")
    text = render_text(replace(PASSED, signatures=(stamped,)), "en")
    assert "Time stamping authority: TSA 1" in text


def test_unit_is_not_guessed_where_no_certificate_was_found() -> None:
    bare = replace(SIGNATURE, chain=(), revocation=())
    text = render_text(replace(PASSED, signatures=(bare,)), "vi")
    assert "Đơn vị quản lý" not in text


def test_one_signature_with_every_reason_stays_on_one_screen() -> None:
    reasons = tuple(Reason(ErrorCode.NOT_SIGNED, str(one)) for one in range(500))
    stamped = replace(
        SIGNATURE, timestamp_time=NOW, timestamp_authority="TSA", reasons=reasons
    )
    for language in ("vi", "en"):
        text = render_text(replace(PASSED, signatures=(stamped,)), language)
        assert len(text.splitlines()) <= 40


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


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("vi", "Phạm vi thay đổi: trang 2, đối tượng PDF 4, 33"),
        ("en", "What the changes touch: pages 2, PDF objects 4, 33"),
    ],
)
def test_pages_and_objects_of_later_changes_are_named(language: str, told: str) -> None:
    changed = replace(SIGNATURE, changed_objects=(4, 33), changed_pages=(2,))
    assert told in render_text(replace(PASSED, signatures=(changed,)), language)
    assert told not in render_text(PASSED, language)


def test_many_changed_objects_are_cut_short() -> None:
    changed = replace(SIGNATURE, changed_objects=tuple(range(1, 40)))
    shown = render_text(replace(PASSED, signatures=(changed,)), "en")
    assert "PDF objects 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, …" in shown
