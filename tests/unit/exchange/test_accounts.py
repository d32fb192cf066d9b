"""Signing in: few guesses, one answer to all of them, codes that count once."""

import asyncio
from base64 import b32decode
from dataclasses import replace
from datetime import datetime, timedelta
from unicodedata import normalize
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from exchange.domain.accounts import (
    Account,
    AccountId,
    Identity,
    LockPolicy,
    after_failure,
    parse_account_id,
    weakness_of,
)
from exchange.domain.roles import AccessRole
from exchange.domain.sessions import SessionPolicy, SignInWay, is_alive
from exchange.errors import ExchangeError
from exchange.storage.memory import MemoryStorage
from exchange.usecases.accounts.enrolling import (
    begin_totp,
    confirm_totp,
    enrol_totp,
    remove_totp,
)
from exchange.usecases.accounts.keeping import (
    AddAccount,
    Binding,
    add_account,
    bind,
    change_password,
    give_roles,
    lock,
    reset_password,
    unlock,
)
from exchange.usecases.accounts.office import AccountOffice
from exchange.usecases.accounts.passwords import Passwords
from exchange.usecases.accounts.second_factor import Sealer
from exchange.usecases.accounts.signing_in import (
    SignedIn,
    SignIn,
    caller_in,
    choose_role,
    session_of,
    sign_in,
    sign_in_by_certificate,
    sign_in_by_identity,
    sign_out,
)
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.vocabulary import AuditEvent
from tests.support.accounts import CLERK_ID, account, changed, grant, session
from tests.support.pki import NOW
from tests.support.world import AGENCIES, COMMUNE, PROVINCE, Clock

PASSWORD = "bốn từ rời rạc nhau"
ISSUER = "https://id.example"
OTHER = "năm từ khác hẳn nhau"
FAST = Passwords(memory_kib=32, iterations=1)


class CountedPasswords(Passwords):
    """Counts how often a digest was worked out."""

    def __init__(self) -> None:
        super().__init__(memory_kib=32, iterations=1)
        self.checks = 0

    async def is_of(self, digest: str | None, password: str) -> bool:
        self.checks += 1
        return await super().is_of(digest, password)


async def an_office(clock: Clock | None = None) -> AccountOffice:
    """An office with one clerk of the commune."""
    office = AccountOffice(
        storage=MemoryStorage(),
        clock=clock or Clock(),
        sealer=Sealer(b"k" * 32),
        passwords=CountedPasswords(),
    )
    await office.storage.directory.import_agencies(
        AGENCIES,
        audit=changed(),
    )
    made = account(password=await FAST.digest(PASSWORD))
    await office.storage.accounts.store(made, audit=changed())
    return office


async def refused(office: AccountOffice, command: SignIn) -> ErrorCode:
    with pytest.raises(ExchangeError) as error:
        await sign_in(office, command)
    assert error.value.place == ""
    return error.value.code


def typed(password: str = PASSWORD, code: str = "", name: str = CLERK_ID) -> SignIn:
    return SignIn(account=name, password=password, code=code)


async def stored(office: AccountOffice) -> Account:
    found = await office.storage.accounts.account(CLERK_ID)
    assert found is not None
    return found


