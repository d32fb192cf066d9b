"""A document is known by its names, whichever code its issuer had by then."""

from dataclasses import replace

import pytest

from clients.messages import prepare_document
from exchange.domain.agency_orders import Merge, NewAgency, Recode
from exchange.domain.parties import ActsFor
from exchange.domain.records import Envelope
from exchange.usecases.register_system import RegisterSystem, register_system
from schemas.edxml.document import Organisation, ResponseFor
from schemas.identifiers import DocumentCode, DocumentId, OrganId
from schemas.vocabulary import LinkKind
from tests.support.conversations import SYSTEMS, changed, key_of, merge, sent_to
from tests.support.pki import NOW
from tests.support.world import (
    COMMUNE,
    DOCUMENT_ID,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    World,
    edxml_document,
    make_world,
)

NEW, NEWEST = OrganId("H99.251"), OrganId("H99.252")
NUMBER = "214/UBND-VHXH"
LIKE_THE_LETTER = {"id": DOCUMENT_ID, "number": DocumentId("khac")}


@pytest.fixture
async def world() -> World:
    return await make_world()


async def recode(world: World, *codes: OrganId) -> None:
    """Give the commune one code after another; its system goes along."""
    for before, code in zip((COMMUNE, *codes), codes, strict=False):
        await changed(world, Recode(code=before, new_code=code))


async def sent_by(
    world: World, sender: OrganId, key: OrganId, **changes: object
) -> Envelope:
    """A document of an agency; its number is that of the letter if none is given."""
    document = edxml_document(sender=Organisation(organ_id=sender), **changes)
    message = prepare_document(
        document, (), credential=key_of(world, key), at=world.clock.now
    )
    accepted = await world.send(message, system_id=SYSTEMS[key])
    await world.deliver()
    return accepted.envelope


def ties(envelope: Envelope, kind: LinkKind) -> list[str | None]:
    return [one.envelope_id for one in envelope.links_of(kind)]


# Duplicates


@pytest.mark.parametrize("codes", [(NEW,), (NEW, NEWEST)], ids=["once", "twice"])
@pytest.mark.parametrize("same", ["id", "number"])
async def test_recoded_agency_sends_a_duplicate_of_its_document_of_before(
    world: World, same: str, codes: tuple[OrganId, ...]
) -> None:
    letter = await sent_to(world, PROVINCE)
    await recode(world, *codes)
    named: dict[str, object] = {"document_id": LIKE_THE_LETTER[same]}
    if same == "id":
        named["code"] = DocumentCode("9", "UBND-VX")
    again = await sent_by(world, codes[-1], COMMUNE, subject="Khác", **named)
    assert ties(again, LinkKind.DUPLICATES) == [letter.envelope_id]


async def connect(world: World, agency: OrganId) -> None:
    """The commune's system acts for another agency."""
    system = (await world.caller(SYSTEMS[COMMUNE])).system
    system = replace(system, acts_for=(ActsFor(agency, NOW),))
    await register_system(world.services, RegisterSystem(system=system, operator="t"))


@pytest.mark.parametrize(
    "sources", [(COMMUNE,), (COMMUNE, FAR_COMMUNE)], ids=["one", "two"]
)
async def test_numbers_begin_anew_after_a_merger(
    world: World, sources: tuple[OrganId, ...]
) -> None:
    await sent_to(world, PROVINCE)
    new = NewAgency(code=NEW, name="UBND xã Mới")
    await changed(world, Merge(sources=sources, into=new))
    await connect(world, NEW)
    other = DocumentId("khac")
    letter = await sent_by(world, NEW, COMMUNE, document_id=other)
    assert ties(letter, LinkKind.DUPLICATES) == []


# Replies


def answer_to(issuer: OrganId, document_id: DocumentId | None) -> ResponseFor:
    return ResponseFor(
        organ_id=issuer,
        code=NUMBER,
        promulgation_date=NOW.date(),
        document_id=document_id,
    )


async def reply(
    world: World, issuer: OrganId, document_id: DocumentId | None
) -> Envelope:
    """The province answers a document, by the code its issuer has today."""
    return await sent_by(
        world,
        PROVINCE,
        PROVINCE,
        recipients=(Organisation(organ_id=issuer),),
        document_id=DocumentId("tra-loi"),
        code=DocumentCode("9", "UBND-VX"),
        response_for=(answer_to(issuer, document_id),),
    )


@pytest.mark.parametrize("same", ["id", "number"])
async def test_reply_that_names_the_new_code_of_the_issuer_is_tied(
    world: World, same: str
) -> None:
    letter = await sent_to(world, PROVINCE)
    await recode(world, NEW)
    answer = await reply(world, NEW, LIKE_THE_LETTER[same])
    assert ties(answer, LinkKind.ANSWERS) == [letter.envelope_id]


async def test_reply_that_names_who_took_over_from_the_issuer_is_tied_by_its_id(
    world: World,
) -> None:
    letter = await sent_to(world, PROVINCE)
    await merge(world, COMMUNE, FAR_COMMUNE)
    answer = await reply(world, FAR_COMMUNE, DOCUMENT_ID)
    assert ties(answer, LinkKind.ANSWERS) == [letter.envelope_id]


async def test_reply_by_number_means_what_the_code_named_sent_itself(
    world: World,
) -> None:
    await sent_to(world, PROVINCE)
    await merge(world, COMMUNE, FAR_COMMUNE)
    answer = await reply(world, FAR_COMMUNE, None)
    assert ties(answer, LinkKind.ANSWERS) == []
    own = await sent_by(world, FAR_COMMUNE, FAR_COMMUNE, document_id=DocumentId("2"))
    answer = await reply(world, FAR_COMMUNE, DocumentId("khong-ai-biet"))
    assert ties(answer, LinkKind.ANSWERS) == [own.envelope_id]


async def test_reply_to_another_document_of_a_recoded_agency_ties_nothing(
    world: World,
) -> None:
    await sent_to(world, MINISTRY)
    await recode(world, NEW)
    answer = await reply(world, NEW, DOCUMENT_ID)
    assert ties(answer, LinkKind.ANSWERS) == []
