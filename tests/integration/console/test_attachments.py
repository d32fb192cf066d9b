"""Attachments as a clerk sees them: pictures of pages, a verdict, the file itself."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from exchange.domain.roles import AccessRole
from exchange.usecases.accept_envelope import AcceptedEnvelope
from pki.trust import TrustMaterial
from schemas.catalogue import explain
from schemas.errors import ErrorCode
from schemas.verdict import Indication
from schemas.vocabulary import DeliveryState
from signing.validation.bundle import judge_bundle
from signing.validation.pdf import judge_pdf
from tests.support.console import Console, Visit, add_person, running_console
from tests.support.signed_pdf import LETTER
from tests.support.world import MINISTRY, PROVINCE, attachment, make_world, note


@pytest.fixture
async def console() -> AsyncIterator[Console]:
    async with running_console(await make_world()) as running:
        yield running


def _path(accepted: AcceptedEnvelope, number: int = 1) -> str:
    return f"/documents/{accepted.envelope.envelope_id}/attachments/{number}"


async def test_pages_are_shown_one_by_one(console: Console) -> None:
    accepted = await console.world.sent(attachment(LETTER.read_bytes()))
    async with console.visit("tinh.van") as visit:
        first = await visit.look(_path(accepted))
        assert "Trang 1/2" in first.text
        assert 'rel="next"' in first.text
        last = await visit.look(f"{_path(accepted)}?page=2")
        assert 'rel="next"' not in last.text
        address = f"{visit.base}{_path(accepted)}/picture?page=2"
        async with visit.http.get(address) as answer:
            assert answer.content_type == "image/png"
            assert (await answer.read()).startswith(b"\x89PNG")
            assert answer.headers["Cache-Control"] == "no-store"


async def test_verdict_is_a_sentence_with_a_report_behind_it(console: Console) -> None:
    accepted = await console.world.sent(attachment(LETTER.read_bytes()))
    async with console.visit("tinh.van") as visit:
        part = await visit.look(f"{_path(accepted)}/verdict")
        assert "<html" not in part.text
        assert 'class="card unsure verdict"' in part.text
        assert "/attachments/1/report" in part.text
        assert explain(ErrorCode.NOT_SIGNED).message.vi in part.text
        report = await visit.look(f"{_path(accepted)}/report")
    assert "not_signed" in report.text


async def test_file_is_saved_as_it_was_sent(console: Console) -> None:
    accepted = await console.world.sent(note(b"<script>"))
    async with (
        console.visit("tinh.van") as visit,
        visit.http.get(f"{visit.base}{_path(accepted)}/content") as answer,
    ):
        assert await answer.read() == b"<script>"
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_evidence_is_saved_and_passes_with_the_root_alone(
    console: Console,
) -> None:
    accepted = await console.world.sent(note(b"1"))
    path = f"/documents/{accepted.envelope.envelope_id}"
    for account in ("thu.van", "tinh.van"):
        async with console.visit(account) as visit:
            assert f'href="{path}/evidence"' in (await visit.look(path)).text
            async with visit.http.get(f"{visit.base}{path}/evidence") as answer:
                saved = await answer.read()
            assert answer.headers["Content-Disposition"].startswith("attachment;")
        root = console.world.pki.root.root.public_bytes(Encoding.DER)
        verdict = judge_bundle(
            saved, material=TrustMaterial(roots=(root,)), at=None, judge_pdf=judge_pdf
        )
        assert verdict.indication is Indication.TOTAL_PASSED


async def test_receipt_of_a_step_is_saved_by_who_may_see_the_step(
    console: Console,
) -> None:
    world = console.world
    await add_person(console.office, world, "bo.van", ((AccessRole.CLERK, MINISTRY),))
    envelope = (await world.sent(note(b"1"))).envelope
    path = f"/documents/{envelope.envelope_id}"
    async with console.visit("tinh.van") as visit:
        await visit.look(path)
        await visit.send(f"{path}/take")
    kept = await world.services.storage.envelopes.receipts(envelope.envelope_id)
    contents = {"": envelope.receipt} | {
        f"?step={quote(one.key, safe='')}": one.content for one in kept
    }
    everybody = {"", "?step=delivered"}
    assert everybody < set(contents)
    for account, own in (
        ("thu.van", set(contents)),
        ("giam.sat", set(contents)),
        ("tinh.van", set(contents)),
        ("bo.van", everybody),
    ):
        async with console.visit(account) as visit:
            shown = (await visit.look(path)).text
            saved = {
                one: await _saved(visit, f"{path}/receipt{one}") for one in contents
            }
        assert saved == {one: contents[one] if one in own else None for one in contents}
        assert {one for one in contents if f'{path}/receipt{one}"' in shown} == own


async def _saved(visit: Visit, path: str) -> bytes | None:
    """Save a file; None if there is none."""
    async with visit.http.get(visit.base + path) as answer:
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        return await answer.read()


async def test_looking_at_a_page_counts_as_having_opened(console: Console) -> None:
    accepted = await console.world.sent(attachment(LETTER.read_bytes()))
    store = console.world.services.storage.envelopes
    async with console.visit("tinh.van") as visit:
        await visit.look(f"{_path(accepted)}?page=9999")
    delivery = await store.delivery(accepted.envelope.envelope_id, PROVINCE)
    assert delivery is not None
    assert delivery.state is DeliveryState.AVAILABLE
    assert delivery.opened


@pytest.mark.parametrize("account", ["giam.sat", "van.hanh"])
async def test_who_only_oversees_sees_no_page(console: Console, account: str) -> None:
    accepted = await console.world.sent(attachment(LETTER.read_bytes()))
    async with console.visit(account) as visit:
        for last in ("", "/picture", "/verdict", "/report", "/content"):
            assert (await visit.look(_path(accepted) + last)).status == 403


async def test_file_that_is_no_pdf_is_not_drawn(console: Console) -> None:
    accepted = await console.world.sent(note(b"x"))
    async with console.visit("tinh.van") as visit:
        page = await visit.look(_path(accepted))
    assert page.status >= 400
    assert "pdf_malformed" in page.text
