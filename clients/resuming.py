"""Downloads over a line that breaks: what arrived is kept, the rest is asked for.

Only an answer that names its bytes by a strong entity tag goes on where it broke off
(RFC 9110, 8.8.3, 13.1.5 and 14); any other begins anew.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus

from clients.errors import ClientError
from schemas.errors import ErrorCode

_STRONG = re.compile(r'"[\x21\x23-\x7e]+"')
_PART = re.compile(r"bytes ([0-9]{1,15})-")


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
        self._is_given_up = False

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

    def headers(self) -> dict[str, str]:
        """Ask for the rest, if the answer can go on."""
        if not self.can_go_on or not self._size:
            return {}
        return {"Range": f"bytes={self._size}-", "If-Range": self._tag}

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Take note of an answer: the rest of what arrived, or one from its beginning.

        Raises:
            ClientError: a part that does not go on where the last one ended
                (ANSWER_MALFORMED).
        """
        if status != HTTPStatus.PARTIAL_CONTENT:
            self._forget("" if self._is_given_up else _tag_of(headers))
        elif not self._goes_on(headers):
            raise ClientError(ErrorCode.ANSWER_MALFORMED, place="Content-Range")

    def add(self, piece: bytes) -> None:
        """Keep what has just arrived."""
        self._pieces.append(piece)
        self._size += len(piece)

    def begin_anew(self) -> None:
        """Take nothing of what arrived."""
        self._forget("")

    def give_up(self) -> None:
        """Begin anew, and take the answer whole or not at all."""
        self._is_given_up = True
        self._forget("")

    def _forget(self, tag: str) -> None:
        self._tag, self._pieces, self._size = tag, [], 0

    def _goes_on(self, headers: Mapping[str, str]) -> bool:
        part = _PART.match(headers.get("Content-Range", ""))
        begins = int(part[1]) if part else None
        return begins == self._size and _tag_of(headers) == self._tag


def _tag_of(headers: Mapping[str, str]) -> str:
    """Return the tag of bytes that can be asked for in parts; empty without any."""
    tag = headers.get("ETag", "")
    in_parts = headers.get("Accept-Ranges") == "bytes"
    is_plain = "Content-Encoding" not in headers
    return tag if in_parts and is_plain and is_strong(tag) else ""


def is_strong(tag: str) -> bool:
    """Tell whether a tag names bytes, and not only what they mean (RFC 9110 8.8.3)."""
    return _STRONG.fullmatch(tag) is not None
