"""A process that holds the key and signs one document after the other.

It writes signed files under other names and tells their digests: what becomes a target,
and when, is decided by who started it. It ends when that one does.
"""

import os
import signal
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from multiprocessing.connection import Connection
from pathlib import Path

from cryptography.hazmat.primitives import hashes

from pki.keys.api import Credential
from pki.keys.loader import open_credential
from pki.names import common_name
from schemas.errors import CodedError, ErrorCode
from signing.batch.plan import Entry, SignJob, Standing, standing, task_digest
from signing.batch.texts import TextReader
from signing.errors import SigningError
from signing.pades.in_place import SignedFile, sign_in_place
from signing.pades.levels import SigningServices
from signing.pades.reading import MAX_PDF_BYTES
from signing.pades.request import SignRequest
from signing.profiles import SignatureLevel

TEMPORARY_PREFIX = ".signing-"

_READ_AT_ONCE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a station needs; it goes to the process through a pipe.

    Args:
        key: where the key is, as `pki.keys.loader` names it.
        secret: passphrase or PIN.
        certificate: PEM chain of a key in a token that holds none.
        module: PKCS #11 module, where the address of a token names none.
        image: PNG of the signature or the seal.
        folder: of the signed files.
        services: makes, in the process, whom to ask for time stamps and evidence.
    """

    key: str
    secret: bytes | None = field(repr=False)
    certificate: Path | None = None
    module: Path | None = None
    image: bytes | None = field(default=None, repr=False)
    folder: Path
    services: Callable[[], SigningServices] = SigningServices

    @property
    def is_token(self) -> bool:
        """Whether the key is in a token, which one process uses (ADR 14)."""
        return self.key.startswith("pkcs11:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One document for a station; `entry` is what the record says of its target."""

    number: int
    job: SignJob
    entry: Entry | None = None


class Outcome(StrEnum):
    """What became of a document."""

    SIGNED = "signed"
    ALREADY = "already"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of one document.

    Args:
        number: of its task.
        entry: for the record; None where nothing was signed.
        level: of the signature, signed now or before.
        code: of the refusal; empty if there is none.
        place: of the refusal.
    """

    number: int
    outcome: Outcome
    entry: Entry | None = None
    level: SignatureLevel | None = None
    code: str = ""
    place: str = ""

    @classmethod
    def refused(cls, number: int, error: CodedError) -> "Done":
        """Tell of a refusal."""
        return cls(
            number=number, outcome=Outcome.REFUSED, code=error.code, place=error.place
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The first message of a station: whose key it holds, or why it holds none."""

    signer: str = ""
    code: str = ""
    place: str = ""


def serve(connection: Connection, desk: Desk) -> None:
    """Open the key, then sign what comes through `connection` until it ends."""
    # Ctrl-C reaches every process of a terminal: the one that started this decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        try:
            credential, services = _open(desk), desk.services()
        except CodedError as error:
            connection.send(Opened(code=error.code, place=error.place))
            return
        connection.send(Opened(signer=common_name(credential.certificate)))
        with TextReader() as texts:
            station = _Station(desk, credential, services, texts)
            while True:
                connection.send(station.work(connection.recv()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _open(desk: Desk) -> Credential:
    return open_credential(
        desk.key, desk.secret, certificate=desk.certificate, module=desk.module
    )


class _Station:
    def __init__(
        self,
        desk: Desk,
        credential: Credential,
        services: SigningServices,
        texts: TextReader,
    ) -> None:
        self._desk, self._credential, self._texts = desk, credential, texts
        self._services = services
        own = credential.certificate.fingerprint(hashes.SHA256()).hex()
        self._common = f"{own} {sha256(desk.image or b'').hexdigest()}"

    def work(self, task: Task) -> Done:
        try:
            return self._work(task)
        except CodedError as error:
            return Done.refused(task.number, error)
        except Exception as error:  # noqa: BLE001 - the outermost edge of this process
            failed = SigningError(ErrorCode.PARSER_FAILED, place=type(error).__name__)
            return Done.refused(task.number, failed)

    def _work(self, task: Task) -> Done:
        document = _read(task.job.source)
        wanted = task_digest(task.job, sha256(document).hexdigest(), self._common)
        match self._standing(task, wanted):
            case Standing.DONE:
                return self._already(task)
            case Standing.TAKEN:
                place = task.job.target.name
                raise SigningError(ErrorCode.FILE_NOT_WRITTEN, place=place)
            case Standing.PUBLISH:
                entry = task.entry
            case _:
                entry = self._signed(task.job, document, wanted)
        level = entry.level if entry else None
        return Done(
            number=task.number, outcome=Outcome.SIGNED, entry=entry, level=level
        )

    def _already(self, task: Task) -> Done:
        """Tell the level reached then, unless the file has grown since."""
        level, entry = None, task.entry
        if entry and (self._desk.folder / entry.target).stat().st_size == entry.size:
            level = entry.level
        return Done(number=task.number, outcome=Outcome.ALREADY, level=level)

    def _standing(self, task: Task, wanted: str) -> Standing:
        folder, entry = self._desk.folder, task.entry
        target = folder / task.job.target
        if entry is None:
            found = "" if target.exists() else None
            return standing(entry, wanted, target=found, waiting=None)
        waiting = folder / Path(entry.temporary).name
        return standing(
            entry,
            wanted,
            target=_digest_of_first(entry.size, target),
            waiting=_digest_of_first(entry.size, waiting),
        )

    def _signed(self, job: SignJob, document: bytes, task: str) -> Entry:
        text = self._texts.read(document)
        requests = job.manner.requests(
            datetime.now(UTC), image=self._desk.image, text=text
        )
        path = _written(self._desk.folder, document)
        try:
            *_, signed = [self._sign(path, request) for request in requests]
            _make_durable(path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Entry(
            target=str(job.target),
            task=task,
            signed=_digest_of_first(signed.size, path) or "",
            size=signed.size,
            level=signed.level,
            temporary=path.name,
        )

    def _sign(self, path: Path, request: SignRequest) -> SignedFile:
        return sign_in_place(
            path, credential=self._credential, request=request, services=self._services
        )


def _read(source: Path) -> bytes:
    try:
        if source.stat().st_size > MAX_PDF_BYTES:
            raise SigningError(ErrorCode.PDF_TOO_LARGE)
        return source.read_bytes()
    except OSError as error:
        raise SigningError(ErrorCode.FILE_UNREADABLE, place=source.name) from error


def _written(folder: Path, document: bytes) -> Path:
    try:
        descriptor, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(document)
    except OSError as error:
        raise SigningError(ErrorCode.FILE_NOT_WRITTEN, place=folder.name) from error
    return Path(name)


def _digest_of_first(size: int, path: Path) -> str | None:
    """Return the SHA-256 of the first octets of a file; None if it is absent."""
    digest = sha256()
    try:
        with path.open("rb") as file:
            while size > 0 and (piece := file.read(min(size, _READ_AT_ONCE))):
                digest.update(piece)
                size -= len(piece)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SigningError(ErrorCode.FILE_UNREADABLE, place=path.name) from error
    return digest.hexdigest()


def _make_durable(path: Path) -> None:
    try:
        with path.open("rb") as file:
            os.fsync(file.fileno())
    except OSError as error:
        raise SigningError(ErrorCode.FILE_NOT_WRITTEN, place=path.name) from error
