"""Registers, register numbers and statistics, over HTTP and as files."""

import csv
from dataclasses import replace
from datetime import date, timedelta
from io import StringIO
from tempfile import NamedTemporaryFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.messages import prepare_document
from exchange.delivery.docket_watch import DocketWatch
from exchange.domain.deadlines import ClockState
from exchange.domain.directory import Directory
from exchange.domain.links import Matter
from exchange.domain.registers import (
    INCOMING_COLUMNS,
    OUTGOING_COLUMNS,
    Arrival,
    incoming_row,
    outgoing_row,
    written_day,
)
from exchange.domain.roles import AccessRole
from exchange.domain.spreadsheet import csv_line
from exchange.storage.ports import ArrivalQuery
from exchange.usecases.delivery_clocks import delivery_clocks
from exchange.usecases.register_books import BOOKS, Lines, as_pdf, book_form
from exchange.usecases.registers import Period, Register, TellNumber, tell_number
from schemas.edxml.document import Organisation, SignerInfo
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import StatusCode
from tests.support.callers import Callers, asking, caller_for
from tests.support.conversations import SYSTEMS, add_recipient, report, trace
from tests.support.deadlines import FRIDAY, at, envelope_of
from tests.support.judges import run
from tests.support.pki import NOW
from tests.support.world import (
    COMMUNE,
    COMMUNE_2016,
    FAR_COMMUNE,
    PROVINCE,
    World,
    edxml_document,
    make_world,
)

PDF = "application/pdf"
YEAR = {"from": "2026-01-01", "to": "2026-12-31"}
MONTHS = {"from": "2026-01", "to": "2026-12"}


SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def cells_of(line: str, separator: str) -> list[str]:
    """Return what a spreadsheet makes of one line; an empty cell where it has none."""
    rows = list(csv.reader(StringIO(line, newline=""), delimiter=separator))
    assert len(rows) == 1
    return rows[0] or [""]


def runs(cell: str) -> bool:
    return cell.strip(' \u00a0"').startswith(SIGNS)


@given(st.lists(st.text(), min_size=2, max_size=5))
def test_a_line_of_csv_reads_back_and_runs_nothing(cells: list[str]) -> None:
    kept = [one.replace("\0", "") for one in cells]

    line = csv_line(kept).decode()

    for cell, text in zip(cells_of(line, ","), kept, strict=True):
        assert cell.replace("'", "").split() == text.replace("'", "").split()
        assert not runs(cell)


@given(st.lists(st.text(alphabet="=+-@;,\"' \t\r\n\u00a0a"), min_size=1, max_size=3))
def test_a_line_of_csv_runs_nothing_wherever_it_is_parted(cells: list[str]) -> None:
    line = csv_line(["214/UBND", *cells]).decode()
    assert [one for part in ",;\t" for one in cells_of(line, part) if runs(one)] == []


@pytest.mark.parametrize(
    "cell", ["=1+1", "@SUM(A1)", " -2", "+84", "\t=1", "＝1"], ids=repr
)
def test_a_formula_is_shown_as_text(cell: str) -> None:
    assert csv_line([cell]).decode().lstrip('"').startswith("'")


def test_subject_is_one_cell_of_one_line_as_it_was_written() -> None:
    subject = 'V/v "rà soát"; mời họp - gấp, a=b; c'
    line = csv_line(["1", f"{subject}\r\n\tlần 2", ""]).decode()
    assert cells_of(line, ",") == ["1", f"{subject} lần 2", ""]


def test_lines_have_the_columns_of_the_annex() -> None:
    envelope = envelope_of(urgency=3, due=date(2026, 12, 1))
    arrival = Arrival(
        envelope=envelope, arrived_at=at(FRIDAY, "23:30"), author="UBND xã", number=7
    )

    incoming = dict(
        zip((one.vi for one in INCOMING_COLUMNS), incoming_row(arrival), strict=True)
    )
    outgoing = outgoing_row(envelope, tuple(f"xã {one}" for one in range(25)))

    assert incoming["Ngày đến"] == "20/11/2026"
    assert incoming["Số đến"] == "07"
    assert incoming["Tác giả"] == "UBND xã"
    assert incoming["Số, ký hiệu văn bản"] == "214/UBND-VHXH"
    assert incoming["Ghi chú"] == "hỏa tốc, hạn 01/12/2026"
    assert len(outgoing) == len(OUTGOING_COLUMNS) == 10
    assert outgoing[4].endswith("xã 19; … (+5)")


