"""Watching the log of a hub: whoever keeps a head sees when it is rewritten.

Two heads that do not lead to each other, both signed by the key of the log, prove that
the hub showed two logs. None is thrown away.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from clients.clock import utc_now
from clients.errors import ClientError
from clients.transport import Request, Transport
from pki.trust import TrustMaterial, TrustStore
from schemas.errors import ErrorCode, SchemaError
from schemas.evidence import TreeHead, read_tree_head
from schemas.merkle import verify_consistency
from schemas.verdict import Indication, SubIndication, Verdict
from schemas.xml import parse
from signing.validation.xml import judges_of, open_tree_head
from signing.xmldsig.verify import verify_receipt

_HEAD, _GROWTH = "/v1/log/head", "/v1/log/consistency"
_LONGEST_PATH = 128
"""Twice the levels of a tree of as many entries as can be counted."""

_LATER = frozenset(
    {
        SubIndication.REVOKED_NO_POE,
        SubIndication.REVOKED_CA_NO_POE,
        SubIndication.OUT_OF_BOUNDS_NO_POE,
        SubIndication.OUT_OF_BOUNDS_NOT_REVOKED,
        SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE,
        SubIndication.TRY_LATER,
    }
)
"""What may be said of a certificate that held when it was used."""


@dataclass(frozen=True, slots=True)
class SeenHead:
    """A head of the log as it was signed."""

    content: bytes
    head: TreeHead


class ForkedLogError(ClientError):
    """The hub shows a log that does not lead on from one it showed before.

    Args:
        earlier: the head that was seen before.
        now: what the hub shows.
    """

    def __init__(self, earlier: TreeHead, now: SeenHead) -> None:
        place = f"{earlier.size} ≠> {now.head.size}"
        super().__init__(ErrorCode.LOG_FORKED, place=place)
        self.earlier = earlier
        self.now = now


def read_head(content: bytes) -> SeenHead:
    """Read a head that was kept; its signature must hold, whosever it is.

    Raises:
        CodedError: it is none.
    """
    return SeenHead(content, read_tree_head(verify_receipt(parse(content)).content))


class LogWitness:
    """The log of a hub as somebody sees it who keeps heads.

    Args:
        transport: an open connection to the hub.
        trust: what heads are judged by.
        clock: the time at which they are.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        trust: TrustMaterial,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._transport = transport
        self._judge_at = judges_of(TrustStore.from_material(trust))
        self._clock = clock

    async def look(self, earlier: Iterable[SeenHead]) -> SeenHead:
        """Fetch the head and hold it to those that were seen before.

        Args:
            earlier: from whomever they come, they must be of a key of the log: what
                anybody may sign proves nothing against the hub.

        Raises:
            RefusedError: the hub does not show it.
            UnreachableError: the hub does not answer.
            ForkedLogError: it does not lead on from one of them.
            ClientError: a head is not to be trusted; the code says why.
        """
        before = [self._of_log(one) for one in earlier]
        answer = await self._transport.send(Request(method="GET", path=_HEAD))
        now = self._trusted(answer.body)
        for one in before:
            if not await self._follows(one, now.head):
                raise ForkedLogError(one, now)
        return now

    def _trusted(self, content: bytes) -> SeenHead:
        opened = open_tree_head(content, self._judge_at(self._clock()))
        if opened.head is None or not _passed(opened.verdict):
            raise _untrusted(opened.verdict, _HEAD)
        return SeenHead(content, opened.head)

    def _of_log(self, seen: SeenHead) -> TreeHead:
        """Require a key of a log; what became of it since takes nothing back."""
        verdict = open_tree_head(seen.content, self._judge_at(seen.head.at)).verdict
        if not _passed(verdict) and verdict.sub_indication not in _LATER:
            raise _untrusted(verdict, f"{seen.head.log_id} {seen.head.size}")
        return seen.head

    async def _follows(self, earlier: TreeHead, head: TreeHead) -> bool:
        if earlier.log_id != head.log_id or earlier.size > head.size:
            return False
        path: tuple[bytes, ...] = ()
        if 0 < earlier.size < head.size:
            path = await self._path(earlier.size, head.size)
        try:
            verify_consistency(
                path,
                first=(earlier.size, earlier.root_hash),
                second=(head.size, head.root_hash),
            )
        except SchemaError:
            return False
        return True

    async def _path(self, first: int, second: int) -> tuple[bytes, ...]:
        parameters = {"first": str(first), "second": str(second)}
        answer = await self._transport.send(
            Request(method="GET", path=_GROWTH, parameters=parameters)
        )
        try:
            found = json.loads(answer.body)["path"][:_LONGEST_PATH]
            return tuple(map(bytes.fromhex, found))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ClientError(ErrorCode.ANSWER_MALFORMED, place=_GROWTH) from error


def _passed(verdict: Verdict) -> bool:
    return verdict.indication is Indication.TOTAL_PASSED


def _untrusted(verdict: Verdict, place: str) -> ClientError:
    reasons = verdict.reasons
    code = reasons[0].code if reasons else ErrorCode.LOG_PROOF_INVALID
    return ClientError(code, place=place)
