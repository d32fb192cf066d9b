"""A small exchange in memory: four agencies, their systems, a hub, a frozen clock."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from clients.messages import Message, prepare_document, prepare_status
from exchange.delivery.checking import check_envelope
from exchange.delivery.sequencer import Sequencer
from exchange.domain.parties import ActsFor, Agency, System
from exchange.services import Caller, Hub, PdfReader, Services, fingerprint
from exchange.settings.limits import LimitSettings
from exchange.signals import Signals
from exchange.storage.memory import MemoryStorage
from exchange.storage.ports import Storage
from exchange.usecases.accept_envelope import AcceptedEnvelope, accept_envelope
from exchange.usecases.import_agencies import ImportAgencies, import_agencies
from exchange.usecases.receiving import Submission
from exchange.usecases.register_system import RegisterSystem, register_system
from pki.keys.api import Credential
from pki.kinds import LOG_SIGNING, RECEIPT_SIGNING
from pki.path.cache import ChainCache
from pki.path.judging import ChainJudgement
from pki.purposes import KeyPurpose
from pki.trust import TrustMaterial, TrustStore
from schemas.edxml.document import (
    Attachment,
    DocumentType,
    EdxmlDocument,
    ManifestEntry,
    Organisation,
    PromulgationInfo,
    ResponseFor,
)
from schemas.edxml.status import EdxmlStatus
from schemas.errors import ErrorCode
from schemas.identifiers import DocumentCode, DocumentId, OrganId, SystemId
from schemas.verdict import Verdict
from schemas.vocabulary import Level, StatusCode
from signing.validation.drawn import DrawnPage
from signing.validation.files import Question, judge_file, unread_file
from signing.validation.first_page import first_page_lines
from signing.validation.page_image import page_image
from signing.validation.pdf import judge_pdf
from signing.workers.failure import WorkerFailure
from tests.support.pki import NOW, TestPki

COMMUNE = OrganId("H99.151")
COMMUNE_2016 = OrganId("000.51.01.H99")
PROVINCE = OrganId("H99")
MINISTRY = OrganId("G22")
MERGED = OrganId("H99.152")
FAR_COMMUNE = OrganId("H99.153")
DOCUMENT_ID = DocumentId("H99.151,2026/11/20,214/UBND-VHXH")
_LONG_AGO = NOW - timedelta(days=400)


class InProcessPdfs:
    """Reads PDF files with the real code, without a process around it."""

    async def judge(
        self, data: bytes, *, material: TrustMaterial, at: datetime
    ) -> Verdict:
        return judge_pdf(data, material=material, at=at)

    async def judge_file(
        self, data: bytes, *, material: TrustMaterial, now: datetime
    ) -> Verdict:
        question = Question(material=material, at=None, now=now, judge_pdf=judge_pdf)
        return judge_file(data, question)

    async def first_page_lines(self, data: bytes) -> Sequence[str]:
        return first_page_lines(data)

    async def drawn_page(self, data: bytes, number: int) -> DrawnPage:
        return page_image(data, number)


class CrashingPdfs:
    """A pool whose workers die on every file."""

    async def judge(
        self, data: bytes, *, material: TrustMaterial, at: datetime
    ) -> Verdict:
        raise WorkerFailure(ErrorCode.PARSER_FAILED)

    async def judge_file(
        self, data: bytes, *, material: TrustMaterial, now: datetime
    ) -> Verdict:
        return unread_file(data, WorkerFailure(ErrorCode.PARSER_FAILED))

    async def first_page_lines(self, data: bytes) -> Sequence[str]:
        raise WorkerFailure(ErrorCode.LIMIT_EXCEEDED)

    async def drawn_page(self, data: bytes, number: int) -> DrawnPage:
        raise WorkerFailure(ErrorCode.PARSER_FAILED)


class PkiTrust:
    """Trust in a test PKI; `refresh` takes its newest revocation lists."""

    def __init__(self, pki: TestPki) -> None:
        self._pki = pki
        self.refresh()

    def refresh(self) -> None:
        self.material = material_of(self._pki)
        self._cache = ChainCache(TrustStore.from_material(self.material))

    def judge(
        self,
        certificate: x509.Certificate | bytes,
        *,
        intermediates: Sequence[x509.Certificate] = (),
        at: datetime,
        usage: KeyPurpose,
    ) -> ChainJudgement:
        return self._cache.judge(
            certificate, intermediates=intermediates, at=at, usage=usage
        )


def material_of(pki: TestPki) -> TrustMaterial:
    """The root, the issuing CA and the current lists of a test PKI."""
    return TrustMaterial(
        roots=(pki.root.root.public_bytes(Encoding.DER),),
        intermediates=(pki.issuing.credential.certificate.public_bytes(Encoding.DER),),
        crls=pki.crls(),
    )


def system_credential(pki: TestPki, system_id: str, organ_id: str) -> Credential:
    """A system's certificate: TLS client and envelope signature."""
    return pki.issuing.issue(
        system_id,
        organ_id=organ_id,
        san=(x509.UniformResourceIdentifier(f"urn:lienthong:system:{system_id}"),),
        eku=(ExtendedKeyUsageOID.CLIENT_AUTH,),
    )


