"""A durable outbox: what is in it survives a crash and is sent as the same bytes.

One folder per message holds ``body`` and ``message.json``, and ``receipt.xml`` once
the hub has accepted it, or ``refusal.json`` once it has refused it for good; ``upload``
says where at the hub a body is that goes in parts. A folder
appears by renaming a complete one, so a reader never sees half a message; what is in
it is durable when a call returns. Several programs may work on one outbox: the hub
answers the same message with the same receipt.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from clients.errors import ClientError
from clients.messages import Message
from pki.errors import PkiError
from pki.files import make_folders, sync_folder, write_atomically
from schemas.errors import ErrorCode
from schemas.identifiers import parse_message_id

_BODY = "body"
_MESSAGE = "message.json"
_RECEIPT = "receipt.xml"
_REFUSAL = "refusal.json"
_UPLOAD = "upload"
_PARTIAL = ".partial"
_NAME_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of the outbox and where it lies.

    Args:
        chain: as in `Filing`; empty where it belongs to none.
    """

    folder: Path
    message: Message
    chain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """What an outbox is told of a message beside its bytes.

    Args:
        document: names what it says, whatever its day
            (`clients.messages.name_of_document`). A message that says the same and
            waits, or was accepted, stands for it.
        dated: names what it says and its day: another day is another document. An
            earlier version kept documents under this name.
        any_day: the day was not chosen: one of any other day stands for it, too.
        chain: messages of the same are sent in the order they were put.
        urgency: the higher, the sooner.
    """

    document: str = ""
    dated: str = ""
    any_day: bool = False
    chain: str = ""
    urgency: int = 0


_UNFILED = Filing()


