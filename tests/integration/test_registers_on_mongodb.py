"""Registers, counts and delays of a real database, by the command line."""

import asyncio
import csv
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from exchange.cli import main
from exchange.domain.counting import EVERYBODY, gathered
from exchange.domain.deadlines import ClockName
from exchange.domain.directory import Directory
from exchange.domain.docket import Count, DocketRow, LateClock, RowChange, Tally
from exchange.storage.mongo.store import MongoStorage, open_mongo_storage
from exchange.storage.ports import DocketEntry
from schemas.identifiers import OrganId
from schemas.vocabulary import Level
from tests.support.agencies import agency, directory
from tests.support.judges import run
from tests.support.stored import (
    COMMUNE,
    PROVINCE,
    acceptance,
    audit_line,
    envelope_id,
    step,
)

ARRIVED = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
AGENCIES = 30
MONTHS = tuple(f"2026-{month:02d}" for month in range(1, 13))


async def _fill(uri: str, database: str) -> None:
    storage = await open_mongo_storage(uri, database=database)
    await storage.directory.import_agencies(
        [agency(PROVINCE, Level.PROVINCE)], audit=audit_line(2)
    )
    made = acceptance(1, recipients=(PROVINCE,))
    await storage.envelopes.accept(made)
    await storage.envelopes.record_step(step(1))
    row = DocketRow(
        envelope_id=envelope_id(1),
        recipient=PROVINCE,
        sender=COMMUNE,
        arrived_at=ARRIVED,
        next_at=ARRIVED,
    )
    tallies = [
        Tally(month, OrganId(f"H99.{agency}"), count, 280)
        for month in MONTHS
        for agency in range(AGENCIES)
        for count in (Count.SENT, Count.SENT_ON_TIME)
    ]
    entry = DocketEntry(
        before=-1, after=7, rows=[row], counts=gathered(tallies, Directory())
    )
    assert await storage.docket.enter(entry)
    due = ARRIVED + timedelta(hours=14)
    late = replace(
        row,
        late=(LateClock(ClockName.CONFIRM, due),),
        told=(PROVINCE, COMMUNE),
        version=1,
    )
    assert await storage.docket.settle([RowChange(before=row, after=late)], [], [])
    await storage.close()


@pytest.fixture
def site(tmp_path: Path, mongod_uri: str, mongo_database: str) -> Path:
    asyncio.run(_fill(mongod_uri, mongo_database))
    config = tmp_path / "lienthong.toml"
    config.write_text(
        f'[mongodb]\nuri = "{mongod_uri}"\ndatabase = "{mongo_database}"\n'
    )
    return config


def test_an_operator_reads_registers_counts_and_delays(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, file = ("--config", str(site), "--json"), tmp_path / "den.csv"
    days = ("--from", "2026-11-01", "--to", "2026-11-30")

    assert main(["overdue", *here, "--agency", PROVINCE]) == 0
    late = json.loads(capsys.readouterr().out)
    register = ("register", "incoming", "--agency", PROVINCE, *days)
    printed, counted = tmp_path / "den.pdf", tmp_path / "thong-ke.pdf"
    assert main([*register, "--csv", str(file), "--pdf", str(printed), *here]) == 0
    written = json.loads(capsys.readouterr().out)
    assert (written["lines"], written["files"]) == (1, [str(file), str(printed)])
    months = ("--from", "2026-01", "--to", "2026-12")
    by_level = ("statistics", *months, "--by-level", "--pdf", str(counted))
    assert main([*by_level, *here]) == 0
    counts = json.loads(capsys.readouterr().out)

    told = [(one["code"], one["place"]) for one in late["warnings"]]
    assert ("calendar_day_undecided", "2026-11-24") in told
    (item,) = late["items"]
    states = {one["clock"]: one["state"] for one in item["clocks"]}
    assert states["confirm"] == "overdue"
    (line,) = csv.DictReader(StringIO(file.read_text("utf-8-sig"), newline=""))
    assert line["Số, ký hiệu văn bản"] == "214/UBND-VHXH"
    assert line["Ngày đến"] == "02/11/2026"
    assert "214/UBND-VHXH" in run("pdftotext", printed, "-").stdout
    assert "100.800" in run("pdftotext", counted, "-").stdout
    # A hundred thousand documents of a year are a row for each agency and month.
    assert sum(one["sent"] for one in counts["rows"]) == 12 * AGENCIES * 280
    assert {one["sent_on_time_share"] for one in counts["rows"]} == {1.0}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--agency", "H98", "--from", "2026-11-01"), "agency_unknown"),
        (("--agency", PROVINCE, "--from", "2026-12-01"), "request_invalid"),
    ],
    ids=["nobody's", "of no day"],
)
def test_register_that_nobody_keeps_is_no_empty_one(
    site: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: str,
) -> None:
    file = tmp_path / "den.csv"
    rest = ("--to", "2026-11-30", "--csv", str(file), "--config", str(site), "--json")
    ended = main(["register", "incoming", *words, *rest])

    assert (ended, file.exists()) == (1, False)
    assert json.loads(capsys.readouterr().out)["error"]["code"] == code


