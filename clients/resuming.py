"""Downloads over a line that breaks: what arrived is kept, the rest is asked for.

Only an answer that names its bytes by a strong entity tag goes on where it broke off
(RFC 9110, 8.8.3, 13.1.5 and 14); any other begins anew. The last byte is asked for once
more, so that an answer of which all arrived can be asked for as well.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus

_STRONG = re.compile(r'"[\x21\x23-\x7e]+"')
_PART = re.compile(r"bytes ([0-9]{1,15})-[0-9]{1,15}/([0-9]{1,15})")


class Arrived:
    """What arrived of one answer, over as many connections as it takes.

    Args:
        tag: the strong entity tag of an answer that broke off; empty without any.
        content: what arrived of it.
    """

    def __init__(self, tag: str = "", content: bytes = b"") -> None:
        self._tag = tag
        self._pieces = [content]
        self._size = len(content)
        self._furthest = self._size
        self._total: int | None = None
        self._was_refused = self._is_given_up = False

    @property
    def tag(self) -> str:
        """The entity tag of the answer; empty if it cannot go on."""
        return self._tag

    @property
    def can_go_on(self) -> bool:
        """Whether the rest can be asked for."""
        return bool(self._tag)

    @property
    def content(self) -> bytes:
        """All that arrived."""
        return b"".join(self._pieces)

    @property
    def size(self) -> int:
        """How many bytes arrived."""
        return self._size

    @property
    def furthest(self) -> int:
        """How many bytes arrived at most, before it began anew."""
        return self._furthest

    @property
    def is_short(self) -> bool:
        """Whether the answer was a part that ends before the end of the whole."""
        return self._total is not None and self._size < self._total

    def headers(self) -> dict[str, str]:
        """Ask for the rest, if the answer can go on."""
        if not self.can_go_on or not self._size:
            return {}
        return {"Range": f"bytes={self._size - 1}-", "If-Range": self._tag}

    def begin(self, status: int, headers: Mapping[str, str]) -> bool:
        """Take note of an answer: the rest of what arrived, or one from its beginning.

        Returns:
            Whether it can be read; a part that does not go on where the last one
            ended, or is of something else, cannot, and all begins anew.
        """
        self._total = None
        if status != HTTPStatus.PARTIAL_CONTENT:
            self._forget("" if self._is_given_up else _tag_of(headers))
            return True
        part = _PART.match(headers.get("Content-Range", ""))
        is_next = part is not None and int(part[1]) == self._size - 1
        if part is None or not is_next or headers.get("ETag") != self._tag:
            self.refuse()
            return False
        self._total = int(part[2])
        self._shorten()
        return True

    def add(self, piece: bytes) -> None:
        """Keep what has just arrived."""
        self._pieces.append(piece)
        self._size += len(piece)
        self._furthest = max(self._furthest, self._size)

    def begin_anew(self) -> None:
        """Take nothing of what arrived."""
        self._forget("")

    def refuse(self) -> None:
        """Begin anew; the second time, take the answer whole or not at all."""
        self._is_given_up, self._was_refused = self._was_refused, True
        self._furthest = 0
        self._forget("")

    def _forget(self, tag: str) -> None:
        self._tag, self._pieces, self._size = tag, [], 0

    def _shorten(self) -> None:
        """Let the last byte go, which comes again."""
        while not self._pieces[-1]:
            self._pieces.pop()
        self._pieces[-1] = self._pieces[-1][:-1]
        self._size -= 1


def _tag_of(headers: Mapping[str, str]) -> str:
    """Return the tag of bytes that can be asked for in parts; empty without any."""
    tag = headers.get("ETag", "")
    in_parts = headers.get("Accept-Ranges") == "bytes"
    is_plain = "Content-Encoding" not in headers
    return tag if in_parts and is_plain and is_strong(tag) else ""


def is_strong(tag: str) -> bool:
    """Tell whether a tag names bytes, and not only what they mean (RFC 9110 8.8.3)."""
    return _STRONG.fullmatch(tag) is not None