def test_lines_name_kind_signer_dossier_tasks_and_paper() -> None:
    matter = Matter(
        type_name="Quyết định",
        signer="Đoàn Thạch Khuê",
        application="MCDT_DT",
        tasks=("NV-1", "NV-2"),
        paper=True,
    )
    envelope = replace(
        envelope_of(), subject="Về việc cử cán bộ", matter=matter, accepted_at=NOW
    )
    again = replace(envelope, subject="Quyết định về việc cử cán bộ")

    heads = [one.vi for one in OUTGOING_COLUMNS]
    line = dict(zip(heads, outgoing_row(envelope, ()), strict=True))

    assert line["Người ký"] == "Đoàn Thạch Khuê"
    assert line["Ngày chuyển"] == "21/11/2026"
    assert line["Ghi chú"] == (
        "có bản giấy, hồ sơ một cửa MCDT_DT, nhiệm vụ NV-1; NV-2"
    )
    summary = "Tên loại và trích yếu nội dung văn bản"
    assert line[summary] == "Quyết định: Về việc cử cán bộ"
    assert outgoing_row(again, ())[2] == "Quyết định về việc cử cán bộ"


@pytest.mark.parametrize(
    ("day", "written"),
    [(date(2026, 2, 3), "03/02/2026"), (date(2026, 9, 12), "12/9/2026"), (None, "")],
    ids=["padded", "month not padded", "none"],
)
def test_days_are_written_as_on_documents(day: date | None, written: str) -> None:
    assert written_day(day) == written


@pytest.fixture
async def world() -> World:
    world = await make_world()
    recipients = (Organisation(organ_id=PROVINCE), Organisation(organ_id=FAR_COMMUNE))
    await world.send(
        world.document(
            recipients=recipients,
            signer=SignerInfo(full_name="=cmd|' /C calc'!A1"),
            application_type="MCDT_DT",
        )
    )
    await world.deliver()
    await DocketWatch(world.services, owner="test").keep()
    return world


def pdf_text(content: bytes) -> str:
    with NamedTemporaryFile(suffix=".pdf") as file:
        file.write(content)
        file.flush()
        return run("pdftotext", "-layout", file.name, "-").stdout


def lines_of(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline="")))


async def test_a_clerk_numbers_what_arrived_and_reads_the_register(
    world: World,
) -> None:
    callers = Callers()
    by = callers.add(caller_for(PROVINCE, AccessRole.CLERK))
    sender = callers.add(caller_for(COMMUNE, AccessRole.CLERK))
    (found,) = await world.services.storage.docket.arrived(_all_of_province())
    path = f"/v1/envelopes/{found.envelope_id}/register-number"
    async with asking(world, callers) as client:
        of: dict[str, str] = {"agency": PROVINCE}
        told = await client.post(path, params=of, headers=by, json={"number": "12"})
        wrong = await client.post(path, params=of, headers=by, json={"number": "x"})
        theirs = await client.post(
            path, params={"agency": COMMUNE}, headers=sender, json={"number": "12"}
        )
        incoming = await client.get(
            "/v1/registers/incoming", params=of | YEAR, headers=by
        )
        outgoing = await client.get(
            "/v1/registers/outgoing", params={"agency": COMMUNE, **YEAR}, headers=sender
        )
        assert (told.status, wrong.status, theirs.status) == (200, 400, 403)
        (line,) = lines_of(await incoming.read())
        (sent,) = lines_of(await outgoing.read())

    assert line["Số đến"] == "12"
    assert line["Tác giả"] == "UBND xã Suối Mây"
    assert line["Tên loại và trích yếu nội dung văn bản"].startswith("Công văn")
    assert sent["Người ký"].startswith("'=cmd")
    assert sent["Nơi nhận văn bản"] == "UBND tỉnh Bình Sơn; UBND xã Suối Xa"
    assert sent["Ngày tháng văn bản"] == "21/11/2026"


@pytest.mark.parametrize("kind", BOOKS)
async def test_register_may_reach_to_the_end_of_the_calendar(
    world: World, kind: str
) -> None:
    whose = COMMUNE if kind == "outgoing" else PROVINCE
    callers = Callers()
    by = callers.add(caller_for(whose, AccessRole.CLERK))
    path, of = f"/v1/registers/{kind}", {"agency": str(whose)}
    days = {"from": "0001-01-02", "to": "9999-12-31"}
    async with asking(world, callers) as client:
        whole = await client.get(path, params=of | days, headers=by)
        (line,) = lines_of(await whole.read())
        early = {**days, "from": "0001-01-01"}
        refused = await client.get(path, params=of | early, headers=by)
        told = await refused.json()

    assert line
    assert (refused.status, told["code"]) == (400, "request_invalid")


