"""Remote signing at a real service: restarted and killed between its steps."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from clients.profile import load_profile
from clients.remote_official import (
    ReadyToSign,
    prepare_at_hub,
    sign_prepared,
    token_credential,
)
from clients.signing_desk import SigningDesk
from clients.transport import RetryPolicy, Transport
from exchange.demo.ports import free_port
from exchange.demo.province import COMMUNE
from pki.keys.api import Credential
from pki.keys.loader import load_credential
from pki.keys.software import SoftwareKey
from schemas.verdict import Indication
from schemas.vocabulary import SigningState
from signing.pades.remote_request import RemoteRequest
from signing.profiles import SignatureLevel
from signing.validation.pdf import judge_pdf
from tests.support.cli import Said, lienthong
from tests.support.copies import launch_copy
from tests.support.signed_pdf import LETTER
from tests.support.station import Station, run_station
from tests.support.tokens import PIN, TokenFolder

pytestmark = pytest.mark.integration

SOURCE = LETTER.read_bytes()
PATIENT = RetryPolicy(attempts=30, longest_pause=2.0)


@pytest.fixture
async def station(tmp_path: Path) -> AsyncIterator[Station]:
    async with run_station(
        tmp_path, public_port=free_port(), launch=launch_copy
    ) as running:
        yield running


@asynccontextmanager
async def desk_of(station: Station) -> AsyncIterator[SigningDesk]:
    profile = load_profile(station.site.profile(COMMUNE))
    async with Transport(profile.address, retry=PATIENT) as transport:
        yield SigningDesk(transport)


def official(station: Station) -> Credential:
    files = station.site.key("official")
    return load_credential(f"pkcs12:{files.path}", passphrase_file=files.passphrase)


def in_token(station: Station, tokens: TokenFolder) -> Credential:
    """The same official with the key in a token."""
    own = official(station)
    assert isinstance(own.key, SoftwareKey)
    tokens.add_key("Desk", "official", own.key, b"\x77")
    chain = station.site.folder / "official-chain.pem"
    certificates = (own.certificate, *own.chain)
    chain.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in certificates))
    tokens.reload()
    uri = f"pkcs11:token=Desk;object=official?module-path={tokens.module}"
    return token_credential(uri, PIN, certificate=chain)


async def prepared(
    station: Station,
    credential: Credential,
    level: SignatureLevel = SignatureLevel.B_B,
) -> ReadyToSign:
    async with desk_of(station) as desk:
        return await prepare_at_hub(
            desk, SOURCE, credential=credential, request=RemoteRequest(level=level)
        )


async def signed(station: Station, ready: ReadyToSign, credential: Credential) -> bytes:
    async with desk_of(station) as desk:
        return (await sign_prepared(desk, ready, credential=credential)).file


def require_valid(station: Station, data: bytes) -> None:
    verdict = judge_pdf(data, material=station.site.trust(), at=datetime.now(UTC))
    assert verdict.indication is Indication.TOTAL_PASSED


async def test_signature_is_completed_after_restart_and_kill_and_by_command(
    station: Station, tokens: TokenFolder
) -> None:
    own = official(station)
    held = in_token(station, tokens)
    ready = [await prepared(station, one) for one in (own, held)]
    await station.stop()
    await station.start()
    for one, credential in zip(ready, (own, held), strict=True):
        require_valid(station, await signed(station, one, credential))
    await require_one_file_after_a_kill(station, own)
    await asyncio.to_thread(require_signed_by_command, station)


async def test_every_level_is_completed_after_restart_and_proven_to_a_verifier(
    station: Station,
) -> None:
    own = official(station)
    ready = {level: await prepared(station, own, level) for level in SignatureLevel}
    await station.stop()
    await station.start()
    for level, one in ready.items():
        path = station.site.folder / f"signed-{level}.pdf"
        path.write_bytes(await signed(station, one, own))
        said = await asyncio.to_thread(verified, station, path, level)
        found = said.json["signatures"][0]
        assert (said.code, found["indication"], found["level"]) == (
            0,
            Indication.TOTAL_PASSED,
            f"PAdES-{level}",
        )


def verified(station: Station, path: Path, level: SignatureLevel) -> Said:
    """What `lienthong verify` says; from B-LT on it gets the root and nothing else."""
    site = station.site
    trust: list[str | Path] = ["--trust", site.root]
    if not level.includes(SignatureLevel.B_LT):
        for one in sorted(site.pki.glob("issuing-*.pem")):
            trust += ["--intermediate", one]
        trust += ["--revocation", site.pki]
    return lienthong("verify", path, "--json", *trust)


def require_signed_by_command(station: Station) -> None:
    files, out = station.site.key("official"), station.site.folder / "by-command.pdf"
    said = lienthong(
        *("sign", LETTER, "--out", out, "--json", "--key", files.path),
        *("--passphrase-file", files.passphrase),
        *("--remote", station.site.profile(COMMUNE)),
    )
    assert (said.code, said.json["level"]) == (0, "B-B")
    require_valid(station, out.read_bytes())
    again = lienthong(
        *("sign", out, "--out", out.with_suffix(".2.pdf"), "--json"),
        *("--key", files.path, "--passphrase-file", files.passphrase),
        *("--remote", station.site.profile(COMMUNE)),
    )
    assert (again.code, again.error) == (1, "role_already_signed")


async def require_one_file_after_a_kill(station: Station, own: Credential) -> None:
    """Kill the service once it has taken a value; the client asks on."""
    ready = await prepared(station, own)
    value = own.key.sign(ready.checked.to_sign, ready.offer.scheme)
    async with desk_of(station) as desk:
        waiting = asyncio.create_task(
            desk.complete(
                ready.prepared.signing_id,
                offer=ready.offer,
                checked=ready.checked,
                value=value,
            )
        )
        async with station.storage() as storage:
            while True:
                found = await storage.signing.signing(ready.prepared.signing_id)
                assert found is not None
                if found.state is not SigningState.PREPARED:
                    break
        await station.kill()
        await station.start()
        first = await waiting
        again = await desk.complete(
            ready.prepared.signing_id,
            offer=ready.offer,
            checked=ready.checked,
            value=value,
        )
    assert first.file == again.file
    require_valid(station, first.file)
    async with station.storage() as storage:
        found = await storage.signing.signing(ready.prepared.signing_id)
    assert found is not None
    assert found.state is SigningState.SIGNED
