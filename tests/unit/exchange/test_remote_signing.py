"""A document is prepared, signed elsewhere with one value, once, and in time."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from exchange.domain.signing import RemoteSigning, may_take
from exchange.errors import ExchangeError
from exchange.usecases.complete_signature import (
    CompleteSignature,
    complete_signature,
    find_signing,
    read_prepared,
    read_signed,
)
from exchange.usecases.prepare_signature import prepare_signature
from pki.keys.api import Credential
from schemas.errors import CodedError, ErrorCode
from schemas.verdict import Indication
from schemas.vocabulary import AuditEvent, LogEntryType, SigningState
from signing.pades.remote_request import RemoteRequest
from signing.profiles import SignatureLevel
from signing.validation.pdf import judge_pdf
from tests.support.levels import LevelDesk
from tests.support.pki import NOW
from tests.support.signed_pdf import signatures
from tests.support.signing_desk import (
    SOURCE,
    InProcessSigner,
    official_of,
    preparing,
    value_for,
    with_signer,
)
from tests.support.signings import WAITING, done, taking
from tests.support.world import PROVINCE, World, make_world, material_of

ABOVE_B_B = [
    (SignatureLevel.B_T, ""),
    (SignatureLevel.B_LT, ""),
    (SignatureLevel.B_LTA, ""),
]
REFUSED = replace(WAITING, state=SigningState.REFUSED)
EXPIRED = replace(WAITING, state=SigningState.EXPIRED)


async def desk() -> tuple[World, Credential, RemoteSigning]:
    world = with_signer(await make_world())
    official = official_of(world)
    signing = await prepare_signature(world.services, await preparing(world, official))
    return world, official, signing


async def completing(
    world: World, signing: RemoteSigning, value: bytes
) -> RemoteSigning:
    command = CompleteSignature(
        caller=await world.caller("qlvb-h99-151"),
        signing_id=signing.signing_id,
        value=value,
    )
    return await complete_signature(world.services, command)


async def events(world: World) -> list[AuditEvent]:
    lines = await world.services.storage.audit.lines(limit=100)
    own = [one.event for one in lines if one.event.startswith("signing.")]
    return own[::-1]


async def test_prepared_file_begins_with_the_document() -> None:
    world, _, signing = await desk()
    prepared = await read_prepared(world.services, signing)
    assert prepared.startswith(SOURCE)
    assert signing.state is SigningState.PREPARED
    assert (signing.expires_at - signing.prepared_at).total_seconds() == 900


async def test_value_completes_a_file_that_is_valid_and_logged() -> None:
    world, official, signing = await desk()
    signed = await completing(world, signing, value_for(official, signing.kept))
    data = await read_signed(world.services, signed)
    verdict = judge_pdf(data, material=material_of(world.pki), at=NOW)
    assert verdict.indication is Indication.TOTAL_PASSED
    sequenced = await world.services.storage.log.sequence(limit=10)
    assert [one.entry.entry_type for one in sequenced] == [LogEntryType.DOCUMENT_SIGNED]
    assert await events(world) == [
        AuditEvent.SIGNING_PREPARED,
        AuditEvent.SIGNING_COMPLETING,
        AuditEvent.SIGNING_DONE,
        AuditEvent.SIGNING_READ,
    ]


async def test_same_value_again_gets_the_same_bytes() -> None:
    world, official, signing = await desk()
    value = value_for(official, signing.kept)
    first = await completing(world, signing, value)
    assert await completing(world, signing, value) == first
    sequenced = await world.services.storage.log.sequence(limit=10)
    assert len(sequenced) == 1


async def test_another_value_is_refused_once_one_was_taken() -> None:
    world, official, signing = await desk()
    await completing(world, signing, value_for(official, signing.kept))
    with pytest.raises(ExchangeError) as refused:
        await completing(world, signing, value_for(official, signing.kept))
    assert refused.value.code is ErrorCode.SIGNING_CLOSED


async def test_one_of_several_values_at_once_wins() -> None:
    world, official, signing = await desk()
    values = [value_for(official, signing.kept) for _ in range(4)]
    found = await asyncio.gather(
        *(completing(world, signing, one) for one in values), return_exceptions=True
    )
    signed = [one for one in found if isinstance(one, RemoteSigning)]
    refused = [one.code for one in found if isinstance(one, CodedError)]
    assert len(signed) == 1
    assert refused == [ErrorCode.SIGNING_CLOSED] * 3


async def test_value_of_another_key_ends_the_signing() -> None:
    world, official, signing = await desk()
    wrong = value_for(official_of(world), signing.kept)
    with pytest.raises(CodedError) as refused:
        await completing(world, signing, wrong)
    assert refused.value.code is ErrorCode.SIGNATURE_VALUE_WRONG
    with pytest.raises(ExchangeError) as closed:
        await completing(world, signing, value_for(official, signing.kept))
    assert closed.value.code is ErrorCode.SIGNING_CLOSED


async def test_signing_runs_out_after_its_time() -> None:
    world, official, signing = await desk()
    world.clock.move(minutes=15)
    with pytest.raises(ExchangeError) as refused:
        await completing(world, signing, value_for(official, signing.kept))
    assert refused.value.code is ErrorCode.SIGNING_EXPIRED
    caller = await world.caller("qlvb-h99-151")
    found = await find_signing(world.services, caller, signing.signing_id)
    assert found.state is SigningState.EXPIRED


async def test_completion_that_was_cut_off_is_done_when_repeated() -> None:
    class Dying(InProcessSigner):
        async def complete(self, prepared: bytes, *, instructions: bytes) -> object:  # type: ignore[override]  # it gives nothing back
            if not self.completed:
                self.completed += 1
                raise asyncio.CancelledError
            return await super().complete(prepared, instructions=instructions)

    world = with_signer(await make_world(), Dying())
    official = official_of(world)
    signing = await prepare_signature(world.services, await preparing(world, official))
    value = value_for(official, signing.kept)
    with pytest.raises(asyncio.CancelledError):
        await completing(world, signing, value)
    world.clock.move(minutes=20)
    assert (await completing(world, signing, value)).state is SigningState.SIGNED


async def test_system_of_another_agency_may_not_prepare() -> None:
    world = with_signer(await make_world())
    for official in (official_of(world, PROVINCE), official_of(world, "")):
        with pytest.raises(ExchangeError) as refused:
            await prepare_signature(world.services, await preparing(world, official))
        assert refused.value.code is ErrorCode.AGENCY_NOT_ACTED_FOR
    assert await events(world) == [AuditEvent.SIGNING_REFUSED] * 2


@pytest.mark.parametrize(
    "request_",
    [
        '{"role": "person"}'.encode("utf-16"),
        '{"role": "person"}'.encode("utf-32-le"),
        b'{"signer_name": "\xed\xa0\x80"}',
        b'{"\\ud800": 1}',
    ],
    ids=["UTF-16", "UTF-32", "half a pair in UTF-8", "half a pair in JSON"],
)
async def test_request_that_is_no_text_in_utf_8_is_refused(request_: bytes) -> None:
    world = with_signer(await make_world())
    command = await preparing(world, official_of(world), request=request_)
    with pytest.raises(CodedError) as refused:
        await prepare_signature(world.services, command)
    assert refused.value.code is ErrorCode.REQUEST_INVALID
    assert refused.value.place.encode() == b"request"


async def test_request_with_a_byte_order_mark_is_read() -> None:
    world = with_signer(await make_world())
    command = await preparing(world, official_of(world), request=b"\xef\xbb\xbf{}")
    signing = await prepare_signature(world.services, command)
    assert signing.state is SigningState.PREPARED


async def test_system_sees_its_own_signings_alone() -> None:
    world, _, signing = await desk()
    other = await world.caller("qlvb-h99")
    with pytest.raises(ExchangeError) as refused:
        await find_signing(world.services, other, signing.signing_id)
    assert refused.value.code is ErrorCode.SIGNING_NOT_FOUND


async def test_revoked_certificate_is_refused_before_anything_is_prepared() -> None:
    world = with_signer(await make_world())
    official = official_of(world)
    world.pki.issuing.revoke(official.certificate)
    world.trust.refresh()
    with pytest.raises(ExchangeError) as refused:
        await prepare_signature(world.services, await preparing(world, official))
    assert refused.value.code is ErrorCode.CERTIFICATE_REVOKED


async def test_prepared_file_that_changed_in_the_store_is_not_completed() -> None:
    world, official, signing = await desk()
    damaged = replace(signing, prepared=replace(signing.prepared, sha256="00" * 32))
    storage = world.services.storage.signing
    storage._tables.signings[signing.signing_id] = damaged  # type: ignore[attr-defined]  # behind the port
    with pytest.raises(ExchangeError) as refused:
        await completing(world, signing, value_for(official, signing.kept))
    assert refused.value.code is ErrorCode.STORED_BYTES_DAMAGED


async def stamping_desk(
    level: SignatureLevel,
) -> tuple[World, LevelDesk, Credential, RemoteSigning]:
    world = with_signer(await make_world())
    stamping = LevelDesk(pki=world.pki)
    services = replace(world.services, stamps=stamping.client())
    world = replace(world, services=services)
    official = official_of(world)
    request = RemoteRequest(level=level).to_json()
    command = await preparing(world, official, request=request)
    return world, stamping, official, await prepare_signature(services, command)


@pytest.mark.parametrize(("wanted", "code"), ABOVE_B_B)
async def test_value_is_stamped_for_the_levels_above(
    wanted: SignatureLevel, code: str
) -> None:
    world, stamping, official, signing = await stamping_desk(wanted)
    signed = await completing(world, signing, value_for(official, signing.kept))
    assert (signed.level, signed.code) == (wanted, code)
    data = await read_signed(world.services, signed)
    found, *_ = signatures(data)
    (unsigned,) = found.signer_info["unsigned_attrs"]
    assert unsigned["type"].native == "signature_time_stamp_token"
    assert stamping.is_passed(data)


async def test_list_older_than_the_signature_is_no_evidence() -> None:
    world, stamping, official, signing = await stamping_desk(SignatureLevel.B_LTA)
    world.clock.move(minutes=1)
    stamping.later(minutes=1)
    signed = await completing(world, signing, value_for(official, signing.kept))
    assert signed.level == SignatureLevel.B_T
    assert signed.code == ErrorCode.EVIDENCE_TOO_OLD


async def test_authority_that_is_down_leaves_level_b_and_says_so() -> None:
    world, stamping, official, signing = await stamping_desk(SignatureLevel.B_T)
    stamping.stamps_down = True
    signed = await completing(world, signing, value_for(official, signing.kept))
    assert signed.level == SignatureLevel.B_B
    assert signed.code == ErrorCode.TIME_STAMP_UNAVAILABLE


@pytest.mark.parametrize(
    ("signing", "value", "minutes", "code"),
    [
        (WAITING, b"1", 0, None),
        (WAITING, b"1", 15, ErrorCode.SIGNING_EXPIRED),
        (taking(b"1"), b"1", 99, None),
        (taking(b"1"), b"2", 0, ErrorCode.SIGNING_CLOSED),
        (done(b"1"), b"1", 99, None),
        (done(b"1"), b"2", 0, ErrorCode.SIGNING_CLOSED),
        (
            replace(WAITING, state=SigningState.REFUSED),
            b"1",
            0,
            ErrorCode.SIGNING_CLOSED,
        ),
        (
            replace(WAITING, state=SigningState.EXPIRED),
            b"1",
            0,
            ErrorCode.SIGNING_EXPIRED,
        ),
    ],
)
def test_decision_on_a_value(
    signing: RemoteSigning, value: bytes, minutes: int, code: ErrorCode | None
) -> None:
    refusal = may_take(signing, value, NOW + timedelta(minutes=minutes))
    assert (refusal.code if refusal else None) is code