def hub_of(pki: TestPki) -> Hub:
    """A hub with its two keys."""
    return Hub(
        hub_id="hub-1",
        log_id="log-1",
        receipt=pki.issuing.issue("Liên thông, biên nhận", eku=(RECEIPT_SIGNING,)),
        log=pki.issuing.issue("Liên thông, nhật ký", eku=(LOG_SIGNING,)),
    )


@dataclass(slots=True)
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything a test of the exchange needs."""

    pki: TestPki
    clock: Clock
    trust: PkiTrust
    services: Services
    commune: Credential
    province: Credential
    ministry: Credential
    channel: Credential

    async def caller(self, system_id: str) -> Caller:
        """The system as the HTTP layer would name it."""
        system = await self.services.storage.directory.system(SystemId(system_id))
        if system is None:
            raise KeyError(system_id)
        return Caller(system=system)

    def with_pdfs(self, pdfs: PdfReader) -> "World":
        """The same world with another PDF reader."""
        return replace(self, services=replace(self.services, pdfs=pdfs))

    def document(
        self, *attachments: Attachment, signed: bool = True, **changes: object
    ) -> Message:
        """The commune's document message, signed by its system."""
        return prepare_document(
            edxml_document(*attachments, **changes),
            attachments,
            credential=self.commune if signed else None,
            at=self.clock.now,
        )

    async def send(
        self, message: Message, *, system_id: str = "qlvb-h99-151"
    ) -> AcceptedEnvelope:
        """Hand a message to the use case, as the HTTP layer would."""
        return await accept_envelope(
            self.services, await self.submission(message, system_id=system_id)
        )

    async def submission(
        self, message: Message, *, system_id: str = "qlvb-h99-151"
    ) -> Submission:
        return Submission(
            caller=await self.caller(system_id),
            content_type=message.content_type,
            chunks=in_pieces(message.body),
            message_id=message.message_id,
        )

    async def deliver(self) -> None:
        """Check everything that waits, and sequence it."""
        for envelope in await self.services.storage.envelopes.to_check(limit=100):
            await check_envelope(self.services, envelope)
        await Sequencer(self.services, owner="test").sequence_waiting()

    async def sent(self, *attachments: Attachment) -> AcceptedEnvelope:
        """A document of the commune that has been delivered."""
        accepted = await self.send(self.document(*attachments))
        await self.deliver()
        return accepted

    def status(
        self,
        code: StatusCode,
        *,
        reporter: OrganId = PROVINCE,
        credential: Credential | None = None,
        description: str = "",
    ) -> Message:
        """The province's status message, signed by its system."""
        status = EdxmlStatus(
            sender=Organisation(organ_id=reporter),
            response_for=ResponseFor(organ_id=COMMUNE, document_id=DOCUMENT_ID),
            status_code=code,
            description=description,
            timestamp=self.clock.now,
        )
        return prepare_status(
            status, credential=credential or self.province, at=self.clock.now
        )


