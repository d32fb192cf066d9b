"""What must not come in: each refusal coded, explained in two languages, audited.

Every test sends over real mutual TLS and looks that nothing was stored.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from clients.messages import Message
from exchange.http.refused_callers import LINES_PER_HOUR
from exchange.settings.limits import LimitSettings
from exchange.settings.server import AuthMode
from exchange.usecases.import_agencies import ImportAgencies, import_agencies
from schemas.edxml.document import Organisation
from schemas.identifiers import MessageId, OrganId
from schemas.vocabulary import AuditEvent, Level
from tests.support.encrypted_pdf import encrypted_pdf
from tests.support.hub import HOST, Answer, Hub, running_hub
from tests.support.pki import NOW, TestPki
from tests.support.signed_pdf import LETTER
from tests.support.world import (
    COMMUNE,
    FAR_COMMUNE,
    PROVINCE,
    agency,
    attachment,
    in_pieces,
    make_world,
    note,
    system_credential,
)

LIMITS = LimitSettings(
    body_bytes=300_000, small_body_bytes=10_000, concurrent_intakes=3, idle_seconds=0.5
)
XML = "application/xml"


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with running_hub(await make_world(limits=LIMITS), tmp_path) as running:
        yield running


async def require_refused(
    hub: Hub, answer: Answer, status: int, code: str, *, side: str = "sender"
) -> None:
    """The answer is a whole problem document, and only the audit trail has grown."""
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json
    assert problem["type"] == f"urn:lienthong:problem:{code}"
    assert problem["side"] == side
    for part in ("message", "next"):
        assert problem[part]["vi"] != problem[part]["en"] != ""
    storage = hub.world.services.storage
    assert await storage.envelopes.to_check(limit=1) == []
    assert await storage.log.size() == 0
    (line,) = await storage.audit.lines(limit=1)
    assert line.code == code


def raw(body: bytes, content_type: str = XML, message_id: str = "m-1") -> Message:
    return Message(
        message_id=MessageId(message_id), content_type=content_type, body=body
    )


class TestTextFile:
    async def test_as_text_is_an_unsupported_type(self, hub: Hub) -> None:
        answer = await hub.post(
            raw(b"xin ch\xc3\xa0o", "text/plain"), by=hub.world.commune
        )
        await require_refused(hub, answer, 415, "content_type_unsupported")

    async def test_called_xml_is_malformed(self, hub: Hub) -> None:
        answer = await hub.post(raw(b"xin ch\xc3\xa0o"), by=hub.world.commune)
        await require_refused(hub, answer, 422, "xml_malformed")

    async def test_without_a_type_is_unsupported(self, hub: Hub) -> None:
        answer = await hub.post(raw(b"<a/>", "bogus"), by=hub.world.commune)
        await require_refused(hub, answer, 415, "content_type_unsupported")


class TestEmptyBody:
    @pytest.mark.parametrize("content_type", [XML, "multipart/related; boundary=x"])
    async def test_is_refused(self, hub: Hub, content_type: str) -> None:
        answer = await hub.post(raw(b"", content_type), by=hub.world.commune)
        await require_refused(hub, answer, 400, "body_empty")


class TestDoctype:
    @pytest.mark.parametrize(
        "prolog",
        [
            '<!DOCTYPE edXML SYSTEM "file:///etc/passwd">',
            '<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY c "&b;&b;">]>',
            "<?php x ?>",
            "<!-- x -->",
        ],
    )
    async def test_is_refused_before_anything_is_read(
        self, hub: Hub, prolog: str
    ) -> None:
        signed = hub.world.document()
        body = signed.body.replace(b"?>", f"?>{prolog}".encode(), 1)
        answer = await hub.post(replace(signed, body=body), by=hub.world.commune)
        await require_refused(hub, answer, 422, "xml_forbidden_construct")


class TestSender:
    async def test_that_is_not_acted_for_is_refused(self, hub: Hub) -> None:
        message = hub.world.document(sender=Organisation(organ_id=PROVINCE))
        answer = await hub.post(message, by=hub.world.commune)
        await require_refused(hub, answer, 403, "sender_not_acted_for")
        assert answer.json["place"] == PROVINCE

    async def test_of_a_signature_that_is_anothers_is_refused(self, hub: Hub) -> None:
        message = replace(hub.world, commune=hub.world.province).document()
        answer = await hub.post(message, by=hub.world.commune)
        await require_refused(hub, answer, 403, "signer_not_of_sender")

    async def test_without_a_signature_is_refused(self, hub: Hub) -> None:
        message = hub.world.document(signed=False)
        answer = await hub.post(message, by=hub.world.commune)
        await require_refused(hub, answer, 422, "signature_missing")

    async def test_replayed_by_another_system_is_refused(self, hub: Hub) -> None:
        answer = await hub.post(hub.world.document(), by=hub.world.province)
        await require_refused(hub, answer, 403, "sender_not_acted_for")


class TestRecipient:
    async def test_that_is_unknown_is_named(self, hub: Hub) -> None:
        to = (Organisation(organ_id=OrganId("X77.123")),)
        answer = await hub.post(hub.world.document(recipients=to), by=hub.world.commune)
        await require_refused(hub, answer, 422, "recipient_unknown")
        assert answer.json["place"] == "X77.123"

    async def test_that_is_closed_without_a_successor_is_named(self, hub: Hub) -> None:
        ended = agency("H99.159", "Xã cũ", Level.COMMUNE, PROVINCE, valid_to=NOW)
        command = ImportAgencies(agencies=[ended], operator="test")
        await import_agencies(hub.world.services, command)
        to = (Organisation(organ_id=ended.code),)
        answer = await hub.post(hub.world.document(recipients=to), by=hub.world.commune)
        await require_refused(hub, answer, 422, "recipient_closed")
        assert answer.json["place"] == ended.code


class TestSecrecyMark:
    @pytest.mark.parametrize(
        "changes",
        [
            {"subject": "[MẬT] Về phòng thủ dân sự"},
            {"subject": "(Tối mật) Về phòng thủ dân sự"},
            {"content": "Kính gửi\nTUYỆT MẬT\nNội dung"},
            {"secrecy": "Mật"},
            # The same mark in decomposed letters, as some systems write it.
            {"subject": "[MẬT] Về phòng thủ"},
        ],
    )
    async def test_is_refused_and_its_body_is_not_stored(
        self, hub: Hub, changes: dict[str, object]
    ) -> None:
        message = hub.world.document(**changes)  # type: ignore[arg-type]  # by field
        answer = await hub.post(message, by=hub.world.commune)
        await require_refused(hub, answer, 422, "secrecy_mark")

    @pytest.mark.parametrize(
        "subject",
        [
            "Về việc bảo vệ bí mật nhà nước",
            "Về bảo mật thông tin, mật độ dân số",
            "Danh mục bí mật nhà nước độ Tối mật",
        ],
    )
    async def test_words_in_a_sentence_are_none(self, hub: Hub, subject: str) -> None:
        message = hub.world.document(subject=subject)
        answer = await hub.post(message, by=hub.world.commune)
        assert answer.status == 201


class TestUnreadablePdf:
    @pytest.mark.parametrize(
        ("content", "code"),
        [
            pytest.param(b"This is no PDF.", "pdf_malformed", id="text"),
            pytest.param(b"", "pdf_malformed", id="empty"),
            pytest.param(b"%PDF-1.7\n%%EOF\n", "pdf_malformed", id="header alone"),
            pytest.param(LETTER.read_bytes()[:-2000], "pdf_malformed", id="truncated"),
            pytest.param(encrypted_pdf(), "pdf_encrypted", id="encrypted"),
            pytest.param(encrypted_pdf("khóa"), "pdf_encrypted", id="locked"),
        ],
    )
    async def test_is_refused_by_number_and_not_stored(
        self, hub: Hub, content: bytes, code: str
    ) -> None:
        message = hub.world.document(
            attachment(LETTER.read_bytes()), attachment(content, number=2)
        )
        answer = await hub.post(message, by=hub.world.commune)
        await require_refused(hub, answer, 422, code, side="file")
        assert answer.json["place"] == "attachment 2"

    async def test_text_that_claims_nothing_else_is_accepted(self, hub: Hub) -> None:
        message = hub.world.document(note(b"Ghi chu"))
        answer = await hub.post(message, by=hub.world.commune)
        assert answer.status == 201


class TestSize:
    async def test_announced_over_the_limit_is_refused_unread(self, hub: Hub) -> None:
        answer = await hub.post(raw(bytes(400_000)), by=hub.world.commune)
        assert (answer.status, answer.code) == (413, "body_too_large")

    async def test_streamed_over_the_limit_is_refused(self, hub: Hub) -> None:
        film = attachment(bytes(400_000), name="phim.bin", content_type="video/mp4")
        message = hub.world.document(film)
        answer = await hub.call(
            "POST",
            "/v1/envelopes",
            by=hub.world.commune,
            body=in_pieces(message.body, 10_000),
            headers={"Content-Type": message.content_type},
        )
        await require_refused(hub, answer, 413, "body_too_large")

    async def test_of_an_acknowledgement_is_limited_too(self, hub: Hub) -> None:
        location = f"/v1/envelopes/{'0' * 26}/receipts?agency={PROVINCE}"
        answer = await hub.call(
            "POST", location, by=hub.world.province, body=bytes(10_001)
        )
        assert (answer.status, answer.code) == (413, "body_too_large")

    async def test_body_that_stops_coming_is_refused_in_time(self, hub: Hub) -> None:
        async def stalling() -> AsyncIterator[bytes]:
            yield b"<edXML"
            await asyncio.sleep(30)

        answer = await hub.call(
            "POST",
            "/v1/envelopes",
            by=hub.world.commune,
            body=stalling(),
            headers={"Content-Type": XML},
        )
        await require_refused(hub, answer, 408, "request_timeout")

    async def test_too_many_at_once_are_asked_to_come_back(self, hub: Hub) -> None:
        one_is_refused = asyncio.Event()

        async def held() -> AsyncIterator[bytes]:
            yield b"<edXML"
            await one_is_refused.wait()
            yield b"/>"

        async def sent() -> Answer:
            answer = await hub.call(
                "POST",
                "/v1/envelopes",
                by=hub.world.commune,
                body=held(),
                headers={"Content-Type": XML},
            )
            one_is_refused.set()
            return answer

        calls = (sent() for _ in range(LIMITS.concurrent_intakes + 1))
        answers = await asyncio.gather(*calls)
        assert sorted(one.status for one in answers) == [422, 422, 422, 503]
        refused = next(one for one in answers if one.status == 503)
        assert (refused.code, refused.headers["Retry-After"]) == ("overloaded", "5")


class TestClientCertificate:
    async def test_that_is_absent_is_asked_for(self, hub: Hub) -> None:
        answer = await hub.post(hub.world.document(), by=None)
        await require_refused(hub, answer, 401, "client_certificate_missing")

    async def test_that_no_system_registered_is_refused(self, hub: Hub) -> None:
        stranger = system_credential(hub.world.pki, "la", COMMUNE)
        answer = await hub.post(hub.world.document(), by=stranger)
        await require_refused(hub, answer, 403, "client_certificate_unknown")

    async def test_of_a_foreign_ca_does_not_get_through_the_handshake(
        self, hub: Hub
    ) -> None:
        foreign = system_credential(TestPki.create("Khác"), "qlvb-h99-151", COMMUNE)
        with pytest.raises((aiohttp.ClientError, ssl.SSLError, ConnectionError)):
            await hub.post(hub.world.document(), by=foreign)

    async def test_that_is_revoked_is_refused_on_a_living_connection(
        self, hub: Hub
    ) -> None:
        path = "/v1/agencies"
        async with hub.session(hub.world.commune) as session:
            async with session.get(path) as answer:
                assert answer.status == 200
            hub.world.pki.issuing.revoke(
                hub.world.commune.certificate, hub.world.clock.now
            )
            hub.world.trust.refresh()
            async with session.get(path) as answer:
                problem = await answer.json(content_type=None)
        assert (answer.status, problem["code"]) == (403, "client_certificate_refused")
        assert problem["place"] == "certificate_revoked"

    async def test_is_not_believed_without_a_fresh_revocation_list(
        self, hub: Hub
    ) -> None:
        hub.world.clock.move(days=8)
        answer = await hub.call("GET", "/v1/agencies", by=hub.world.commune)
        assert (answer.status, answer.code) == (503, "revocation_stale")

    async def test_refusals_are_audited_with_the_certificates_digest(
        self, hub: Hub
    ) -> None:
        stranger = system_credential(hub.world.pki, "la", COMMUNE)
        await hub.post(hub.world.document(), by=stranger)
        (line,) = await hub.world.services.storage.audit.lines(limit=1)
        assert line.event is AuditEvent.ACCESS_REFUSED
        assert len(line.actor) == 64

    async def test_whoever_asks_without_end_does_not_fill_the_audit_trail(
        self, hub: Hub
    ) -> None:
        async with hub.session(None) as session:
            for _ in range(LINES_PER_HOUR + 20):
                async with session.get("/v1/agencies") as answer:
                    assert answer.status == 401
        lines = await hub.world.services.storage.audit.lines(limit=1000)
        assert len([one for one in lines if one.actor == "unknown"]) == LINES_PER_HOUR

    async def test_header_names_nobody_over_mutual_tls(self, hub: Hub) -> None:
        answer = await hub.call(
            "GET",
            "/v1/agencies",
            by=None,
            headers={"Lienthong-System": "qlvb-h99-151"},
        )
        assert answer.code == "client_certificate_missing"


class TestDevelopmentMode:
    async def test_header_names_the_system_and_the_receipt_says_channel(
        self, tmp_path: Path
    ) -> None:
        world = await make_world()
        async with running_hub(world, tmp_path, auth=AuthMode.DEVELOPMENT) as hub:
            message = world.document()
            async with (
                aiohttp.ClientSession(f"http://{HOST}:{hub.port}") as session,
                session.post(
                    "/v1/envelopes",
                    data=message.body,
                    headers={
                        "Content-Type": message.content_type,
                        "Lienthong-System": "qlvb-h99-151",
                    },
                ) as answer,
            ):
                receipt = await answer.read()
        assert answer.status == 201
        assert b"<EvidenceLevel>channel</" in receipt.replace(b"lt:", b"")


class TestMessageId:
    @pytest.mark.parametrize("message_id", ["có dấu", "a b", "x" * 129, "../etc"])
    async def test_that_is_malformed_is_refused(
        self, hub: Hub, message_id: str
    ) -> None:
        message = replace(hub.world.document(), message_id=MessageId(message_id))
        answer = await hub.post(message, by=hub.world.commune)
        await require_refused(hub, answer, 400, "message_id_malformed")

    async def test_with_other_bytes_is_a_conflict(self, hub: Hub) -> None:
        first = hub.world.document()
        assert (await hub.post(first, by=hub.world.commune)).status == 201
        other = replace(hub.world.document(subject="Khác"), message_id=first.message_id)
        answer = await hub.post(other, by=hub.world.commune)
        assert (answer.status, answer.code) == (409, "message_id_conflict")


class TestAccess:
    @pytest.mark.parametrize("what", ["", "/receipt", "/trace", "/attachments/1"])
    async def test_stranger_meets_the_same_answer_as_for_nothing(
        self, hub: Hub, what: str
    ) -> None:
        sent = await hub.post(hub.world.document(), by=hub.world.commune)
        there = sent.headers["Location"] + what
        nowhere = f"/v1/envelopes/{'0' * 26}{what}"
        answers = [
            await hub.call("GET", path, by=hub.world.channel)
            for path in (there, nowhere)
        ]
        assert {(one.status, one.code) for one in answers} == {
            (404, "envelope_not_found")
        }

    async def test_inbox_of_another_agency_stays_closed(self, hub: Hub) -> None:
        path = f"/v1/inbox?agency={FAR_COMMUNE}"
        answer = await hub.call("GET", path, by=hub.world.commune)
        assert (answer.status, answer.code) == (403, "agency_not_acted_for")

    @pytest.mark.parametrize(
        ("method", "path", "status", "code"),
        [
            ("GET", "/v1/nothing", 404, "not_found"),
            ("GET", "/v1/envelopes/../../etc/passwd", 404, "not_found"),
            ("DELETE", "/v1/envelopes", 405, "method_not_allowed"),
            ("GET", "/v1/inbox?agency=", 400, "organ_id_malformed"),
            ("GET", "/v1/inbox?agency=H99.151&after=x", 400, "request_invalid"),
            ("GET", "/v1/inbox?agency=H99.151&wait=²", 400, "request_invalid"),
            ("GET", "/v1/inbox?agency=<script>", 400, "organ_id_malformed"),
        ],
    )
    async def test_wrong_call_is_a_coded_problem(
        self, hub: Hub, method: str, path: str, status: int, code: str
    ) -> None:
        answer = await hub.call(method, path, by=hub.world.commune)
        assert (answer.status, answer.code) == (status, code)


class TestFault:
    async def test_inside_the_hub_tells_nothing_but_an_occurrence(
        self, hub: Hub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def broken() -> int:
            raise RuntimeError("secret detail")

        directory = hub.world.services.storage.directory
        monkeypatch.setattr(directory, "version", broken)
        answer = await hub.call("GET", "/v1/agencies", by=hub.world.commune)
        assert (answer.status, answer.code) == (500, "internal")
        assert answer.json["instance"].startswith("urn:lienthong:occurrence:")
        assert b"secret" not in answer.body
