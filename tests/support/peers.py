"""Systems that talk to a running service: they send, poll, acknowledge, report."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

import aiohttp

from clients.agency import AgencyClient
from clients.answers import InboxItem
from clients.messages import (
    Acknowledgement,
    Message,
    prepare_acknowledgement,
    prepare_document,
    prepare_status,
)
from clients.profile import load_profile
from clients.reading import StatusReport, open_envelope, status_about
from clients.transport import RetryPolicy, Transport
from exchange.demo.province import COMMUNE, MINISTRY, PROVINCE, Office
from pki.keys.api import Credential
from schemas.edxml.document import Attachment, EdxmlDocument, Organisation
from schemas.identifiers import DocumentCode, DocumentId, OrganId
from schemas.vocabulary import StatusCode, TransportAcknowledgement
from tests.support.station import Station
from tests.support.world import edxml_document

ONCE = RetryPolicy(attempts=1)
THROUGH_CRASHES = RetryPolicy(
    attempts=200, first_pause=0.05, longest_pause=0.3, timeout=40
)


@dataclass(frozen=True, slots=True)
class Peer:
    """One office's system with its connection and its key."""

    office: Office
    credential: Credential
    client: AgencyClient

    def letter(self, name: str, *attachments: Attachment) -> Message:
        """A signed letter to province and ministry; `name` tells it from others."""
        return letter(self.credential, name, attachments)

    def acknowledgement(self, item: InboxItem, body_sha256: str) -> bytes:
        """Sign that a document was taken."""
        return prepare_acknowledgement(
            Acknowledgement(
                envelope_id=item.envelope_id,
                body_sha256=body_sha256,
                recipient=self.office.code,
                system_id=self.office.system_id,
                state=TransportAcknowledgement.DONE,
            ),
            credential=self.credential,
            at=datetime.now(UTC),
        )

    async def acknowledge(self, item: InboxItem, body_sha256: str) -> bytes:
        """Hand in that a document was taken; return what is stored."""
        receipt = self.acknowledgement(item, body_sha256)
        return await self.client.acknowledge(
            self.office.code, item.envelope_id, receipt
        )

    def arrival(self, document: EdxmlDocument) -> Message:
        """Sign the status that a document has arrived."""
        now = datetime.now(UTC)
        report = StatusReport(
            reporter=self.office.code, code=StatusCode.ARRIVED, at=now
        )
        return prepare_status(
            status_about(document, report), credential=self.credential, at=now
        )

    async def report(self, item: InboxItem, document: EdxmlDocument) -> bytes:
        """Report that a document has arrived; return the hub's receipt."""
        message = self.arrival(document)
        return await self.client.report_status(item.envelope_id, message)

    async def pages(self, *, after: int = -1, count: int) -> list[InboxItem]:
        """Follow the inbox until `count` lines have come, and once more at rest."""
        items: list[InboxItem] = []
        while len(items) < count:
            page = await self.client.inbox(self.office.code, after=after, wait=20)
            items.extend(page.items)
            after = page.cursor
        page = await self.client.inbox(self.office.code, after=after)
        return [*items, *page.items]


@asynccontextmanager
async def connect(
    station: Station, office: Office, *, retry: RetryPolicy = ONCE
) -> AsyncIterator[Peer]:
    """Connect an office's system over connections of its own."""
    profile = load_profile(station.site.profile(office))
    async with Transport(profile.address, retry=retry) as transport:
        client = AgencyClient(transport, trust=profile.material())
        yield Peer(office, profile.credential(), client)


def _organisation(code: OrganId) -> Organisation:
    return Organisation(organ_id=code)


def letter(
    credential: Credential,
    name: str,
    attachments: tuple[Attachment, ...] = (),
    *,
    number: str = "214",
    recipients: tuple[OrganId, ...] = (PROVINCE.code, MINISTRY.code),
) -> Message:
    """A letter of the commune as a message."""
    document = edxml_document(
        *attachments,
        subject=name,
        code=DocumentCode(number, "UBND-VHXH"),
        document_id=DocumentId(f"{COMMUNE.code},2026/11/21,{name}"),
        recipients=tuple(map(_organisation, recipients)),
    )
    return prepare_document(
        document, attachments, credential=credential, at=datetime.now(UTC)
    )


def document_of(message: Message) -> EdxmlDocument:
    """The document that a message carries."""
    found = open_envelope(message.content_type, message.body).message
    if not isinstance(found, EdxmlDocument):
        raise TypeError
    return found


@dataclass(frozen=True, slots=True)
class Posted:
    """One answer to one attempt."""

    status: int
    content_type: str
    body: bytes


async def post(
    session: aiohttp.ClientSession, message: Message, path: str = "/v1/envelopes"
) -> Posted:
    """Make one attempt to hand a message in."""
    headers = {"Content-Type": message.content_type, "Message-Id": message.message_id}
    # A file, because aiohttp warns of large bodies given as bytes.
    async with session.post(
        path, data=BytesIO(message.body), headers=headers
    ) as answer:
        return Posted(answer.status, answer.content_type, await answer.read())
