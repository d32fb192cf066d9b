"""No read route tells an agency of another's document, or of another recipient's part.

The documents of two pairs of agencies have the same ids and subjects; the routes come
from the route table, so that one that is added is asked too.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from clients.messages import Message, prepare_document
from exchange.domain.mail_filter import MailFilter
from exchange.domain.records import Envelope
from exchange.domain.roles import AccessRole
from exchange.http.route import Route
from exchange.http.routes import AGENCY_ROUTES
from exchange.usecases.acknowledge_delivery import (
    AcknowledgeDelivery,
    PlainStep,
    acknowledge_delivery,
)
from exchange.usecases.docket import follow_log
from exchange.usecases.registers import TellNumber, tell_number
from exchange.usecases.search_mail import SearchMail, search_arrived, search_sent
from pki.keys.api import Credential
from schemas.edxml.document import Organisation
from schemas.errors import ErrorCode
from schemas.identifiers import DocumentId, EnvelopeId, MessageId, OrganId
from schemas.vocabulary import TransportAcknowledgement
from tests.support.callers import (
    Callers,
    Client,
    ask,
    asking,
    caller_for,
    content_of,
)
from tests.support.pki import NOW
from tests.support.world import (
    COMMUNE,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    World,
    edxml_document,
    make_world,
    note,
)

MESSAGE_ID, DOCUMENT_ID = MessageId("gb-1"), DocumentId("GIAO-BAN-1")
READ_ROUTES = [
    one
    for one in AGENCY_ROUTES
    if one.method in {"GET", "HEAD"} and AccessRole.SYSTEM in one.allowed
]
ABOUT_DOCUMENTS = {
    *("readInbox", "followInbox", "readEnvelope", "readAttachment", "readReceipt"),
    *("traceEnvelope", "readEvidence", "readOutbox", "readIncomingRegister"),
    *("readOutgoingRegister", "listOverdue", "readStatistics", "readUploadOffset"),
}
"""Routes this is about above all; they must be among those asked."""

REGISTERS = ("readIncomingRegister", "readOutgoingRegister", "readStatistics")
SAID, NUMBER = "LY-DO-RIENG-7788", 778812


@dataclass(frozen=True, slots=True)
class Pair:
    """Who writes to whom; `mark` is in nobody else's document."""

    sender: OrganId
    recipient: OrganId
    system_id: str

    @property
    def mark(self) -> bytes:
        return f"CHI-CUA-{self.sender}.".encode()

    def message(self, signer: Credential | None) -> Message:
        attachment = note(self.mark)
        document = edxml_document(
            attachment,
            sender=Organisation(organ_id=self.sender),
            recipients=(Organisation(organ_id=self.recipient),),
            document_id=DOCUMENT_ID,
        )
        made = prepare_document(document, [attachment], credential=signer, at=NOW)
        return replace(made, message_id=MESSAGE_ID)


