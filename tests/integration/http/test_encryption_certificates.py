"""Attachments that only their recipients open, over TLS, MongoDB and OpenSSL."""

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from clients.agency import AgencyClient
from clients.directory import DirectoryCopy, follow
from clients.encryption import Draft, decrypted, prepare_encrypted, recipients_of
from clients.errors import ClientError
from clients.reading import open_envelope
from clients.transport import HubAddress, Request, Transport
from exchange.domain.agency_orders import Merge
from exchange.storage.mongo.store import MongoStorage
from exchange.usecases.change_agencies import ChangeAgencies, change_agencies
from pki.errors import PkiError
from pki.keys.api import Credential
from pki.keys.software import KeyKind, generate
from pki.trust import TrustStore
from schemas.edxml.document import EdxmlDocument, ManifestEntry, Organisation
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from tests.support import edxml, judges
from tests.support.enveloped import write_recipient
from tests.support.hub import Hub, running_hub, write_credential
from tests.support.world import (
    COMMUNE,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    make_world,
    material_of,
    note,
)

pytestmark = pytest.mark.integration

CONTENT = b"noi dung rieng cua hai co quan"
MISSING = ErrorCode.ENCRYPTION_CERTIFICATE_MISSING


@pytest.fixture
async def hub(tmp_path: Path, emptied_storage: MongoStorage) -> AsyncIterator[Hub]:
    world = await make_world(storage=emptied_storage)
    async with running_hub(world, tmp_path) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Commune:
    """The commune's system, and by what it judges."""

    hub: Hub
    client: AgencyClient

    @property
    def trust(self) -> TrustStore:
        return TrustStore.from_material(material_of(self.hub.world.pki))

    async def names(self, *codes: OrganId) -> list[str]:
        now = self.hub.world.clock.now
        found = await recipients_of(self.client, codes, trust=self.trust, at=now)
        return [one.agency for one in found]


