"""What an agency's document system does: send, receive, acknowledge, report.

A message is done only when the hub's receipt has been verified: signed by the hub's
receipt key, under the trust given, about exactly the bytes that were sent.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic

from clients.answers import (
    BoardPage,
    Fetched,
    InboxItem,
    InboxPage,
    Preflight,
    Sent,
    Trace,
    read_board_line,
    read_inbox_item,
    read_trace,
)
from clients.clock import utc_now
from clients.errors import ClientError, RefusedError, UnreachableError
from clients.messages import XML, Message
from clients.odd_answers import hub_at_fault, require_bundle
from clients.resuming import Arrived, is_strong
from clients.transport import Request, Response, RetryPolicy, Transport
from clients.uploading import GONE, UploadMemory, upload
from pki.trust import TrustMaterial, TrustStore
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, OrganId
from schemas.receipt import AcceptanceReceipt, StepReceipt
from schemas.verdict import Indication
from signing.validation.xml import judges_of, open_preflight, open_receipt

_STREAMS_TRIED = 3
"""Streams that break one after the other, before polls must do."""

_POLL_SECONDS = 30
_BRIEF_SECONDS = 1.0
"""A stream or poll that ends sooner, without news, was cut off by something between."""

_REPEATED = 200
"""The hub's status for what it had before; 201 is for what is new."""


def _named(agency: OrganId | None) -> dict[str, str]:
    return {} if agency is None else {"agency": agency}


@dataclass(slots=True)
class _Place:
    """How far somebody has come in inboxes.

    A letter to several agencies of one system is several items of one cursor, and a
    stream may break between them.

    Attributes:
        complete: the cursor up to which everything was seen.
    """

    complete: int
    _newest: int = -1
    _seen: set[tuple[int, OrganId, EnvelopeId]] = field(default_factory=set)

    def or_anew(self, cursor: int) -> "_Place":
        """Return this, or where a hub goes on that was restored from an older backup.

        Args:
            cursor: of the page that was asked for from here.
        """
        return self if cursor >= self.complete else _Place(cursor)

    def is_new(self, item: InboxItem) -> bool:
        """Take note of an item; tell whether it was not seen before.

        One below the newest was not there: the hub was restored from a backup that
        ended between the two, or the system acts for another agency now.
        """
        if item.cursor > self._newest:
            self.complete = max(self.complete, self._newest)
            self._seen = {one for one in self._seen if one[0] >= item.cursor}
        self._newest = item.cursor
        name = (item.cursor, item.agency, item.envelope_id)
        is_new = name not in self._seen
        self._seen.add(name)
        return is_new


