"""Acts around an exchange that must be durable, each once, however often it is done.

Notices and their attempts, leases, uploads, purges, delegations, registers and the
docket. Each may be done again by a caller that did not hear the answer.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from exchange.domain.counting import EVERYBODY, gathered
from exchange.domain.delegations import FiledDelegation
from exchange.domain.directory import Directory
from exchange.domain.docket import Count, DocketRow, RowChange, Tally
from exchange.domain.notices import (
    MAIL_SUBSCRIPTION,
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
from exchange.domain.records import DeliveryLease, DeliveryRetry
from exchange.domain.registers import RegisterNumber
from exchange.domain.uploads import Upload
from exchange.storage.ports import DocketEntry, NoticeClaim, Storage, TallyQuery
from schemas.delegation import Delegation
from schemas.identifiers import SystemId
from schemas.vocabulary import DeliveryState
from tests.support.journals import LABEL, journal_step
from tests.support.pki import NOW
from tests.support.purges import purge_of
from tests.support.stored import (
    COMMUNE,
    PROVINCE,
    SYSTEM,
    audit_line,
    envelope_id,
    log_entry,
    step,
)

Operation = Callable[[Storage], Awaitable[object]]
Acts = Mapping[str, Operation]

MINUTE = timedelta(minutes=1)
FAR = NOW + timedelta(days=100_000)
"""After everything the database's own clock may say."""

HOOK = Subscription(
    subscription_id="hook",
    channel=NoticeChannel.WEBHOOK,
    agency=PROVINCE,
    events=frozenset({NoticeEvent.ARRIVED}),
    created_at=NOW,
    cursor=-1,
    system_id=SystemId("qlvb"),
    url="https://receiver.example/",
)
MAIL = replace(
    HOOK,
    subscription_id=MAIL_SUBSCRIPTION,
    channel=NoticeChannel.SMTP,
    agency=None,
    system_id=None,
    url="",
)
ARRIVAL, LETTER = (
    new_notice(
        one,
        NoticeEvent.ARRIVED,
        PROVINCE,
        now=NOW,
        envelope_id=envelope_id(1),
        cursor=1,
    )
    for one in (HOOK, MAIL)
)
UPLOAD, UNWANTED = (
    Upload(
        upload_id=one,
        system_id=SYSTEM,
        length=2_500_000,
        expires_at=NOW + timedelta(days=1),
    )
    for one in ("u", "unwanted")
)
DELEGATION = FiledDelegation(
    delegation_id="1" * 64,
    delegation=Delegation(
        delegator=PROVINCE,
        delegate=COMMUNE,
        kinds=("22",),
        valid_from=NOW,
        valid_to=NOW + timedelta(days=1),
        reason="QĐ 12",
    ),
    content=b"<Delegation/>",
    certificate_sha256="cd" * 32,
    filed_at=NOW,
)
NUMBER = RegisterNumber(
    envelope_id=envelope_id(1),
    recipient=PROVINCE,
    year=2026,
    number=17,
    recorded_at=NOW,
    recorded_by="qlvb",
)
ROW = DocketRow(
    envelope_id=envelope_id(1),
    recipient=PROVINCE,
    sender=COMMUNE,
    arrived_at=NOW,
    next_at=NOW,
)
SETTLED = replace(ROW, next_at=None, version=1)
YEAR = TallyQuery(first_month="2026-01", last_month="2026-12")
COUNTS = gathered([Tally("2026-11", PROVINCE, Count.RECEIVED)], Directory())
FAILED = step(
    1,
    "failed:1",
    before=(DeliveryState.LEASED,),
    after=DeliveryState.FAILED,
    makes_visible=False,
    retry=DeliveryRetry(failures=1, first_at=NOW, retry_at=NOW + MINUTE),
)
OFFERED = step(
    1,
    "offered:1",
    before=(DeliveryState.FAILED,),
    after=DeliveryState.AVAILABLE,
    makes_visible=False,
    retry=DeliveryRetry(failures=1, first_at=NOW),
)


def attempt(of: Notice, outcome: Outcome, *, minutes: int) -> Operation:
    """Take a notice that is due and end its attempt; a claim left behind ends too."""

    async def attempted(to: Storage) -> None:
        for later in (0, 2):
            stored = await to.notices.notice(of.notice_id)
            if stored is None or any(one.outcome is outcome for one in stored.attempts):
                return
            now = NOW + (minutes + later) * MINUTE
            claim = NoticeClaim(owner="one", until=now + MINUTE, channels=(of.channel,))
            claimed = await to.notices.claim(claim, now=now)
            if claimed is not None:
                done = Attempt(now, outcome)
                ended = after_attempt(claimed, done, now=now, chance=0)
                await to.notices.finish(ended, owner="one")

    return attempted


async def send_anew(to: Storage) -> None:
    """Try a dead letter again."""
    dead = await to.notices.notice(LETTER.notice_id)
    if dead is not None and dead.state is NoticeState.DEAD_LETTER:
        anew = sent_anew(dead, now=NOW + timedelta(days=2))
        await to.notices.replace(dead, anew, audit=audit_line(11))


