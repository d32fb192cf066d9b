"""Files that are written as their content comes."""

from collections.abc import AsyncIterator
from pathlib import Path


async def save(file: Path, chunks: AsyncIterator[bytes]) -> None:
    """Write a file; one that stood there is replaced."""
    with file.open("wb") as written:
        async for chunk in chunks:
            written.write(chunk)