class Lying(AgencyClient):
    """A client whose hub always gives the same answer."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer

    async def ask(self, request: Request) -> dict[str, Any]:
        """Return what the hub says."""
        return self._answer


@asynccontextmanager
async def commune(hub: Hub) -> AsyncIterator[Commune]:
    own = write_credential(hub.folder, hub.world.commune)
    own.chmod(0o600)
    root = hub.folder / "root.pem"
    address = HubAddress(url=hub.url, authority=root, certificate=own, key=own)
    async with Transport(address) as transport:
        trust = material_of(hub.world.pki)
        clock = hub.world.clock
        client = AgencyClient(transport, trust=trust, clock=lambda: clock.now)
        yield Commune(hub, client)


def certified(hub: Hub, agency: OrganId, kind: KeyKind = KeyKind.P256) -> Credential:
    key = generate(kind)
    issued = hub.world.pki.issuing.issue(
        "Mã hoá", organ_id=agency, key=key.private, encrypts=True
    )
    return Credential(key, issued.certificate, issued.chain)


async def publish(hub: Hub, agency: OrganId, credential: Credential) -> None:
    by = hub.world.province if agency == PROVINCE else hub.world.ministry
    answer = await hub.call(
        "PUT",
        f"/v1/agencies/{agency}/encryption-certificate",
        by=by,
        body=credential.certificate.public_bytes(Encoding.PEM),
        headers={"Content-Type": "application/pkix-cert"},
    )
    assert answer.status == 200, answer.body


def document(*to: OrganId) -> EdxmlDocument:
    recipients = tuple(Organisation(organ_id=one) for one in to)
    attached = note(CONTENT)
    entry = ManifestEntry(
        content_id=attached.content_id,
        attachment_name=attached.name,
        content_type=attached.content_type,
    )
    return edxml.document(
        sender=Organisation(organ_id=COMMUNE), recipients=recipients, manifest=(entry,)
    )


async def test_each_recipient_opens_what_the_hub_cannot(
    hub: Hub, tmp_path: Path
) -> None:
    world = hub.world
    province = certified(hub, PROVINCE)
    ministry = certified(hub, MINISTRY, KeyKind.RSA3072)
    await publish(hub, PROVINCE, province)
    await publish(hub, MINISTRY, ministry)
    draft = Draft(
        document=document(PROVINCE, MINISTRY),
        attachments=[note(CONTENT)],
        credential=world.commune,
    )
    async with commune(hub) as own:
        message = await prepare_encrypted(
            own.client, draft, trust=own.trust, at=world.clock.now
        )
        sent = await own.client.send(message)
    await hub.inbox(f"agency={PROVINCE}&wait=10", by=world.province)

    path = f"/v1/envelopes/{sent.envelope_id}/attachments/1"
    fetched = (await hub.call("GET", path, by=world.province)).body
    envelope = open_envelope(message.content_type, message.body).message

    assert isinstance(envelope, EdxmlDocument)
    assert envelope.manifest[0].attachment_name.endswith(".p7m")
    assert CONTENT not in message.body
    assert decrypted(fetched, province) == CONTENT
    sealed, opened = tmp_path / "sealed", tmp_path / "opened"
    sealed.write_bytes(fetched)
    certificate, key = write_recipient(tmp_path, ministry)
    said = judges.run(
        "openssl",
        *("cms", "-decrypt", "-inform", "DER", "-in", sealed, "-out", opened),
        *("-binary", "-recip", certificate, "-inkey", key),
    )
    assert said.returncode == 0, said.stderr
    assert opened.read_bytes() == CONTENT


async def test_recipient_without_a_certificate_is_named_and_nothing_is_made(
    hub: Hub,
) -> None:
    await publish(hub, PROVINCE, certified(hub, PROVINCE))
    group = OrganId("H99_all.commune")
    async with commune(hub) as own:
        for missing in (MINISTRY, group):
            with pytest.raises(ClientError) as refused:
                await own.names(PROVINCE, missing)
            assert (refused.value.code, refused.value.place) == (MISSING, missing)


async def test_successor_of_a_merged_agency_opens_what_was_meant_for_it(
    hub: Hub,
) -> None:
    await publish(hub, PROVINCE, certified(hub, PROVINCE))
    hub.world.clock.move(minutes=1)
    command = ChangeAgencies(
        order=Merge(sources=(FAR_COMMUNE,), into=PROVINCE),
        effective=hub.world.clock.now,
        reason="Sắp xếp",
        operator="test",
    )
    async with commune(hub) as own:
        with pytest.raises(ClientError):
            await own.names(FAR_COMMUNE)
        await change_agencies(hub.world.services, command)
        assert await own.names(FAR_COMMUNE) == [PROVINCE]
        now = hub.world.clock.now
        [found] = await recipients_of(
            own.client, [FAR_COMMUNE], trust=own.trust, at=now
        )
    assert (found.addressed, found.certified) == (FAR_COMMUNE, PROVINCE)
    assert (found.name, found.is_of_another) == ("Mã hoá", True)


async def test_hub_that_gives_anothers_certificate_cannot_hide_whose_it_is(
    hub: Hub,
) -> None:
    other = certified(hub, PROVINCE)
    der = [one.public_bytes(Encoding.DER) for one in (other.certificate, *other.chain)]
    certificate, *chain = (b64encode(one).decode() for one in der)
    answers = (
        {"agency": PROVINCE, "code_2016": None},
        {"agency": MINISTRY, "code_2016": PROVINCE},
    )
    for answer in answers:
        client = Lying({**answer, "certificate": certificate, "chain": chain})
        async with commune(hub) as own:
            [found] = await recipients_of(
                client, [MINISTRY], trust=own.trust, at=hub.world.clock.now
            )
        assert (found.addressed, found.certified) == (MINISTRY, PROVINCE)
        assert found.is_of_another


async def test_client_judges_for_itself_what_the_hub_gives(hub: Hub) -> None:
    credential = certified(hub, PROVINCE)
    await publish(hub, PROVINCE, credential)
    pki, now = hub.world.pki, hub.world.clock.now
    pki.issuing.revoke(credential.certificate)  # the hub has not heard of it
    async with commune(hub) as own:
        with pytest.raises(PkiError) as refused:
            await own.names(PROVINCE)
        assert refused.value.code is ErrorCode.CERTIFICATE_REVOKED
        assert refused.value.place == PROVINCE
        without = replace(material_of(pki), roots=())
        with pytest.raises(PkiError):
            await recipients_of(
                own.client,
                [PROVINCE],
                trust=TrustStore.from_material(without),
                at=now,
            )


async def test_copy_of_the_directory_has_certificates_with_their_dates(
    hub: Hub,
) -> None:
    async with commune(hub) as own:
        copy = await follow(own.client, DirectoryCopy())
        await publish(hub, PROVINCE, certified(hub, PROVINCE))
        hub.world.clock.move(seconds=1)
        await publish(hub, PROVINCE, certified(hub, PROVINCE))
        changed = await follow(own.client, copy)
    [before, now] = changed.agencies[PROVINCE]["encryption"]
    assert copy.agencies[PROVINCE]["encryption"] == []
    assert before["replaced_at"] == now["published_at"]
    assert (before["certificate"], bool(now["certificate"])) == (None, True)
