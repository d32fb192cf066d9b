"""Webhooks as an agency's system manages them, over mutual TLS."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography import x509

from clients.notices import open_notice
from exchange.domain.notices import NoticeChannel
from exchange.domain.webhooks import TargetPolicy
from exchange.http.webhook_carrier import WebhookCarrier
from pki.keys.api import Credential
from tests.support.hub import Answer, Hub, running_hub
from tests.support.sinks import HOST, WebhookSink, webhook_sink
from tests.support.world import PROVINCE, make_world

JSON = {"Content-Type": "application/json"}
HOOKS = f"/v1/webhooks?agency={PROVINCE}"


@dataclass(frozen=True, slots=True)
class Site:
    """A running hub, and an endpoint of the province."""

    hub: Hub
    sink: WebhookSink

    async def call(
        self,
        method: str,
        path: str,
        fields: object = None,
        *,
        by: Credential | None = None,
    ) -> Answer:
        body = None if fields is None else json.dumps(fields)
        headers = JSON if body else None
        caller = by or self.hub.world.province
        return await self.hub.call(method, path, by=caller, body=body, headers=headers)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with AsyncExitStack() as opened:
        sink = await opened.enter_async_context(webhook_sink())
        policy = TargetPolicy(hosts=frozenset({f"{HOST}:{sink.port}"}))
        world = await make_world()
        services = replace(
            world.services,
            carriers={NoticeChannel.WEBHOOK: WebhookCarrier(policy)},
            webhook_policy=policy,
        )
        world = replace(world, services=services)
        hub = await opened.enter_async_context(running_hub(world, tmp_path))
        yield Site(hub, sink)


async def test_webhook_is_registered_told_changed_and_forgotten(site: Site) -> None:
    made = await site.call("POST", HOOKS, {"url": site.sink.url})
    path = made.headers["Location"]
    await site.hub.post(site.hub.world.document(), by=site.hub.world.commune)
    received = await site.sink.wait()
    read = await site.call("GET", path)
    wish = {"url": site.sink.url, "events": ["envelope.overdue"]}
    changed = await site.call("PUT", path, wish)
    listed = await site.call("GET", HOOKS)
    forgotten = await site.call("DELETE", path)
    gone = await site.call("GET", path)

    certificate = x509.load_pem_x509_certificate(made.json["certificate"].encode())
    said = open_notice(
        received,
        certificates={made.json["key_id"]: certificate},
        now=site.hub.world.clock.now,
    )
    assert (made.status, read.status, forgotten.status) == (201, 200, 200)
    assert (said.event, said.agency) == ("envelope.arrived", PROVINCE)
    assert read.json["events"] == ["envelope.arrived", "envelope.overdue"]
    assert changed.json["events"] == ["envelope.overdue"]
    assert [one["id"] for one in listed.json["items"]] == [made.json["id"]]
    assert (gone.status, gone.code) == (404, "webhook_not_found")


async def test_dead_letter_is_listed_with_its_attempts_and_sent_again(
    site: Site,
) -> None:
    path = (await site.call("POST", HOOKS, {"url": site.sink.url})).headers["Location"]
    site.sink.answers = [410]
    tested = await site.call("POST", f"{path}/test")
    await site.sink.wait()
    dead: list[dict[str, object]] = []
    while not dead:
        dead = (await site.call("GET", f"{path}/notices")).json["items"]
    wanted = {"notice": tested.json["id"]}
    again = await site.call("POST", f"{path}/resend", wanted)
    await site.sink.wait(2)
    twice = await site.call("POST", f"{path}/resend", wanted)

    assert tested.status == again.status == 202
    assert [one["id"] for one in dead] == [tested.json["id"]]
    assert dead[0]["attempts"] == [
        {
            "at": again.json["attempts"][0]["at"],
            "outcome": "refused",
            "detail": "410",
        }
    ]
    assert site.sink.ids == {tested.json["id"]: 2}
    assert (twice.status, twice.code) == (404, "notice_not_found")


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({}, 400, "request_invalid"),
        ([], 400, "request_invalid"),
        ({"url": 7}, 400, "request_invalid"),
        ({"url": "https://a.example/", "secret": "x"}, 400, "request_invalid"),
        ({"url": "https://a.example/", "events": "all"}, 400, "request_invalid"),
        ({"url": "https://a.example/", "events": ["x"]}, 400, "request_invalid"),
        ({"url": "http://a.example/"}, 422, "webhook_target_refused"),
        ({"url": "https://a.example:22/"}, 422, "webhook_target_refused"),
    ],
    ids=["none", "list", "number", "unknown", "text", "event", "plain", "port"],
)
async def test_odd_webhook_is_refused(
    site: Site, fields: object, status: int, code: str
) -> None:
    answer = await site.call("POST", HOOKS, fields)
    assert (answer.status, answer.code) == (status, code)


async def test_webhook_of_another_agency_does_not_exist(site: Site) -> None:
    path = (await site.call("POST", HOOKS, {"url": site.sink.url})).headers["Location"]
    ministry = site.hub.world.ministry

    read = await site.call("GET", path, by=ministry)
    made = await site.call("POST", HOOKS, {"url": site.sink.url}, by=ministry)

    assert (read.status, read.code) == (404, "webhook_not_found")
    assert (made.status, made.code) == (403, "agency_not_acted_for")
