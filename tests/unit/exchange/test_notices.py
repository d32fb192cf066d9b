"""Notices on their way: webhooks and mail, signed, tried again, given up."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from clients.errors import ClientError
from clients.notices import HubNotice, ReceivedNotice, open_notice
from exchange.delivery.mail import MailCarrier, MailServer
from exchange.delivery.notifier import CLAIMED_FOR, Notifier
from exchange.domain.notices import (
    MAIL_SUBSCRIPTION,
    OPEN_FOR,
    Breaker,
    Notice,
    NoticeChannel,
    NoticeState,
    Outcome,
    Subscription,
)
from exchange.domain.webhooks import MOST_OF_ONE_AGENCY, TargetPolicy
from exchange.errors import ExchangeError
from exchange.http.webhook_carrier import WebhookCarrier, outcome_of, tls_of
from exchange.settings.notices import MailSecurity
from exchange.storage.ports import NoticeQuery
from exchange.usecases.import_agencies import ImportAgencies, import_agencies
from exchange.usecases.noting import note_overdue
from exchange.usecases.webhooks import (
    WebhookWish,
    change_webhook,
    find_webhook,
    forget_webhook,
    list_webhooks,
    register_webhook,
    resend_notice,
    try_webhook,
)
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId
from tests.support.hub import pem, write_credential
from tests.support.sinks import HOST, MailSink, WebhookSink, mail_sink, webhook_sink
from tests.support.world import AGENCIES, MINISTRY, PROVINCE, World, make_world


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A world whose notices go to local sinks."""

    world: World
    hook: WebhookSink
    mail: MailSink
    notifier: Notifier

    async def run(self) -> None:
        """Make notices and try what is due until nothing is."""
        await self.notifier.note()
        tried = -1
        while tried != self.tried:
            tried = self.tried
            await self.notifier.deliver()
            await self.notifier.settle(30)

    @property
    def tried(self) -> int:
        return len(self.hook.received) + len(self.mail.mails)

    async def registered(self, *events: str) -> Subscription:
        caller = await self.world.caller("qlvb-h99")
        wish = WebhookWish(url=self.hook.url, events=events)
        return await register_webhook(self.world.services, caller, PROVINCE, wish)

    async def notices(self, state: NoticeState) -> list[Notice]:
        query = NoticeQuery(state=state)
        return list(await self.world.services.storage.notices.find(query))


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with AsyncExitStack() as opened:
        hook = await opened.enter_async_context(webhook_sink())
        mail = await opened.enter_async_context(mail_sink())
        policy = TargetPolicy(hosts=frozenset({f"{HOST}:{hook.port}"}))
        server = MailServer(
            host=HOST,
            port=mail.port,
            sender="truc@hub.example",
            security=MailSecurity.NONE,
            tls=tls_of(()),
        )
        world = await make_world()
        services = replace(
            world.services,
            carriers={
                NoticeChannel.WEBHOOK: WebhookCarrier(policy),
                NoticeChannel.SMTP: MailCarrier(server),
            },
            webhook_policy=policy,
        )
        world = replace(world, services=services)
        notifier = Notifier(services, owner="test")
        yield Post(world=world, hook=hook, mail=mail, notifier=notifier)


def opened(post: Post, received: ReceivedNotice, **later: float) -> HubNotice:
    hub = post.world.services.hub
    return open_notice(
        received,
        certificates={hub.key_id: hub.receipt.certificate},
        now=post.world.clock.now + timedelta(**later),
    )


async def with_address(
    post: Post, email: str = "vanthu@h99.example", *, ministry: str = ""
) -> None:
    emails = {PROVINCE: email, MINISTRY: ministry}
    agencies = [replace(one, email=emails.get(one.code, "")) for one in AGENCIES]
    command = ImportAgencies(agencies=tuple(agencies), operator="test")
    await import_agencies(post.world.services, command)


