"""A whole conversation between a commune and its province, as an evidence bundle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.keys.api import Credential
from pki.trust import TrustMaterial
from schemas import merkle
from schemas.edxml.body import BodyScanner
from schemas.edxml.document import Attachment, ManifestEntry, Organisation
from schemas.edxml.multipart import encode
from schemas.edxml.writer import write_document, write_status
from schemas.evidence import (
    BundleManifest,
    BundleMember,
    LogEntry,
    LogProof,
    MemberRole,
    TreeHead,
    salted_digest,
    write_manifest,
    write_proof,
    write_tree_head,
)
from schemas.identifiers import MessageId, SystemId
from schemas.receipt import (
    AcceptanceReceipt,
    ReceiptAttachment,
    SignatureJudgement,
    StepReceipt,
)
from schemas.verdict import Indication
from schemas.vocabulary import (
    EnvelopeKind,
    EvidenceLevel,
    LogEntryType,
    StatusCode,
    Step,
)
from schemas.xml import serialize
from signing.validation.archive import MANIFEST, write_bundle
from signing.xmldsig.sign import sign_envelope, sign_receipt
from tests.support import edxml
from tests.support.pki import NOW, TestPki
from tests.support.receipts import (
    ENVELOPE,
    STATUS_ENVELOPE,
    write_acceptance,
    write_step,
)

HUB, LOG = "truc-lien-thong", "nhat-ky"
SALT = bytes(range(16))
ANNEX = Attachment(
    content_id="phu-luc",
    name="phu-luc.xlsx",
    content_type="application/octet-stream",
    content=b"bang tinh",
)
LATER = NOW + timedelta(minutes=10)


def pdf_attachment(content: bytes) -> Attachment:
    """The main document as an attachment."""
    return Attachment(
        content_id="cong-van",
        name="cong-van.pdf",
        content_type="application/pdf",
        content=content,
    )


def system(pki: TestPki, agency: str, system_id: str) -> Credential:
    """A document system of one agency."""
    return pki.issuing.issue(
        system_id,
        organ_id=agency,
        san=(x509.UniformResourceIdentifier(f"urn:lienthong:system:{system_id}"),),
        eku=(ExtendedKeyUsageOID.CLIENT_AUTH,),
    )


@dataclass(frozen=True, slots=True)
class Signers:
    """Everybody who signs in the conversation."""

    sender: Credential
    recipient: Credential
    receipt: Credential
    log: Credential

    @classmethod
    def of(cls, pki: TestPki) -> "Signers":
        """Issue a certificate to everybody."""
        return cls(
            system(pki, edxml.COMMUNE, "qlvb-xa"),
            system(pki, edxml.PROVINCE, "qlvb-tinh"),
            pki.receipt(),
            pki.log(),
        )


@dataclass(frozen=True, slots=True)
class Body:
    """A message as it is sent."""

    content_type: str
    data: bytes

    @property
    def sha256(self) -> str:
        """Lower hex digest."""
        return sha256(self.data).hexdigest()


def document_body(
    credential: Credential | None, attachments: Sequence[Attachment]
) -> Body:
    """A signed document in multipart form; unsigned without a credential."""
    manifest = tuple(
        ManifestEntry(
            content_id=one.content_id,
            attachment_name=one.name,
            content_type=one.content_type,
        )
        for one in attachments
    )
    xml = serialize(write_document(edxml.document(manifest=manifest)))
    if credential:
        digests = [
            (one.content_id, sha256(one.content).digest()) for one in attachments
        ]
        xml = sign_envelope(xml, credential=credential, attachments=digests, at=NOW)
    return Body(*encode(xml, attachments))


def status_body(
    credential: Credential, code: StatusCode = StatusCode.REGISTERED
) -> Body:
    """A signed status of the province."""
    status = replace(edxml.status(code), sender=Organisation(organ_id=edxml.PROVINCE))
    xml = serialize(write_status(status))
    signed = sign_envelope(xml, credential=credential, attachments=(), at=NOW)
    return Body("application/xml", signed)


def entry(entry_type: LogEntryType, data: bytes, subject: str = ENVELOPE) -> LogEntry:
    """A log entry over `data`."""
    return LogEntry(
        type=entry_type,
        at=NOW,
        actor=HUB,
        subject=subject,
        digest=salted_digest(SALT, data),
        salt=SALT,
    )


def step_entry(receipt: StepReceipt, content: bytes) -> LogEntry:
    """The log entry over a step receipt."""
    if receipt.status_envelope_id:
        return entry(LogEntryType.STATUS, content, receipt.status_envelope_id)
    return entry(LogEntryType.STEP, content)


def acceptance_of(body: Body, signer: Credential) -> AcceptanceReceipt:
    """What the hub says when it accepts `body`."""
    scanner = BodyScanner(body.content_type)
    scanner.feed(body.data)
    scanned = scanner.finish()
    promised = entry(LogEntryType.ACCEPTED, bytes.fromhex(body.sha256))
    return AcceptanceReceipt(
        hub_id=HUB,
        log_id=LOG,
        key_id="receipt-2026",
        envelope_id=ENVELOPE,
        kind=EnvelopeKind.DOCUMENT,
        message_id=MessageId("m-1"),
        body_sha256=body.sha256,
        body_size=len(body.data),
        content_type=body.content_type,
        attachments=tuple(
            ReceiptAttachment(
                number=number,
                name=one.name,
                size=one.content_size,
                carried_sha256=one.carried_sha256,
                content_sha256=one.content_sha256,
            )
            for number, one in enumerate(scanned.attachments, start=1)
        ),
        system_id=SystemId("qlvb-xa"),
        sender=edxml.COMMUNE,
        recipients=(edxml.PROVINCE,),
        directory_version=1,
        signature_verdict=SignatureJudgement(
            indication=Indication.TOTAL_PASSED,
            certificate_sha256=sha256(
                signer.certificate.public_bytes(Encoding.DER)
            ).hexdigest(),
        ),
        evidence_level=EvidenceLevel.SIGNED,
        accepted_at=NOW,
        log_entry_digest=promised.leaf_hash().hex(),
    )


def step_of(step: Step, body: Body, issuer: str = HUB) -> StepReceipt:
    """What somebody says of the envelope with `body`."""
    return StepReceipt(
        envelope_id=ENVELOPE,
        body_sha256=body.sha256,
        step=step,
        recipient=edxml.PROVINCE,
        issuer=issuer,
        at=NOW,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The parts of a bundle before they are signed and put together."""

    pki: TestPki
    signers: Signers
    body: Body
    status: Body
    acceptance: AcceptanceReceipt
    steps: tuple[tuple[StepReceipt, Credential], ...]
    head: TreeHead | None = None
    unlogged: int = 0
    members: Mapping[str, tuple[MemberRole, bytes]] = field(default_factory=dict)
    also_logged: tuple[LogEntry, ...] = ()
    without: frozenset[str] = frozenset()
    handed_out_by: Signers | None = None
    """Who signs head and manifest, where the hub changed its keys since."""

    @classmethod
    def create(
        cls,
        pki: TestPki,
        attachments: Sequence[Attachment],
        signers: Signers | None = None,
    ) -> "Conversation":
        """A document that was delivered, taken and registered."""
        signers = signers or Signers.of(pki)
        body = document_body(signers.sender, attachments)
        status = status_body(signers.recipient)
        registered = replace(
            step_of(Step.REGISTERED, body),
            status_code=StatusCode.REGISTERED,
            status_envelope_id=STATUS_ENVELOPE,
            status_body_sha256=status.sha256,
        )
        return cls(
            pki=pki,
            signers=signers,
            body=body,
            status=status,
            acceptance=acceptance_of(body, signers.sender),
            steps=(
                (step_of(Step.DELIVERED, body), signers.receipt),
                (step_of(Step.TAKEN, body, "qlvb-tinh"), signers.recipient),
                (registered, signers.receipt),
            ),
        )

    @property
    def _hub_now(self) -> Signers:
        return self.handed_out_by or self.signers

    def material(self) -> TrustMaterial:
        """The root alone."""
        root = self.pki.root.credential.certificate
        return TrustMaterial((root.public_bytes(Encoding.DER),), (), ())

    def bundle(self, at: datetime = LATER) -> bytes:
        """The whole bundle."""
        return write_bundle(self.contents(at))

    def contents(self, at: datetime = LATER) -> dict[str, bytes]:
        """The members of the bundle, its signed manifest included."""
        parts = {**self._parts(), **self.members}
        parts = {name: one for name, one in parts.items() if name not in self.without}
        types = {"envelope/body": self.body, "statuses/01/body": self.status}
        manifest = BundleManifest(
            envelope_id=ENVELOPE,
            at=at,
            members=tuple(
                BundleMember(
                    name=name,
                    sha256=sha256(content).hexdigest(),
                    size=len(content),
                    role=role,
                    content_type=(
                        types[name].content_type
                        if name in types
                        else "application/octet-stream"
                    ),
                )
                for name, (role, content) in parts.items()
            ),
        )
        signed = sign_receipt(
            write_manifest(manifest), credential=self._hub_now.receipt, at=at
        )
        return {MANIFEST: signed} | {name: one for name, (_, one) in parts.items()}

    def _parts(self) -> dict[str, tuple[MemberRole, bytes]]:
        acceptance = sign_receipt(
            write_acceptance(self.acceptance), credential=self.signers.receipt, at=NOW
        )
        receipts = {
            f"receipts/{number:02d}-{receipt.step}.xml": sign_receipt(
                write_step(receipt), credential=signer, at=NOW
            )
            for number, (receipt, signer) in enumerate(self.steps, start=1)
        }
        return {
            "envelope/body": (MemberRole.BODY, self.body.data),
            "receipts/acceptance.xml": (MemberRole.ACCEPTANCE, acceptance),
            **{name: (MemberRole.STEP, data) for name, data in receipts.items()},
            "statuses/01/body": (MemberRole.STATUS, self.status.data),
            **self._log(list(receipts.values())),
            **self._judged_by(),
        }

    def _log(self, receipts: Sequence[bytes]) -> dict[str, tuple[MemberRole, bytes]]:
        accepted = bytes.fromhex(self.body.sha256)
        entries = [
            entry(LogEntryType.ACCEPTED, accepted),
            *(
                step_entry(receipt, content)
                for (receipt, _), content in zip(self.steps, receipts, strict=True)
            ),
            *self.also_logged,
        ]
        frontier: tuple[bytes, ...] = ()
        nodes: dict[merkle.Coordinates, bytes] = {}
        for index, one in enumerate(entries):
            appended = merkle.append(frontier, index, one.leaf_hash())
            frontier = appended.frontier
            nodes.update(appended.completed)
        size = len(entries)
        head = self.head or TreeHead(
            log_id=LOG, size=size, root_hash=merkle.root(frontier), at=NOW
        )
        signed = sign_receipt(
            write_tree_head(head), credential=self._hub_now.log, at=NOW
        )
        found = {"log/head.xml": (MemberRole.TREE_HEAD, signed)}
        for index, one in enumerate(entries[: size - self.unlogged]):
            path = merkle.inclusion_path(
                index, size, lambda level, at: nodes[level, at]
            )
            proof = LogProof(index=index, size=size, path=path)
            data = write_proof(one, proof)
            found[f"log/{index + 1:02d}.json"] = (MemberRole.LOG_PROOF, data)
        return found

    def _judged_by(self) -> dict[str, tuple[MemberRole, bytes]]:
        issuing = self.pki.issuing.credential.certificate
        lists = {
            f"crls/{number}.crl": (MemberRole.REVOCATION_LIST, data)
            for number, data in enumerate(self.pki.crls(), start=1)
        }
        der = issuing.public_bytes(Encoding.DER)
        return {"certificates/issuing.der": (MemberRole.CERTIFICATE, der), **lists}
