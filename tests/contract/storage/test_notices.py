import asyncio
from dataclasses import replace
from datetime import timedelta

from exchange.domain.notices import (
    Attempt,
    Breaker,
    Notice,
    NoticeChannel,
    NoticeEvent,
    NoticeState,
    Outcome,
    Subscription,
    after_attempt,
    left_alone,
    new_notice,
    sent_anew,
)
from exchange.storage.ports import NoticeClaim, NoticeQuery, Storage
from schemas.identifiers import OrganId, SystemId
from tests.support.pki import NOW
from tests.support.stored import (
    COMMUNE,
    MINISTRY,
    PROVINCE,
    acceptance,
    audit_line,
    deliver,
    envelope_id,
    step,
)

MINUTE = timedelta(minutes=1)
MAIL = Subscription(
    subscription_id="mail",
    channel=NoticeChannel.SMTP,
    agency=None,
    events=frozenset({NoticeEvent.ARRIVED}),
    created_at=NOW,
    cursor=3,
)


def hook(name: str = "hook-1", agency: OrganId = PROVINCE) -> Subscription:
    return Subscription(
        subscription_id=name,
        channel=NoticeChannel.WEBHOOK,
        agency=agency,
        events=frozenset({NoticeEvent.ARRIVED, NoticeEvent.OVERDUE}),
        created_at=NOW,
        cursor=-1,
        system_id=SystemId("qlvb"),
        url="https://receiver.example/",
    )


def notice(number: int, subscription: Subscription | None = None) -> Notice:
    return new_notice(
        subscription or hook(),
        NoticeEvent.ARRIVED,
        PROVINCE,
        now=NOW + number * timedelta(seconds=1),
        envelope_id=envelope_id(number),
        cursor=number,
    )


def by(owner: str, *, minute: int = 1, **how: object) -> NoticeClaim:
    plain = NoticeClaim(
        owner=owner, until=NOW + minute * MINUTE, channels=tuple(NoticeChannel)
    )
    return replace(plain, **how)  # type: ignore[arg-type]  # by field name


async def entered(storage: Storage, *notices: Notice) -> None:
    await storage.notices.enter(notices, subscriptions=(), cursor=0)


async def test_subscriptions_are_kept_changed_and_forgotten(storage: Storage) -> None:
    notices, line = storage.notices, audit_line()
    await notices.subscribe(hook(), audit=line)
    await notices.subscribe(hook("hook-2", MINISTRY), audit=line)
    await notices.ensure(MAIL)
    await notices.ensure(replace(MAIL, cursor=9))
    await notices.enter((), subscriptions=("hook-1",), cursor=5)
    await notices.enter((), subscriptions=("hook-1",), cursor=4)

    moved = replace(hook(), url="https://other.example/")
    await notices.subscribe(moved, audit=line)
    await notices.unsubscribe("hook-2", audit=line)

    assert await notices.subscription("hook-1") == replace(moved, cursor=5)
    assert await notices.subscription("hook-2") is None
    assert list(await notices.subscriptions(PROVINCE)) == [replace(moved, cursor=5)]
    assert list(await notices.subscriptions()) == [replace(moved, cursor=5), MAIL]
    of_two = await notices.subscriptions_about((PROVINCE, MINISTRY))
    assert list(of_two) == [replace(moved, cursor=5), MAIL]
    assert list(await notices.subscriptions_about((MINISTRY,))) == [MAIL]
    assert len(await storage.audit.lines(limit=9)) == 4


async def test_what_becomes_visible_is_shown_in_log_order_from_a_place(
    storage: Storage,
) -> None:
    both = (PROVINCE, MINISTRY)
    await storage.envelopes.accept(acceptance(1, recipients=both))
    await storage.envelopes.record_step(step(1, recipients=both))
    await deliver(storage, 2)
    await storage.log.sequence(limit=100)

    everything = await storage.notices.shown(-1, limit=100)
    first = await storage.notices.shown(-1, limit=2)
    rest = await storage.notices.shown(first.until, limit=100)
    none = await storage.notices.shown(everything.until, limit=100)

    def named(shown: object) -> list[tuple[str, str]]:
        return [
            (one.envelope.envelope_id, one.delivery.recipient)
            for one in shown.items  # type: ignore[attr-defined]  # Shown
        ]

    assert named(everything) == [
        (envelope_id(1), MINISTRY),
        (envelope_id(1), PROVINCE),
        (envelope_id(2), PROVINCE),
    ]
    assert named(first) + named(rest) == named(everything)
    assert (everything.until, none.items, none.until) == (3, (), 3)


async def test_notice_entered_twice_is_one(storage: Storage) -> None:
    await entered(storage, notice(1))
    claimed = await storage.notices.claim(by("a"), now=NOW + MINUTE)
    await entered(storage, notice(1), notice(2))

    assert claimed is not None
    assert await storage.notices.notice(claimed.notice_id) == claimed


