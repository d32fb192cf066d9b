"""How requests for time stamps travel: HTTP/1.1 by POST (RFC 3161 3.4).

Only servers that were named are asked.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import SplitResult

from pki.errors import PkiError
from pki.http_fetch import SECONDS, HttpFetcher, Question, read_address
from pki.tsa.reply import RESPONSE_BYTES
from schemas.errors import ErrorCode

_QUERY = "application/timestamp-query"
_REPLY = "application/timestamp-reply"


class HttpTimeStampTransport:
    """Carries requests to named servers; a `pki.tsa.servers.Transport`.

    Args:
        addresses: of the servers, ``http`` or ``https``; no other is asked.
        anchors: PEM files of the roots believed for ``https``; the operating system's
            are not.
        seconds: longest time for one request.

    Raises:
        PkiError: an address is none, is ``https`` without anchors, or holds a user's
            name or a fragment; or an anchor is unreadable.
    """

    def __init__(
        self,
        addresses: Iterable[str],
        *,
        anchors: Sequence[Path] = (),
        seconds: float = SECONDS,
    ) -> None:
        self._servers = {one: _server(one) for one in addresses}
        self._fetcher = HttpFetcher(anchors=anchors, seconds=seconds)
        secure = any(one.scheme == "https" for one in self._servers.values())
        if secure and not self._fetcher.has_anchors:
            raise PkiError(ErrorCode.CONFIGURATION_INVALID, place="server_anchors")

    def __call__(self, address: str, request: bytes) -> bytes:
        """Return the server's response.

        Raises:
            OSError: it was not named, cannot be reached in time, or answers otherwise
                than with one response of a usable size.
        """
        if address not in self._servers:
            raise PermissionError("server is not configured")
        question = Question(
            server=self._servers[address],
            body=request,
            sends=_QUERY,
            takes=(_REPLY,),
            limit=RESPONSE_BYTES,
            name="time stamp response",
        )
        return self._fetcher.ask(question)


def _server(address: str) -> SplitResult:
    parts = read_address(address)
    if parts is None:
        raise PkiError(ErrorCode.CONFIGURATION_INVALID, place="servers")
    return parts
