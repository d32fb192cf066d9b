"""The history of agencies, saved lists and delegations, in every storage."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exchange.domain.agency_history import DirectoryChange
from exchange.domain.delegations import FiledDelegation
from exchange.domain.parties import ActsFor, Agency, FormerStanding, System
from exchange.domain.recipient_lists import RecipientList
from exchange.domain.rights import AccountChange, SystemChange
from exchange.errors import StateConflictError
from exchange.storage.ports import Storage
from schemas.agency_event import AgencyEvent
from schemas.delegation import Delegation
from schemas.identifiers import OrganId, SystemId
from schemas.vocabulary import AgencyChange, AuditEvent, Level
from tests.support.accounts import account, grant
from tests.support.accounts import changed as account_changed
from tests.support.pki import NOW
from tests.support.stored import (
    COMMUNE,
    MINISTRY,
    PROVINCE,
    agency,
    audit_line,
    envelope_id,
    log_entry,
)

DAY = timedelta(days=1)
CHANGED = audit_line(3, AuditEvent.DIRECTORY_CHANGED)
SYSTEM = System(
    system_id=SystemId("a"),
    name="A",
    certificates=frozenset({"aa"}),
    acts_for=(ActsFor(OrganId("H99.151"), NOW),),
)
IMPORTED = audit_line(1, AuditEvent.DIRECTORY_IMPORTED)


def event(number: int, *codes: OrganId, into: OrganId | None = None) -> AgencyEvent:
    return AgencyEvent(
        event_id=envelope_id(number),
        change=AgencyChange.MERGE,
        effective=NOW + DAY,
        recorded_at=NOW,
        agencies=codes,
        results=(into,) if into else (),
        successor=into,
        reason="Sắp xếp đơn vị hành chính",
        legal_basis="NQ 202/2025/QH15",
        actor="cli:op",
    )


def change(
    number: int,
    *agencies: Agency,
    before: int,
    systems: tuple[SystemChange, ...] = (),
    accounts: tuple[AccountChange, ...] = (),
) -> DirectoryChange:
    return DirectoryChange(
        before=before,
        event=event(number, *(one.code for one in agencies), into=PROVINCE),
        agencies=agencies,
        systems=systems,
        accounts=accounts,
        entry=log_entry(envelope_id(number), number),
        entry_digest="ab" * 32,
        audit=CHANGED,
    )


def closed(code: str) -> Agency:
    return replace(
        agency(code),
        valid_to=NOW + DAY,
        successor=PROVINCE,
        former=(
            FormerStanding(until=NOW, name="Cũ", parent=None, level=Level.DISTRICT),
        ),
        closed_by=envelope_id(7),
    )


async def test_change_stores_rows_event_log_entry_and_audit_line(
    storage: Storage,
) -> None:
    one = closed("H99.151")
    await storage.directory.register_system(SYSTEM, audit=CHANGED)
    system = replace(SYSTEM, acts_for=(ActsFor(one.code, NOW, NOW + DAY),))
    stored = await storage.agency_history.apply(
        change(7, one, before=0, systems=(SystemChange(SYSTEM, system),))
    )
    assert stored.version == await storage.directory.version() == 1
    assert await storage.directory.agency(one.code) == one
    assert await storage.directory.system(system.system_id) == system
    assert await storage.agency_history.events([envelope_id(7), "other"]) == {
        envelope_id(7): stored
    }
    assert await storage.agency_history.events_of(one.code) == [stored]
    assert await storage.agency_history.events_of(PROVINCE) == [stored]
    assert await storage.agency_history.events_of(MINISTRY) == []
    assert len(await storage.log.pending_of(envelope_id(7))) == 1
    assert await storage.agency_history.log_indexes([envelope_id(7)]) == {}
    await storage.log.sequence(limit=9)
    assert await storage.agency_history.log_indexes([envelope_id(7), "other"]) == {
        envelope_id(7): 0
    }
    assert await storage.audit.lines(limit=9) == [CHANGED] * 2


async def test_change_stores_accounts_with_their_audit_lines(storage: Storage) -> None:
    before, after = account(), account(version=2, grants=(grant(agency=PROVINCE),))
    await storage.accounts.store(before, audit=account_changed())

    person = AccountChange(before, after, account_changed())
    await storage.agency_history.apply(
        change(7, closed("H99.151"), before=0, accounts=(person,))
    )

    assert await storage.accounts.account(before.account_id) == after
    lines = await storage.audit.lines(limit=9)
    assert sorted(one.event for one in lines) == sorted(
        [AuditEvent.ACCOUNT_CHANGED] * 2 + [AuditEvent.DIRECTORY_CHANGED]
    )


async def test_account_that_was_changed_meanwhile_stays_and_nothing_is_stored(
    storage: Storage,
) -> None:
    before, locked = account(), account(version=2, is_disabled=True)
    await storage.accounts.store(before, audit=account_changed())
    await storage.accounts.store(locked, audit=account_changed())
    late = AccountChange(before, account(version=2), account_changed())

    with pytest.raises(StateConflictError):
        await storage.agency_history.apply(
            change(7, closed("H99.151"), before=0, accounts=(late,))
        )

    assert await storage.accounts.account(before.account_id) == locked
    assert await storage.directory.version() == 0
    assert await storage.directory.agency(OrganId("H99.151")) is None
    assert len(await storage.audit.lines(limit=9)) == 2


@pytest.mark.parametrize("certificates", [frozenset({"bb"}), frozenset()])
async def test_system_that_was_changed_meanwhile_stays_as_it_is_and_nothing_is_stored(
    storage: Storage, certificates: frozenset[str]
) -> None:
    registered = replace(SYSTEM, certificates=certificates)
    await storage.directory.register_system(SYSTEM, audit=CHANGED)
    await storage.directory.register_system(registered, audit=CHANGED)
    system = replace(SYSTEM, acts_for=(ActsFor(PROVINCE, NOW),))

    with pytest.raises(StateConflictError):
        await storage.agency_history.apply(
            change(
                7, closed("H99.1"), before=0, systems=(SystemChange(SYSTEM, system),)
            )
        )

    assert await storage.directory.system(SYSTEM.system_id) == registered
    assert await storage.directory.agency(OrganId("H99.1")) is None
    assert await storage.directory.version() == 0
    assert await storage.agency_history.events([envelope_id(7)]) == {}
    assert await storage.log.pending_of(envelope_id(7)) == []


async def test_same_event_again_is_stored_once(storage: Storage) -> None:
    first = await storage.agency_history.apply(change(7, closed("H99.1"), before=0))
    again = await storage.agency_history.apply(change(7, closed("H99.2"), before=1))
    assert again == first
    assert await storage.directory.agency(OrganId("H99.2")) is None
    assert await storage.directory.version() == 1


async def test_what_was_decided_on_another_version_stores_nothing(
    storage: Storage,
) -> None:
    await storage.directory.import_agencies([agency("H99")], audit=IMPORTED, before=0)
    with pytest.raises(StateConflictError):
        await storage.agency_history.apply(change(7, closed("H99.1"), before=0))
    assert await storage.agency_history.events([envelope_id(7)]) == {}
    assert await storage.log.pending_of(envelope_id(7)) == []
    with pytest.raises(StateConflictError):
        await storage.directory.import_agencies(
            [agency("H98")], audit=IMPORTED, before=0
        )
    assert await storage.directory.agency(OrganId("H98")) is None
    assert await storage.directory.version() == 1


async def test_changes_come_by_version_and_code_in_pages(storage: Storage) -> None:
    first = [agency("H99"), agency("H99.1"), agency("H99.2")]
    await storage.directory.import_agencies(first, audit=IMPORTED)
    await storage.directory.import_agencies([*first, agency("G1")], audit=IMPORTED)
    await storage.agency_history.apply(change(7, closed("H99.1"), before=2))

    async def codes(
        since: int, after: str | None = None, limit: int = 9
    ) -> list[tuple[int, str]]:
        page = await storage.agency_history.changes(
            since, after=OrganId(after) if after else None, limit=limit
        )
        return [(one.version, one.agency.code) for one in page]

    assert await codes(0) == [(1, "H99"), (1, "H99.2"), (2, "G1"), (3, "H99.1")]
    assert await codes(0, limit=1) == [(1, "H99")]
    assert await codes(1, after="H99", limit=2) == [(1, "H99.2"), (2, "G1")]
    assert await codes(2) == [(3, "H99.1")]
    assert await codes(3) == []


async def test_systems_are_found_by_any_agency_they_ever_acted_for(
    storage: Storage,
) -> None:
    rights = {"a": (COMMUNE, PROVINCE), "b": (MINISTRY,), "c": (COMMUNE,)}
    for name, codes in rights.items():
        system = System(
            system_id=SystemId(name),
            name=name,
            certificates=frozenset(),
            acts_for=tuple(ActsFor(code, NOW, NOW) for code in codes),
        )
        await storage.directory.register_system(system, audit=CHANGED)
    found = await storage.agency_history.systems_of([COMMUNE, OrganId("H1")])
    assert [one.system_id for one in found] == ["a", "c"]


async def test_lists_are_kept_by_owner_and_name(storage: Storage) -> None:
    saved = RecipientList(
        owner=COMMUNE, name="giao-ban", members=(PROVINCE, MINISTRY), saved_at=NOW
    )
    other = replace(saved, name="an")
    for one in (saved, other, replace(saved, owner=PROVINCE)):
        await storage.recipient_lists.save(one, audit=CHANGED)
    newer = replace(saved, members=(MINISTRY,))
    await storage.recipient_lists.save(newer, audit=CHANGED)
    assert await storage.recipient_lists.lists(COMMUNE) == [other, newer]
    assert await storage.recipient_lists.find(COMMUNE, "giao-ban") == newer
    naming = await storage.recipient_lists.naming([PROVINCE])
    assert [(one.owner, one.name) for one in naming] == [
        (COMMUNE, "an"),
        (PROVINCE, "giao-ban"),
    ]
    remove = storage.recipient_lists.remove
    assert await remove(COMMUNE, "giao-ban", audit=CHANGED)
    assert not await remove(COMMUNE, "giao-ban", audit=CHANGED)
    assert await storage.recipient_lists.find(COMMUNE, "giao-ban") is None
    assert len(await storage.audit.lines(limit=9)) == 5


def filed(number: int) -> FiledDelegation:
    return FiledDelegation(
        delegation_id=f"{number:064x}",
        delegation=Delegation(
            delegator=PROVINCE,
            delegate=COMMUNE,
            kinds=("22", "07"),
            valid_from=NOW,
            valid_to=NOW + DAY,
            reason="QĐ 12",
        ),
        content=b"<Delegation/>",
        certificate_sha256="cd" * 32,
        filed_at=NOW + timedelta(seconds=number),
    )


async def test_delegation_is_filed_once_and_found_by_both_sides(
    storage: Storage,
) -> None:
    entry = log_entry(envelope_id(1), 1)
    for number in (2, 1, 2):
        stored = await storage.delegations.file(
            filed(number),
            entry=replace(entry, entry_id=envelope_id(number)),
            audit=CHANGED,
        )
        assert stored == filed(number)
    assert await storage.delegations.given_by(PROVINCE) == [filed(1), filed(2)]
    assert await storage.delegations.given_to(COMMUNE) == [filed(1), filed(2)]
    assert await storage.delegations.given_by(COMMUNE) == []
    assert len(await storage.log.pending_of(envelope_id(1))) == 2
    assert len(await storage.audit.lines(limit=9)) == 2


async def test_delegation_is_revoked_once(storage: Storage) -> None:
    await storage.delegations.file(
        filed(1), entry=log_entry(envelope_id(1), 1), audit=CHANGED
    )
    for number, hours in ((2, 1), (3, 2)):
        revoked = await storage.delegations.revoke(
            filed(1).delegation_id,
            at=NOW + timedelta(hours=hours),
            entry=log_entry(envelope_id(number), 1),
            audit=CHANGED,
        )
        assert revoked == replace(filed(1), revoked_at=NOW + timedelta(hours=1))
        assert revoked == await storage.delegations.find(filed(1).delegation_id)
    missing = await storage.delegations.revoke(
        "0" * 64, at=NOW, entry=log_entry(envelope_id(4), 1), audit=CHANGED
    )
    assert missing is None
    assert len(await storage.log.pending_of(envelope_id(1))) == 2
