"""What the CAs publish, followed: files for anybody, and a responder over them.

The responder has a key of its own per issuing CA and reads what the CA published; the
keys of the CA itself are never here (docs/adr/0013).
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import structlog
from cryptography.hazmat.primitives.serialization import Encoding

from exchange.config import Settings
from exchange.file_stamps import stamps_of
from exchange.responder_keys import ResponderKeys
from pki.ca.labels import CaLabel
from pki.ca.layout import certificate_path, labels_in, list_path, load_certificate
from pki.ca.status import read_published_status
from pki.errors import PkiError
from pki.keys.api import Credential
from pki.ocsp.responder import AnsweringCa, OcspAnswer, OcspPolicy, OcspResponder
from schemas.errors import ErrorCode

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file for anybody.

    Args:
        body: its content.
        content_type: what it is (RFC 2585).
        modified: when it was written.
        entity_tag: names these bytes.
    """

    body: bytes
    content_type: str
    modified: datetime
    entity_tag: str


@dataclass(frozen=True, slots=True)
class _Edition:
    """Everything as it was read at one moment."""

    files: Mapping[str, PublishedFile]
    authorities: tuple[AnsweringCa, ...]


class FollowedPublication:
    """Serves what is published in a folder that may change.

    Args:
        folder: the CA's published files.
        settings: names the responder's keys and their limits.
        clock: gives the time.

    Raises:
        CodedError: a file is unreadable, or a responder's key is not its CA's.
    """

    def __init__(
        self, folder: Path, settings: Settings, clock: Callable[[], datetime]
    ) -> None:
        self._folder = folder
        self._keys = ResponderKeys.of(settings)
        self._reload_seconds = settings.trust.reload_seconds
        self._watched = (folder, *self._keys.files)
        self._stamps = stamps_of(self._watched)
        edition = _read(folder, self._keys)
        self._files = edition.files
        publication = settings.publication
        self._responder = OcspResponder(
            edition.authorities,
            policy=OcspPolicy(
                lifetime=timedelta(hours=publication.ocsp_hours),
                signatures_per_second=publication.ocsp_signatures_per_second,
            ),
            clock=clock,
        )

    @property
    def files(self) -> Mapping[str, PublishedFile]:
        """Files by the path they are asked for with."""
        return self._files

    def answer(self, request: bytes) -> OcspAnswer:
        """Answer an OCSP request."""
        return self._responder.answer(request)

    async def refresh(self) -> bool:
        """Read the files again if they changed; tell whether anything is new.

        What cannot be read leaves the last edition in place: its lists run out by
        themselves, and then nothing is answered any more.
        """
        stamps = await asyncio.to_thread(stamps_of, self._watched)
        if stamps == self._stamps:
            return False
        try:
            edition = await asyncio.to_thread(_read, self._folder, self._keys)
        except PkiError as error:
            _log.warning("publication.unreadable", code=error.code, place=error.place)
            return False
        self._stamps, self._files = stamps, edition.files
        self._responder.replace_authorities(edition.authorities)
        _log.info("publication.reloaded", files=len(edition.files))
        return True

    async def turn(self) -> None:
        """Wait until it is time to look, and look."""
        await asyncio.sleep(self._reload_seconds)
        await self.refresh()


def _read(folder: Path, keys: ResponderKeys) -> _Edition:
    labels = labels_in(folder)
    files = dict(file for label in labels for file in _files_of(folder, label))
    authorities = tuple(
        _authority(folder, label, key) for label, key in keys.open(folder).items()
    )
    return _Edition(files, authorities)


def _authority(folder: Path, label: CaLabel, key: Credential) -> AnsweringCa:
    return AnsweringCa(
        load_certificate(folder, label), key, read_published_status(folder, label)
    )


def _files_of(folder: Path, label: CaLabel) -> Iterator[tuple[str, PublishedFile]]:
    certificate = load_certificate(folder, label)
    path = certificate_path(folder, label)
    for suffix, encoding, content_type in (
        ("pem", Encoding.PEM, "application/x-pem-file"),
        ("cer", Encoding.DER, "application/pkix-cert"),
    ):
        body = certificate.public_bytes(encoding)
        yield f"/ca/{label}.{suffix}", _file(path, body, content_type)
    listed = list_path(folder, label)
    if not listed.exists():
        # The certificate of a new generation comes before its first list.
        _log.warning("publication.list_missing", ca=str(label))
        return
    yield f"/crl/{label}.crl", _file(listed, _content(listed), "application/pkix-crl")


def _file(path: Path, body: bytes, content_type: str) -> PublishedFile:
    modified = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
    return PublishedFile(body, content_type, modified, sha256(body).hexdigest())


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PkiError(ErrorCode.FILE_UNREADABLE, place=path.name) from error