@pytest.mark.parametrize("name", BOOKS)
async def test_days_stand_in_one_line_of_their_column(name: str) -> None:
    async def line() -> Lines:
        days = [one.vi.startswith("Ngày") for one in BOOKS[name].columns]
        yield tuple("28/12/2026" if is_day else "" for is_day in days)

    register = Register(
        agency=PROVINCE,
        period=Period(date(2026, 1, 1), date(2026, 12, 31)),
        directory=Directory.of((), version=1),
    )
    form = book_form(BOOKS[name], register, hub_id="hub-1", at=NOW)
    printed = pdf_text(b"".join([one async for one in as_pdf(form, line())]))
    assert printed.count("28/12/2026") == sum(
        one.vi.startswith("Ngày") for one in BOOKS[name].columns
    )


async def test_registers_and_counts_are_printed_on_wish(world: World) -> None:
    callers = Callers()
    by = {**callers.add(caller_for(PROVINCE, AccessRole.CLERK)), "Accept": PDF}
    of: dict[str, str] = {"agency": PROVINCE}
    async with asking(world, callers) as client:
        answers = [
            await client.get(path, params=of | when, headers=by)
            for path, when in (
                ("/v1/registers/incoming", YEAR),
                ("/v1/registers/outgoing", YEAR),
                ("/v1/statistics", MONTHS),
            )
        ]
        incoming, outgoing, counts = [pdf_text(await one.read()) for one in answers]
        as_csv = await client.get(
            "/v1/statistics", params=of | MONTHS, headers={**by, "Accept": "text/csv"}
        )
        (row,) = lines_of(await as_csv.read())

    assert {one.headers["Content-Type"] for one in answers} == {PDF}
    assert "so-van-ban-den.pdf" in answers[0].headers["Content-Disposition"]
    assert "SỔ ĐĂNG KÝ VĂN BẢN ĐẾN" in incoming
    assert "UBND TỈNH BÌNH SƠN (H99)" in incoming
    assert "Từ ngày 01/01/2026 đến ngày 31/12/2026" in incoming
    assert ("214/UBND-VHXH" in incoming, "Trang 1/1" in incoming) == (True, True)
    assert "Không có văn bản nào trong thời gian này." in outgoing
    assert ("Tổng cộng" in counts, "11/2026" in counts) == (True, True)
    assert (row["received"], row["received_one_stop"]) == ("1", "1")


async def test_a_number_is_told_for_one_document_of_a_year(world: World) -> None:
    accepted = await world.sent()
    callers = Callers()
    by = callers.add(caller_for(PROVINCE, AccessRole.SYSTEM))
    (first,) = await world.services.storage.docket.arrived(_all_of_province())
    async with asking(world, callers) as client:
        answers = [
            await client.post(
                f"/v1/envelopes/{one}/register-number",
                params={"agency": PROVINCE},
                headers=by,
                json={"number": "1"},
            )
            for one in (first.envelope_id, accepted.envelope.envelope_id)
        ]
        refused = await answers[1].json()

    assert [one.status for one in answers] == [200, 409]
    assert refused["code"] == "register_number_taken"


async def told(world: World, agency: OrganId, envelope: EnvelopeId, number: int) -> int:
    """Tell under which number a document is registered; return of which year it is."""
    caller = await world.caller(SYSTEMS[agency])
    command = TellNumber(
        caller=caller, envelope_id=envelope, agency=agency, number=number
    )
    return (await tell_number(world.services, command)).year


async def test_a_number_is_told_under_either_form_of_a_code(world: World) -> None:
    message = prepare_document(
        edxml_document(
            sender=Organisation(organ_id=PROVINCE),
            recipients=(Organisation(organ_id=COMMUNE),),
        ),
        (),
        credential=world.province,
        at=world.clock.now,
    )
    sent = (await world.send(message, system_id="qlvb-h99")).envelope.envelope_id
    await world.deliver()
    command = TellNumber(
        caller=await world.caller("qlvb-h99-151"),
        envelope_id=sent,
        agency=COMMUNE_2016,
        number=7,
    )

    number = await tell_number(world.services, command)

    assert (number.recipient, number.number) == (COMMUNE, 7)


async def test_a_number_stays_in_the_year_it_was_first_told_in(world: World) -> None:
    accepted = await world.sent()
    (first,) = await world.services.storage.docket.arrived(_all_of_province())
    assert await told(world, PROVINCE, first.envelope_id, 12) == 2026

    world.clock.move(days=60)

    for number in (12, 13, 12):
        assert await told(world, PROVINCE, first.envelope_id, number) == 2026
    assert await told(world, PROVINCE, accepted.envelope.envelope_id, 12) == 2027