class AgencyClient:
    """The exchange as one connected system sees it.

    Args:
        transport: an open connection to the hub.
        trust: what receipts are judged by: roots, and CRLs as fresh as they come.
        clock: the time at which receipts are judged.
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

    async def send(self, message: Message, *, is_once: bool = False) -> Sent:
        """Send a document; sending the same message again gives the same receipt.

        Args:
            message: what is sent.
            is_once: it is not sent again as it is where the line breaks: whoever sends
                it goes on in parts.

        Raises:
            RefusedError: the hub refused it.
            UnreachableError: the hub did not answer; send the same message later.
            ClientError: the receipt is not about this message or not to be trusted.
        """
        request = replace(_post("/v1/envelopes", message), is_part=is_once)
        return self._sent(message, (await self._transport.send(request)).body)

    async def preflight(self, message: Message) -> Preflight:
        """Ask whether a document would be accepted; the hub stores nothing of it.

        Raises:
            RefusedError: the hub does not answer such a question.
            ClientError: the answer is not about this message or not to be trusted.
        """
        request = _post("/v1/envelopes:preflight", message)
        headers = {**request.headers, "Accept": "application/xml"}
        content = (await self._transport.send(replace(request, headers=headers))).body
        opened = open_preflight(content, self._judge_at(self._clock()))
        answer = opened.answer
        if answer is None or opened.verdict.indication is not Indication.TOTAL_PASSED:
            raise ClientError(ErrorCode.RECEIPT_MISMATCH, place="PreflightAnswer")
        if answer.body_sha256 not in {None, message.body_sha256}:
            raise ClientError(ErrorCode.RECEIPT_MISMATCH, place="BodySha256")
        return Preflight(answer, content)

    async def send_in_parts(self, message: Message, memory: UploadMemory) -> Sent:
        """Send a document whose body comes in parts, going on where it broke off.

        Raises:
            RefusedError: the hub refused it.
            UnreachableError: the hub did not answer; try later with the same memory.
            ClientError: the receipt is not about this message or not to be trusted.
        """
        path = await upload(self._transport, message.body, memory)
        try:
            answer = await self._transport.send(_naming_upload(path, message))
        except RefusedError as error:
            if error.code not in GONE:
                raise
            # It has waited too long: once more, from its beginning.
            memory.remember("")
            path = await upload(self._transport, message.body, memory)
            answer = await self._transport.send(_naming_upload(path, message))
        return self._sent(message, answer.body)

    def _sent(self, message: Message, content: bytes) -> Sent:
        receipt = self._trusted(content)
        if not isinstance(receipt, AcceptanceReceipt) or not _about(receipt, message):
            raise ClientError(ErrorCode.RECEIPT_MISMATCH, place=message.message_id)
        return Sent(receipt.envelope_id, content)

    async def inbox(
        self,
        agency: OrganId | None,
        *,
        after: int = -1,
        wait: int = 0,
        limit: int = 100,
    ) -> InboxPage:
        """List what arrived after the cursor `after`; wait up to `wait` seconds.

        Args:
            agency: whose inbox; None: those of all agencies the system acts for. One
                it comes to act for later has an inbox from before, to be read alone.
            after: the cursor of the last page; -1 from the beginning.
            wait: seconds to wait where there is nothing yet.
            limit: of items; those of one cursor stay together.

        Raises:
            RefusedError: the system does not act for `agency`.
            ClientError: the answer is no page of an inbox.
        """
        numbers = {"after": str(after), "wait": str(wait), "limit": str(limit)}
        answer = await self._wait(wait, {**_named(agency), **numbers})
        with hub_at_fault("/v1/inbox"):
            fields = json.loads(answer.body)
            return InboxPage(
                tuple(map(read_inbox_item, fields["items"])), int(fields["next"])
            )

    async def lease(
        self, agency: OrganId, *, seconds: int, wait: int = 0, limit: int = 1
    ) -> tuple[InboxItem, ...]:
        """Get items for this poller alone; what is not acknowledged comes back.

        Raises:
            RefusedError: the system does not act for `agency`.
            ClientError: the answer is no page of an inbox.
        """
        numbers = {"lease": str(seconds), "wait": str(wait), "limit": str(limit)}
        answer = await self._wait(wait, {**_named(agency), **numbers})
        with hub_at_fault("/v1/inbox"):
            return tuple(map(read_inbox_item, json.loads(answer.body)["items"]))

    async def follow(
        self, agency: OrganId | None, *, after: int = -1
    ) -> AsyncIterator[InboxItem]:
        """Yield what arrives after the cursor `after`, each item once, without end.

        By a stream of events; where that is not to be had, by long polls. As with
        `inbox`, no agency means all of them.

        Raises:
            RefusedError: the system does not act for `agency`.
            UnreachableError: the hub has not answered for long.
        """
        failures, place = 0, _Place(after)
        while True:
            streams = failures < _STREAMS_TRIED
            page = await self._paced(agency, place.complete, waits=not streams)
            place = place.or_anew(page.cursor)
            for item in filter(place.is_new, page.items):
                yield item
            place.complete = page.cursor
            if not streams or page.items:
                continue
            try:
                async for item in self._events(agency, place.complete):
                    failures = 0
                    if place.is_new(item):
                        yield item
            except RefusedError:
                # It refuses the poll as well, or has no streams for us.
                failures = _STREAMS_TRIED
            except UnreachableError:
                failures += 1
                await asyncio.sleep(RetryPolicy().pause(failures))

    async def outbox(
        self, agency: OrganId, *, unacknowledged: bool = True, after: str = ""
    ) -> BoardPage:
        """List what `agency` sent, recipient by recipient, oldest first.

        Raises:
            RefusedError: the system does not act for `agency`.
            ClientError: the answer is no page of an outbox.
        """
        parameters = {"unacknowledged": str(unacknowledged).lower(), "after": after}
        answer = await self._get("/v1/outbox", agency=agency, **parameters)
        with hub_at_fault("/v1/outbox"):
            fields = json.loads(answer.body)
            lines = tuple(map(read_board_line, fields["items"]))
            return BoardPage(lines, str(fields["next"]), fields)

    async def fetch(
        self, envelope_id: EnvelopeId, arrived: Arrived | None = None
    ) -> Fetched:
        """Fetch an envelope and check its digest.

        Args:
            envelope_id: which one.
            arrived: what an earlier try brought of it, and where what this one brings
                is kept, should it end before all is there.

        Raises:
            ClientError: the bytes are not those the hub names.
            UnreachableError: the line broke for longer than the client is patient.
        """
        kept = arrived or Arrived()
        is_begun = kept.size > 0
        fetched = await self._fetched(envelope_id, kept)
        if fetched is None and is_begun:
            # What the earlier try kept is not what it was.
            fetched = await self._fetched(envelope_id, kept)
        if fetched is None:
            raise ClientError(ErrorCode.DOCUMENT_DIGEST_MISMATCH, place=envelope_id)
        return fetched

    async def _fetched(self, envelope_id: EnvelopeId, kept: Arrived) -> Fetched | None:
        """Fetch an envelope; None, and nothing kept, if its digest is another."""
        path = f"/v1/envelopes/{envelope_id}"
        request = Request(method="GET", path=path, arrived=kept)
        answer = await self._transport.send(request)
        digest = hashlib.sha256(answer.body).hexdigest()
        if digest != answer.headers.get("Lienthong-Body-Sha256"):
            kept.begin_anew()
            return None
        return Fetched(answer.headers.get("Content-Type", XML), digest, answer.body)

    async def attachment(self, envelope_id: EnvelopeId, number: int) -> bytes:
        """Fetch the content of one attachment; `number` counts from 1.

        Raises:
            ClientError: the bytes are not those the hub names.
        """
        path = f"/v1/envelopes/{envelope_id}/attachments/{number}"
        answer = await self._get(path)
        digest = hashlib.sha256(answer.body).hexdigest()
        tag = answer.headers.get("ETag", "")
        if is_strong(tag) and tag != f'"{digest}"':
            raise ClientError(ErrorCode.DOCUMENT_DIGEST_MISMATCH, place=path)
        return answer.body

    async def offered(self, envelope_id: EnvelopeId) -> tuple[str, str]:
        """Return Content-Type and digest of an envelope, of which one byte comes.

        Raises:
            RefusedError: the hub does not hand it out, or not any more.
        """
        request = Request(
            method="GET",
            path=f"/v1/envelopes/{envelope_id}",
            headers={"Range": "bytes=0-0"},
        )
        found = (await self._transport.send(request)).headers
        return found.get("Content-Type", XML), found.get("Lienthong-Body-Sha256", "")

    async def ask(self, request: Request) -> Mapping[str, object]:
        """Make a call that answers with a JSON object; empty where it has no body.

        Raises:
            RefusedError: the hub refused it.
            ClientError: the answer is no such object.
        """
        answer = await self._transport.send(request)
        with hub_at_fault(request.path):
            return dict(json.loads(answer.body)) if answer.body else {}

    async def require_accepted(self, envelope_id: EnvelopeId, fetched: Fetched) -> None:
        """Require that the hub's receipt is about what was fetched.

        A document has an acceptance receipt; a status has the step receipt that
        answered it.

        Raises:
            ClientError: it is about something else, or not to be trusted.
        """
        answer = await self._get(f"/v1/envelopes/{envelope_id}/receipt")
        receipt = self._trusted(answer.body)
        about = (
            (receipt.envelope_id, receipt.body_sha256)
            if isinstance(receipt, AcceptanceReceipt)
            else (receipt.status_envelope_id, receipt.status_body_sha256)
        )
        if about != (envelope_id, fetched.body_sha256):
            raise ClientError(ErrorCode.RECEIPT_MISMATCH, place=envelope_id)

    async def acknowledge(
        self, agency: OrganId, envelope_id: EnvelopeId, step_receipt: bytes
    ) -> bytes:
        """Hand in the signed step receipt of a delivery; return it as stored.

        A repeat gives the receipt that was stored first.

        Raises:
            RefusedError: the step is not allowed now, or not to this agency.
            ClientError: what is stored is not what was handed in, and not to be
                trusted or about something else.
        """
        answer = await self._transport.send(
            Request(
                method="POST",
                path=f"/v1/envelopes/{envelope_id}/receipts",
                body=step_receipt,
                headers={"Content-Type": XML},
                parameters={"agency": agency},
            )
        )
        # Byte for byte what was handed in: nothing in it is the hub's word.
        if answer.body == step_receipt:
            return answer.body
        # A repeat may be of other bytes, never about another recipient.
        stored = self._own_step(envelope_id, answer.body)
        ours = self._own_step(envelope_id, step_receipt)
        if answer.status != _REPEATED or stored.recipient != ours.recipient:
            raise ClientError(ErrorCode.RECEIPT_MISMATCH, place=envelope_id)
        return answer.body

    async def report_status(
        self,
        envelope_id: EnvelopeId,
        message: Message,
        *,
        agency: OrganId | None = None,
    ) -> bytes:
        """Report a business status; return the hub's verified step receipt.

        Args:
            envelope_id: the document, or the request that is answered.
            message: the status.
            agency: the closed agency whose part its successor reports on; the hub
                takes the first one where several of them got the document.

        Raises:
            RefusedError: the status is not allowed now, or not from this agency.
            ClientError: the receipt is not to be trusted.
        """
        request = _post(f"/v1/envelopes/{envelope_id}/status", message)
        if agency is not None:
            request = replace(request, parameters={"agency": agency})
        return await self._report(request, envelope_id, message)

    async def recall(self, envelope_id: EnvelopeId, message: Message) -> bytes:
        """Ask a document back by status 13; return the hub's verified step receipt.

        A repeat, and the same wish while the first still waits for its answer, give the
        receipt that was stored first.

        Raises:
            RefusedError: it cannot be recalled, or not by this agency.
            ClientError: the receipt is not to be trusted.
        """
        request = _post(f"/v1/envelopes/{envelope_id}/recall", message)
        return await self._report(request, envelope_id, message)

    async def _report(
        self, request: Request, envelope_id: EnvelopeId, message: Message
    ) -> bytes:
        answer = await self._transport.send(request)
        receipt = self._require_step(envelope_id, answer.body)
        repeated = answer.status == _REPEATED
        if not repeated and receipt.status_body_sha256 != message.body_sha256:
            raise ClientError(ErrorCode.RECEIPT_MISMATCH, place=envelope_id)
        return answer.body

    async def trace(self, agency: OrganId, envelope_id: EnvelopeId) -> Trace:
        """Return the states and steps of an envelope that `agency` may see.

        Raises:
            RefusedError: there is none that it may see.
            ClientError: the answer is no trace.
        """
        path = f"/v1/envelopes/{envelope_id}/trace"
        answer = await self._get(path, agency=agency)
        with hub_at_fault(path):
            return read_trace(json.loads(answer.body))

    async def evidence(
        self,
        agency: OrganId,
        envelope_id: EnvelopeId,
        told: Callable[[int], object] | None = None,
    ) -> bytes:
        """Fetch the evidence bundle of an envelope that `agency` may see.

        Args:
            agency: in whose name.
            envelope_id: which.
            told: is told how many bytes came.

        Raises:
            RefusedError: there is none that it may see.
            ClientError: the answer is no bundle.
        """
        request = Request(
            method="GET",
            path=f"/v1/envelopes/{envelope_id}/evidence",
            parameters={"agency": agency},
            told=told,
        )
        bundle = (await self._transport.send(request)).body
        require_bundle(bundle, request.path)
        return bundle

    async def _events(
        self, agency: OrganId | None, after: int
    ) -> AsyncIterator[InboxItem]:
        """Yield what one stream brings; an end before it began is a failure."""
        request = Request(
            method="GET",
            path="/v1/inbox/events",
            parameters={**_named(agency), "after": str(after)},
        )
        begun, has_news = monotonic(), False
        async for data in self._transport.events(request):
            has_news = True
            with hub_at_fault(request.path):
                item = read_inbox_item(json.loads(data))
            yield item
        if not has_news and monotonic() - begun < _BRIEF_SECONDS:
            raise UnreachableError(place=request.path)

    async def _paced(
        self, agency: OrganId | None, after: int, *, waits: bool
    ) -> InboxPage:
        """Ask for a page; where nobody waits with the answer, the next one has to."""
        begun = monotonic()
        page = await self.inbox(agency, after=after, wait=_POLL_SECONDS * waits)
        if waits and not page.items:
            await asyncio.sleep(begun + _BRIEF_SECONDS - monotonic())
        return page

    async def _wait(self, seconds: int, parameters: Mapping[str, str]) -> Response:
        return await self._transport.send(
            Request(
                method="GET",
                path="/v1/inbox",
                parameters=parameters,
                waits=seconds > 0,
            )
        )

    async def _get(self, path: str, **parameters: str) -> Response:
        return await self._transport.send(
            Request(method="GET", path=path, parameters=parameters)
        )

    def _own_step(self, envelope_id: EnvelopeId, content: bytes) -> StepReceipt:
        """Read what a system said; the hub knows whom else the system acts for."""
        return self._require_step(envelope_id, content, is_vouched=True)

    def _require_step(
        self, envelope_id: EnvelopeId, content: bytes, *, is_vouched: bool = False
    ) -> StepReceipt:
        receipt = self._trusted(content, is_vouched=is_vouched)
        if not isinstance(receipt, StepReceipt):
            raise ClientError(ErrorCode.RECEIPT_MISMATCH, place=envelope_id)
        # The answer to a request is about the document that is asked back.
        if envelope_id not in {receipt.envelope_id, receipt.request_envelope_id}:
            raise ClientError(ErrorCode.RECEIPT_MISMATCH, place=envelope_id)
        return receipt

    def _trusted(
        self, content: bytes, *, is_vouched: bool = False
    ) -> AcceptanceReceipt | StepReceipt:
        judge = self._judge_at(self._clock())
        opened = open_receipt(content, judge, is_vouched=is_vouched)
        verdict, receipt = opened.verdict, opened.receipt
        if receipt is None or verdict.indication is not Indication.TOTAL_PASSED:
            place = verdict.reasons[0].code if verdict.reasons else verdict.indication
            raise ClientError(ErrorCode.RECEIPT_MISMATCH, place=place)
        return receipt


def _post(path: str, message: Message) -> Request:
    return Request(
        method="POST",
        path=path,
        body=message.body,
        headers={
            "Content-Type": message.content_type,
            "Message-Id": message.message_id,
        },
    )


def _naming_upload(path: str, message: Message) -> Request:
    request = _post("/v1/envelopes", message)
    headers = {**request.headers, "Upload-Reference": path}
    return replace(request, body=None, headers=headers)


def _about(receipt: AcceptanceReceipt, message: Message) -> bool:
    return (
        receipt.body_sha256 == message.body_sha256
        and receipt.body_size == len(message.body)
        and receipt.message_id == message.message_id
    )
