"""Reading a directory of agencies from a file."""

import json
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

import exchange.demo
from exchange.domain.directory_file import DirectoryFileError, read_directory
from schemas.errors import ErrorCode
from schemas.vocabulary import Level

HEADER = "code,code_2016,name,parent,level,email,valid_from\n"
PROVINCE = "H99,000.00.00.H99,UBND tỉnh,,province,,2025-07-01\n"


def test_demonstration_province_has_four_levels_and_140_agencies() -> None:
    data = Path(exchange.demo.__path__[0], "data", "agencies.csv").read_bytes()

    agencies = read_directory(data)

    assert Counter(one.level for one in agencies) == {
        Level.CENTRAL: 3,
        Level.PROVINCE: 21,
        Level.DISTRICT: 8,
        Level.COMMUNE: 108,
    }


def test_csv_and_json_give_the_same_agencies() -> None:
    from_csv = read_directory((HEADER + PROVINCE).encode())
    row = dict(zip(HEADER.strip().split(","), PROVINCE.strip().split(","), strict=True))

    assert read_directory(json.dumps([row]).encode()) == from_csv


def test_day_begins_at_midnight_in_vietnam() -> None:
    (province,) = read_directory((HEADER + PROVINCE).encode())

    assert province.valid_from.isoformat() == "2025-06-30T17:00:00+00:00"


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        pytest.param("H99.1,,Xã,H98,commune,,2025-07-01\n", "H99.1", id="no-parent"),
        pytest.param(PROVINCE, "H99", id="code-twice"),
        pytest.param("H99.1,,Bộ,H99,central,,2025-07-01\n", "H99.1", id="above-parent"),
        pytest.param("H99.1,,Xã,H99,village,,2025-07-01\n", "line 3", id="level"),
        pytest.param("H99.1,,Xã,H99,commune,,1/7/2025\n", "line 3", id="date"),
        pytest.param("H99.1,,Xã,H99,commune,,0001-01-01\n", "line 3", id="year-1"),
        pytest.param(
            "H99.1,,Xã,H99,commune,,9999-12-31T23:00:00Z\n", "line 3", id="year-9999"
        ),
        pytest.param("H99.1,,,H99,commune,,2025-07-01\n", "line 3", id="no-name"),
        pytest.param("H 99,,Xã,H99,commune,,2025-07-01\n", "line 3", id="code"),
        pytest.param(
            f"H99.1,,{'Xã ' * 68},H99,commune,,2025-07-01\n", "line 3", id="long-name"
        ),
        pytest.param("H99.1,,X\0ã,H99,commune,,2025-07-01\n", "line 3", id="no-text"),
        pytest.param(
            "H99.1,,Xã,H99,commune,,2025-07-01,thừa\n", "line 3", id="cell-too-many"
        ),
        pytest.param(
            "A01,,X,A02,commune,,2025-07-01\nA02,,Y,A01,commune,,2025-07-01\n",
            "A01",
            id="cycle",
        ),
    ],
)
def test_line_that_cannot_be_believed_is_refused_by_place(
    lines: str, place: str
) -> None:
    with pytest.raises(DirectoryFileError) as refusal:
        read_directory((HEADER + PROVINCE + lines).encode())

    assert refusal.value.code is ErrorCode.DIRECTORY_IMPORT_INVALID
    assert refusal.value.place == place


def test_comma_in_a_name_cuts_no_name_off() -> None:
    rows = "code,level,valid_from,name\nH99,province,2025-07-01,Sở Văn hóa, Thể thao\n"
    with pytest.raises(DirectoryFileError) as refusal:
        read_directory(rows.encode())
    assert refusal.value.place == "line 2"


@pytest.mark.parametrize("separator", [";", "\t"])
def test_list_as_a_spreadsheet_of_vietnam_writes_it_is_read(separator: str) -> None:
    """With a decimal comma, Excel parts cells by semicolons, and leaves empty ones."""
    rows = (HEADER + PROVINCE).replace("UBND tỉnh", "Sở Văn hóa | Thể thao")
    written = rows.replace(",", separator).replace("|", ",").replace("\n", "\r\n")
    lines = written.removesuffix("\r\n") + separator * 2 + "\r\n"
    (found,) = read_directory(lines.encode())
    assert (found.code, found.name) == ("H99", "Sở Văn hóa , Thể thao")


def test_name_is_one_line_of_composed_letters() -> None:
    typed = unicodedata.normalize("NFD", '"UBND xã\nSuối\u00a0 Mây"')
    (found,) = read_directory((HEADER + PROVINCE.replace("UBND tỉnh", typed)).encode())
    assert found.name == "UBND xã Suối Mây"


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"name": "a\ud800"}, "item 1"),
        ({"email": "a@b.vn\nBcc: c@d.vn"}, "item 1: email"),
        ({"email": "vanthu@"}, "item 1: email"),
        ({"email": "vanthu@["}, "item 1: email"),
        ({"email": "<"}, "item 1: email"),
        ({"email": "vanthu@@h99.vn"}, "item 1: email"),
        ({"email": ","}, "item 1: email"),
        ({"email": "(" * 3000}, "item 1: email"),
        ({"name": ["UBND"]}, "item 1"),
        ({"valid_to": "2025-06-30"}, "item 1"),
    ],
    ids=[
        "half a character",
        "two lines",
        "nowhere",
        "bracket",
        "angle",
        "two ats",
        "comma",
        "depth",
        "list",
        "ends before it begins",
    ],
)
def test_item_that_cannot_be_kept_is_refused_by_place(
    values: dict[str, object], place: str
) -> None:
    row = {"code": "H99", "name": "A", "level": "province", "valid_from": "2025-07-01"}
    with pytest.raises(DirectoryFileError) as refusal:
        read_directory(json.dumps([row | values]).encode())
    assert refusal.value.place == place


@pytest.mark.parametrize(
    "email",
    ["", "a@b.vn, c@d.vn", "Văn thư <a@b.vn>", "vănthư@xã.vn", "vanthu", "a@[10.1.2]"],
)
def test_address_that_mail_can_be_written_to_is_kept_as_it_is(email: str) -> None:
    row = {"code": "H99", "name": "A", "level": "province", "valid_from": "2025-07-01"}
    (found,) = read_directory(json.dumps([row | {"email": email}]).encode())
    assert found.email == email


def test_list_of_nothing_but_brackets_is_refused() -> None:
    with pytest.raises(DirectoryFileError):
        read_directory(b"[" * 200_000)


def test_moment_has_whole_milliseconds_as_it_is_stored() -> None:
    moment = "2025-07-01T00:00:00.123456+07:00"
    (found,) = read_directory(
        (HEADER + PROVINCE.replace("2025-07-01", moment)).encode()
    )
    assert found.valid_from.microsecond == 123_000


def test_other_encodings_are_refused() -> None:
    with pytest.raises(DirectoryFileError):
        read_directory((HEADER + PROVINCE).encode("utf-16"))
