"""A hub asks about signer and stamper where what it follows is too old."""

from dataclasses import dataclass, field, replace

import pytest
from cryptography import x509

from exchange.domain.signing import RemoteSigning
from exchange.usecases.complete_signature import (
    CompleteSignature,
    complete_signature,
    read_signed,
)
from exchange.usecases.prepare_signature import prepare_signature
from pki.keys.api import Credential
from schemas.errors import ErrorCode
from signing.pades.remote_request import RemoteRequest
from signing.profiles import SignatureLevel
from tests.support.levels import LevelDesk
from tests.support.signing_desk import official_of, preparing, value_for, with_signer
from tests.support.world import World, make_world

SYSTEM = "qlvb-h99-151"


@dataclass(slots=True)
class Published:
    """Gives the list that is published now, if it is not mute."""

    desk: LevelDesk
    mute: bool = False
    asked: list[int] = field(default_factory=list)

    def fetch(
        self, certificate: x509.Certificate, issuer: x509.Certificate
    ) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        self.asked.append(certificate.serial_number)
        certificate.verify_directly_issued_by(issuer)
        lists = () if self.mute else (self.desk.pki.issuing.crl(at=self.desk.now),)
        return lists, ()


@dataclass(slots=True)
class Prepared:
    """A prepared signing, a minute later: every list followed is older than now."""

    world: World
    published: Published
    official: Credential
    signing: RemoteSigning

    async def complete(self) -> RemoteSigning:
        command = CompleteSignature(
            caller=await self.world.caller(SYSTEM),
            signing_id=self.signing.signing_id,
            value=value_for(self.official, self.signing.kept),
        )
        return await complete_signature(self.world.services, command)


async def a_minute_after_preparing(level: SignatureLevel) -> Prepared:
    world = with_signer(await make_world())
    desk = LevelDesk(pki=world.pki)
    published = Published(desk)
    services = replace(world.services, stamps=desk.client(), revocations=published)
    world = replace(world, services=services)
    official = official_of(world)
    request = RemoteRequest(level=level).to_json()
    command = await preparing(world, official, request=request)
    signing = await prepare_signature(services, command)
    world.clock.move(minutes=1)
    desk.later(minutes=1)
    return Prepared(world, published, official, signing)


@pytest.mark.parametrize("level", [SignatureLevel.B_LT, SignatureLevel.B_LTA])
async def test_signer_and_stamper_are_asked_about_once_each(
    level: SignatureLevel,
) -> None:
    prepared = await a_minute_after_preparing(level)
    signed = await prepared.complete()
    assert (signed.level, signed.code) == (level, "")
    desk = prepared.published.desk
    both = (prepared.official, desk.tsa)
    serials = [one.certificate.serial_number for one in both]
    assert sorted(prepared.published.asked) == sorted(serials)
    assert desk.is_passed(await read_signed(prepared.world.services, signed))


async def test_silence_leaves_the_stamped_signature_and_says_why() -> None:
    prepared = await a_minute_after_preparing(SignatureLevel.B_LTA)
    prepared.published.mute = True
    signed = await prepared.complete()
    assert signed.level == SignatureLevel.B_T
    assert signed.code == ErrorCode.EVIDENCE_TOO_OLD


async def test_nobody_is_asked_for_a_level_that_needs_no_evidence() -> None:
    prepared = await a_minute_after_preparing(SignatureLevel.B_T)
    signed = await prepared.complete()
    assert signed.level == SignatureLevel.B_T
    assert prepared.published.asked == []


async def test_signer_revoked_before_the_value_came_is_not_raised() -> None:
    prepared = await a_minute_after_preparing(SignatureLevel.B_LT)
    issuing = prepared.published.desk.pki.issuing
    serial = prepared.official.certificate.serial_number
    issuing.revoked[serial] = prepared.signing.prepared_at
    signed = await prepared.complete()
    assert signed.level == SignatureLevel.B_T
    assert signed.code == ErrorCode.CERTIFICATE_REVOKED
