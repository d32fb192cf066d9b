"""What one form of a report says of a verdict, the others say whole as well."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from schemas.verdict import AppliedPolicy, Verdict
from signing.reports import detailed, page, printed
from signing.reports.lines import set_line
from signing.reports.picture import INDENT, TEXT_SIZE, WIDTH, chain_picture
from signing.reports.text import render_text
from tests.support.judges import run
from tests.support.reported import LEAF, PASSED, SIGNATURE, report

POLICY = AppliedPolicy(
    "Chính sách kiểm tra chữ ký số tỉnh Bình Sơn", "2026-11", "cd" * 31 + "ef"
)
UNIT = "Bộ phận Tiếp nhận và Trả kết quả giải quyết thủ tục"
AGENCY = "Ban Quản lý Khu kinh tế và các khu công nghiệp tỉnh Bình Sơn"
"""X.520 gives each of them 64 characters."""

LONG_NAMED = replace(
    PASSED,
    policy=POLICY,
    signatures=(
        replace(SIGNATURE, chain=(replace(LEAF, unit=UNIT, organisation=AGENCY),)),
    ),
)


def as_json(verdict: Verdict) -> str:
    whole = json.loads(detailed.render(report(verdict)))
    return json.dumps(whole, ensure_ascii=False)


def as_page(verdict: Verdict) -> str:
    return page.render(report(verdict)).decode()


def as_pdf(verdict: Verdict) -> str:
    with TemporaryDirectory() as folder:
        path = Path(folder, "report.pdf")
        path.write_bytes(printed.render(report(verdict)))
        return run("pdftotext", "-layout", path, "-").stdout


def as_text(verdict: Verdict) -> str:
    return render_text(verdict, "vi")


@pytest.mark.parametrize("form", [as_json, as_page, as_pdf])
def test_long_name_of_a_policy_leaves_its_digest_whole(
    form: Callable[[Verdict], str],
) -> None:
    flat = "".join(form(LONG_NAMED).split())
    assert POLICY.sha256 in flat
    assert "".join(POLICY.name.split()) in flat


@pytest.mark.parametrize("form", [as_json, as_page, as_pdf, as_text])
def test_managing_unit_is_named_whole_with_its_agency(
    form: Callable[[Verdict], str],
) -> None:
    flat = "".join(form(LONG_NAMED).split())
    assert "".join(UNIT.split()) in flat
    assert "".join(AGENCY.split()) in flat


@pytest.mark.parametrize(
    "name",
    [
        "SỞ NÔNG NGHIỆP VÀ MÔI TRƯỜNG THÀNH PHỐ HỒ CHÍ MINH",
        "W" * 100,
        "m" * 100,
        "Người được ủy quyền " * 4,
        "",
    ],
)
def test_name_stays_in_its_box_of_the_chain_whole(name: str) -> None:
    chain = (replace(LEAF, name=name, subject=name or "CN=a"),)
    verdict = replace(PASSED, signatures=(replace(SIGNATURE, chain=chain),))
    (box,) = chain_picture(verdict.signatures[0], report(verdict)).boxes
    widths = [set_line(one).width(TEXT_SIZE) for one in box.lines]
    assert max(widths) <= WIDTH - 2 * INDENT
    assert "".join(name.split()) in "".join("".join(box.lines).split())
    assert [one for one in box.lines if one != one.strip()] == []
