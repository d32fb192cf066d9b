"""What callers may find out, and words the hub must not stumble over."""

import gzip
import json
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from clients.messages import Message
from schemas.edxml.document import Organisation
from tests.support.hub import Hub, running_hub
from tests.support.raw_http import raw, request
from tests.support.world import (
    COMMUNE,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    make_world,
)

MARK = b"NOI-DUNG-RIENG-7391"


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with running_hub(await make_world(), tmp_path) as running:
        yield running


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": bytes,
    "identity, gzip": gzip.compress,
}


class TestCompression:
    @pytest.mark.parametrize("coding", COMPRESSIONS)
    @pytest.mark.parametrize("path", ["/v1/envelopes", "/v1/envelopes:preflight"])
    async def test_of_a_message_is_refused(
        self, hub: Hub, path: str, coding: str
    ) -> None:
        message = hub.world.document()
        body = COMPRESSIONS[coding](message.body)
        headers = {"Content-Type": message.content_type, "Content-Encoding": coding}
        answer = await hub.call(
            "POST", path, by=hub.world.commune, body=body, headers=headers
        )

        assert (answer.status, answer.code) == (415, "content_type_unsupported")
        assert answer.json["place"] == "Content-Encoding"

    async def test_of_an_acknowledgement_is_refused(self, hub: Hub) -> None:
        bomb = gzip.compress(bytes(9_000_000))
        answer = await hub.call(
            "POST",
            f"/v1/envelopes/{'0' * 26}/receipts?agency={PROVINCE}",
            by=hub.world.province,
            body=bomb,
            headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
        )

        assert answer.code == "content_type_unsupported"

    async def test_that_names_nothing_is_no_compression(self, hub: Hub) -> None:
        message = hub.world.document()
        headers = {
            "Content-Type": message.content_type,
            "Content-Encoding": "Identity",
        }
        answer = await hub.call(
            "POST",
            "/v1/envelopes",
            by=hub.world.commune,
            body=message.body,
            headers=headers,
        )

        assert answer.status == 201


class TestTenants:
    @pytest.mark.parametrize(
        ("method", "what", "body"),
        [
            ("GET", "", None),
            ("GET", "/receipt", None),
            ("GET", "/trace", None),
            ("GET", "/evidence", None),
            ("GET", "/attachments/1", None),
            ("POST", f"/receipts?agency={FAR_COMMUNE}", b'{"state":"done"}'),
        ],
    )
    async def test_stranger_cannot_tell_an_envelope_from_none(
        self, hub: Hub, method: str, what: str, body: bytes | None
    ) -> None:
        sent = await hub.post(hub.world.document(), by=hub.world.commune)
        envelope = sent.headers["Location"].rsplit("/", 1)[1]
        answers = [
            await hub.call(
                method,
                f"/v1/envelopes/{one}{what}",
                by=hub.world.channel,
                body=body,
                headers={"Content-Type": "application/json"} if body else None,
            )
            for one in (envelope, "0" * 26)
        ]
        told = [replace_ids(one.body, envelope) for one in answers]

        assert {one.status for one in answers} == {404}
        assert told[0] == told[1]

    @pytest.mark.parametrize("what", ["/trace", "/evidence"])
    @pytest.mark.parametrize("agency", [PROVINCE, COMMUNE, FAR_COMMUNE, "X99.999"])
    async def test_recipient_asks_for_itself_alone(
        self, hub: Hub, what: str, agency: str
    ) -> None:
        sent = await hub.post(hub.world.document(), by=hub.world.commune)
        path = f"{sent.headers['Location']}{what}?agency={agency}"
        answer = await hub.call("GET", path, by=hub.world.ministry)

        assert (answer.status, answer.code) == (403, "agency_not_acted_for")

    async def test_recipient_sees_its_own_delivery_alone(self, hub: Hub) -> None:
        sent = await hub.post(hub.world.document(), by=hub.world.commune)
        await hub.inbox(f"agency={MINISTRY}&wait=10", by=hub.world.ministry)
        answer = await hub.call(
            "GET", f"{sent.headers['Location']}/trace", by=hub.world.ministry
        )

        assert [one["agency"] for one in answer.json["deliveries"]] == [MINISTRY]
        assert {one["agency"] for one in answer.json["steps"]} <= {MINISTRY, None}

    @pytest.mark.parametrize("agency", ["X99.999", FAR_COMMUNE])
    async def test_unknown_agency_is_refused_like_a_foreign_one(
        self, hub: Hub, agency: str
    ) -> None:
        path = f"/v1/inbox?agency={agency}"
        answer = await hub.call("GET", path, by=hub.world.commune)

        assert (answer.status, answer.code) == (403, "agency_not_acted_for")


