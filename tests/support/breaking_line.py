"""A way to a server whose every connection ends after so many bytes of answers."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_HOST = "127.0.0.1"
_PIECE = 1 << 16


@dataclass(slots=True)
class BreakingLine:
    """What goes over the connections to one port of loopback.

    Args:
        to: the port that answers.
        lets_through: bytes of answers, of each connection.
        port: where to ask.
        carried: bytes of answers each connection let through.
    """

    to: int
    lets_through: int
    port: int = 0
    carried: list[int] = field(default_factory=list)
    _over: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def carry(self, asking: StreamReader, answering: StreamWriter) -> None:
        """Serve one connection to its end."""
        number = len(self.carried)
        self.carried.append(0)
        reader, writer = await asyncio.open_connection(_HOST, self.to)
        asked = asyncio.create_task(_ask(asking, writer))
        with suppress(OSError):
            await self._answer(reader, answering, number)
        for one in (writer, answering):
            one.close()
            with suppress(OSError):
                await one.wait_closed()
        with suppress(OSError):
            await asked
        self._over.release()

    async def ended(self) -> None:
        """Wait until all connections have."""
        for _ in self.carried:
            await self._over.acquire()

    async def _answer(
        self, reader: StreamReader, answering: StreamWriter, number: int
    ) -> None:
        while left := self.lets_through - self.carried[number]:
            piece = await reader.read(left)
            if not piece:
                break
            self.carried[number] += len(piece)
            answering.write(piece)
            await answering.drain()


async def _ask(asking: StreamReader, writer: StreamWriter) -> None:
    while piece := await asking.read(_PIECE):
        writer.write(piece)
    writer.close()


@asynccontextmanager
async def breaking_line(to: int, *, lets_through: int) -> AsyncIterator[BreakingLine]:
    """Lead to the port `to`; whoever asks has to have closed its connections."""
    line = BreakingLine(to, lets_through)
    async with await asyncio.start_server(line.carry, _HOST, 0) as server:
        line.port = server.sockets[0].getsockname()[1]
        yield line
        await line.ended()
