"""Reports name the validation policy with its digest."""

from dataclasses import replace
from types import ModuleType

import pytest

from schemas.verdict import AppliedPolicy
from signing.reports import detailed, etsi, page
from signing.reports.report import Report
from tests.support.etsi_schema import departure
from tests.support.reported import PASSED, report

POLICY = AppliedPolicy("tỉnh <H99>", "2026-11", "cd" * 32)


def _report() -> Report:
    return report(replace(PASSED, policy=POLICY))


@pytest.mark.parametrize(
    ("form", "name"),
    [(detailed, "tỉnh <H99>"), (page, "tỉnh &lt;H99&gt;"), (etsi, "tỉnh &lt;H99&gt;")],
    ids=["json", "html", "etsi"],
)
def test_policy_is_named_with_its_digest(form: ModuleType, name: str) -> None:
    text = form.render(_report()).decode()
    assert name in text
    assert "2026-11" in text
    assert POLICY.sha256 in text


def test_etsi_report_with_a_policy_keeps_the_schema() -> None:
    assert departure(etsi.render(_report())) is None
