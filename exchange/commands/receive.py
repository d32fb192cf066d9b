"""`lienthong receive`: fetch an envelope, check it, keep it, acknowledge it.

Receiving again what was received is allowed: the files stay as they are, and the
acknowledgement, which may not have reached the hub, is made again; no letter travels
twice. Keys that are named then decrypt what was kept, whether or not the hub still
hands the envelope out. The hub hears of nothing that a power cut could take away again.
"""

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

from clients.answers import Fetched
from clients.encryption import decrypted, is_encrypted
from clients.errors import ClientError
from clients.messages import Acknowledgement, prepare_acknowledgement
from clients.part_file import discard, part_file
from clients.reading import OpenedEnvelope, content_of, open_received
from exchange.commands.arguments import Arguments, Parser, parse_envelope_id
from exchange.commands.decryption_keys import (
    add_decryption_keys,
    load_decryption_keys,
)
from exchange.commands.files import read_file, write_new
from exchange.commands.hub import Session, add_profile, with_hub
from exchange.commands.output import Output
from exchange.errors import ExchangeError
from pki.files import PRIVATE, make_folders, sync_folder, write_atomically
from pki.keys.api import Credential
from schemas.errors import ErrorCode, Text
from schemas.identifiers import EnvelopeId
from schemas.pdf_file import has_pdf_header
from schemas.vocabulary import TransportAcknowledgement

_CONTENT_TYPE = b"Content-Type: "
_END_OF_HEAD = b"\r\n\r\n"
_ENVELOPE = "envelope.eml"
_SEALED = ".p7m"
_FAIL = TransportAcknowledgement.FAIL
Keys = Sequence[Credential]


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    add_profile(parser)
    parser.add_argument(
        "envelope", type=parse_envelope_id, help="mã trên trục / the hub's id"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="mặc định VAR/received/ENVELOPE / by default the same",
    )
    add_decryption_keys(parser)


def run(arguments: Arguments, output: Output) -> int:
    """Fetch, check against the hub's receipt, write, then acknowledge."""
    envelope_id: EnvelopeId = arguments.envelope
    folder: Path = arguments.out or arguments.var / "received" / envelope_id
    _require_no_other(folder)
    keys = load_decryption_keys(arguments)
    _decrypt_kept(keys, folder)

    async def act(session: Session) -> int:
        kept = await _kept(session, envelope_id, folder)
        fetched = kept or await _received(session, envelope_id, folder, keys)
        _make_durable(folder)
        await _acknowledge(session, envelope_id, fetched)
        _tell(envelope_id, folder, output)
        return 0

    return with_hub(arguments, output, act)


async def _kept(
    session: Session, envelope_id: EnvelopeId, folder: Path
) -> Fetched | None:
    """Return what an earlier run kept, if it is what the hub hands out today.

    Raises:
        ClientError: it hands it out no more, or its receipt is about something else.
        ExchangeError: the hub names something else (FILE_NOT_WRITTEN).
    """
    path = folder / _ENVELOPE
    if not path.is_file():
        return None
    saved = read_file(path)
    body = saved.partition(_END_OF_HEAD)[2]
    content_type, digest = await session.client.offered(envelope_id)
    fetched = Fetched(content_type, sha256(body).hexdigest(), body)
    if not digest:
        return None
    if fetched.body_sha256 != digest or saved != _saved(fetched):
        raise _not_written(folder)
    await session.client.require_accepted(envelope_id, fetched)
    discard(_part_of(folder, envelope_id))
    return fetched


async def _received(
    session: Session, envelope_id: EnvelopeId, folder: Path, keys: Keys
) -> Fetched:
    """Fetch, check and keep; what a line that broke has brought waits for the next run.

    Raises:
        ClientError: as `AgencyClient.fetch`, or it is not to be kept.
        ExchangeError: it cannot be (FILE_NOT_WRITTEN).
    """
    with part_file(_part_of(folder, envelope_id)) as arrived:
        fetched = await session.client.fetch(envelope_id, arrived)
        await session.client.require_accepted(envelope_id, fetched)
        if not _is_here(folder, fetched):
            opened = await _opened(session, envelope_id, fetched)
            _keep(folder, opened, fetched, keys)
        return fetched


def _part_of(folder: Path, envelope_id: EnvelopeId) -> Path:
    return folder.parent / f".{envelope_id}.part"


async def _opened(
    session: Session, envelope_id: EnvelopeId, fetched: Fetched
) -> OpenedEnvelope:
    """Open what may be kept; the hub is told of what may not.

    Raises:
        ClientError: it bears a secrecy mark (SECRECY_MARK).
    """
    try:
        return open_received(fetched.content_type, fetched.body)
    except ClientError:
        # The refusal counts whether or not the hub takes note of it.
        with suppress(ClientError):
            await _acknowledge(session, envelope_id, fetched, _FAIL)
        raise


def _saved(fetched: Fetched) -> bytes:
    head = _CONTENT_TYPE + fetched.content_type.encode()
    return head + _END_OF_HEAD + fetched.body