class TestSigningIn:
    async def test_right_password_begins_a_session_in_the_only_role(self) -> None:
        office = await an_office()
        found = await sign_in(office, typed())
        opened = await session_of(office, found.token)
        caller = caller_in(office, opened)
        assert caller.role is AccessRole.CLERK
        assert caller.acting_as(None, NOW) == {COMMUNE}
        assert caller.system.system_id == f"person:{CLERK_ID}"

    async def test_letters_composed_otherwise_are_the_same_password(self) -> None:
        office = await an_office()
        assert (await sign_in(office, typed(normalize("NFD", PASSWORD)))).token

    @pytest.mark.parametrize(
        "command",
        [typed("sai"), typed(name="binh"), typed(name="KHÔNG/AI"), typed("")],
        ids=["password", "unknown", "no-name", "empty"],
    )
    async def test_every_refusal_is_the_same_and_takes_one_digest(
        self, command: SignIn
    ) -> None:
        office = await an_office()
        assert await refused(office, command) is ErrorCode.SIGN_IN_REFUSED
        assert isinstance(office.passwords, CountedPasswords)
        assert office.passwords.checks == 1

    async def test_unknown_name_is_not_written_down(self) -> None:
        office = await an_office()
        await refused(office, typed(name="mat-khau-go-nham"))
        (line, *_) = await office.storage.audit.lines(limit=1)
        assert line.event is AuditEvent.SIGN_IN_REFUSED
        assert "go-nham" not in repr(line)
        assert line.actor == "unknown"

    async def test_fifth_failure_locks_and_the_right_password_is_refused(self) -> None:
        clock = Clock()
        office = await an_office(clock)
        for _ in range(5):
            await refused(office, typed("sai"))
        assert await refused(office, typed()) is ErrorCode.SIGN_IN_REFUSED
        clock.move(minutes=15)
        assert (await sign_in(office, typed())).token
        assert (await stored(office)).lockouts == 0

    async def test_second_lock_out_is_longer(self) -> None:
        clock = Clock()
        office = await an_office(clock)
        for _ in range(2):
            for _ in range(5):
                await refused(office, typed("sai"))
            clock.move(minutes=15)
        assert await refused(office, typed()) is ErrorCode.SIGN_IN_REFUSED
        clock.move(minutes=15)
        assert (await sign_in(office, typed())).token

    async def test_guesses_made_at_once_are_counted_one_by_one(self) -> None:
        office = await an_office()
        tries = [sign_in(office, typed(f"sai {number}")) for number in range(20)]
        answers = await asyncio.gather(*tries, return_exceptions=True)
        assert all(isinstance(one, ExchangeError) for one in answers)
        assert (await stored(office)).lockouts == 1
        assert await refused(office, typed()) is ErrorCode.SIGN_IN_REFUSED

    async def test_disabled_account_is_refused_until_it_is_unlocked(self) -> None:
        office = await an_office()
        await lock(office, CLERK_ID, operator="test")
        await refused(office, typed())
        await unlock(office, CLERK_ID, operator="test")
        assert (await sign_in(office, typed())).token


class TestCertificates:
    async def test_bound_certificate_begins_a_session_without_a_password(self) -> None:
        office = await an_office()
        await bound(office)
        found = await sign_in_by_certificate(office, "a" * 64)
        opened = await session_of(office, found.token, certificate="a" * 64)
        assert caller_in(office, opened).role is AccessRole.CLERK

    @pytest.mark.parametrize("state", ["unknown", "disabled"])
    async def test_other_certificates_and_disabled_accounts_are_refused(
        self, state: str
    ) -> None:
        office = await an_office()
        await bound(office)
        if state == "disabled":
            await lock(office, CLERK_ID, operator="test")
        shown = ("b" if state == "unknown" else "a") * 64
        named = Identity(ISSUER, shown[:1])
        for signing_in in (
            sign_in_by_certificate(office, shown),
            sign_in_by_identity(office, named),
        ):
            with pytest.raises(ExchangeError) as error:
                await signing_in
            assert error.value.code is ErrorCode.SIGN_IN_REFUSED
            (line, *_) = await office.storage.audit.lines(limit=1)
            assert line.code is ErrorCode.SIGN_IN_REFUSED

    async def test_who_guesses_passwords_locks_out_passwords_alone(self) -> None:
        office = await an_office()
        await bound(office)
        for _ in range(5):
            await refused(office, typed("sai"))
        await refused(office, typed())
        assert (await sign_in_by_certificate(office, "a" * 64)).token
        assert (await sign_in_by_identity(office, Identity(ISSUER, "a"))).token
        assert (await stored(office)).lockouts == 1

    async def test_session_counts_where_the_same_key_is_proven_alone(self) -> None:
        office = await an_office()
        await bound(office)
        token = (await sign_in_by_certificate(office, "a" * 64)).token
        found = await session_of(office, token, certificate="a" * 64)
        assert found.session.way is SignInWay.CERTIFICATE
        for shown in ("", "b" * 64):
            with pytest.raises(ExchangeError) as error:
                await session_of(office, token, certificate=shown)
            assert error.value.code is ErrorCode.SESSION_MISSING

    async def test_who_is_bound_anew_signs_in_anew(self) -> None:
        office = await an_office()
        await bound(office)
        token = (await sign_in_by_identity(office, Identity(ISSUER, "a"))).token
        other = Binding(identities=frozenset({Identity(ISSUER, "b")}))
        after = await bind(office, CLERK_ID, other, operator="test")
        assert after.certificates == {"a" * 64}
        assert await gone(office, token)
        with pytest.raises(ExchangeError):
            await sign_in_by_identity(office, Identity(ISSUER, "a"))
        assert (await sign_in_by_identity(office, Identity(ISSUER, "b"))).token

    @pytest.mark.parametrize(
        "identity",
        [Identity("", "a"), Identity(ISSUER, ""), Identity("a b", "c")],
        ids=["issuer", "subject", "space"],
    )
    async def test_what_is_no_identity_is_not_bound(self, identity: Identity) -> None:
        wrong = Binding(identities=frozenset({identity}))
        with pytest.raises(ExchangeError) as error:
            await bind(await an_office(), CLERK_ID, wrong, operator="test")
        assert error.value.code is ErrorCode.REQUEST_INVALID


