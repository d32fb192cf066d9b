"""Every form of report takes whatever a file may be called, and says the same."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import ErrorCode
from schemas.render import verdict_to_json
from schemas.verdict import Reason, Verdict
from signing.reports import detailed, etsi, page, printed
from signing.reports.text import render_text
from tests.support.etsi_schema import departure
from tests.support.judged_pdf import judged, sealed
from tests.support.reported import FAILED, GOOD, LEAF, PASSED, SIGNATURE, report


def named(name: str) -> Verdict:
    leaf = replace(LEAF, name=name, issuer_name=name, organisation=name, unit=name)
    signature = replace(
        SIGNATURE,
        field=name,
        signer=name,
        level=name,
        timestamp_authority=name,
        chain=(leaf, leaf),
        reasons=(Reason(ErrorCode.NOT_SIGNED, name),),
    )
    part = replace(FAILED, name=name, signatures=(signature,))
    return replace(PASSED, name=name, signatures=(signature,), parts=(part,))


def require_reportable(name: str) -> None:
    require_reported(named(name), name)


def require_reported(verdict: Verdict, name: str = "") -> None:
    found = replace(report(verdict), name=name)
    assert "\x1b" not in render_text(found.verdict, "vi")
    assert departure(etsi.render(found)) is None
    assert b"\x1b" not in page.render(found)
    assert printed.render(found).startswith(b"%PDF-")
    assert json.loads(detailed.render(found))["file"]["sha256"] == found.sha256


def test_any_time_of_a_file_can_be_reported() -> None:
    """A certificate without an end has 9999-12-31T23:59:59Z (RFC 5280, 4.1.2.5)."""
    first = datetime(1, 1, 1, tzinfo=UTC)
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    leaf = replace(LEAF, not_before=first, not_after=last)
    check = replace(GOOD, said_at=first, fresh_until=last, revoked_at=last)
    for moment in (first, last):
        signature = replace(
            SIGNATURE,
            signing_time=moment,
            timestamp_time=moment,
            chain=(leaf, leaf),
            revocation=(check,),
        )
        require_reported(replace(PASSED, signatures=(signature,)))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_name_can_be_reported(name: str) -> None:
    require_reportable(name)


@pytest.mark.parametrize(
    "name", ["\ud800", "\x00", "\x1b[2J", "\u202e", "\ufffe", "]]>", "%s{}"]
)
def test_letters_that_break_writers_do_not(name: str) -> None:
    require_reportable(name)


def test_detailed_json_holds_the_published_one_and_what_it_rests_on() -> None:
    verdict = judged(sealed())
    found = json.loads(detailed.render(report(verdict)))
    person = found["verdict"]["signatures"][0]
    published = json.loads(json.dumps(verdict_to_json(verdict)))
    for one, whole in zip(
        published["signatures"], found["verdict"]["signatures"], strict=True
    ):
        assert {**whole, "chain": 0} == {**whole, **one, "chain": 0}
    assert [one["state"] for one in person["revocation"]] == ["good", "good"]
    assert [one["source"] for one in person["revocation"]] == ["crl", "crl"]
    assert person["chain"][0]["name"] == "Đoàn Thạch Khuê"
    assert person["good_until"] == "2026-11-28T02:00:00.000Z"