def replace_ids(problem: bytes, envelope: str) -> dict[str, object]:
    """Read a problem without what names the request."""
    found = json.loads(problem.replace(envelope.encode(), b"0" * 26))
    return {key: value for key, value in found.items() if key != "instance"}


class TestLeaks:
    @pytest.mark.parametrize(
        "body",
        [
            MARK,
            b"<a>" + MARK,
            b"<edXML>" + MARK + b"</edXML>",
            b"<!DOCTYPE " + MARK + b"><a/>",
            b"<a " + MARK + b"='1'/>",
            b"\xff\xfe" + MARK,
        ],
    )
    async def test_problem_holds_nothing_of_the_body(
        self, hub: Hub, capsys: pytest.CaptureFixture[str], body: bytes
    ) -> None:
        answer = await hub.call(
            "POST",
            "/v1/envelopes",
            by=hub.world.commune,
            body=body,
            headers={"Content-Type": "application/xml"},
        )
        logged = capsys.readouterr()

        assert 400 <= answer.status < 500
        assert MARK not in answer.body
        assert MARK.decode() not in logged.out + logged.err
        assert b"Traceback" not in answer.body


class TestWords:
    @pytest.mark.parametrize(
        "body",
        [
            b"[" * 9_000,
            b'{"a":' * 1_500,
            b'{"state": ' + b"9" * 6_000 + b"}",
            b'{"state": [1]}',
            b'{"state": {"a": 1}}',
            b'{"state": "done", "description": 5}',
            b'{"state": "done", "description": "\\u0000"}',
            b'{"state": "done", "description": "\\ud800"}',
            b'{"state": "done", "description": "' + b"a" * 2_000 + b'"}',
            b"\xff\xfe",
            b"null",
            b"NaN",
        ],
    )
    async def test_of_an_acknowledgement_that_are_odd_are_refused(
        self, hub: Hub, body: bytes
    ) -> None:
        letter = letter_to_the_far_commune(hub)
        sent = await hub.post(letter, by=hub.world.commune)
        await hub.inbox(f"agency={FAR_COMMUNE}&wait=10", by=hub.world.channel)
        answer = await hub.call(
            "POST",
            f"{sent.headers['Location']}/receipts?agency={FAR_COMMUNE}",
            by=hub.world.channel,
            body=body,
            headers={"Content-Type": "application/json"},
        )

        assert (answer.status, answer.code) in {
            (400, "request_invalid"),
            (422, "value_malformed"),
        }

    @pytest.mark.parametrize(
        "query",
        [
            "agency=%00",
            "agency=%ff%fe",
            "agency=" + "A" * 3_000,
            "agency=H99.151&after=-999999999999999",
            "agency=H99.151&after=999999999999999",
            "agency=H99.151&limit=-5",
            "agency=H99.151&limit=999999999999999",
            "agency=H99.151&wait=-5",
            "agency=H99.151&agency=H99",
            "agency[]=H99",
            "agency=H99.151;agency=H99",
        ],
    )
    async def test_of_a_query_that_are_odd_never_fail_the_hub(
        self, hub: Hub, query: str
    ) -> None:
        sent = request("GET", f"/v1/inbox?{query}")
        answer = await raw(hub, sent, by=hub.world.commune)

        assert answer.status in {200, 400, 403}


def letter_to_the_far_commune(hub: Hub) -> Message:
    """Write a letter to the commune whose system does not sign."""
    far = (Organisation(organ_id=FAR_COMMUNE),)
    return hub.world.document(recipients=far)
