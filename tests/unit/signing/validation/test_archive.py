"""An evidence bundle has one spelling, which any zip reader can read."""

import io
import zipfile

import pytest

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.validation import archive
from signing.validation.archive import MANIFEST, read_bundle, write_bundle

MEMBERS = {
    "receipts/acceptance.xml": b"<a/>",
    MANIFEST: b"<manifest/>",
    "envelope/body": bytes(range(256)),
    "empty": b"",
}


def test_archive_is_read_by_an_ordinary_zip_reader() -> None:
    with zipfile.ZipFile(io.BytesIO(write_bundle(MEMBERS))) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == MEMBERS


def test_members_stand_in_order_behind_the_manifest() -> None:
    read = read_bundle(write_bundle(MEMBERS))
    assert list(read.members) == [
        MANIFEST,
        "empty",
        "envelope/body",
        "receipts/acceptance.xml",
    ]
    assert dict(read.members) == MEMBERS
    assert read.departure is None


def test_same_members_give_the_same_bytes_in_any_order() -> None:
    turned = dict(reversed(MEMBERS.items()))
    assert write_bundle(turned) == write_bundle(MEMBERS)


def _departure(data: bytes) -> str | None:
    """Return where an archive departs from its one spelling, however it is told."""
    try:
        return read_bundle(data).departure
    except SigningError as refused:
        return f"{refused.code} {refused.place}"


def test_every_changed_byte_is_noticed() -> None:
    data = write_bundle(MEMBERS)
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 0x10
        assert _departure(bytes(changed)) is not None


@pytest.mark.parametrize(
    "changed",
    [
        lambda data: data + b"\0",
        lambda data: b"\0" + data,
        lambda data: data[:-1],
        lambda data: data[:40],
        lambda data: data[:4],
        lambda data: b"PK\x05\x06" + bytes(18),
        lambda data: data[:-22] + data,
    ],
)
def test_bytes_around_or_missing_are_noticed(changed: object) -> None:
    assert callable(changed)
    assert _departure(changed(write_bundle(MEMBERS))) is not None


def test_archive_of_another_writer_is_not_the_one_spelling() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as other:
        for name, content in MEMBERS.items():
            other.writestr(name, content)
    assert read_bundle(written.getvalue()).departure is not None


def test_departure_names_the_member() -> None:
    data = bytearray(write_bundle(MEMBERS))
    data[data.index(bytes(range(256))) + 7] ^= 1
    assert read_bundle(bytes(data)).departure == "envelope/body"


def test_departure_names_the_directory() -> None:
    data = bytearray(write_bundle(MEMBERS))
    data[data.index(b"PK\x01\x02") + 38] ^= 1
    assert read_bundle(bytes(data)).departure == "directory"


def test_member_twice_is_refused() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as other:
        other.writestr("a", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            other.writestr("a", b"2")
    with pytest.raises(SigningError) as refused:
        read_bundle(written.getvalue())
    assert refused.value.code is ErrorCode.BUNDLE_STRUCTURE_INVALID


@pytest.mark.parametrize("name", ["", "x" * 256])
def test_name_no_bundle_can_carry_is_not_written(name: str) -> None:
    with pytest.raises(SigningError) as refused:
        write_bundle({name: b""})
    assert refused.value.code is ErrorCode.LIMIT_EXCEEDED


def test_limits_hold_for_writing_and_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_bundle(MEMBERS)
    monkeypatch.setattr(archive, "MAXIMUM_SIZE", 100)
    for act in (lambda: write_bundle(MEMBERS), lambda: read_bundle(data)):
        with pytest.raises(SigningError) as refused:
            act()
        assert refused.value.code is ErrorCode.LIMIT_EXCEEDED


def test_members_of_a_letter_to_the_communes_of_the_country_fit() -> None:
    members = {f"receipts/{number:05}.xml": b"x" for number in range(33_000)}
    read = read_bundle(write_bundle(members))
    assert dict(read.members) == members
    assert read.departure is None


def test_number_of_members_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_bundle(MEMBERS)
    monkeypatch.setattr(archive, "MAXIMUM_MEMBERS", 3)
    with pytest.raises(SigningError):
        write_bundle(MEMBERS)
    with pytest.raises(SigningError):
        read_bundle(data)