async def test_notice_is_due_once_its_time_has_come_and_while_nobody_has_it(
    storage: Storage,
) -> None:
    due = notice(1).next_at
    assert not await storage.notices.any_due(now=due)
    await entered(storage, notice(1))
    early = await storage.notices.any_due(now=due - timedelta(seconds=1))
    in_time = await storage.notices.any_due(now=due)
    await storage.notices.claim(by("a", minute=9), now=due)

    assert (early, in_time) == (False, True)
    assert not await storage.notices.any_due(now=due)


async def test_claimed_notice_is_one_tries_until_the_claim_ends(
    storage: Storage,
) -> None:
    await entered(storage, notice(1))
    now = NOW + timedelta(seconds=30)

    early = await storage.notices.claim(by("a"), now=NOW)
    claimed = await storage.notices.claim(by("a"), now=now)
    other = await storage.notices.claim(by("b", minute=2), now=now)
    later = await storage.notices.claim(by("c", minute=3), now=NOW + MINUTE)

    assert early is other is None
    assert claimed == replace(
        notice(1), claim="a", next_at=NOW + MINUTE, attempts=(Attempt(now),)
    )
    assert later is not None
    assert [one.outcome for one in later.attempts] == [Outcome.BEGUN] * 2
    assert not await storage.notices.finish(claimed, owner="a")


async def test_many_that_claim_at_once_get_different_notices(storage: Storage) -> None:
    await entered(storage, *map(notice, range(1, 16)))

    found = await asyncio.gather(
        *(
            storage.notices.claim(by(f"owner-{number}", minute=2), now=NOW + MINUTE)
            for number in range(20)
        )
    )

    ids = [one.notice_id for one in found if one is not None]
    assert len(ids) == len(set(ids)) == 15


async def test_notice_that_is_due_longest_is_claimed_first_whosesoever_it_is(
    storage: Storage,
) -> None:
    made = [notice(n, hook(f"hook-{n % 3}")) for n in range(1, 10)]
    await entered(storage, *reversed(made))

    found = [
        await storage.notices.claim(by("a", minute=2), now=NOW + MINUTE)
        for _ in range(10)
    ]

    ids = [one.notice_id for one in found if one is not None]
    assert ids == [one.notice_id for one in made]


async def test_claims_at_once_leave_no_notice_of_many_subscriptions(
    storage: Storage,
) -> None:
    await entered(storage, *(notice(n, hook(f"hook-{n % 4}")) for n in range(1, 16)))

    found = await asyncio.gather(
        *(
            storage.notices.claim(by(f"owner-{number}", minute=2), now=NOW + MINUTE)
            for number in range(20)
        )
    )

    ids = [one.notice_id for one in found if one is not None]
    assert len(ids) == len(set(ids)) == 15


async def test_claim_leaves_alone_what_it_may_not_try(storage: Storage) -> None:
    mail, other = notice(1, MAIL), notice(2, hook("hook-2"))
    await entered(storage, mail, other, notice(3))
    now = NOW + timedelta(seconds=9)

    async def claimed(**how: object) -> str | None:
        found = await storage.notices.claim(by("a", **how), now=now)  # type: ignore[arg-type]
        return found.notice_id if found else None

    hooks = (NoticeChannel.WEBHOOK,)
    assert await claimed(only="hook-3") is None
    assert await claimed(only="hook-2", barred=("hook-2",)) is None
    barred = await claimed(channels=hooks, barred=("hook-2",))
    assert barred == notice(3).notice_id
    assert await claimed(only="hook-2") == other.notice_id
    assert await claimed(channels=hooks) is None
    assert await claimed() == mail.notice_id


async def test_dead_letter_is_found_with_its_attempts_and_sent_anew(
    storage: Storage,
) -> None:
    await entered(storage, notice(1))
    now = NOW + timedelta(seconds=9)
    begun = await storage.notices.claim(by("a"), now=now)
    assert begun is not None
    dead = after_attempt(begun, Attempt(now, Outcome.REFUSED, "410"), now=now, chance=0)

    assert await storage.notices.finish(dead, owner="a")
    query = NoticeQuery(state=NoticeState.DEAD_LETTER, subscription_id="hook-1")
    found = list(await storage.notices.find(query))
    fresh = sent_anew(dead, now=now)
    done = [
        await storage.notices.replace(dead, fresh, audit=audit_line()) for _ in range(2)
    ]

    assert found == [dead]
    assert done == [True, False]
    assert await storage.notices.notice(dead.notice_id) == fresh
    assert len(await storage.audit.lines(limit=9)) == 1


async def test_breaker_changes_only_from_what_it_was(storage: Storage) -> None:
    await storage.notices.subscribe(hook(agency=COMMUNE), audit=audit_line())
    opened = left_alone(Breaker((NOW,)), NOW)

    done = [
        await storage.notices.change_breaker("hook-1", Breaker(), opened)
        for _ in range(2)
    ]
    [found] = await storage.notices.open_breakers()
    await storage.notices.change_breaker("hook-1", opened, Breaker())

    assert done == [True, False]
    assert found.breaker == opened
    assert list(await storage.notices.open_breakers()) == []
