"""HTTP by hand, for requests that no client library would send."""

import asyncio
from collections.abc import AsyncIterable
from dataclasses import dataclass

from pki.keys.api import Credential
from tests.support.hub import HOST, Hub

_ANSWER_SECONDS = 20.0
"""Longer than the hubs of tests wait, shorter than senders go on."""
_MORE_SECONDS = 2.5
"""What the hub says, it says at once; then it may listen on for long."""


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """All bytes that came; `closed` when the hub ended the connection in time."""

    data: bytes
    closed: bool

    @property
    def status(self) -> int:
        """The status of the first answer."""
        return int(self.data.split(b" ", 2)[1])

    @property
    def head(self) -> bytes:
        """Status line and headers of the first answer."""
        return self.data.partition(b"\r\n\r\n")[0]


async def exchange(
    hub: Hub, pieces: AsyncIterable[bytes], *, by: Credential | None
) -> RawAnswer:
    """Send pieces as they come and read until the hub closes or falls silent."""
    reader, writer = await asyncio.open_connection(HOST, hub.port, ssl=hub.context(by))
    sending = asyncio.create_task(_send(writer, pieces))
    try:
        return await _read(reader)
    finally:
        sending.cancel()
        writer.transport.abort()


async def raw(hub: Hub, data: bytes, *, by: Credential | None) -> RawAnswer:
    """Send `data` at once."""
    return await exchange(hub, _once(data), by=by)


def request(
    method: str, path: str, *headers: str, body: bytes = b"", version: str = "1.1"
) -> bytes:
    """Write a request that asks to close the connection.

    Bytes that are no UTF-8 are written as `surrogateescape` reads them.
    """
    lines = [
        f"{method} {path} HTTP/{version}",
        "Host: hub",
        "Connection: close",
        *headers,
    ]
    head = "\r\n".join(lines).encode(errors="surrogateescape")
    return head + b"\r\n\r\n" + body


async def _once(data: bytes) -> AsyncIterable[bytes]:
    yield data


async def _send(writer: asyncio.StreamWriter, pieces: AsyncIterable[bytes]) -> None:
    try:
        async for piece in pieces:
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        return  # What the hub said before it closed is in the reader.


async def _read(reader: asyncio.StreamReader) -> RawAnswer:
    data = bytearray()
    try:
        async with asyncio.timeout(_ANSWER_SECONDS) as waiting:
            while chunk := await reader.read(65536):
                data += chunk
                waiting.reschedule(asyncio.get_running_loop().time() + _MORE_SECONDS)
    except TimeoutError:
        return RawAnswer(bytes(data), closed=False)
    except ConnectionError:
        return RawAnswer(bytes(data), closed=True)
    return RawAnswer(bytes(data), closed=True)
