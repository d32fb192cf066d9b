"""The report page in headless Chromium: it shows all, loads nothing, runs nothing."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from schemas.catalogue import explain
from schemas.errors import ErrorCode
from schemas.verdict import Indication, Reason, Verdict
from signing.reports import words
from signing.reports.page import render
from tests.support.attacks.shown import over_the_sum
from tests.support.browser import Tab, browser_tab
from tests.support.judged_pdf import judged, sealed
from tests.support.reported import FAILED, LEAF, PASSED, SIGNATURE, report
from tests.support.signed_pdf import tampered

HOSTILE = (
    "</title></style><script>document.title='owned'</script>"
    "<img src=http://127.0.0.1:9/a onerror=alert(1)><a href=javascript:1>x</a>"
)
"""Markup where a name is expected; `clean` leaves its first hundred characters."""


def hostile() -> Verdict:
    leaf = replace(LEAF, name=HOSTILE, organisation=HOSTILE, issuer_name=HOSTILE)
    signature = replace(
        SIGNATURE, field=HOSTILE, signer=HOSTILE, level=HOSTILE, chain=(leaf,)
    )
    reason = Reason(ErrorCode.NOT_SIGNED, HOSTILE)
    return replace(
        PASSED,
        name=HOSTILE,
        indication=Indication.INDETERMINATE,
        signatures=(signature,),
        reasons=(reason,),
        parts=(replace(FAILED, name=HOSTILE),),
    )


async def show(tab: Tab, folder: Path, verdict: Verdict, *, width: int = 900) -> None:
    path = folder / "report.html"
    path.write_bytes(render(report(verdict)))
    await tab.open(path, width=width)


def colours(png: bytes) -> int:
    found = Image.open(BytesIO(png)).convert("RGB").getcolors(1 << 24)
    return len(found or ())


async def test_page_shows_the_verdict_and_loads_nothing_else(tmp_path: Path) -> None:
    async with browser_tab(tmp_path / "profile") as tab:
        await show(tab, tmp_path, judged(sealed()))
        text = await tab.value("document.body.innerText")
        for expected in ("HỢP LỆ", "VALID", "Đoàn Thạch Khuê", "UBND xã Suối Mây"):
            assert expected in text
        assert tab.requests == [(tmp_path / "report.html").as_uri()]
        assert tab.complaints == []
        drawn = "document.querySelectorAll('svg.chain rect.edge').length"
        assert await tab.value(drawn) == 6
        assert colours(await tab.screenshot()) > 50


_CLASSES = {
    Indication.TOTAL_PASSED: ("HỢP LỆ", "VALID"),
    Indication.INDETERMINATE: ("CHƯA KẾT LUẬN ĐƯỢC", "UNDECIDED"),
    Indication.TOTAL_FAILED: ("KHÔNG HỢP LỆ", "NOT VALID"),
}


def of_class(indication: Indication) -> Verdict:
    """Return the verdict on a real file of this class."""
    if indication is Indication.INDETERMINATE:
        return judged(over_the_sum(b"1 1 1 rg 0 0 100 30 re f"))
    data = sealed()
    return judged(tampered(data) if indication is Indication.TOTAL_FAILED else data)


async def test_page_says_rule_place_side_and_next_step_of_every_class(
    tmp_path: Path,
) -> None:
    # The library that signs starts a loop of its own, so this is done in a thread.
    verdicts = [await asyncio.to_thread(of_class, one) for one in Indication]
    async with browser_tab(tmp_path / "profile") as tab:
        for verdict, indication in zip(verdicts, Indication, strict=True):
            assert verdict.indication is indication
            await show(tab, tmp_path, verdict)
            text = await tab.value("document.body.innerText")
            (tmp_path / f"{indication}.png").write_bytes(await tab.screenshot())
            missing = [one for one in said(verdict) if one not in text]
            assert not missing, (indication, missing, text)


def said(verdict: Verdict) -> Iterator[str]:
    """Give all that a reader needs to know of a verdict, in both languages."""
    yield from _CLASSES[verdict.indication]
    if verdict.sub_indication:
        yield verdict.sub_indication
    reasons = {one for part in verdict.signatures for one in part.reasons}
    for reason in reasons.union(verdict.reasons):
        found = explain(reason.code)
        side = words.SIDES[found.side]
        yield from (reason.code, reason.place)
        yield from (found.message.vi, found.message.en, found.next.vi, found.next.en)
        yield from (side.vi, side.en)


@pytest.mark.parametrize("width", [360, 900])
async def test_page_never_scrolls_sideways(tmp_path: Path, width: int) -> None:
    long = replace(SIGNATURE, signer="x" * 500, field="y" * 500)
    verdict = replace(
        FAILED, signatures=(long, *FAILED.signatures), parts=(hostile(), PASSED)
    )
    async with browser_tab(tmp_path / "profile") as tab:
        await show(tab, tmp_path, verdict, width=width)
        wide = await tab.value("document.documentElement.scrollWidth")
        assert wide == await tab.value("document.documentElement.clientWidth")
        assert await tab.value("window.innerWidth") == width


async def test_markup_in_names_is_text(tmp_path: Path) -> None:
    async with browser_tab(tmp_path / "profile") as tab:
        await show(tab, tmp_path, hostile())
        assert tab.requests == [(tmp_path / "report.html").as_uri()]
        active = "script, img, a, iframe, object, link, form, [onerror], [style]"
        found = f"document.querySelectorAll('{active}').length"
        assert await tab.value(found) == 0
        assert await tab.value("document.title") != "owned"
        assert "<script>" in await tab.value("document.body.innerText")


async def test_policy_of_the_page_stops_what_would_be_put_in(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    put_in = b"<script>document.title='owned'</script><img src='http://127.0.0.1:9/a'>"
    whole = render(report(PASSED)).replace(b"</main>", put_in + b"</main>")
    path.write_bytes(whole)
    async with browser_tab(tmp_path / "profile") as tab:
        await tab.open(path, width=900)
        assert await tab.value("document.title") != "owned"
        assert any("Content Security Policy" in one.text for one in tab.complaints)


async def test_names_in_capitals_stay_in_the_boxes_of_the_chain(
    tmp_path: Path,
) -> None:
    names = (
        "SỞ NÔNG NGHIỆP VÀ MÔI TRƯỜNG THÀNH PHỐ HỒ CHÍ MINH",
        "W" * 100,
        "Người được ủy quyền " * 5,
        "漢字" * 30,
    )
    chain = tuple(replace(LEAF, name=one) for one in names)
    verdict = replace(PASSED, signatures=(replace(SIGNATURE, chain=chain),))
    async with browser_tab(tmp_path / "profile") as tab:
        await show(tab, tmp_path, verdict)
        beyond = (
            "[...document.querySelectorAll('.chain text')].filter(one => "
            "one.getBBox().x + one.getBBox().width > 340).map(one => one.textContent)"
        )
        assert await tab.value(f"JSON.stringify({beyond})") == "[]"
        drawn = (
            "[...document.querySelectorAll('.chain text')].map(one=>one.textContent)"
        )
        shown = "".join(json.loads(await tab.value(f"JSON.stringify({drawn})")))
    flat = shown.replace(" ", "")
    assert [one for one in names if one.replace(" ", "") not in flat] == []
