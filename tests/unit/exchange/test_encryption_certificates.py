"""What an agency publishes to be encrypted to, and what is given to those who ask."""

import json
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from exchange.commands.agency_fields import agency_fields
from exchange.delivery.housekeeper import Housekeeper
from exchange.directory_cache import DirectoryCache
from exchange.domain.agency_orders import Merge, NewAgency
from exchange.domain.parties import EncryptionCertificate
from exchange.http import agency_wire
from exchange.usecases.change_agencies import ChangeAgencies, change_agencies
from exchange.usecases.encryption import (
    Recipient,
    publish_certificate,
    recipient_of,
    revoke_certificate,
)
from exchange.usecases.import_agencies import ImportAgencies, import_agencies
from pki.keys.api import Credential
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import AuditEvent, LogEntryType
from tests.support.pki import TestPki
from tests.support.world import COMMUNE, FAR_COMMUNE, PROVINCE, World, make_world

MISSING = ErrorCode.ENCRYPTION_CERTIFICATE_MISSING
UNSUITABLE = ErrorCode.ENCRYPTION_CERTIFICATE_UNSUITABLE


@pytest.fixture
async def world() -> World:
    return await make_world()


def certified(pki: TestPki, agency: OrganId = PROVINCE, *, days: int = 700) -> bytes:
    return der(pki.issuing.issue("Mã hoá", organ_id=agency, days=days, encrypts=True))


def der(credential: Credential) -> bytes:
    return credential.certificate.public_bytes(Encoding.DER)


async def publish(world: World, content: bytes, agency: OrganId = PROVINCE) -> None:
    caller = await world.caller("qlvb-h99")
    await publish_certificate(world.services, caller, agency, content)


async def current(world: World) -> EncryptionCertificate:
    agency = await world.services.storage.directory.agency(PROVINCE)
    assert agency is not None
    return agency.encryption[-1]


async def refused(
    world: World, content: bytes, agency: OrganId = PROVINCE
) -> ErrorCode:
    with pytest.raises(CodedError) as error:
        await publish(world, content, agency)
    return error.value.code


async def found(world: World, agency: OrganId = PROVINCE) -> Recipient:
    return await recipient_of(world.services, agency)


async def missing(world: World, agency: OrganId = PROVINCE) -> tuple[ErrorCode, str]:
    with pytest.raises(CodedError) as error:
        await found(world, agency)
    return error.value.code, error.value.place


async def test_certificate_is_given_until_another_takes_its_place(world: World) -> None:
    first, second = certified(world.pki), certified(world.pki)
    assert await missing(world) == (MISSING, PROVINCE)

    await publish(world, first)
    await publish(world, first)
    one = await found(world)
    world.clock.move(seconds=1)
    await publish(world, second)
    other = await found(world)

    assert one.certificate.certificate == first
    assert other.certificate.certificate == second
    [before, now] = other.agency.encryption
    assert before.replaced_at == now.published_at == world.clock.now
    written = agency_wire.agency(other.agency)["encryption"]
    assert isinstance(written, list)
    assert [bool(one["certificate"]) for one in written] == [False, True]


async def test_process_that_took_it_in_gives_it_at_once(world: World) -> None:
    cache = DirectoryCache(believed_seconds=60, clock=lambda: 0.0)
    world = replace(world, services=replace(world.services, directory=cache))
    assert await missing(world) == (MISSING, PROVINCE)
    await publish(world, content := certified(world.pki))
    assert (await found(world)).certificate.certificate == content


async def test_publication_raises_the_version_and_is_on_record(world: World) -> None:
    content = certified(world.pki)
    before = await world.services.storage.directory.version()

    await publish(world, content)
    await publish(world, content)
    caller = await world.caller("qlvb-h99")
    await revoke_certificate(world.services, caller, PROVINCE)

    store = world.services.storage
    assert await store.directory.version() == before + 2
    [changed] = await store.agency_history.changes(before, limit=9)
    [published] = changed.agency.encryption
    subjects = (published.sha256, f"{published.sha256}/revoked")
    waiting = [
        entry
        for subject in subjects
        for entry in await store.log.pending_of(EnvelopeId(subject))
    ]
    assert [one.entry_type for one in waiting] == [LogEntryType.DIRECTORY] * 2
    events = [line.event for line in await store.audit.lines(limit=99)]
    assert events.count(AuditEvent.ENCRYPTION_CERTIFICATE_PUBLISHED) == 1
    assert events.count(AuditEvent.ENCRYPTION_CERTIFICATE_REVOKED) == 1


async def test_what_was_revoked_is_given_no_more_and_does_not_come_back(
    world: World,
) -> None:
    content = certified(world.pki)
    await publish(world, content)
    caller = await world.caller("qlvb-h99")

    await revoke_certificate(world.services, caller, PROVINCE)

    assert await missing(world) == (MISSING, PROVINCE)
    assert await refused(world, content) is UNSUITABLE
    with pytest.raises(CodedError) as error:
        await revoke_certificate(world.services, caller, PROVINCE)
    assert error.value.code is MISSING