def edxml_document(*attachments: Attachment, **changes: object) -> EdxmlDocument:
    """A letter of the commune to its province and a ministry."""
    letter = EdxmlDocument(
        sender=Organisation(organ_id=COMMUNE, organ_name="UBND xã Suối Mây"),
        recipients=(
            Organisation(organ_id=PROVINCE),
            Organisation(organ_id=MINISTRY),
        ),
        document_id=DOCUMENT_ID,
        code=DocumentCode("214", "UBND-VHXH"),
        promulgation=PromulgationInfo(promulgation_date=NOW.date(), place="Suối Mây"),
        document_type=DocumentType(type_name="Công văn"),
        subject="Về việc bảo mật nước sạch, bí mật nhà nước và mật độ dân số",
        manifest=tuple(
            ManifestEntry(
                content_id=one.content_id,
                attachment_name=one.name,
                content_type=one.content_type,
            )
            for one in attachments
        ),
    )
    return replace(letter, **changes)  # type: ignore[arg-type]  # by field name


def attachment(
    content: bytes,
    *,
    number: int = 1,
    name: str = "Công văn 214.pdf",
    content_type: str = "application/pdf",
) -> Attachment:
    """An attachment of the letter."""
    return Attachment(
        content_id=f"tep-{number}",
        name=name,
        content_type=content_type,
        content=content,
    )


def note(content: bytes, *, number: int = 1) -> Attachment:
    """An attachment that is no PDF and does not say so."""
    return attachment(
        content, number=number, name="ghi chú.txt", content_type="text/plain"
    )


async def in_pieces(body: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    """Yield a body as a slow network would."""
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def make_world(
    *, storage: Storage | None = None, limits: LimitSettings | None = None
) -> World:
    """Build the world and register everybody in it."""
    pki = TestPki.create()
    clock, trust = Clock(), PkiTrust(pki)
    services = Services(
        storage=storage or MemoryStorage(),
        clock=clock,
        hub=hub_of(pki),
        trust=trust,
        pdfs=InProcessPdfs(),
        signals=Signals(),
        limits=limits or LimitSettings(),
    )
    world = World(
        pki=pki,
        clock=clock,
        trust=trust,
        services=services,
        commune=system_credential(pki, "qlvb-h99-151", COMMUNE),
        province=system_credential(pki, "qlvb-h99", PROVINCE),
        ministry=system_credential(pki, "qlvb-g22", MINISTRY),
        channel=system_credential(pki, "qlvb-h99-153", FAR_COMMUNE),
    )
    await _populate(world)
    return world


async def _populate(world: World) -> None:
    await import_agencies(
        world.services, ImportAgencies(agencies=AGENCIES, operator="test")
    )
    for system_id, agency, credential, may_channel in (
        ("qlvb-h99-151", COMMUNE, world.commune, False),
        ("qlvb-h99", PROVINCE, world.province, False),
        ("qlvb-g22", MINISTRY, world.ministry, False),
        ("qlvb-h99-153", FAR_COMMUNE, world.channel, True),
    ):
        system = System(
            system_id=SystemId(system_id),
            name=system_id,
            certificates=frozenset({fingerprint(credential.certificate)}),
            acts_for=(ActsFor(agency, _LONG_AGO),),
            may_channel=may_channel,
        )
        await register_system(
            world.services, RegisterSystem(system=system, operator="test")
        )


def agency(
    code: str, name: str, level: Level, parent: str | None = None, **changes: object
) -> Agency:
    """An agency that has existed for a while."""
    plain = Agency(
        code=OrganId(code),
        name=name,
        parent=OrganId(parent) if parent else None,
        level=level,
        valid_from=_LONG_AGO,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # by field name


AGENCIES = (
    agency(MINISTRY, "Văn phòng Chính phủ", Level.CENTRAL),
    agency(PROVINCE, "UBND tỉnh Bình Sơn", Level.PROVINCE),
    agency(
        COMMUNE, "UBND xã Suối Mây", Level.COMMUNE, PROVINCE, code_2016=COMMUNE_2016
    ),
    agency(
        MERGED,
        "UBND xã Suối Cũ",
        Level.COMMUNE,
        PROVINCE,
        valid_to=NOW - timedelta(days=30),
        successor=COMMUNE,
    ),
    agency(FAR_COMMUNE, "UBND xã Suối Xa", Level.COMMUNE, PROVINCE),
)
