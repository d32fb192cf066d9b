"""A hub's side of remote signing without processes, and what a client sends it."""

from base64 import b64encode
from dataclasses import replace
from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding

from exchange.usecases.prepare_signature import PrepareSignature
from pki.keys.api import Credential
from pki.trust import TrustMaterial
from signing.pades.kept import KeptState
from signing.pades.remote_request import RemoteRequest
from signing.workers import signing_jobs
from signing.workers.made import CompletedPart, PreparedPart, RaisedPart
from signing.workers.protocol import Job, Request
from tests.support.signed_pdf import LETTER
from tests.support.world import COMMUNE, World

SOURCE = LETTER.read_bytes()


class InProcessSigner:
    """Does the workers' jobs with the real code, without a process around it."""

    def __init__(self) -> None:
        self.completed = 0

    async def prepare(
        self, document: bytes, *, instructions: bytes, at: datetime
    ) -> PreparedPart:
        request = Request(
            job=Job.PREPARE, payload=document, instructions=instructions, at=at
        )
        return signing_jobs.prepare(request)

    async def complete(self, prepared: bytes, *, instructions: bytes) -> CompletedPart:
        self.completed += 1
        request = Request(job=Job.COMPLETE, payload=prepared, instructions=instructions)
        return signing_jobs.complete(request)

    async def raise_level(
        self,
        signed: bytes,
        *,
        material: TrustMaterial,
        instructions: bytes,
        at: datetime,
    ) -> RaisedPart:
        request = Request(
            job=Job.RAISE,
            payload=signed,
            material=material,
            instructions=instructions,
            at=at,
        )
        return signing_jobs.raise_level(request)


def with_signer(world: World, signer: InProcessSigner | None = None) -> World:
    """The same world with a signer."""
    found = signer or InProcessSigner()
    return replace(world, services=replace(world.services, signer=found))


def official_of(world: World, organ_id: str = COMMUNE) -> Credential:
    """An official of an agency."""
    return world.pki.issuing.issue("Đoàn Khuê", organ_id=organ_id)


def chain_pem(signer: Credential) -> bytes:
    """The certificates of a signer, as a client sends them."""
    certificates = (signer.certificate, *signer.chain)
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


async def preparing(
    world: World,
    signer: Credential,
    *,
    system_id: str = "qlvb-h99-151",
    document: bytes = SOURCE,
    request: bytes | None = None,
) -> PrepareSignature:
    """What a system hands in for a signer."""
    return PrepareSignature(
        caller=await world.caller(system_id),
        document=document,
        certificates=chain_pem(signer),
        request=RemoteRequest().to_json() if request is None else request,
    )


def value_for(signer: Credential, kept: bytes) -> bytes:
    """The value the signer's key makes."""
    state = KeptState.from_json(kept)
    return signer.key.sign(state.attributes, state.scheme)


def value_json(value: bytes) -> bytes:
    """The body that hands a value in."""
    return b'{"value": "' + b64encode(value) + b'"}'