async def test_certificate_its_authority_revoked_is_given_no_more(world: World) -> None:
    issued = world.pki.issuing.issue("Mã hoá", organ_id=PROVINCE, encrypts=True)
    await publish(world, der(issued))

    world.pki.issuing.revoke(issued.certificate)
    world.trust.refresh()

    assert await missing(world) == (MISSING, PROVINCE)
    assert (await current(world)).revoked_at is None


async def test_what_an_authority_revoked_is_marked_so_in_the_directory(
    world: World,
) -> None:
    issued = world.pki.issuing.issue("Mã hoá", organ_id=PROVINCE, encrypts=True)
    await publish(world, der(issued))
    await Housekeeper(world.services, owner="one").clean()
    assert (await current(world)).revoked_at is None

    world.pki.issuing.revoke(issued.certificate)
    world.trust.refresh()
    world.clock.move(hours=1)
    await Housekeeper(world.services, owner="one").clean()
    await Housekeeper(world.services, owner="one").clean()

    assert (await current(world)).revoked_at == world.clock.now
    events = [one.event for one in await world.services.storage.audit.lines(limit=9)]
    assert events.count(AuditEvent.ENCRYPTION_CERTIFICATE_REVOKED) == 1


async def test_certificate_that_ran_out_is_given_no_more(world: World) -> None:
    await publish(world, certified(world.pki, days=1))
    assert (await found(world)).agency.code == PROVINCE

    world.clock.move(days=1)

    assert await missing(world) == (MISSING, PROVINCE)


async def test_only_ones_own_certificate_to_encrypt_to_is_published(
    world: World,
) -> None:
    issue = world.pki.issuing.issue
    signer = issue("Con dấu", organ_id=PROVINCE)
    other_use = issue(
        "Mã hoá",
        organ_id=PROVINCE,
        encrypts=True,
        eku=(ExtendedKeyUsageOID.SERVER_AUTH,),
    )
    revoked = issue("Mã hoá", organ_id=PROVINCE, encrypts=True)
    world.pki.issuing.revoke(revoked.certificate)
    world.trust.refresh()
    stranger = certified(TestPki.create("Khác"))

    assert await refused(world, certified(world.pki, COMMUNE)) is UNSUITABLE
    assert await refused(world, der(signer)) is UNSUITABLE
    assert await refused(world, b"not a certificate") is UNSUITABLE
    assert await refused(world, der(other_use)) is ErrorCode.CERTIFICATE_USAGE_WRONG
    assert await refused(world, der(revoked)) is ErrorCode.CERTIFICATE_REVOKED
    assert await refused(world, stranger) is ErrorCode.CHAIN_NOT_FOUND
    not_theirs = ErrorCode.AGENCY_NOT_ACTED_FOR
    assert await refused(world, certified(world.pki, COMMUNE), COMMUNE) is not_theirs
    assert await missing(world) == (MISSING, PROVINCE)


async def test_successor_is_encrypted_to_with_its_own_key(world: World) -> None:
    content = certified(world.pki)
    await publish(world, content)
    order = Merge(sources=(FAR_COMMUNE,), into=PROVINCE)
    command = ChangeAgencies(
        order=order,
        effective=world.clock.now,
        reason="Sắp xếp",
        operator="test",
    )

    assert await missing(world, FAR_COMMUNE) == (MISSING, FAR_COMMUNE)
    await change_agencies(world.services, command)
    reached = await found(world, FAR_COMMUNE)

    assert reached.addressee.code == FAR_COMMUNE
    assert reached.agency.code == PROVINCE
    assert reached.certificate.certificate == content


async def test_successor_without_a_certificate_is_named(world: World) -> None:
    new = NewAgency(code=OrganId("H99.160"), name="UBND xã Mới")
    order = Merge(sources=(FAR_COMMUNE,), into=new)
    command = ChangeAgencies(
        order=order,
        effective=world.clock.now - timedelta(days=1),
        reason="Sắp xếp",
        operator="test",
    )
    await change_agencies(world.services, command)

    assert await missing(world, FAR_COMMUNE) == (MISSING, new.code)
    unknown = await missing(world, OrganId("H99.999"))
    assert unknown[0] is ErrorCode.AGENCY_UNKNOWN


async def test_import_keeps_what_was_published(world: World) -> None:
    await publish(world, certified(world.pki))
    agency = (await found(world)).agency
    again = replace(agency, encryption=(), name="Tên khác")

    await import_agencies(
        world.services, ImportAgencies(agencies=(again,), operator="test")
    )

    assert (await found(world)).agency.encryption == agency.encryption


async def test_an_agency_with_certificates_is_written_as_json_at_the_hub(
    world: World,
) -> None:
    await publish(world, content := certified(world.pki))
    agency = await world.services.storage.directory.agency(PROVINCE)
    assert agency is not None

    fields = json.loads(json.dumps(agency_fields(agency)))

    [shown] = fields["encryption"]
    assert b64decode(shown["certificate"]) == content
    assert (fields["code"], fields["email"]) == (PROVINCE, agency.email)
