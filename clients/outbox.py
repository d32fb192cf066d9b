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
    """One message of the outbox and where it lies."""

    folder: Path
    message: Message


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
        self, message: Message, *, document: str = "", again: bool = False
    ) -> Entry:
        """Keep `message`; putting the same one again changes nothing.

        Args:
            message: as it will be sent.
            document: names what it says (`clients.messages.name_of_document`). A
                message that says the same and waits, or was accepted, stands for it.
            again: put it although there is such a message.

        Returns:
            The message that is sent, or was.

        Raises:
            ClientError: it cannot be written (FILE_NOT_WRITTEN).
        """
        name = document or message.body_sha256
        folder = self._folder / name[:_NAME_CHARACTERS]
        if document:
            folder = _place(folder, again=again)
        try:
            if folder.is_dir() or not _write_complete(folder, message):
                return Entry(folder, _read(folder) if document else message)
        except OSError as error:
            raise ClientError(ErrorCode.FILE_NOT_WRITTEN, place=folder.name) from error
        return Entry(folder, message)

    def waiting(self) -> Iterator[Entry]:
        """Yield the messages the hub has not answered yet, oldest first.

        What cannot be read is left out: `broken` names it.
        """
        for folder in self._unanswered():
            with suppress(ClientError):
                yield Entry(folder, _read(folder))

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
        return sorted(found, key=lambda one: one.stat().st_mtime_ns)

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


def _place(first: Path, *, again: bool) -> Path:
    """Return where a document stands already, or else the first free place for it."""
    folder, number = first, 1
    while folder.is_dir() and (again or not _stands(folder)):
        number += 1
        folder = first.with_name(f"{first.name}-{number}")
    return folder


def _stands(folder: Path) -> bool:
    """Tell whether a message is sent, or was: not refused, nor damaged before that."""
    if (folder / _RECEIPT).exists():
        return True
    return not (folder / _REFUSAL).exists() and _is_readable(folder)


def _write_complete(folder: Path, message: Message) -> bool:
    """Write a message; False: another program was first."""
    partial = folder.with_name(f"{folder.name}.{token_hex(8)}{_PARTIAL}")
    try:
        partial.mkdir()
        _write(partial / _BODY, message.body)
        _write(partial / _MESSAGE, _describe(message))
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


def _describe(message: Message) -> bytes:
    fields = {"message_id": message.message_id, "content_type": message.content_type}
    return json.dumps(fields).encode()


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