async def test_an_agency_that_is_added_later_numbers_what_it_got() -> None:
    world = await make_world()
    letter = (await world.sent()).envelope
    with pytest.raises(CodedError) as refused:
        await told(world, FAR_COMMUNE, letter.envelope_id, 7)
    assert refused.value.code is ErrorCode.ENVELOPE_NOT_FOUND

    await add_recipient(world, FAR_COMMUNE)

    assert await told(world, FAR_COMMUNE, letter.envelope_id, 7) == 2026


async def test_clocks_of_an_agency_that_is_added_later_begin_when_it_is_added() -> None:
    world = await make_world()
    letter = (await world.sent()).envelope
    world.clock.move(days=5)
    await add_recipient(world, FAR_COMMUNE)
    added = world.clock.now

    shown = await trace(world, letter, COMMUNE)
    clocks = await delivery_clocks(world.services, shown, [PROVINCE, FAR_COMMUNE])

    first = {one.recipient: one for one in reversed(clocks)}
    assert first[PROVINCE].state is ClockState.OVERDUE
    assert first[FAR_COMMUNE].clock.due_at > added


async def test_counts_and_delays_are_shown_to_those_they_are_about(
    world: World,
) -> None:
    (row,) = await world.services.storage.docket.arrived(_all_of_province())
    (envelope,) = await world.services.storage.docket.envelopes([row.envelope_id])
    await report(world, envelope, StatusCode.REGISTERED, PROVINCE)
    world.clock.move(days=4)
    await DocketWatch(world.services, owner="test").keep()
    callers = Callers()
    by: dict[str, dict[str, str]] = {
        one: callers.add(caller_for(one, AccessRole.SYSTEM))
        for one in (COMMUNE, PROVINCE, FAR_COMMUNE)
    }
    async with asking(world, callers) as client:

        async def asked(path: str, agency: str, **more: str) -> dict[str, object]:
            params = {"agency": agency, **more}
            answer = await client.get(path, params=params, headers=by[agency])
            found: dict[str, object] = await answer.json()
            return found

        late = await asked("/v1/overdue", FAR_COMMUNE)
        above = await asked("/v1/overdue", PROVINCE)
        below = await asked("/v1/statistics", PROVINCE, below="true", **MONTHS)
        by_level = await asked(
            "/v1/statistics", PROVINCE, below="true", by_level="true", **MONTHS
        )
        own = await asked("/v1/statistics", PROVINCE, by_level="true", **MONTHS)
        wrong = await asked("/v1/statistics", PROVINCE, **{**MONTHS, "to": "2026-13"})

    (item,) = _members(late, "items")
    assert (item["recipient"], item["document_code"]) == (FAR_COMMUNE, "214/UBND-VHXH")
    assert {one["clock"]: one["state"] for one in _members(item, "clocks")} == {
        "confirm": "overdue",
        "register": "overdue",
    }
    # The world has no days off: that is said, not passed over.
    assert [(one["code"], one["place"]) for one in _members(late, "warnings")] == [
        ("calendar_year_unknown", "2026")
    ]
    # The province is in time itself, and above the commune that is not.
    (told,) = _members(above, "items")
    assert (told["recipient"], told["document_code"]) == (FAR_COMMUNE, "")
    rows = {one["agency"]: one for one in _members(below, "rows")}
    assert list(rows) == [PROVINCE, COMMUNE, FAR_COMMUNE]  # from the centre down
    assert rows[COMMUNE]["sent_signed_share"] == 1.0
    assert rows[PROVINCE]["registered_on_time_share"] == 1.0
    assert rows[FAR_COMMUNE]["confirmed_on_time_share"] == 0.0
    assert rows[FAR_COMMUNE]["sent_on_time_share"] is None
    assert (rows[COMMUNE]["sent_one_stop"], rows[PROVINCE]["received_one_stop"]) == (
        1,
        1,
    )
    levels = {one["level"]: one["received"] for one in _members(by_level, "rows")}
    assert levels == {"province": 1, "commune": 1}
    assert [(one["level"], one["agency"]) for one in _members(own, "rows")] == [
        ("province", "")
    ]
    assert wrong["code"] == "request_invalid"


def _members(found: dict[str, object], name: str) -> list[dict[str, object]]:
    members = found[name]
    assert isinstance(members, list)
    return members


def _all_of_province() -> ArrivalQuery:
    return ArrivalQuery(
        recipient=PROVINCE, since=NOW - timedelta(days=1), until=NOW + timedelta(days=1)
    )
