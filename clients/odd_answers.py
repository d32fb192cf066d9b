"""Answers that are not what the contract says: the hub's fault, or a proxy's."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from clients.errors import ClientError
from schemas.errors import CodedError, ErrorCode

_MANIFEST = "manifest.xml"
"""The member that every evidence bundle has."""

_ODD = (
    CodedError,  # a value that our own readers refuse is not the caller's here
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
_NO_ARCHIVE = (BadZipFile, NotImplementedError, struct.error)


@contextmanager
def hub_at_fault(path: str) -> Iterator[None]:
    """Name the call whose answer is not what the contract says.

    Raises:
        ClientError: the block could not read the answer (ANSWER_MALFORMED).
    """
    try:
        yield
    except _ODD as error:
        raise ClientError(ErrorCode.ANSWER_MALFORMED, place=path) from error


def require_bundle(content: bytes, path: str) -> None:
    """Require an archive with a manifest; what is in them, `verify` judges.

    Raises:
        ClientError: a page of a proxy, or what is left of a bundle
            (ANSWER_MALFORMED).
    """
    try:
        with hub_at_fault(path), ZipFile(BytesIO(content)) as archive:
            archive.getinfo(_MANIFEST)
    except _NO_ARCHIVE as error:
        raise ClientError(ErrorCode.ANSWER_MALFORMED, place=path) from error