def _require_no_other(folder: Path) -> None:
    """Refuse a place where something else is, before a whole letter came for nothing.

    Raises:
        ExchangeError: there is something else (FILE_NOT_WRITTEN).
    """
    if os.path.lexists(folder) and not (folder / _ENVELOPE).is_file():
        raise _not_written(folder)


def _not_written(folder: Path) -> ExchangeError:
    # Whole: the last name of `.` is empty, and of many folders the same.
    return ExchangeError(ErrorCode.FILE_NOT_WRITTEN, place=str(folder.absolute()))


def _is_here(folder: Path, fetched: Fetched) -> bool:
    """Tell whether `folder` holds this envelope; anything else in its place stays.

    Raises:
        ExchangeError: there is something else (FILE_NOT_WRITTEN).
    """
    if not os.path.lexists(folder):
        return False
    kept = folder / _ENVELOPE
    if not kept.is_file() or read_file(kept) != _saved(fetched):
        raise _not_written(folder)
    return True


def _keep(folder: Path, opened: OpenedEnvelope, fetched: Fetched, keys: Keys) -> None:
    attachments = _attachments(opened, fetched)
    attachments |= _decrypted(attachments, keys)
    files = {_ENVELOPE: _saved(fetched), **attachments}
    if not _write(folder, files) and _is_here(folder, fetched):
        _decrypt_kept(keys, folder)


def _attachments(opened: OpenedEnvelope, fetched: Fetched) -> dict[str, bytes]:
    """Take attachments out, under numbers: a name from outside never becomes a path."""
    found = {}
    for number, attachment in enumerate(opened.attachments, start=1):
        content = content_of(attachment, fetched.body)
        sealed = is_encrypted(attachment.content_type)
        suffix = _SEALED if sealed else _suffix(content)
        found[f"{number:03}{suffix}"] = content
    return found


def _suffix(content: bytes) -> str:
    return ".pdf" if has_pdf_header(content) else ".bin"


def _decrypted(attachments: Mapping[str, bytes], keys: Keys) -> dict[str, bytes]:
    """Decrypt what is encrypted, if a key was named.

    Raises:
        PkiError: something is for none of these keys, or was changed.
    """
    if not keys:
        return {}
    found = {}
    for name, sealed in attachments.items():
        if name.endswith(_SEALED):
            content = decrypted(sealed, *keys)
            found[name.removesuffix(_SEALED) + _suffix(content)] = content
    return found


def _decrypt_kept(keys: Keys, folder: Path) -> None:
    """Put what encrypted attachments hold beside them, where they were kept alone.

    Raises:
        PkiError: something is for none of these keys, was changed, or cannot be
            written.
    """
    if not (folder / _ENVELOPE).is_file():
        return
    kept = {one.name: read_file(one) for one in sorted(folder.glob(f"*{_SEALED}"))}
    for name, content in _decrypted(kept, keys).items():
        if not os.path.lexists(folder / name):
            # What was encrypted on its way is nobody else's here.
            write_atomically(folder / name, content, mode=PRIVATE)


def _write(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Write a folder that appears complete or not at all.

    Returns:
        Whether it was written; another copy of this program may have been first.

    Raises:
        ExchangeError: it cannot be written (FILE_NOT_WRITTEN).
    """
    partial = folder.with_name(f"{folder.name}.{token_hex(8)}.partial")
    try:
        make_folders(folder.parent)
        partial.mkdir()
        for name, content in files.items():
            write_new(partial / name, content)
        sync_folder(partial)
        partial.rename(folder)
    except (OSError, ExchangeError) as error:
        if folder.is_dir():
            return False
        raise _not_written(folder) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    _clear_away(folder)
    return True


def _clear_away(folder: Path) -> None:
    """Remove what runs left that were killed before `folder` was there."""
    left = re.compile(rf"{re.escape(folder.name)}(\.[0-9a-f]{{16}})?\.partial")
    for one in folder.parent.iterdir():
        if left.fullmatch(one.name):
            shutil.rmtree(one, ignore_errors=True)


def _make_durable(folder: Path) -> None:
    """Make the entry of a folder durable, which a run that was killed may not have.

    Raises:
        ExchangeError: it cannot be (FILE_NOT_WRITTEN).
    """
    try:
        sync_folder(folder.parent)
    except OSError as error:
        raise _not_written(folder) from error


async def _acknowledge(
    session: Session,
    envelope_id: EnvelopeId,
    fetched: Fetched,
    state: TransportAcknowledgement = TransportAcknowledgement.DONE,
) -> None:
    profile = session.profile
    receipt = prepare_acknowledgement(
        Acknowledgement(
            envelope_id=envelope_id,
            body_sha256=fetched.body_sha256,
            recipient=profile.agency,
            system_id=profile.system,
            state=state,
        ),
        credential=session.credential,
        at=datetime.now(UTC),
    )
    await session.client.acknowledge(profile.agency, envelope_id, receipt)


def _tell(envelope_id: EnvelopeId, folder: Path, output: Output) -> None:
    names = sorted(path.name for path in folder.iterdir())
    files = ", ".join(names)
    output.result(
        {"id": envelope_id, "folder": str(folder), "files": names},
        Text(f"Đã nhận: {folder} ({files})", f"Received: {folder} ({files})"),
    )
