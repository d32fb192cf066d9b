"""Groups of recipients after agencies changed: sent to, fallen back from, recalled."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from clients.messages import prepare_document
from exchange.domain.agency_orders import (
    Close,
    Merge,
    NewAgency,
    Order,
    Recode,
    Split,
)
from exchange.domain.records import Envelope
from exchange.settings.addressing import AddressingSettings
from exchange.usecases.import_agencies import ImportAgencies, import_agencies
from exchange.usecases.recipient_lists import SaveList, save_list
from schemas.edxml.document import Business, Organisation
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import DocumentId, OrganId
from schemas.vocabulary import BusinessType, DeliveryState, Level
from tests.support.conversations import SYSTEMS, changed, key_of, states
from tests.support.world import (
    COMMUNE,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    World,
    agency,
    edxml_document,
    make_world,
)

SECOND, FIRST_OF_SECOND = OrganId("H98"), OrganId("H98.1")
UNCONNECTED = OrganId("H99.160")
COMMUNES = "H99_all.commune"
AVAILABLE, RECALLED = DeliveryState.AVAILABLE, DeliveryState.RECALLED


@pytest.fixture
async def world() -> World:
    """The small exchange, and a second province with a commune."""
    found = await make_world()
    rows = (
        agency(SECOND, "UBND tỉnh Hai", Level.PROVINCE),
        agency(FIRST_OF_SECOND, "UBND xã Một", Level.COMMUNE, SECOND),
    )
    await import_agencies(found.services, ImportAgencies(agencies=rows, operator="t"))
    return found


async def sent(
    world: World, sender: OrganId, to: Sequence[str], **changes: object
) -> Envelope:
    document = edxml_document(
        sender=Organisation(organ_id=sender),
        recipients=tuple(Organisation(organ_id=OrganId(one)) for one in to),
        **changes,
    )
    message = prepare_document(
        document, (), credential=key_of(world, sender), at=world.clock.now
    )
    accepted = await world.send(message, system_id=SYSTEMS[sender])
    await world.deliver()
    return accepted.envelope


async def list_of_the_ministry(world: World, *members: str) -> str:
    caller = await world.caller(SYSTEMS[MINISTRY])
    wish = SaveList(caller=caller, agency=MINISTRY, name="hop", members=members)
    await save_list(world.services, wish)
    return f"{MINISTRY}_list.hop"


# A list names all of a level below an agency that is closed since


@pytest.mark.parametrize(
    "order",
    [
        Recode(code=SECOND, new_code=OrganId("H97")),
        Merge(sources=(SECOND,), into=PROVINCE),
    ],
    ids=["recode", "merger"],
)
async def test_list_still_reaches_the_level_below_an_agency_that_is_closed(
    world: World, order: Order
) -> None:
    named = await list_of_the_ministry(world, COMMUNE, f"{SECOND}_all.commune")
    await changed(world, order)
    letter = await sent(world, MINISTRY, [named])
    assert letter.recipients == (COMMUNE, FIRST_OF_SECOND)


async def test_list_reaches_a_commune_that_was_founded_after_the_recode(
    world: World,
) -> None:
    named = await list_of_the_ministry(world, f"{SECOND}_all.commune")
    for number in ("96", "95"):
        code = OrganId(f"H{number}")
        before = SECOND if number == "96" else OrganId("H96")
        await changed(world, Recode(code=before, new_code=code))
    part = NewAgency(code=OrganId("H95.2"), name="UBND xã Hai")
    order = Split(source=FIRST_OF_SECOND, parts=(part,), main=FIRST_OF_SECOND)
    await changed(world, order)
    letter = await sent(world, MINISTRY, [named])
    assert letter.recipients == (part.code, FIRST_OF_SECOND)


async def test_list_is_refused_by_the_member_that_reaches_nobody_any_more(
    world: World,
) -> None:
    lost = f"{SECOND}_all.commune"
    named = await list_of_the_ministry(world, COMMUNE, lost)
    await changed(world, Merge(sources=(FIRST_OF_SECOND,), into=COMMUNE))
    await changed(world, Close(code=SECOND))
    with pytest.raises(CodedError) as caught:
        await sent(world, MINISTRY, [named])
    assert caught.value.code is ErrorCode.RECIPIENT_UNKNOWN
    assert caught.value.place == lost


# The nearest connected agency above is the sender


async def test_province_does_not_get_its_own_letter_to_an_unconnected_commune(
    world: World,
) -> None:
    row = agency(UNCONNECTED, "UBND xã Vắng", Level.COMMUNE, PROVINCE)
    await import_agencies(world.services, ImportAgencies(agencies=[row], operator="t"))
    falling = AddressingSettings(parent_fallback=True)
    world = replace(world, services=replace(world.services, addressing=falling))
    letter = await sent(world, PROVINCE, [COMMUNES])
    assert await states(world, letter) == dict.fromkeys(
        (COMMUNE, FAR_COMMUNE, UNCONNECTED), AVAILABLE
    )


# A recall names the group a document went to


async def recall_of_the_province(world: World, *to: str) -> Envelope:
    business = Business(
        business_type=BusinessType.RECALL,
        document_id=DocumentId("gui-nhom"),
        reason="Sai thẩm quyền",
    )
    document_id = DocumentId("thu-hoi")
    return await sent(world, PROVINCE, to, business=business, document_id=document_id)


async def split_off(world: World) -> None:
    """A commune is founded below the province."""
    part = NewAgency(code=UNCONNECTED, name="UBND xã Mới")
    await changed(world, Split(source=COMMUNE, parts=(part,), main=COMMUNE))


async def test_recall_from_a_group_passes_over_who_came_later(world: World) -> None:
    letter = await sent(world, PROVINCE, [COMMUNES], document_id=DocumentId("gui-nhom"))
    await split_off(world)
    await recall_of_the_province(world, COMMUNES)
    assert await states(world, letter) == {COMMUNE: RECALLED, FAR_COMMUNE: RECALLED}


async def test_recall_that_names_who_never_got_it_is_refused_beside_a_group(
    world: World,
) -> None:
    letter = await sent(world, PROVINCE, [COMMUNES], document_id=DocumentId("gui-nhom"))
    await split_off(world)
    with pytest.raises(CodedError) as caught:
        await recall_of_the_province(world, COMMUNES, UNCONNECTED)
    refused = (caught.value.code, caught.value.place)
    assert refused == (ErrorCode.NOT_A_RECIPIENT, UNCONNECTED)
    assert await states(world, letter) == {COMMUNE: AVAILABLE, FAR_COMMUNE: AVAILABLE}


async def test_recall_from_a_group_none_of_whom_got_it_is_refused(
    world: World,
) -> None:
    await sent(world, PROVINCE, [MINISTRY], document_id=DocumentId("gui-nhom"))
    with pytest.raises(CodedError) as caught:
        await recall_of_the_province(world, COMMUNES)
    refused = (caught.value.code, caught.value.place)
    assert refused == (ErrorCode.NOT_A_RECIPIENT, COMMUNE)