async def test_webhook_is_told_of_what_arrives_and_the_receiver_knows_the_hub(
    post: Post,
) -> None:
    await post.registered()
    envelope = (await post.world.sent()).envelope

    await post.run()
    await post.run()

    [received] = post.hook.received
    said = opened(post, received)
    assert (said.event, said.agency) == ("envelope.arrived", PROVINCE)
    assert (said.envelope_id, said.cursor) == (envelope.envelope_id, 1)
    assert envelope.subject.encode() not in received.body
    assert sorted(json.loads(received.body)) == sorted(
        ["agency", "at", "cursor", "envelope", "event", "hub", "id"]
    )


async def test_what_arrived_before_is_not_told(post: Post) -> None:
    await post.world.sent()
    await post.registered()

    await post.run()

    assert post.hook.received == []


async def test_receiver_refuses_what_is_not_the_hubs(post: Post) -> None:
    await post.registered()
    await post.world.sent()
    await post.run()
    [good] = post.hook.received
    other = (await make_world()).services.hub
    headers = dict(good.headers)

    def signature(text: str) -> dict[str, str]:
        return {**headers, "Signature": text}

    forged = {
        "body": replace(good, body=good.body.replace(b"H99", b"H98")),
        "url": replace(good, url=good.url + "&x=1"),
        "id": replace(good, headers={**headers, "Lienthong-Notice": "0" * 32}),
        "missing": replace(good, headers={}),
        "empty": replace(good, headers=signature("hub=::")),
        "zero": replace(good, headers=signature(f"hub=:{'A' * 86}==:")),
        "other": replace(
            good,
            headers={
                **headers,
                "Signature-Input": headers["Signature-Input"].replace(
                    post.world.services.hub.key_id, other.key_id
                ),
            },
        ),
    }
    opened(post, good)
    for received in forged.values():
        with pytest.raises(ClientError) as refused:
            opened(post, received)
        assert refused.value.code is ErrorCode.NOTICE_SIGNATURE_INVALID
    for minutes in (-6, 6):
        with pytest.raises(ClientError, match="created"):
            opened(post, good, minutes=minutes)


async def test_lost_answer_brings_the_same_notice_again(post: Post) -> None:
    await post.registered()
    await post.world.sent()
    post.hook.answers = [0, 503]

    await post.run()
    for seconds in (21, 61):
        post.world.clock.move(seconds=seconds)
        await post.run()

    [notice] = await post.notices(NoticeState.SENT)
    assert post.hook.ids == {notice.notice_id: 3}
    assert len({one.body for one in post.hook.received}) == 1
    assert [one.outcome for one in notice.attempts] == [
        Outcome.FAILED,
        Outcome.FAILED,
        Outcome.DONE,
    ]


@pytest.mark.parametrize("status", [301, 307, 400, 404, 410])
async def test_answer_for_ever_is_not_tried_again_nor_followed(
    post: Post, status: int
) -> None:
    await post.registered()
    await post.world.sent()
    post.hook.answers = [status]

    await post.run()
    post.world.clock.move(hours=2)
    await post.run()

    [dead] = await post.notices(NoticeState.DEAD_LETTER)
    assert len(post.hook.received) == 1
    assert dead.attempts[-1].detail == str(status)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_answer_for_now_is_tried_again(status: int) -> None:
    assert outcome_of(status) is Outcome.FAILED


async def test_dead_letter_is_sent_again_by_hand_once(post: Post) -> None:
    webhook = await post.registered()
    await post.world.sent()
    post.hook.answers = [410]
    await post.run()
    [dead] = await post.notices(NoticeState.DEAD_LETTER)
    services = post.world.services

    with pytest.raises(ExchangeError, match="notice_not_found"):
        await resend_notice(
            services, dead.notice_id, actor="op", subscription_id="other"
        )
    await resend_notice(
        services,
        dead.notice_id,
        actor="op",
        subscription_id=webhook.subscription_id,
    )
    await post.run()
    with pytest.raises(ExchangeError, match="notice_not_found"):
        await resend_notice(services, dead.notice_id, actor="op")

    assert post.hook.ids == {dead.notice_id: 2}
    [sent] = await post.notices(NoticeState.SENT)
    assert [one.outcome for one in sent.attempts] == [Outcome.REFUSED, Outcome.DONE]