async def bound(office: AccountOffice) -> None:
    """Bind a certificate and an identity to the clerk's account."""
    both = Binding(
        certificates=frozenset({"a" * 64}),
        identities=frozenset({Identity(ISSUER, "a")}),
    )
    await bind(office, CLERK_ID, both, operator="test")


def code_at(address: str, at: datetime) -> str:
    """What an authenticator application shows."""
    (secret,) = parse_qs(urlsplit(address).query)["secret"]
    padded = secret + "=" * (-len(secret) % 8)
    totp = TOTP(b32decode(padded), 6, SHA1(), 30)
    return totp.generate(int(at.timestamp())).decode()


async def enrolled(office: AccountOffice) -> str:
    began = await begin_totp(office, CLERK_ID)
    await confirm_totp(
        office,
        CLERK_ID,
        sealed=began.sealed,
        code=code_at(began.address, office.now()),
        operator="test",
    )
    return began.address


class TestSecondFactor:
    async def test_password_alone_no_longer_does(self) -> None:
        clock = Clock()
        office = await an_office(clock)
        address = await enrolled(office)
        clock.move(seconds=30)
        await refused(office, typed())
        assert (await sign_in(office, typed(code=code_at(address, clock.now)))).token

    async def test_code_counts_once(self) -> None:
        clock = Clock()
        office = await an_office(clock)
        address = await enrolled(office)
        clock.move(seconds=30)
        code = code_at(address, clock.now)
        await sign_in(office, typed(code=code))
        await refused(office, typed(code=code))

    @pytest.mark.parametrize(("late", "is_taken"), [(30, True), (90, False)])
    async def test_code_counts_one_step_late(self, late: int, is_taken: bool) -> None:
        clock = Clock()
        office = await an_office(clock)
        address = await enrolled(office)
        clock.move(seconds=60)
        code = code_at(address, clock.now)
        clock.move(seconds=late)
        if is_taken:
            assert (await sign_in(office, typed(code=code))).token
        else:
            await refused(office, typed(code=code))

    async def test_secret_is_not_stored_as_it_is(self) -> None:
        office = await an_office()
        began = await begin_totp(office, CLERK_ID)
        secret = office.required_sealer().open(began.sealed, CLERK_ID)
        assert secret not in began.sealed
        for sealer, name in (
            (Sealer(b"x" * 32), CLERK_ID),
            (office.required_sealer(), AccountId("binh")),
        ):
            with pytest.raises(ExchangeError) as error:
                sealer.open(began.sealed, name)
            assert error.value.code is ErrorCode.SECOND_FACTOR_UNREADABLE

    async def test_wrong_code_does_not_enrol(self) -> None:
        office = await an_office()
        began = await begin_totp(office, CLERK_ID)
        with pytest.raises(ExchangeError):
            await confirm_totp(
                office, CLERK_ID, sealed=began.sealed, code="x", operator="test"
            )
        assert (await stored(office)).totp is None

    async def test_open_session_without_the_password_enrols_nothing(self) -> None:
        office = await an_office()
        began = await begin_totp(office, CLERK_ID)
        code = code_at(began.address, office.now())
        own = await stored(office)
        for _ in range(5):
            with pytest.raises(ExchangeError):
                await enrol_totp(
                    office, own, password="sai", sealed=began.sealed, code=code
                )
        assert (await stored(office)).totp is None
        assert await refused(office, typed()) is ErrorCode.SIGN_IN_REFUSED
        await unlock(office, CLERK_ID, operator="test")
        await enrol_totp(office, own, password=PASSWORD, sealed=began.sealed, code=code)
        assert (await stored(office)).totp is not None

    async def test_that_is_removed_is_asked_for_no_more(self) -> None:
        office = await an_office()
        await enrolled(office)
        await remove_totp(office, CLERK_ID, operator="test")
        assert (await sign_in(office, typed())).token