class Outbox:
    """Messages waiting for the hub's answer, and those that have it.

    Args:
        folder: made if absent.

    Raises:
        ClientError: it cannot be made (FILE_NOT_WRITTEN).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            make_folders(folder)
        except OSError as error:
            raise ClientError(ErrorCode.FILE_NOT_WRITTEN, place=folder.name) from error

    def put(
        self, message: Message, *, filing: Filing = _UNFILED, again: bool = False
    ) -> Entry:
        """Keep `message`; putting the same one again changes nothing.

        Args:
            message: as it will be sent.
            filing: what is known of it.
            again: put it although one stands for it.

        Returns:
            The message that is sent, or was.

        Raises:
            ClientError: it cannot be written (FILE_NOT_WRITTEN).
        """
        folder = self._named(message.body_sha256)
        if filing.document:
            folder = self._place(filing, again=again)
        try:
            if folder.is_dir() or not _write_complete(folder, message, filing):
                return _entry(folder) if filing.document else Entry(folder, message)
        except OSError as error:
            raise ClientError(ErrorCode.FILE_NOT_WRITTEN, place=folder.name) from error
        return Entry(folder, message, filing.chain)

    def _named(self, name: str) -> Path:
        return self._folder / name[:_NAME_CHARACTERS]

    def _place(self, filing: Filing, *, again: bool) -> Path:
        """Return where a document stands already, or else the first free place."""
        *kept, free = _places(self._named(filing.document))
        if again:
            return free
        if filing.dated:
            *earlier, _ = _places(self._named(filing.dated))
            kept = [*earlier, *kept]
        return next((one for one in kept if _stands_for(one, filing)), free)

    def waiting(self) -> Iterator[Entry]:
        """Yield the messages the hub has not answered yet.

        The most urgent first, then the oldest; none before an earlier one of its chain.
        What cannot be read is left out: `broken` names it.
        """
        for folder in self._unanswered():
            with suppress(ClientError):
                yield _entry(folder)

    def broken(self) -> tuple[str, ...]:
        """Name the folders of messages that cannot be read, and so are not sent."""
        return tuple(one.name for one in self._unanswered() if not _is_readable(one))

    def _unanswered(self) -> list[Path]:
        found = [
            one
            for one in self._folder.iterdir()
            if _is_message(one)
            and not any((one / name).exists() for name in (_RECEIPT, _REFUSAL))
        ]
        return _in_turn(found)

    def count_waiting(self) -> int:
        """Count the messages without an answer, those that cannot be read too."""
        return len(self._unanswered())

    def close(self, entry: Entry, receipt: bytes) -> None:
        """Keep the hub's receipt; the message is done.

        Raises:
            ClientError: it cannot be written (FILE_NOT_WRITTEN); the message waits.
        """
        _appear(entry.folder / _RECEIPT, receipt)

    def refuse(self, entry: Entry, refusal: Mapping[str, object]) -> None:
        """Keep the hub's final refusal; the message stays, and is not sent again.

        Raises:
            ClientError: it cannot be written (FILE_NOT_WRITTEN); the message waits.
        """
        text = json.dumps(refusal, ensure_ascii=False, indent=2)
        _appear(entry.folder / _REFUSAL, text.encode())

    def receipt_of(self, entry: Entry) -> bytes | None:
        """Return the hub's receipt of a message that is done; None of any other.

        Raises:
            ClientError: it cannot be read (FILE_UNREADABLE).
        """
        try:
            return (entry.folder / _RECEIPT).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            place = entry.folder.name
            raise ClientError(ErrorCode.FILE_UNREADABLE, place=place) from error

    def goes_in_parts(self, entry: Entry) -> bool:
        """Whether a message was begun in parts, or is to be after a broken line."""
        return (entry.folder / _UPLOAD).exists()

    def upload_of(self, entry: Entry) -> str:
        """Return where at the hub the body is; empty if it has not begun."""
        try:
            return (entry.folder / _UPLOAD).read_text("ascii")
        except (OSError, ValueError):
            return ""

    def remember_upload(self, entry: Entry, path: str) -> None:
        """Keep where at the hub the body is, for the next attempt.

        Raises:
            ClientError: it cannot be written (FILE_NOT_WRITTEN).
        """
        _appear(entry.folder / _UPLOAD, path.encode())


def _in_turn(folders: list[Path]) -> list[Path]:
    """Put the urgent first, with what came before it in its chain."""
    oldest_first = sorted(folders, key=_put_at)
    of_chain, urgency = dict[str, int](), dict[Path, int]()
    for one in reversed(oldest_first):
        filed = _filing_of(one)
        chain = filed.chain or one.name
        of_chain[chain] = max(filed.urgency, of_chain.get(chain, 0))
        urgency[one] = of_chain[chain]
    return sorted(oldest_first, key=lambda one: -urgency[one])


def _put_at(folder: Path) -> int:
    """Return when a message was put; what it is told later renews its folder."""
    try:
        return (folder / _MESSAGE).stat().st_mtime_ns
    except OSError:
        return folder.stat().st_mtime_ns


def _places(first: Path) -> Iterator[Path]:
    """Yield where the copies of a document are, and last where the next may be."""
    folder, number = first, 1
    while folder.is_dir():
        yield folder
        number += 1
        folder = first.with_name(f"{first.name}-{number}")
    yield folder


def _stands_for(folder: Path, filing: Filing) -> bool:
    """Tell whether a message is the document of a filing, and sent, or to be sent."""
    # Those of earlier versions have their day in the name they were found by.
    day = _filing_of(folder).dated or filing.dated
    return (filing.any_day or day == filing.dated) and _stands(folder)


def _stands(folder: Path) -> bool:
    """Tell whether a message is sent, or was: not refused, nor damaged before that."""
    if (folder / _RECEIPT).exists():
        return True
    return not (folder / _REFUSAL).exists() and _is_readable(folder)


def _write_complete(folder: Path, message: Message, filing: Filing) -> bool:
    """Write a message; False: another program was first."""
    partial = folder.with_name(f"{folder.name}.{token_hex(8)}{_PARTIAL}")
    try:
        partial.mkdir()
        _write(partial / _BODY, message.body)
        _write(partial / _MESSAGE, _describe(message, filing))
        sync_folder(partial)
        partial.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        return False
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    sync_folder(folder.parent)
    return True


def _is_message(folder: Path) -> bool:
    """Tell whether a folder holds a message; others may lie beside them."""
    return not folder.name.endswith(_PARTIAL) and any(
        (folder / one).exists() for one in (_MESSAGE, _BODY)
    )


def _is_readable(folder: Path) -> bool:
    try:
        _read(folder)
    except ClientError:
        return False
    return True


def _describe(message: Message, filing: Filing) -> bytes:
    fields = {
        "message_id": message.message_id,
        "content_type": message.content_type,
        "dated": filing.dated,
        "chain": filing.chain,
        "urgency": filing.urgency,
    }
    return json.dumps(fields).encode()


def _filing_of(folder: Path) -> Filing:
    """Return what was kept of a filing; of an earlier version's message, nothing."""
    try:
        fields = json.loads((folder / _MESSAGE).read_bytes())
        return Filing(
            dated=str(fields.get("dated", "")),
            chain=str(fields.get("chain", "")),
            urgency=int(fields.get("urgency", 0)),
        )
    except (OSError, ValueError, TypeError, AttributeError):
        return _UNFILED


def _entry(folder: Path) -> Entry:
    return Entry(folder, _read(folder), _filing_of(folder).chain)


def _read(folder: Path) -> Message:
    try:
        fields = json.loads((folder / _MESSAGE).read_bytes())
        return Message(
            message_id=parse_message_id(fields["message_id"]),
            content_type=fields["content_type"],
            body=(folder / _BODY).read_bytes(),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ClientError(ErrorCode.FILE_UNREADABLE, place=folder.name) from error


def _appear(path: Path, content: bytes) -> None:
    try:
        write_atomically(path, content)
    except PkiError as error:
        place = f"{path.parent.name}/{path.name}"
        raise ClientError(error.code, place=place) from error


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
