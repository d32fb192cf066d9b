"""One system at work: it sends, reads, acknowledges, reports and answers."""

from dataclasses import dataclass

from clients.agency import AgencyClient
from clients.answers import InboxItem
from clients.messages import Message
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import StatusCode, TransportAcknowledgement
from tests.prove.simulation.messages import acknowledgement, status_message
from tests.prove.simulation.plan import Handling, Letter
from tests.prove.simulation.site import Connection


@dataclass(frozen=True, slots=True)
class Desk:
    """A connected system with the library every system may use."""

    connection: Connection
    client: AgencyClient

    async def take(
        self, item: EnvelopeId, recipient: OrganId, doing: Handling, body_sha256: str
    ) -> None:
        """Fetch a document where it is read, and acknowledge it."""
        if doing.reads:
            fetched = await self.client.fetch(item)
            if fetched.body_sha256 != body_sha256:
                raise ValueError(item)
        if doing.fails_first:
            await self._say(item, recipient, TransportAcknowledgement.FAIL, body_sha256)
        await self._say(item, recipient, TransportAcknowledgement.DONE, body_sha256)

    async def report(
        self,
        item: EnvelopeId,
        code: StatusCode,
        *,
        by: OrganId,
        about: Letter,
        closed: OrganId | None = None,
    ) -> None:
        """Report a status about an envelope, for a `closed` agency one succeeded."""
        message = self.status(code, by=by, about=about, to=about.sender)
        await self.client.report_status(item, message, agency=closed)

    def status(
        self, code: StatusCode, *, by: OrganId, about: Letter, to: OrganId | None
    ) -> Message:
        """Write and sign a status."""
        credential = self.connection.credential
        return status_message(code, by=by, about=about, to=to, credential=credential)

    async def _say(
        self,
        item: EnvelopeId,
        recipient: OrganId,
        state: TransportAcknowledgement,
        body_sha256: str,
    ) -> None:
        receipt = acknowledgement(
            item,
            body_sha256=body_sha256,
            recipient=recipient,
            system_id=self.connection.system_id,
            state=state,
            credential=self.connection.credential,
        )
        await self.client.acknowledge(recipient, item, receipt)


@dataclass(frozen=True, slots=True)
class Seen:
    """A line of an inbox as a poller saw it."""

    item: InboxItem
    at: float
