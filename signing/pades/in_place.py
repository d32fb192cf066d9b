"""Sign a file on disk without holding it in memory.

A copy beside the target gets the increment, is hashed piece by piece, made durable, and
becomes the target by a rename: whatever happens, the source stays as it is, and the
target is complete or absent.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedRandom
from mmap import ACCESS_READ, mmap
from pathlib import Path

from pki.errors import PkiError
from pki.files import PUBLIC, sync_folder
from pki.keys.api import Credential
from schemas.errors import ErrorCode
from schemas.verdict import Reason
from signing.errors import SigningError
from signing.pades.extend import extend_signed
from signing.pades.levels import NO_SERVICES, SigningServices
from signing.pades.reading import MAX_PDF_BYTES, open_stream
from signing.pades.request import SignRequest
from signing.pades.signer import Unsigned, prepare_in_stream, reason_of, token_for
from signing.profiles import SignatureLevel

MAX_FILE_BYTES = 2 * 1024**3
"""A larger file is not signed: offsets in a PDF have ten digits, readers have less."""

_COPIED_AT_ONCE = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedFile:
    """What became of a file.

    Args:
        size: octets of the signed file.
        level: the level reached.
        wanted: the level asked for.
        reason: why it is lower; None if it is not.
    """

    size: int
    level: SignatureLevel
    wanted: SignatureLevel
    reason: Reason | None = None


def sign_pdf_file(
    source: Path,
    target: Path,
    *,
    credential: Credential,
    request: SignRequest,
    services: SigningServices = NO_SERVICES,
) -> SignedFile:
    """Write `source` with one more signature to `target`, durable at return.

    Memory does not grow with the file, but with the number of its objects, and by what
    a stream within the reach of the catalog holds (images and page contents are not).
    Above B-T the level is reached in memory, for files up to `MAX_PDF_BYTES`.

    Args:
        source: a PDF file; it stays as it is.
        target: is replaced if it exists.
        credential: who signs.
        request: what is asked for.
        services: whom to ask for time stamps and evidence.

    Raises:
        SigningError: the document, the certificate or the request is refused, or a
            file cannot be read or written (FILE_UNREADABLE, FILE_NOT_WRITTEN).
        PkiError: the key does not sign, or the certificate is not good.
    """
    with _temporary_beside(target) as copy:
        copy_file(source, copy)
        signed = sign_in_place(
            copy, credential=credential, request=request, services=services
        )
        _publish(copy, target)
    return signed


def sign_in_place(
    path: Path,
    *,
    credential: Credential,
    request: SignRequest,
    services: SigningServices = NO_SERVICES,
) -> SignedFile:
    """Append a signature to a file nobody else reads; a refusal leaves it unusable.

    Raises:
        SigningError: see `sign_pdf_file`.
        PkiError: see there.
    """
    if path.stat().st_size > MAX_FILE_BYTES:
        raise SigningError(ErrorCode.PDF_TOO_LARGE)
    with path.open("r+b") as stream:
        unsigned = _prepare(stream, credential, request, services)
        value = credential.key.sign(unsigned.attributes, unsigned.template.scheme)
        token, reason = token_for(unsigned, value, request.level, services)
        unsigned.prepared.fill(unsigned.cms(value, token))
    signed = SignedFile(
        size=path.stat().st_size,
        level=SignatureLevel.B_T if token else SignatureLevel.B_B,
        wanted=request.level,
        reason=reason,
    )
    return _raised(path, signed, services)


def _prepare(
    stream: BufferedRandom,
    credential: Credential,
    request: SignRequest,
    services: SigningServices,
) -> Unsigned:
    reader = open_stream(stream)
    # Mapped, not read: only what is looked at counts, and can be dropped again.
    with mmap(stream.fileno(), 0, access=ACCESS_READ) as source:
        return prepare_in_stream(reader, source, credential, request, services)


def _raised(path: Path, signed: SignedFile, services: SigningServices) -> SignedFile:
    """Bring a stamped signature to a higher level, as far as that goes now."""
    if signed.reason or not signed.wanted.includes(SignatureLevel.B_LT):
        return signed
    if signed.size > MAX_PDF_BYTES:
        return _ended(signed, Reason(ErrorCode.PDF_TOO_LARGE, signed.wanted))
    try:
        data = extend_signed(path.read_bytes(), level=signed.wanted, services=services)
    except (PkiError, SigningError) as error:
        return _ended(signed, reason_of(error))
    path.write_bytes(data)
    return SignedFile(size=len(data), level=signed.wanted, wanted=signed.wanted)


def _ended(signed: SignedFile, reason: Reason) -> SignedFile:
    return SignedFile(
        size=signed.size, level=signed.level, wanted=signed.wanted, reason=reason
    )


@contextmanager
def _temporary_beside(target: Path) -> Iterator[Path]:
    try:
        # Not named after the target, whose name may be as long as a name can be.
        descriptor, name = tempfile.mkstemp(prefix=".signing-", dir=target.parent)
        os.close(descriptor)
    except OSError as error:
        raise SigningError(ErrorCode.FILE_NOT_WRITTEN, place=target.name) from error
    path = Path(name)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def copy_file(source: Path, target: Path) -> None:
    """Copy within the kernel; file systems that can share the blocks do.

    Raises:
        SigningError: PDF_TOO_LARGE, FILE_UNREADABLE.
    """
    try:
        if source.stat().st_size > MAX_FILE_BYTES:
            raise SigningError(ErrorCode.PDF_TOO_LARGE)
        if not _cloned(source, target):
            shutil.copyfile(source, target)
    except OSError as error:
        raise SigningError(ErrorCode.FILE_UNREADABLE, place=source.name) from error


def _cloned(source: Path, target: Path) -> bool:
    if not hasattr(os, "copy_file_range"):
        return False
    with source.open("rb") as read, target.open("wb") as written:
        try:
            while os.copy_file_range(read.fileno(), written.fileno(), _COPIED_AT_ONCE):
                pass
        except OSError:
            return False  # between file systems, or not known to this one
    return True


def _publish(copy: Path, target: Path) -> None:
    try:
        with copy.open("rb") as file:
            os.fsync(file.fileno())
        copy.chmod(PUBLIC)
        copy.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise SigningError(ErrorCode.FILE_NOT_WRITTEN, place=target.name) from error