async def opened(office: AccountOffice) -> SignedIn:
    found = await sign_in(office, typed())
    return await session_of(office, found.token)


async def gone(office: AccountOffice, token: str) -> bool:
    try:
        await session_of(office, token)
    except ExchangeError as error:
        return error.code is ErrorCode.SESSION_MISSING
    return False


class TestSessions:
    @pytest.mark.parametrize(
        ("begun", "seen", "alive"),
        [
            (0, 0, True),
            (599, 29, True),
            (29, 30, False),
            (600, 1, False),
            (-1, 0, False),
        ],
    )
    def test_session_ends_by_idleness_and_by_age(
        self, begun: int, seen: int, alive: bool
    ) -> None:
        one = session(
            begun_at=NOW - timedelta(minutes=begun),
            seen_at=NOW - timedelta(minutes=seen),
        )
        assert is_alive(one, NOW, SessionPolicy()) is alive

    async def test_session_that_is_used_lives_on(self) -> None:
        clock = Clock()
        office = await an_office(clock)
        token = (await sign_in(office, typed())).token
        for _ in range(4):
            clock.move(minutes=20)
            assert not await gone(office, token)
        clock.move(minutes=31)
        assert await gone(office, token)

    async def test_signing_out_ends_it_for_everybody(self) -> None:
        office = await an_office()
        token = (await sign_in(office, typed())).token
        await sign_out(office, await session_of(office, token))
        assert await gone(office, token)

    @pytest.mark.parametrize("text", ["", "x", "é", "a" * 65])
    async def test_other_texts_open_nothing(self, text: str) -> None:
        assert await gone(await an_office(), text)

    async def test_token_is_stored_nowhere(self) -> None:
        office = await an_office()
        found = await sign_in(office, typed())
        assert found.token not in repr(found.session)
        assert found.token not in repr(await office.storage.audit.lines(limit=99))

    @pytest.mark.parametrize("change", ["lock", "reset", "password"])
    async def test_sessions_end_with_lock_and_password(self, change: str) -> None:
        office = await an_office()
        token = (await sign_in(office, typed())).token
        if change == "lock":
            await lock(office, CLERK_ID, operator="test")
        elif change == "reset":
            await reset_password(office, CLERK_ID, OTHER, operator="test")
        else:
            await change_password(office, await stored(office), old=PASSWORD, new=OTHER)
        assert await gone(office, token)

    async def test_role_ends_within_a_session(self) -> None:
        clock = Clock()
        office = await an_office(clock)
        until = grant(valid_to=NOW + timedelta(minutes=5))
        await give_roles(office, CLERK_ID, (until,), operator="test")
        token = (await sign_in(office, typed())).token
        clock.move(minutes=5)
        with pytest.raises(ExchangeError) as error:
            caller_in(office, await session_of(office, token))
        assert error.value.code is ErrorCode.ROLE_NOT_CHOSEN

    async def test_one_of_several_roles_is_chosen_and_no_other(self) -> None:
        office = await an_office()
        roles = (grant(), grant(AccessRole.AUDITOR, None))
        await give_roles(office, CLERK_ID, roles, operator="test")
        found = await opened(office)
        with pytest.raises(ExchangeError) as error:
            caller_in(office, found)
        assert error.value.code is ErrorCode.ROLE_NOT_CHOSEN
        chosen = await choose_role(office, found, AccessRole.AUDITOR, None)
        assert caller_in(office, chosen).audits_all
        with pytest.raises(ExchangeError):
            await choose_role(office, found, AccessRole.CLERK, PROVINCE)
        with pytest.raises(ExchangeError):
            await choose_role(office, found, AccessRole.OPERATOR, None)


