"""Files that are written as their content comes."""

from collections.abc import AsyncIterator
from pathlib import Path

from exchange.errors import ExchangeError
from schemas.errors import ErrorCode


async def save(file: Path, chunks: AsyncIterator[bytes]) -> None:
    """Write a file; one that stood there is replaced.

    Raises:
        ExchangeError: it cannot be written (FILE_NOT_WRITTEN).
    """
    try:
        with file.open("wb") as written:
            async for chunk in chunks:
                written.write(chunk)
    except OSError as error:
        raise ExchangeError(ErrorCode.FILE_NOT_WRITTEN, place=file.name) from error