async def test_failing_endpoint_is_left_alone_and_tried_once_a_minute(
    post: Post,
) -> None:
    await post.registered()
    for number in range(8):
        await post.world.send(post.world.document(subject=f"thư {number}"))
    await post.world.deliver()
    post.hook.answers = [503] * 100

    await post.run()
    first = len(post.hook.received)
    await post.run()
    again = len(post.hook.received)
    post.world.clock.move(seconds=OPEN_FOR.seconds)
    await post.run()
    probed = len(post.hook.received)
    post.hook.answers = []
    for _ in range(4):
        post.world.clock.move(hours=1)
        await post.run()

    assert 5 <= first <= 8
    assert (again, probed) == (first, first + 1)
    assert len(await post.notices(NoticeState.SENT)) == 8


async def test_what_a_killed_process_had_begun_is_tried_again_under_its_id(
    post: Post,
) -> None:
    await post.registered()
    await post.world.sent()
    await post.notifier.note()
    killed = await post.notifier._claim(set())

    await post.run()
    before = len(post.hook.received)
    post.world.clock.move(seconds=CLAIMED_FOR.seconds)
    await post.run()

    assert killed is not None
    assert before == 0
    assert post.hook.ids == {killed.notice_id: 1}
    [sent] = await post.notices(NoticeState.SENT)
    assert [one.outcome for one in sent.attempts] == [Outcome.BEGUN, Outcome.DONE]


@pytest.mark.parametrize(
    "url",
    ["http://localhost:{port}/", "http://127.1:{port}/", "http://[::1]:{port}/"],
    ids=["name", "short", "IPv6"],
)
async def test_name_that_leads_inside_is_not_registered(post: Post, url: str) -> None:
    caller = await post.world.caller("qlvb-h99")
    wish = WebhookWish(url=url.format(port=post.hook.port))

    with pytest.raises(ExchangeError) as refused:
        await register_webhook(post.world.services, caller, PROVINCE, wish)

    assert refused.value.code is ErrorCode.WEBHOOK_TARGET_REFUSED


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "2130706433"])
async def test_name_that_leads_inside_by_now_is_not_connected_to(
    post: Post, host: str
) -> None:
    webhook = await post.registered()
    policy = TargetPolicy(ports=frozenset({post.hook.port}))
    url = f"https://{host}:{post.hook.port}/hook"
    notice = await try_webhook(post.world.services, webhook)

    attempt = await WebhookCarrier(policy).carry(
        post.world.services, notice, replace(webhook, url=url)
    )

    assert (attempt.outcome, attempt.detail) == (Outcome.REFUSED, "address")
    assert post.hook.received == []


