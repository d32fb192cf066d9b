"""People keep their roles where an agency goes on under another code."""

from datetime import timedelta

import pytest

from exchange.domain.accounts import Account, AccountId
from exchange.domain.agency_history import DirectoryChange, RecordedEvent
from exchange.domain.agency_orders import Close, Merge, Order, Recode
from exchange.domain.roles import AccessRole
from exchange.usecases.change_agencies import ChangeAgencies, change_agencies
from exchange.usecases.preview_change import preview_change
from schemas.identifiers import OrganId
from schemas.vocabulary import AuditEvent
from tests.support.accounts import CLERK_ID, account, changed, grant
from tests.support.pki import NOW
from tests.support.world import COMMUNE, FAR_COMMUNE, PROVINCE, World, make_world

NEW = OrganId("H99.251")
DAY = timedelta(days=1)
RECODE = Recode(code=COMMUNE, new_code=NEW)


def ordered(order: Order = RECODE) -> ChangeAgencies:
    return ChangeAgencies(
        order=order, effective=NOW + DAY, reason="Sắp xếp", operator="cli:op"
    )


async def world_of(*people: Account) -> World:
    world = await make_world()
    for one in people:
        assert await world.services.storage.accounts.store(one, audit=changed())
    return world


async def test_role_goes_over_to_the_new_code_on_the_day() -> None:
    world = await world_of(account(grants=(grant(), grant(agency=PROVINCE))))

    await change_agencies(world.services, ordered())

    person = await world.services.storage.accounts.account(CLERK_ID)
    assert person is not None
    now = [one.agency for one in person.grants_at(NOW + DAY - timedelta(seconds=1))]
    then = [one.agency for one in person.grants_at(NOW + DAY)]
    assert now == [COMMUNE, PROVINCE]
    assert then == [NEW, PROVINCE]


async def test_last_day_of_a_role_stays_its_last_day() -> None:
    ends = NOW + 9 * DAY
    world = await world_of(account(grants=(grant(valid_to=ends),)))

    await change_agencies(world.services, ordered())

    person = await world.services.storage.accounts.account(CLERK_ID)
    assert person is not None
    assert [one.valid_to for one in person.grants] == [NOW + DAY, ends]


async def test_each_account_whose_roles_went_over_is_in_the_audit_trail() -> None:
    other = account(account_id=AccountId("binh"), grants=(grant(agency=PROVINCE),))
    world = await world_of(account(), other)
    await change_agencies(world.services, ordered())

    lines = await world.services.storage.audit.lines(limit=99)
    about = [
        one.subject
        for one in lines
        if one.event is AuditEvent.ACCOUNT_CHANGED and one.actor == "cli:op"
    ]
    assert about == [CLERK_ID]


async def test_account_locked_while_the_code_changes_stays_locked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await world_of(account())
    storage = world.services.storage
    apply, tries = storage.agency_history.apply, iter(range(1))

    async def late(change: DirectoryChange) -> RecordedEvent:
        for _ in tries:
            locked = account(is_disabled=True, version=2)
            assert await storage.accounts.store(locked, audit=changed())
        return await apply(change)

    monkeypatch.setattr(storage.agency_history, "apply", late)

    await change_agencies(world.services, ordered())

    person = await storage.accounts.account(CLERK_ID)
    assert person is not None
    assert person.is_disabled
    assert [one.agency for one in person.grants_at(NOW + DAY)] == [NEW]


@pytest.mark.parametrize(
    ("order", "left"),
    [
        (Merge(sources=(COMMUNE,), into=FAR_COMMUNE), [CLERK_ID]),
        (Close(code=COMMUNE, successor=PROVINCE), [CLERK_ID]),
        (RECODE, []),
    ],
    ids=["merger", "closing", "recode"],
)
async def test_people_whose_role_ends_with_an_agency_are_named(
    order: Order, left: list[AccountId]
) -> None:
    others = (
        account(account_id=AccountId("binh"), grants=(grant(agency=PROVINCE),)),
        account(account_id=AccountId("chi"), grants=(grant(valid_to=NOW),)),
        account(
            account_id=AccountId("dung"), grants=(grant(AccessRole.AUDITOR, None),)
        ),
    )
    world = await world_of(account(), *others)

    preview = await preview_change(world.services, ordered(order))

    assert [one.account_id for one in preview.people] == left
