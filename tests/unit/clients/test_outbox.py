"""What is put into the outbox stays until the hub has answered."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from clients.errors import ClientError
from clients.messages import Message
from clients.outbox import Entry, Filing, Outbox
from schemas.errors import ErrorCode
from schemas.identifiers import MessageId
from tests.support.disk import SyncedFolders, files_of_at_most

MESSAGE = Message(message_id=MessageId("m-1"), content_type="text/xml", body=b"<a/>")


def test_message_is_read_back_as_the_same_bytes(tmp_path: Path) -> None:
    Outbox(tmp_path).put(MESSAGE)

    (entry,) = Outbox(tmp_path).waiting()

    assert entry.message == MESSAGE


def test_message_put_twice_waits_once(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.put(MESSAGE)
    outbox.put(MESSAGE)

    assert len(list(outbox.waiting())) == 1


def test_closed_message_waits_no_more_and_keeps_its_receipt(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    entry = outbox.put(MESSAGE)

    outbox.close(entry, b"<receipt/>")

    assert list(outbox.waiting()) == []
    assert (entry.folder / "receipt.xml").read_bytes() == b"<receipt/>"


def test_half_written_message_of_a_crash_is_no_message(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    folder = outbox.put(MESSAGE).folder
    folder.rename(folder.with_name(folder.name + ".partial"))

    assert list(outbox.waiting()) == []
    assert outbox.put(MESSAGE).message == MESSAGE
    assert len(list(outbox.waiting())) == 1


def test_half_written_receipt_of_a_crash_leaves_the_message_waiting(
    tmp_path: Path,
) -> None:
    outbox = Outbox(tmp_path)
    entry = outbox.put(MESSAGE)
    (entry.folder / "receipt.xml.partial").write_bytes(b"<rec")

    assert [one.message for one in outbox.waiting()] == [MESSAGE]


def test_damaged_message_is_named_and_holds_up_no_other(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    for number, damaged in enumerate(("message.json", "body")):
        entry = outbox.put(replace(MESSAGE, body=b"<b>%d</b>" % number))
        (entry.folder / damaged).unlink()
    names = {one.name for one in tmp_path.iterdir()}
    outbox.put(MESSAGE)

    assert [one.message for one in outbox.waiting()] == [MESSAGE]
    assert set(outbox.broken()) == names


def test_other_folders_beside_the_messages_are_none(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    (tmp_path / "lost+found").mkdir()
    outbox.put(MESSAGE)

    assert [one.message for one in outbox.waiting()] == [MESSAGE]
    assert outbox.broken() == ()


def test_refused_message_waits_no_more_and_keeps_why(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    entry = outbox.put(MESSAGE)

    outbox.refuse(entry, {"code": "recipient_unknown"})

    assert list(outbox.waiting()) == []
    assert (entry.folder / "body").read_bytes() == MESSAGE.body
    kept = json.loads((entry.folder / "refusal.json").read_bytes())
    assert kept == {"code": "recipient_unknown"}


def test_messages_wait_in_the_order_they_were_put(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    messages = [replace(MESSAGE, body=b"%d" % number) for number in range(4)]
    for number, message in enumerate(messages):
        put_at(outbox.put(message), number)

    assert [one.message for one in outbox.waiting()] == messages


def put_at(entry: Entry, moment: int) -> Entry:
    os.utime(entry.folder / "message.json", ns=(moment, moment))
    return entry


def test_message_that_was_begun_in_parts_keeps_its_turn(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    first = put_at(outbox.put(MESSAGE), 1)
    second = put_at(outbox.put(ANOTHER), 2)
    os.utime(second.folder, ns=(2, 2))

    outbox.remember_upload(first, "/v1/uploads/01J")

    assert list(outbox.waiting()) == [first, second]


def test_urgent_message_goes_first_but_not_before_an_earlier_one_of_its_chain(
    tmp_path: Path,
) -> None:
    outbox = Outbox(tmp_path)
    filings = [
        Filing(chain="214/UBND"),
        Filing(chain="215/UBND"),
        Filing(chain="216/UBND", urgency=1),
        Filing(chain="214/UBND", urgency=3),
        Filing(chain="217/UBND", urgency=1),
    ]
    for number, filing in enumerate(filings):
        message = replace(MESSAGE, body=b"%d" % number)
        put_at(outbox.put(message, filing=filing), number)

    order = [one.message.body.decode() for one in outbox.waiting()]
    assert order == ["0", "3", "2", "4", "1"]


def test_message_of_an_earlier_version_has_no_urgency_and_waits_its_turn(
    tmp_path: Path,
) -> None:
    outbox = Outbox(tmp_path)
    old = put_at(outbox.put(MESSAGE), 1)
    fields = '{"message_id": "m-1", "content_type": "text/xml"}'
    (old.folder / "message.json").write_text(fields)
    put_at(old, 1)
    new = outbox.put(ANOTHER, filing=Filing(document="0b", urgency=2))

    assert [one.folder for one in outbox.waiting()] == [new.folder, old.folder]


def test_outbox_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ClientError) as refusal:
        Outbox(tmp_path / "file")

    assert refusal.value.code is ErrorCode.FILE_NOT_WRITTEN


def test_upload_that_was_begun_is_gone_on_with_after_a_restart(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    entry = outbox.put(MESSAGE)
    before = outbox.goes_in_parts(entry)

    outbox.remember_upload(entry, "/v1/uploads/01J")

    (waiting,) = Outbox(tmp_path).waiting()
    assert not before
    assert outbox.goes_in_parts(waiting)
    assert Outbox(tmp_path).upload_of(waiting) == "/v1/uploads/01J"


def test_what_is_kept_outlives_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = SyncedFolders(monkeypatch)
    outbox = Outbox(tmp_path / "outbox" / "qlvb")

    entry = outbox.put(MESSAGE)
    assert synced.hold(tmp_path, tmp_path / "outbox", entry.folder.parent, entry.folder)
    outbox.close(entry, b"<receipt/>")
    assert synced.hold(entry.folder)


@pytest.mark.parametrize("step", ["close", "refuse", "remember_upload"])
def test_full_disk_is_told_and_leaves_the_message_waiting(
    tmp_path: Path, step: str
) -> None:
    outbox = Outbox(tmp_path)
    entry = outbox.put(MESSAGE)
    steps: dict[str, Callable[[], None]] = {
        "close": lambda: outbox.close(entry, b"<receipt/>"),
        "refuse": lambda: outbox.refuse(entry, {"code": "recipient_unknown"}),
        "remember_upload": lambda: outbox.remember_upload(entry, "/v1/uploads/01J"),
    }

    with files_of_at_most(0), pytest.raises(ClientError) as refusal:
        steps[step]()

    assert refusal.value.code is ErrorCode.FILE_NOT_WRITTEN
    assert [one.message for one in outbox.waiting()] == [MESSAGE]
    kept = sorted(one.name for one in entry.folder.iterdir())
    assert kept == ["body", "message.json"]


def test_two_programs_may_close_one_message_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = Outbox(tmp_path).put(MESSAGE)
    fsync = os.fsync

    def meeting(descriptor: int) -> None:
        monkeypatch.setattr(os, "fsync", fsync)
        Outbox(tmp_path).close(entry, b"<receipt/>")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", meeting)
    Outbox(tmp_path).close(entry, b"<receipt/>")

    assert (entry.folder / "receipt.xml").read_bytes() == b"<receipt/>"
    assert list(Outbox(tmp_path).waiting()) == []


SAME = Filing(document="0a" * 32)
ANOTHER = replace(MESSAGE, message_id=MessageId("m-2"), body=b"<a at='later'/>")


def test_document_that_waits_or_was_accepted_is_not_put_again(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    first = outbox.put(MESSAGE, filing=SAME)

    waiting = outbox.put(ANOTHER, filing=SAME)
    outbox.close(first, b"<receipt/>")
    accepted = Outbox(tmp_path).put(ANOTHER, filing=SAME)

    assert waiting == accepted == first
    assert outbox.receipt_of(accepted) == b"<receipt/>"
    assert list(outbox.waiting()) == []


def test_document_that_was_refused_or_is_to_go_again_is_put_anew(
    tmp_path: Path,
) -> None:
    outbox = Outbox(tmp_path)
    first = outbox.put(MESSAGE, filing=SAME)
    outbox.refuse(first, {"code": "recipient_unknown"})

    second = outbox.put(ANOTHER, filing=SAME)
    third = outbox.put(MESSAGE, filing=SAME, again=True)

    assert outbox.receipt_of(second) is None
    assert [one.message for one in (second, third)] == [ANOTHER, MESSAGE]
    assert outbox.count_waiting() == 2


def test_document_whose_message_cannot_be_read_is_put_anew(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    damaged = outbox.put(MESSAGE, filing=SAME).folder
    (damaged / "body").unlink()

    assert outbox.put(ANOTHER, filing=SAME).message == ANOTHER
    assert outbox.broken() == (damaged.name,)


def test_two_programs_that_put_one_document_at_once_put_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync, others = os.fsync, list[Entry]()
    outbox = Outbox(tmp_path)

    def meeting(descriptor: int) -> None:
        monkeypatch.setattr(os, "fsync", fsync)
        others.append(Outbox(tmp_path).put(ANOTHER, filing=SAME))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", meeting)
    ours = outbox.put(MESSAGE, filing=SAME)

    assert [ours] == others
    assert [one.message for one in outbox.waiting()] == [ANOTHER]


TODAY = Filing(document="0a" * 32, dated="0b" * 32)
TOMORROW = replace(TODAY, dated="0c" * 32)


def test_document_of_no_certain_day_is_that_of_another_day(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    first = outbox.put(MESSAGE, filing=TODAY)

    again = outbox.put(ANOTHER, filing=replace(TOMORROW, any_day=True))

    assert again == first


def test_document_of_another_day_is_another_one(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.put(MESSAGE, filing=TODAY)

    second = outbox.put(ANOTHER, filing=TOMORROW)
    same = outbox.put(MESSAGE, filing=TOMORROW)

    assert same == second
    assert [one.message for one in outbox.waiting()] == [MESSAGE, ANOTHER]


@pytest.mark.parametrize("any_day", [False, True])
def test_document_that_an_earlier_version_kept_stands_for_the_same_day(
    tmp_path: Path, any_day: bool
) -> None:
    outbox = Outbox(tmp_path)
    earlier = outbox.put(MESSAGE, filing=Filing(document=TODAY.dated))

    again = outbox.put(ANOTHER, filing=replace(TODAY, any_day=any_day))

    assert again == earlier
