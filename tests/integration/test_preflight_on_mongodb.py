"""What the hub answers before a document is sent: complete, signed, without a trace."""

from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient

from clients.messages import Message
from exchange.services import fingerprint
from exchange.storage.mongo.store import open_mongo_storage
from schemas.edxml.document import Organisation
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.preflight import PreflightAnswer, read_preflight
from schemas.verdict import Indication
from schemas.vocabulary import EvidenceLevel
from schemas.xml import parse
from signing.validation.xml import judge_preflight
from signing.xmldsig.verify import verify_receipt
from tests.support.hub import Hub, running_hub
from tests.support.signed_pdf import LETTER
from tests.support.world import (
    COMMUNE,
    MINISTRY,
    PROVINCE,
    attachment,
    make_world,
    note,
)

pytestmark = pytest.mark.integration

PATH = "/v1/envelopes:preflight"
UNKNOWN = OrganId("X77")


@pytest.fixture
async def hub(
    tmp_path: Path, mongod_uri: str, mongo_database: str
) -> AsyncIterator[Hub]:
    storage = await open_mongo_storage(mongod_uri, database=mongo_database)
    world = await make_world(storage=storage)
    async with running_hub(world, tmp_path) as running:
        yield running
    await storage.close()


async def stored(uri: str, database: str) -> dict[str, int]:
    async with AsyncMongoClient[dict[str, object]](uri) as client:
        found = client[database]
        names = await found.list_collection_names()
        return {
            one: await found[one].count_documents({})
            for one in sorted(names)
            if one != "leases"  # the loops of the service take theirs by themselves
        }


async def asked(hub: Hub, message: Message) -> PreflightAnswer:
    """What the hub answers and signs."""
    headers = {"Content-Type": message.content_type, "Accept": "application/xml"}
    answer = await hub.call(
        "POST", PATH, by=hub.world.commune, body=BytesIO(message.body), headers=headers
    )
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/xml")
    verdict = judge_preflight(
        answer.body, material=hub.world.trust.material, at=hub.world.clock()
    )
    assert verdict.indication is Indication.TOTAL_PASSED
    return read_preflight(verify_receipt(parse(answer.body)).content)


async def test_signed_answers_name_everything_and_leave_nothing(
    hub: Hub, mongod_uri: str, mongo_database: str
) -> None:
    world = hub.world
    good = world.document(attachment(LETTER.read_bytes()))
    bad = world.document(
        note(b"x"),
        subject="[MẬT] Về phòng thủ",
        recipients=tuple(map(organisation, (MINISTRY, UNKNOWN, PROVINCE, PROVINCE))),
    )
    unreadable = replace(good, body=good.body.replace(b"edXMLHeader", b"edXMLHeadex"))
    foreign = world.document(signed=False)
    before = await stored(mongod_uri, mongo_database)

    accepted, refused = await asked(hub, good), await asked(hub, bad)
    broken, unsigned = await asked(hub, unreadable), await asked(hub, foreign)

    assert await stored(mongod_uri, mongo_database) == before
    assert (accepted.is_acceptable, accepted.body_sha256, accepted.body_size) == (
        True,
        good.body_sha256,
        len(good.body),
    )
    assert (accepted.sender, accepted.kind) == (COMMUNE, "22")
    assert accepted.evidence_level is EvidenceLevel.SIGNED
    assert accepted.certificate_sha256 == fingerprint(world.commune.certificate)
    (file,) = accepted.attachments
    assert (file.content_type, file.size) == (
        "application/pdf",
        LETTER.stat().st_size,
    )
    assert {one.reached for one in accepted.recipients} == {PROVINCE, MINISTRY}
    assert [one.code for one in refused.reasons] == [
        ErrorCode.RECIPIENT_UNKNOWN,
        ErrorCode.RECIPIENT_DUPLICATE,
        ErrorCode.SECRECY_MARK,
    ]
    assert [
        (one.addressed, one.reached, one.reasons) for one in refused.recipients
    ] == [
        (MINISTRY, MINISTRY, ()),
        (UNKNOWN, None, (ErrorCode.RECIPIENT_UNKNOWN,)),
        (PROVINCE, None, (ErrorCode.RECIPIENT_DUPLICATE,)),
        (PROVINCE, None, (ErrorCode.RECIPIENT_DUPLICATE,)),
    ]
    assert (broken.is_acceptable, broken.sender, broken.body_size) == (
        False,
        None,
        len(unreadable.body),
    )
    assert [one.code for one in unsigned.reasons] == [ErrorCode.SIGNATURE_MISSING]


def organisation(code: OrganId) -> Organisation:
    return Organisation(organ_id=code)