class TestKeeping:
    async def test_new_account_must_change_its_password_first(self) -> None:
        office = await an_office()
        await add_account(office, new())
        found = await sign_in(office, typed(name="binh.tran"))
        with pytest.raises(ExchangeError) as error:
            caller_in(office, found)
        assert error.value.code is ErrorCode.PASSWORD_CHANGE_REQUIRED
        await change_password(office, found.account, old=PASSWORD, new=OTHER)
        again = await sign_in(office, typed(OTHER, name="binh.tran"))
        assert caller_in(office, again).role is AccessRole.CLERK

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"account": "Binh"}, ErrorCode.REQUEST_INVALID),
            ({"account": "x/../y"}, ErrorCode.REQUEST_INVALID),
            ({"name": "a\nb"}, ErrorCode.REQUEST_INVALID),
            ({"account": CLERK_ID}, ErrorCode.ACCOUNT_TAKEN),
            ({"password": "ngắn"}, ErrorCode.PASSWORD_WEAK),
            ({"grants": (grant(agency=None),)}, ErrorCode.AGENCY_UNKNOWN),
            ({"grants": (grant(agency=OrganId("X77")),)}, ErrorCode.AGENCY_UNKNOWN),
            ({"grants": (grant(AccessRole.SYSTEM),)}, ErrorCode.ROLE_NOT_ALLOWED),
        ],
        ids=["upper", "path", "name", "taken", "weak", "hub-clerk", "agency", "system"],
    )
    async def test_account_that_cannot_be_is_refused(
        self, changes: dict[str, object], code: ErrorCode
    ) -> None:
        office = await an_office()
        with pytest.raises(ExchangeError) as error:
            await add_account(office, replace(new(), **changes))  # type: ignore[arg-type]  # by field name
        assert error.value.code is code
        assert len(await office.storage.accounts.accounts()) == 1

    async def test_wrong_old_password_changes_nothing(self) -> None:
        office = await an_office()
        with pytest.raises(ExchangeError) as error:
            await change_password(office, await stored(office), old="sai", new=OTHER)
        assert error.value.code is ErrorCode.SIGN_IN_REFUSED
        assert (await sign_in(office, typed())).token

    async def test_old_password_is_not_guessed_in_an_open_session(self) -> None:
        office = await an_office()
        own = await stored(office)
        for _ in range(5):
            with pytest.raises(ExchangeError):
                await change_password(office, own, old="sai", new=OTHER)
        with pytest.raises(ExchangeError):
            await change_password(office, own, old=PASSWORD, new=OTHER)
        assert (await stored(office)).lockouts == 1

    async def test_account_without_a_password_takes_none(self) -> None:
        office = await an_office()
        made = await add_account(office, replace(new(), password=None))
        assert not made.must_change
        for password in ("", "None", PASSWORD):
            command = typed(password, name="binh.tran")
            assert await refused(office, command) is ErrorCode.SIGN_IN_REFUSED


def new() -> AddAccount:
    return AddAccount(
        account="binh.tran",
        name="Trần Bình",
        password=PASSWORD,
        grants=(grant(),),
        operator="test",
    )


class TestDecisions:
    def test_lock_out_grows_to_its_longest(self) -> None:
        policy, one, lengths = LockPolicy(failures=1), account(), []
        for _ in range(9):
            one = after_failure(one, NOW, policy)
            assert one.locked_until is not None
            lengths.append((one.locked_until - NOW) // timedelta(minutes=1))
        assert lengths == [15, 30, 60, 120, 240, 480, 960, 1440, 1440]

    @pytest.mark.parametrize(
        "password",
        ["ngắn", "a" * 40, "toi la an.nguyen day", "x" * 129, "ababababababab"],
    )
    def test_weak_passwords(self, password: str) -> None:
        assert weakness_of(password, CLERK_ID)

    def test_phrase_is_a_password(self) -> None:
        assert not weakness_of(PASSWORD, CLERK_ID)

    @pytest.mark.parametrize("text", ["", "-a", "a-", "A", "a b", "a/b", "é", "a" * 65])
    def test_what_is_no_account_id(self, text: str) -> None:
        assert parse_account_id(text) is None