async def _enter_agencies(uri: str, database: str) -> None:
    storage = await open_mongo_storage(uri, database=database)
    province = agency("H99", Level.PROVINCE)
    communes = [agency(f"H99.{one}", Level.COMMUNE, "H99") for one in range(AGENCIES)]
    await storage.directory.import_agencies([province, *communes], audit=audit_line(1))
    await storage.close()


def test_counts_of_agencies_entered_later_are_placed_by_a_recount(
    site: Path, mongod_uri: str, mongo_database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(_enter_agencies(mongod_uri, mongo_database))
    year = ("statistics", "--from", "2026-01", "--to", "2026-12", "--by-level")
    of_province = (*year, "--agency", "H99", "--below", "--config", str(site))

    assert main([*of_province, "--json"]) == 0
    before = json.loads(capsys.readouterr().out)
    assert main([*of_province, "--recount", "--json"]) == 0
    placed = json.loads(capsys.readouterr().out)
    assert main([*of_province, "--recount"]) == 0
    again = capsys.readouterr().out

    assert before["rows"] == []
    assert placed["recounted"] == dict.fromkeys(MONTHS, AGENCIES)
    assert [one["level"] for one in placed["rows"]] == ["commune"] * len(MONTHS)
    assert sum(one["sent"] for one in placed["rows"]) == 12 * AGENCIES * 280
    assert "2026-11: 0 cơ quan" in again


async def test_what_is_counted_during_a_recount_counts(
    mongo_storage: MongoStorage,
) -> None:
    astray, codes = Directory(), [OrganId(f"H99.{one}") for one in range(AGENCIES)]
    right = directory([agency(one, Level.COMMUNE, "H99") for one in codes])
    rounds = 12

    async def count() -> None:
        for number in range(rounds):
            tallies = [Tally("2026-11", one, Count.SENT, 1) for one in codes]
            known = right if number > rounds // 2 else astray
            entry = DocketEntry(
                before=number - 1,
                after=number,
                rows=[],
                counts=gathered(tallies, known),
            )
            assert await mongo_storage.docket.enter(entry)

    async def recount() -> None:
        for number in range(rounds):
            line = audit_line(number)
            await mongo_storage.docket.recount("2026-11", right, line)

    async def sums() -> dict[str, int]:
        found = await mongo_storage.docket.level_tallies(
            EVERYBODY, first_month="2026-11", last_month="2026-11"
        )
        return {one.level: one.number for one in found}

    await asyncio.gather(count(), recount())
    meanwhile = await sums()
    await mongo_storage.docket.recount("2026-11", right, audit_line(99))

    assert sum(meanwhile.values()) == rounds * AGENCIES
    assert await sums() == {"commune": rounds * AGENCIES}
