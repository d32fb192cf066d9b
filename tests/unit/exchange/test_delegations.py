"""Filing and revoking a delegation: one seal is one act, however it is written."""

import re
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

import pytest

from exchange.domain.delegations import FiledDelegation
from exchange.services import Caller
from exchange.usecases.attesting import log_entry, pending
from exchange.usecases.auditing import audit_line
from exchange.usecases.delegated_signing import delegations_behind
from exchange.usecases.delegations import (
    delegations_of,
    file_delegation,
    revoke_delegation,
)
from exchange.usecases.import_agencies import ImportAgencies, import_agencies
from exchange.usecases.preflight_envelope import preflight_envelope
from schemas.delegation import Delegation, write_delegation
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import OrganId
from schemas.vocabulary import AuditEvent, LogEntryType
from schemas.xml import DECLARATION
from signing.xmldsig.sign import sign_receipt
from tests.support.pki import NOW
from tests.support.world import (
    AGENCIES,
    COMMUNE,
    MINISTRY,
    PROVINCE,
    World,
    make_world,
)

_SAID = Delegation(
    delegator=COMMUNE,
    delegate=PROVINCE,
    kinds=("22",),
    valid_from=NOW - timedelta(days=1),
    valid_to=NOW + timedelta(days=300),
    reason="QĐ 12/QĐ-UBND",
)
CODE_2016 = OrganId("000.00.00.H99")
_ORDER_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_VALUE = re.compile(rb"(?<=<ds:SignatureValue>)[^<]+")


def sealed(world: World, *, at: datetime = NOW) -> bytes:
    seal = world.pki.seal()
    return sign_receipt(write_delegation(_SAID), credential=seal, at=at)


def with_other_value(content: bytes) -> bytes:
    """The other value of ECDSA that anybody can make of one: (r, n - s)."""

    def other(found: re.Match[bytes]) -> bytes:
        value = b64decode(found[0])
        s = _ORDER_P256 - int.from_bytes(value[32:])
        return b64encode(value[:32] + s.to_bytes(32))

    return _VALUE.sub(other, content)


def writings(content: bytes) -> dict[str, bytes]:
    """The same seal in other octets, none of which it covers."""
    return {
        "newline": content + b"\n",
        "byte order mark": b"\xef\xbb\xbf" + content,
        "no declaration": content.removeprefix(DECLARATION),
        "space in a tag": content.replace(b"</Kinds>", b"</Kinds >"),
        "value": with_other_value(content),
    }


async def commune(world: World) -> Caller:
    return await world.caller("qlvb-h99-151")


async def province(world: World) -> Caller:
    return await world.caller("qlvb-h99")


async def sent_by_delegate(world: World, subject: str) -> None:
    """Send what the commune's system sends and the province signed."""
    await world.send(replace(world, commune=world.province).document(subject=subject))


async def test_revoked_delegation_stays_revoked_however_it_is_written() -> None:
    world = await make_world()
    content = sealed(world)
    filed = await file_delegation(world.services, await commune(world), content)
    await sent_by_delegate(world, "Một")
    world.clock.move(minutes=1)
    await revoke_delegation(world.services, await commune(world), filed.delegation_id)
    for name, other in writings(content).items():
        assert other != content, name
        again = await file_delegation(world.services, await province(world), other)
        assert again.revoked_at == world.clock.now, name
    with pytest.raises(CodedError) as caught:
        await sent_by_delegate(world, "Hai")
    assert caught.value.code == ErrorCode.SIGNER_NOT_OF_SENDER


async def test_delegation_that_is_written_otherwise_is_filed_once() -> None:
    world = await make_world()
    by, content = await commune(world), sealed(world)
    filed = await file_delegation(world.services, by, content)
    for other in writings(content).values():
        assert await file_delegation(world.services, by, other) == filed
    assert await delegations_of(world.services, by, COMMUNE) == (filed,)
    assert filed.delegation_id == sha256(content).hexdigest()


async def test_delegator_may_seal_the_same_words_anew() -> None:
    world = await make_world()
    by = await commune(world)
    first = await file_delegation(world.services, by, sealed(world))
    world.clock.move(minutes=1)
    await revoke_delegation(world.services, by, first.delegation_id)
    anew = sealed(world, at=world.clock.now)
    assert (await file_delegation(world.services, by, anew)).revoked_at is None
    await sent_by_delegate(world, "Một")


async def stored_before(world: World, content: bytes) -> FiledDelegation:
    """A filing of the days when every spelling of a seal was one of its own."""
    filed = FiledDelegation(
        delegation_id=sha256(content).hexdigest(),
        delegation=_SAID,
        content=content,
        certificate_sha256="cd" * 32,
        filed_at=NOW,
    )
    subject = filed.delegation_id
    entry = log_entry(
        LogEntryType.DIRECTORY, at=NOW, actor="test", subject=subject, data=content
    )
    return await world.services.storage.delegations.file(
        filed,
        entry=pending(entry, entry_id=world.services.ids.new(NOW)),
        audit=audit_line(
            AuditEvent.DELEGATION_FILED, at=NOW, actor="test", subject=subject
        ),
    )


async def test_revocation_ends_every_filing_of_one_seal() -> None:
    world = await make_world()
    content = sealed(world)
    first = await stored_before(world, content)
    second = await stored_before(world, content + b"\n")
    own, by = sealed(world, at=NOW + timedelta(seconds=1)), await commune(world)
    other = await file_delegation(world.services, by, own)
    world.clock.move(minutes=1)
    for _ in range(2):
        revoked = await revoke_delegation(world.services, by, second.delegation_id)
        assert revoked == replace(second, revoked_at=world.clock.now)
    found = {one.delegation_id: one for one in await _of_commune(world)}
    assert found[first.delegation_id].revoked_at == world.clock.now
    assert found[other.delegation_id].revoked_at is None


async def _of_commune(world: World) -> list[FiledDelegation]:
    return list(await world.services.storage.delegations.given_by(COMMUNE))


async def with_old_code(world: World) -> World:
    """The province has a code of 2016, too, which its seal bears."""
    rows = [
        replace(one, code_2016=CODE_2016) for one in AGENCIES if one.code == PROVINCE
    ]
    await import_agencies(world.services, ImportAgencies(agencies=rows, operator="t"))
    seal = world.pki.issuing.issue("UBND tỉnh Bình Sơn", organ_id=CODE_2016)
    return replace(world, commune=seal)


async def test_delegate_signs_by_a_certificate_that_bears_its_code_of_2016() -> None:
    world = await make_world()
    filed = await file_delegation(world.services, await commune(world), sealed(world))
    delegate = await with_old_code(world)
    message = delegate.document(subject="Một")
    found = await preflight_envelope(world.services, await world.submission(message))
    assert found.seen is not None
    assert found.seen.delegation_id == filed.delegation_id
    accepted = await delegate.send(message)
    assert await delegations_behind(world.services, accepted.envelope) == (filed,)


async def test_code_of_2016_of_another_agency_lets_nobody_sign() -> None:
    world = await make_world()
    said = replace(_SAID, delegate=MINISTRY)
    content = sign_receipt(write_delegation(said), credential=world.pki.seal(), at=NOW)
    await file_delegation(world.services, await commune(world), content)
    delegate = await with_old_code(world)
    with pytest.raises(CodedError) as caught:
        await delegate.send(delegate.document(subject="Một"))
    assert caught.value.code == ErrorCode.SIGNER_NOT_OF_SENDER