@pytest.mark.parametrize(
    ("host", "outcome", "detail"),
    [
        ("localhost", Outcome.DONE, "204"),
        ("127.0.0.1", Outcome.FAILED, "ClientConnectorCertificateError"),
    ],
    ids=["its name", "another name"],
)
async def test_endpoint_shows_a_certificate_of_its_own_name(
    post: Post, tmp_path: Path, host: str, outcome: Outcome, detail: str
) -> None:
    webhook = await post.registered()
    pki = post.world.pki
    server = pki.issuing.issue(
        "hook",
        san=(x509.DNSName("localhost"),),
        eku=(ExtendedKeyUsageOID.SERVER_AUTH,),
    )
    root = tmp_path / "root.pem"
    root.write_bytes(pem(pki.root.root))
    tls = SSLContext(PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(write_credential(tmp_path, server))
    notice = await try_webhook(post.world.services, webhook)

    async with webhook_sink(tls) as sink:
        policy = TargetPolicy(hosts=frozenset({f"{host}:{sink.port}"}))
        attempts = [
            await WebhookCarrier(policy, anchors).carry(
                post.world.services,
                notice,
                replace(webhook, url=f"https://{host}:{sink.port}/hook"),
            )
            for anchors in ((root,), ())
        ]

    assert [(one.outcome, one.detail) for one in attempts] == [
        (outcome, detail),
        (Outcome.FAILED, "ClientConnectorCertificateError"),
    ]
    assert len(sink.received) == (outcome is Outcome.DONE)


async def test_test_notice_travels_like_all_others(post: Post) -> None:
    webhook = await post.registered()

    notice = await try_webhook(post.world.services, webhook)
    await post.run()

    [received] = post.hook.received
    assert received.headers["Lienthong-Notice"] == notice.notice_id
    assert json.loads(received.body)["event"] == "webhook.test"


async def test_overdue_documents_are_told_once_for_each_occurrence(post: Post) -> None:
    await post.registered("envelope.overdue")
    await post.world.sent()
    late = EnvelopeId("0" * 26)

    for occurrence in ("1", "1", "2"):
        await note_overdue(post.world.services, PROVINCE, late, occurrence=occurrence)
    await note_overdue(post.world.services, MINISTRY, late)
    await post.run()

    events = [json.loads(one.body)["event"] for one in post.hook.received]
    assert events == ["envelope.overdue"] * 2


async def test_webhooks_are_the_agencys_own(post: Post) -> None:
    services = post.world.services
    mine = await post.registered()
    province = await post.world.caller("qlvb-h99")
    ministry = await post.world.caller("qlvb-g22")

    with pytest.raises(ExchangeError, match="webhook_not_found"):
        await find_webhook(services, ministry, mine.subscription_id)
    with pytest.raises(ExchangeError, match="agency_not_acted_for"):
        await list_webhooks(services, ministry, PROVINCE)
    wish = WebhookWish(url=post.hook.url, events=("envelope.overdue",))
    changed = await change_webhook(services, province, mine.subscription_id, wish)
    assert list(await list_webhooks(services, province, PROVINCE)) == [changed]
    await forget_webhook(services, province, mine.subscription_id)
    assert list(await list_webhooks(services, province, PROVINCE)) == []


async def test_forgotten_webhook_gets_nothing_more(post: Post) -> None:
    webhook = await post.registered()
    await post.world.sent()
    await post.notifier.note()

    caller = await post.world.caller("qlvb-h99")
    await forget_webhook(post.world.services, caller, webhook.subscription_id)
    await post.run()

    [dead] = await post.notices(NoticeState.DEAD_LETTER)
    assert dead.attempts[-1].detail == "unsubscribed"
    assert post.hook.received == []


async def test_agency_has_so_many_webhooks_and_no_more(post: Post) -> None:
    for _ in range(MOST_OF_ONE_AGENCY):
        await post.registered()
    with pytest.raises(ExchangeError, match="webhooks_too_many"):
        await post.registered()


async def test_unknown_event_is_refused(post: Post) -> None:
    with pytest.raises(ExchangeError, match="events"):
        await post.registered("envelope.opened")


async def test_mail_says_where_to_look_and_nothing_of_the_document(
    post: Post,
) -> None:
    await with_address(post)
    await post.run()
    envelope = (await post.world.sent()).envelope

    await post.run()
    await post.run()

    [mail] = post.mail.mails
    assert mail.rcpt_tos == ["vanthu@h99.example"]
    assert isinstance(mail.content, bytes)
    parsed = message_from_bytes(mail.content, policy=policy.default)
    text = parsed.get_content()
    assert parsed["Subject"] == "Có văn bản mới trên trục liên thông / New document"
    assert envelope.envelope_id in text
    assert "a new document waits" in text
    assert envelope.subject not in text
    assert str(envelope.document_id) not in text


async def test_mail_that_is_put_off_is_tried_again_and_refused_mail_is_not(
    post: Post,
) -> None:
    await with_address(post)
    await post.run()
    post.mail.answers = ["451 later", "250 OK", "554 never"]
    await post.world.sent()
    await post.run()
    post.world.clock.move(seconds=21)
    await post.run()
    await post.world.send(post.world.document(subject="thư hai"))
    await post.world.deliver()
    await post.run()

    [sent] = [
        one
        for one in await post.notices(NoticeState.SENT)
        if one.subscription_id == MAIL_SUBSCRIPTION
    ]
    dead = await post.notices(NoticeState.DEAD_LETTER)
    assert [one.detail for one in sent.attempts] == ["451", ""]
    assert {one.attempts[-1].detail for one in dead} == {"554", "no address"}


@pytest.mark.parametrize(
    "email", ["a@b.example\r\nBcc: c@d.example", "not an address"], ids=str
)
async def test_odd_address_injects_nothing(post: Post, email: str) -> None:
    await with_address(post, email)
    await post.run()
    await post.world.sent()
    await post.run()

    assert post.mail.mails == []


@pytest.mark.parametrize(
    "email",
    ["vanthu@", '"', "vanthu@[", "vanthu@@h99", " .)", "u8,b@[ ", "(" * 3000],
    ids=["nowhere", "quote", "bracket", "two ats", "comment", "space", "depth"],
)
async def test_address_that_is_none_ends_its_notice_at_the_first_attempt(
    post: Post, email: str
) -> None:
    await with_address(post, email)
    await post.run()
    await post.world.sent()
    await post.run()

    dead = await post.notices(NoticeState.DEAD_LETTER)
    [notice] = [one for one in dead if one.agency == PROVINCE]
    [attempt] = notice.attempts
    assert (attempt.outcome, attempt.detail) == (Outcome.REFUSED, "address malformed")


async def letters_run(post: Post, number: int) -> Breaker:
    """Send so many letters, try their notices; return the breaker of mail."""
    await post.run()
    for one in range(number):
        await post.world.send(post.world.document(subject=f"thư {one}"))
    await post.world.deliver()
    for _ in range(4):  # four at a time
        await post.run()
    found = await post.world.services.storage.notices.subscription(MAIL_SUBSCRIPTION)
    assert found is not None
    return found.breaker


async def test_full_mailbox_holds_nobody_elses_mail_back(post: Post) -> None:
    await with_address(post, "full@h99.example", ministry="vanthu@g22.example")
    post.mail.refused = {"full@h99.example": "452 4.2.2 mailbox full"}

    breaker = await letters_run(post, 8)

    waiting = await post.notices(NoticeState.WAITING)
    assert breaker == Breaker()
    assert [one.rcpt_tos for one in post.mail.mails] == [["vanthu@g22.example"]] * 8
    assert [one.attempts[-1].outcome for one in waiting] == [Outcome.FAILED] * 8
    assert {one.attempts[-1].detail for one in waiting} == {"452"}


@pytest.mark.parametrize(
    ("email", "is_left_alone"),
    [
        ("closing@h99.example", True),
        ("grey@h99.example", False),
        ("vănthư@h99.example", False),
    ],
    ids=["closing", "greylisting", "beyond ASCII"],
)
async def test_mail_server_is_left_alone_for_its_own_failures_only(
    post: Post, email: str, *, is_left_alone: bool
) -> None:
    await with_address(post, email, ministry=email)
    post.mail.refused = {
        "closing@h99.example": "421 4.3.2 closing",
        "grey@h99.example": "450 4.7.1 greylisted",
    }

    breaker = await letters_run(post, 8)

    assert post.mail.mails == []
    assert (breaker.open_until is not None) is is_left_alone
