"""Reading a directory of agencies from a file."""

import json
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


def test_other_encodings_are_refused() -> None:
    with pytest.raises(DirectoryFileError):
        read_directory((HEADER + PROVINCE).encode("utf-16"))
