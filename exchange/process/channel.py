"""What the service process and its HTTP workers tell each other: hints and counters.

Nothing here carries state. What is to be done stands in storage, and both sides look
there on a timer as well, so a lost word costs time and nothing else.
"""

import asyncio
import json
import socket
import struct
from enum import Enum
from typing import Self

from exchange.domain.news import News

_HEADER = struct.Struct("!cI")
_MOST_BYTES = 4 << 20
_MOST_RECIPIENTS = 20_000

URGENT = b"!"
"""Content of a word about something urgent."""


class Word(Enum):
    """What can be said."""

    LISTENING = b"l"
    """From a worker: it takes requests."""

    ACCEPTED = b"a"
    """From a worker: envelopes wait for the checker; with content: urgent ones."""

    RECORDED = b"r"
    """From a worker: log entries wait for the sequencer; with content: urgent ones."""

    SEQUENCED = b"s"
    """To a worker: the log has grown; with content: to whom it showed something."""

    COUNTERS = b"c"
    """To a worker: asks for its counters. From a worker: a page of them."""


def news_content(news: News | None) -> bytes:
    """Say what came; nothing where everybody is to look for themselves."""
    if news is None or len(news.recipients) > _MOST_RECIPIENTS:
        return b""
    return json.dumps([news.after, news.until, *sorted(news.recipients)]).encode()


def read_news(content: bytes) -> News | None:
    """Read what `news_content` says."""
    if not content:
        return None
    after, until, *recipients = json.loads(content)
    return News(after=after, until=until, recipients=frozenset(recipients))


class Channel:
    """One end of a connection between two processes of a service.

    Args:
        reader: what the other end says.
        writer: takes what is said to it.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def over(cls, connected: socket.socket) -> Self:
        """Speak over a connected socket, which this closes."""
        return cls(*await asyncio.open_connection(sock=connected))

    def tell(self, word: Word, content: bytes = b"") -> None:
        """Say something; who is not there any more does not hear it."""
        if not self._writer.is_closing():
            self._writer.write(_HEADER.pack(word.value, len(content)) + content)

    async def hear(self) -> tuple[Word, bytes] | None:
        """Return what is said next; None once the other end is gone."""
        try:
            header = await self._reader.readexactly(_HEADER.size)
            word, size = _HEADER.unpack(header)
            if size > _MOST_BYTES:
                return None
            return Word(word), await self._reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            return None

    def close(self) -> None:
        """Hang up."""
        self._writer.close()
