"""Accounts change one step at a time; sessions end for everybody at once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from exchange.domain.accounts import Account, AccountId, Identity
from exchange.domain.roles import AccessRole
from exchange.domain.sessions import SignInWay
from exchange.errors import ExchangeError
from exchange.storage.ports import Storage
from schemas.errors import ErrorCode
from tests.support.accounts import CLERK_ID, account, changed, grant, session
from tests.support.pki import NOW
from tests.support.world import PROVINCE

ISSUER = "https://id.example/realm"
FULL = account(
    password=None,
    grants=(grant(), grant(AccessRole.AUDITOR, None, valid_to=NOW)),
    totp=b"sealed",
    totp_step=7,
    certificates=frozenset({"a" * 64, "b" * 64}),
    identities=frozenset({Identity(ISSUER, "248 289"), Identity(ISSUER, "x")}),
    failures=2,
    lockouts=1,
    locked_until=NOW,
    is_disabled=True,
    must_change=True,
)


@pytest.mark.parametrize("wanted", [account(), FULL], ids=["plain", "full"])
async def test_account_is_found_as_it_was_stored(
    storage: Storage, wanted: Account
) -> None:
    assert await storage.accounts.account(CLERK_ID) is None
    assert await storage.accounts.store(wanted, audit=changed())
    assert await storage.accounts.account(CLERK_ID) == wanted
    assert list(await storage.accounts.accounts()) == [wanted]
    assert len(await storage.audit.lines(limit=10)) == 1


async def test_one_of_two_changes_of_a_version_wins(storage: Storage) -> None:
    await storage.accounts.store(account(), audit=changed())
    tries = [account(version=2, failures=number) for number in (1, 2, 3)]
    won = await asyncio.gather(
        *(storage.accounts.store(one, audit=changed()) for one in tries)
    )
    assert sorted(won) == [False, False, True]
    assert await storage.accounts.account(CLERK_ID) == tries[won.index(True)]
    assert len(await storage.audit.lines(limit=10)) == 2


async def test_account_is_not_made_twice(storage: Storage) -> None:
    assert await storage.accounts.store(account(), audit=changed())
    assert not await storage.accounts.store(account(name="B"), audit=changed())
    assert not await storage.accounts.store(
        account(account_id=AccountId("binh"), version=2), audit=changed()
    )
    assert len(await storage.audit.lines(limit=10)) == 1


async def test_certificate_belongs_to_one_account(storage: Storage) -> None:
    await storage.accounts.store(FULL, audit=changed())
    assert await storage.accounts.account_by_certificate("b" * 64) == FULL
    assert await storage.accounts.account_by_certificate("c" * 64) is None
    other = account(account_id=AccountId("binh"), certificates=frozenset({"b" * 64}))
    with pytest.raises(ExchangeError) as refused:
        await storage.accounts.store(other, audit=changed())
    assert refused.value.code is ErrorCode.CLIENT_CERTIFICATE_REFUSED
    assert await storage.accounts.account(AccountId("binh")) is None


async def test_whom_a_provider_names_has_one_account(storage: Storage) -> None:
    await storage.accounts.store(FULL, audit=changed())
    named = Identity(ISSUER, "248 289")
    assert await storage.accounts.account_by_identity(named) == FULL
    for other in (Identity(ISSUER, "248"), Identity("https://other.example", "x")):
        assert await storage.accounts.account_by_identity(other) is None
    taken = account(account_id=AccountId("binh"), identities=frozenset({named}))
    with pytest.raises(ExchangeError) as refused:
        await storage.accounts.store(taken, audit=changed())
    assert refused.value.code is ErrorCode.ACCOUNT_TAKEN
    assert await storage.accounts.account(AccountId("binh")) is None


async def test_session_is_kept_until_it_ends(storage: Storage) -> None:
    begun = session()
    await storage.sessions.begin(begun)
    assert await storage.sessions.session(begun.digest) == begun
    chosen = replace(
        begun,
        role=AccessRole.CLERK,
        agency=PROVINCE,
        way=SignInWay.CERTIFICATE,
        certificate="a" * 64,
    )
    assert await storage.sessions.replace(chosen)
    assert await storage.sessions.session(begun.digest) == chosen
    assert await storage.sessions.end(begun.digest)
    assert await storage.sessions.session(begun.digest) is None
    assert not await storage.sessions.end(begun.digest)


async def test_role_chosen_in_one_tab_stays_when_another_touches(
    storage: Storage,
) -> None:
    begun, later = session(), NOW + timedelta(minutes=2)
    await storage.sessions.begin(begun)
    chosen = replace(begun, role=AccessRole.CLERK, agency=PROVINCE)
    assert await storage.sessions.replace(chosen)
    await storage.sessions.touch(begun.digest, later)
    assert await storage.sessions.session(begun.digest) == replace(
        chosen, seen_at=later
    )


async def test_session_that_ended_is_not_brought_back(storage: Storage) -> None:
    await storage.sessions.touch(session().digest, NOW)
    assert not await storage.sessions.replace(session())
    assert await storage.sessions.session(session().digest) is None


async def test_sessions_end_by_account_and_by_age(storage: Storage) -> None:
    old = NOW - timedelta(hours=11)
    for number in range(2):
        await storage.sessions.begin(session(digest=f"{number}" * 64))
    await storage.sessions.begin(
        session(digest="c" * 64, account_id=AccountId("binh"), begun_at=old)
    )
    assert await storage.sessions.end_all(CLERK_ID) == 2
    assert await storage.sessions.drop(before=old) == 0
    assert await storage.sessions.drop(before=NOW) == 1