def lease(*, minutes: int) -> Operation:
    """Lease what is offered, for an hour; a repeat finds nothing more."""
    now = NOW + minutes * MINUTE
    held = DeliveryLease(owner=SYSTEM, until=now + timedelta(hours=1))
    return lambda to: to.deliveries.lease([PROVINCE], held, now=now, limit=1)


def upload(of: Upload, *, most: int = 9) -> Operation:
    """Store the pieces that are not there yet, from where it is; at most so many."""

    async def uploaded(to: Storage) -> None:
        for _ in range(most):
            at = await to.uploads.upload(of.upload_id)
            if at is None or at.is_whole:
                return
            piece = bytes(min(1 << 20, at.length - at.offset))
            await to.uploads.append(at, piece, now=NOW)

    return uploaded


async def purge(to: Storage) -> None:
    """Remove the body in chunks, unless that is done."""
    envelope = await to.envelopes.envelope(envelope_id(2))
    if envelope is not None and envelope.purged_at is None:
        await to.retention.purge(await purge_of(to, 2))


NOTICES: Acts = {
    "subscribe": lambda to: to.notices.subscribe(HOOK, audit=audit_line(10)),
    "ensure mail": lambda to: to.notices.ensure(MAIL),
    "note": lambda to: to.notices.enter(
        [ARRIVAL, LETTER],
        subscriptions=[HOOK.subscription_id, MAIL.subscription_id],
        cursor=1,
    ),
    "hook fails": attempt(ARRIVAL, Outcome.FAILED, minutes=1),
    "leave hook alone": lambda to: to.notices.change_breaker(
        HOOK.subscription_id, Breaker(), left_alone(Breaker(), NOW)
    ),
    "hook": attempt(ARRIVAL, Outcome.DONE, minutes=60),
    "mail fails": attempt(LETTER, Outcome.FAILED, minutes=1),
    "mail is refused": attempt(LETTER, Outcome.REFUSED, minutes=60),
    "send anew": send_anew,
    "mail": attempt(LETTER, Outcome.DONE, minutes=3 * 24 * 60),
}
LEASES: Acts = {
    "lease": lease(minutes=0),
    "end lease": lambda to: to.deliveries.end_leases(now=NOW + timedelta(hours=2)),
    "lease again": lease(minutes=180),
    "fail": lambda to: to.envelopes.record_step(FAILED),
    "offer again": lambda to: to.envelopes.record_step(OFFERED),
}
UPLOADS: Acts = {
    "begin upload": lambda to: to.uploads.begin(UPLOAD),
    "upload": upload(UPLOAD),
    "begin unwanted": lambda to: to.uploads.begin(UNWANTED),
    "upload unwanted": upload(UNWANTED, most=1),
    "discard unwanted": lambda to: to.uploads.discard(UNWANTED.upload_id),
}
RECORDS: Acts = {
    "purge": purge,
    "drop": lambda to: to.envelopes.drop_orphans(before=FAR),
    "delegate": lambda to: to.delegations.file(
        DELEGATION, entry=log_entry(envelope_id(21), 1), audit=audit_line(12)
    ),
    "end delegation": lambda to: to.delegations.revoke(
        DELEGATION.delegation_id,
        at=NOW + MINUTE,
        entry=log_entry(envelope_id(22), 1),
        audit=audit_line(13),
    ),
    "register": lambda to: to.registers.record(NUMBER, audit=audit_line(14)),
    "docket": lambda to: to.docket.enter(
        DocketEntry(before=-1, after=5, rows=[ROW], counts=COUNTS)
    ),
    "settle": lambda to: to.docket.settle(
        [RowChange(before=ROW, after=SETTLED)], COUNTS, [audit_line(15)]
    ),
    "enter journal": lambda to: to.ca_journals.enter(journal_step(1, 3)),
}


async def acts_done(to: Storage) -> dict[str, object]:
    """Read what the acts store, without the attempts that were only begun."""
    return {
        **{one.channel: await _tried(to, one) for one in (ARRIVAL, LETTER)},
        "hook": await to.notices.subscription(HOOK.subscription_id),
        "uploads": [
            await to.uploads.upload(one.upload_id) for one in (UPLOAD, UNWANTED)
        ],
        "orphans": await to.envelopes.drop_orphans(before=FAR),
        "delegations": list(await to.delegations.given_by(PROVINCE)),
        "numbers": list(await to.registers.numbers([(envelope_id(1), PROVINCE)])),
        "docket": (
            await to.docket.cursor(),
            list(await to.docket.due(now=FAR, limit=9)),
        ),
        "tallies": list(await to.docket.tallies(YEAR)),
        "sums": list(
            await to.docket.level_tallies(
                EVERYBODY, first_month=YEAR.first_month, last_month=YEAR.last_month
            )
        ),
        "journal": await to.ca_journals.position(LABEL),
    }


async def _tried(to: Storage, notice: Notice) -> object:
    found = await to.notices.notice(notice.notice_id)
    if found is None:
        return None
    outcomes = [one.outcome for one in found.attempts]
    return found.state, found.claim, [one for one in outcomes if one != Outcome.BEGUN]
