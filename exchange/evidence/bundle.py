"""Builds the evidence bundle of one envelope: all that proves its story, offline.

Whoever holds the root can verify it years later without this hub (docs/protocol.md).
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from cryptography.hazmat.primitives.serialization import Encoding

from exchange.evidence.tree_head import prove_entries
from exchange.services import Services
from exchange.usecases.collect_evidence import Evidence
from exchange.usecases.handing_out import body_of
from pki.keys.api import Credential
from schemas.evidence import (
    BundleManifest,
    BundleMember,
    MemberRole,
    write_manifest,
)
from signing.validation.archive import MANIFEST, write_bundle
from signing.xmldsig.sign import sign_receipt

_XML = "application/xml"
_JSON = "application/json"
_CERTIFICATE = "application/pkix-cert"
_LIST = "application/pkix-crl"
_ANSWER = "application/ocsp-response"


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    content: bytes
    role: MemberRole
    content_type: str = _XML

    def listed(self) -> BundleMember:
        """Return the line of the manifest."""
        return BundleMember(
            name=self.name,
            sha256=sha256(self.content).hexdigest(),
            size=len(self.content),
            role=self.role,
            content_type=self.content_type,
        )


async def build_bundle(services: Services, evidence: Evidence) -> bytes:
    """Return the bundle, its manifest signed by the hub.

    Raises:
        SigningError: more than a bundle can hold (LIMIT_EXCEEDED).
    """
    members = [
        *await _messages(services, evidence),
        *_receipts(evidence),
        *_delegations(evidence),
        *await _log(services, evidence),
        *_judged_by(services),
    ]
    # Hundreds of MiB are digested and packed: others must not wait for that.
    listed = await asyncio.to_thread(_listed, members)
    manifest = _manifest(services, evidence, listed)
    contents = {one.name: one.content for one in members}
    return await asyncio.to_thread(write_bundle, {MANIFEST: manifest, **contents})


def _listed(members: list[_Member]) -> tuple[BundleMember, ...]:
    return tuple(one.listed() for one in members)


async def _messages(services: Services, evidence: Evidence) -> list[_Member]:
    envelope = evidence.envelope
    body = await body_of(services, envelope)
    found = [_Member("envelope/body", body, MemberRole.BODY, envelope.content_type)]
    for number, status in enumerate(evidence.statuses, start=1):
        content = await body_of(services, status)
        name = f"statuses/{number:02d}/body"
        found.append(_Member(name, content, MemberRole.STATUS, status.content_type))
    return found


def _receipts(evidence: Evidence) -> Iterator[_Member]:
    yield _Member(
        "receipts/acceptance.xml", evidence.envelope.receipt, MemberRole.ACCEPTANCE
    )
    for number, receipt in enumerate(evidence.receipts, start=1):
        name = f"receipts/{number:02d}-{receipt.step}.xml"
        yield _Member(name, receipt.content, MemberRole.STEP)


def _delegations(evidence: Evidence) -> Iterator[_Member]:
    for number, one in enumerate(evidence.delegations, start=1):
        name = f"delegations/{number:02d}.xml"
        yield _Member(name, one.content, MemberRole.DELEGATION)


async def _log(services: Services, evidence: Evidence) -> list[_Member]:
    proved = await prove_entries(services, evidence.entries)
    found = [_Member("log/head.xml", proved.head, MemberRole.TREE_HEAD)]
    for number, proof in enumerate(proved.proofs, start=1):
        name = f"log/{number:02d}.json"
        found.append(_Member(name, proof, MemberRole.LOG_PROOF, _JSON))
    return found


def _judged_by(services: Services) -> Iterator[_Member]:
    """Yield the certificates, lists and answers that lead from signers to a root."""
    hub, material = services.hub, services.trust.material
    certificates = {*material.intermediates, *_chain(hub.receipt), *_chain(hub.log)}
    for der in sorted(certificates):
        name = f"certificates/{sha256(der).hexdigest()[:16]}.der"
        yield _Member(name, der, MemberRole.CERTIFICATE, _CERTIFICATE)
    for der in sorted(set(material.crls)):
        name = f"crls/{sha256(der).hexdigest()[:16]}.crl"
        yield _Member(name, der, MemberRole.REVOCATION_LIST, _LIST)
    for der in sorted(set(material.ocsps)):
        name = f"ocsps/{sha256(der).hexdigest()[:16]}.ors"
        yield _Member(name, der, MemberRole.OCSP_ANSWER, _ANSWER)


def _chain(credential: Credential) -> Iterator[bytes]:
    for one in (credential.certificate, *credential.chain):
        yield one.public_bytes(Encoding.DER)


def _manifest(
    services: Services, evidence: Evidence, members: tuple[BundleMember, ...]
) -> bytes:
    now = services.now()
    manifest = BundleManifest(
        envelope_id=evidence.envelope.envelope_id,
        at=now,
        members=members,
    )
    return sign_receipt(
        write_manifest(manifest), credential=services.hub.receipt, at=now
    )