PAIRS = (
    Pair(COMMUNE, PROVINCE, "qlvb-h99-151"),
    Pair(FAR_COMMUNE, MINISTRY, "qlvb-h99-153"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A hub that can be asked as the system of any agency."""

    world: World
    client: Client
    callers: Callers

    async def told(self, agency: OrganId, route: Route, envelope_id: str) -> bytes:
        by = self.callers.add(caller_for(agency, AccessRole.SYSTEM))
        answer = await ask(self.client, route, envelope_id, agency=agency, by=by)
        return await content_of(answer)

    async def all_told(self, agency: OrganId, envelope_id: str) -> dict[str, bytes]:
        """Ask every read route about an envelope; give the answers by route."""
        return {
            route.operation_id: await self.told(agency, route, envelope_id)
            for route in READ_ROUTES
        }


@asynccontextmanager
async def asked() -> AsyncIterator[Asked]:
    world, callers = await make_world(), Callers()
    async with asking(world, callers) as client:
        yield Asked(world, client, callers)


def test_routes_about_documents_are_among_those_asked() -> None:
    assert {one.operation_id for one in READ_ROUTES} >= ABOUT_DOCUMENTS


async def test_equal_ids_and_subjects_tell_nothing_of_the_other_pair() -> None:
    async with asked() as hub:
        ids = await _sent(hub.world)
        for own, other in (PAIRS, PAIRS[::-1]):
            unsaid = (other.mark, other.sender.encode(), ids[other].encode())
            for agency in (own.sender, own.recipient):
                answers = await hub.all_told(agency, ids[own])
                assert own.mark in answers["readEnvelope"]
                assert not [one for one in REGISTERS if b"problem" in answers[one]]
                assert ids[own].encode() in answers["traceEnvelope"]
                leaks = [
                    (route, one)
                    for route, answer in answers.items()
                    if route not in {"listAgencies", "readAgency"}
                    for one in unsaid
                    if one in answer
                ]
                assert leaks == [], agency
                foreign = await hub.all_told(agency, ids[other])
                assert [one for one in foreign if other.mark in foreign[one]] == []


async def test_search_for_equal_subjects_finds_ones_own_alone() -> None:
    async with asked() as hub:
        ids = await _sent(hub.world)
        for own in PAIRS:
            for agency, search in (
                (own.sender, search_sent),
                (own.recipient, search_arrived),
            ):
                command = SearchMail(
                    caller=caller_for(agency, AccessRole.CLERK),
                    agency=agency,
                    wanted=MailFilter(words=("nuoc", "sach")),
                )
                page = await search(hub.world.services, command)
                found = {
                    one.envelope_id
                    if isinstance(one, Envelope)
                    else one.envelope.envelope_id
                    for one in page.items
                }
                assert found == {ids[own]}, agency


async def test_recipient_learns_nothing_of_what_another_one_did() -> None:
    async with asked() as hub:
        world = hub.world
        to = tuple(Organisation(organ_id=one) for one in (PROVINCE, MINISTRY))
        sent = await world.send(world.document(note(b"noi dung"), recipients=to))
        await world.deliver()
        envelope_id = sent.envelope.envelope_id
        await _taken_by_ministry(world, envelope_id)

        by_role = {
            agency: await hub.all_told(agency, envelope_id)
            for agency in (COMMUNE, PROVINCE, MINISTRY)
        }

        ministry = str(caller_for(MINISTRY, AccessRole.SYSTEM).system.system_id)
        unsaid = [one.encode() for one in (SAID, str(NUMBER), ministry)]
        leaks = [
            (route, one)
            for route, answer in by_role[PROVINCE].items()
            for one in unsaid
            if one in answer
        ]
        assert leaks == []
        # What is looked for is there to be found, by those whom it concerns.
        assert SAID.encode() in by_role[COMMUNE]["readEvidence"]
        assert SAID.encode() in by_role[MINISTRY]["readEvidence"]
        assert str(NUMBER).encode() in by_role[MINISTRY]["readIncomingRegister"]


async def _sent(world: World) -> dict[Pair, EnvelopeId]:
    ids = {}
    for pair in PAIRS:
        signer = world.commune if pair.sender == COMMUNE else None
        sent = await world.send(pair.message(signer), system_id=pair.system_id)
        ids[pair] = sent.envelope.envelope_id
    await world.deliver()
    await follow_log(world.services)
    return ids


async def _taken_by_ministry(world: World, envelope_id: EnvelopeId) -> None:
    caller = caller_for(MINISTRY, AccessRole.SYSTEM)
    failed = PlainStep(TransportAcknowledgement.FAIL, SAID)
    await acknowledge_delivery(
        world.services,
        AcknowledgeDelivery(
            caller=caller, envelope_id=envelope_id, agency=MINISTRY, said=failed
        ),
    )
    await tell_number(
        world.services,
        TellNumber(
            caller=caller, envelope_id=envelope_id, agency=MINISTRY, number=NUMBER
        ),
    )
    await world.deliver()
    await follow_log(world.services)


async def test_upload_is_its_systems_own() -> None:
    async with asked() as hub:
        own = hub.callers.add(caller_for(COMMUNE, AccessRole.SYSTEM))
        other = hub.callers.add(caller_for(PROVINCE, AccessRole.SYSTEM))
        tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "10"}
        begun = await hub.client.post("/v1/uploads", headers={**own, **tus})
        assert begun.status == 201
        path = begun.headers["Location"]
        for by, status in ((own, 200), (other, 404)):
            answer = await hub.client.head(path, headers={**by, **tus})
            assert answer.status == status
        refused = await hub.client.delete(path, headers={**other, **tus})
        code = (await refused.json())["code"]
        assert (refused.status, code) == (404, ErrorCode.UPLOAD_NOT_FOUND)
