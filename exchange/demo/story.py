"""The main job as a story: a commune writes to its province and a ministry.

Every step does the real thing through the public interfaces and checks what came of
it; the products stay in the site's folder for other programs to judge.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from clients.agency import AgencyClient
from clients.answers import InboxItem, Sent
from clients.messages import (
    Acknowledgement,
    Message,
    prepare_acknowledgement,
    prepare_document,
    prepare_status,
)
from clients.official import Appearance, Official
from clients.profile import ClientProfile, load_profile
from clients.reading import StatusReport, open_envelope, status_about
from clients.transport import Transport
from exchange.demo import province
from exchange.demo.directory import fill_directory
from exchange.demo.province import COMMUNE, RECIPIENTS, Office
from exchange.demo.runner import CheckError, Step, require
from exchange.demo.service import RunningService, start_service
from exchange.demo.site import Site, build_site, write_profiles
from pki.keys.api import Credential
from pki.trust import TrustMaterial, load_material
from schemas.edxml.body import BodyScanner
from schemas.edxml.document import EdxmlDocument
from schemas.errors import Text
from schemas.identifiers import OrganId
from schemas.verdict import FileKind, Indication, Verdict
from schemas.vocabulary import StatusCode, TransportAcknowledgement
from signing.api import verify_file
from signing.profiles import SignerRole, person_rectangle

_WAIT_SECONDS = 20
_SIGNATURE_PLACE = person_rectangle(2, centre_x=425, y_from=391, y_to=463)
_REPORTED = (StatusCode.ARRIVED, StatusCode.REGISTERED, StatusCode.FINISHED)
_MIME_HEADER = "Content-Type: {}\r\n\r\n"


@dataclass(slots=True)
class Connection:
    """One office's open connection."""

    office: Office
    profile: ClientProfile
    credential: Credential
    client: AgencyClient


@dataclass(slots=True)
class Story:
    """What the steps leave for each other."""

    site: Site
    opened: AsyncExitStack
    _service: RunningService | None = None
    _connections: dict[OrganId, Connection] = field(default_factory=dict)
    _message: Message | None = None
    _sent: Sent | None = None
    _arrived: dict[OrganId, InboxItem] = field(default_factory=dict)

    def steps(self) -> tuple[Step, ...]:
        """Return the steps in their order."""
        return (
            Step(Text("Lập CA và khóa", "Make the CA and keys"), self.make_site),
            Step(Text("Chạy dịch vụ, MongoDB", "Start service, MongoDB"), self.start),
            Step(
                Text("Nhập danh bạ bốn cấp", "Import the four levels"), self.directory
            ),
            Step(Text("Lãnh đạo xã ký số", "The official signs"), self.sign_person),
            Step(Text("Văn thư đóng dấu số", "The clerk seals"), self.sign_seal),
            Step(Text("Kiểm tra chữ ký PDF", "Verify the PDF"), self.verify_pdf),
            Step(Text("Xã gửi tỉnh và bộ", "The commune sends"), self.send),
            Step(Text("Gửi lại: cùng biên nhận", "Again: same receipt"), self.repeat),
            Step(
                Text("Tỉnh, bộ nhận và kiểm tra", "Both receive, verify"), self.receive
            ),
            Step(Text("Báo 01, 03, 06", "Report 01, 03, 06"), self.report),
            Step(Text("Xã thấy trạng thái", "The commune sees them"), self.statuses),
            Step(Text("Lấy hồ sơ chứng cứ", "Fetch the evidence"), self.evidence),
            Step(Text("Kiểm tra cả cuộc gửi nhận", "Verify it all"), self.verify_all),
            Step(Text("Sửa một byte: bị phát hiện", "One byte changed"), self.tamper),
        )

    async def make_site(self) -> str:
        """Make root, issuing CAs, and the keys of people and systems."""
        shutil.rmtree(self.folder, ignore_errors=True)
        build_site(self.site)
        return self.site.root.name

    async def start(self) -> str:
        """Start the service and connect the three systems to it."""
        self._service = await start_service(self.folder)
        self.opened.push_async_callback(self._service.stop)
        write_profiles(self.site, self._service.agency_port)
        for office in province.OFFICES:
            await self._connect(office)
        return f"https://127.0.0.1:{self._service.agency_port}"

    async def directory(self) -> str:
        """Import 140 agencies and register the three systems."""
        count = await fill_directory(self.site)
        return f"{count}"

    async def sign_person(self) -> str:
        """Sign as the chairman of the commune, with his signature image."""
        files = self.site.key("official")
        official = Official.from_files(files.path, files.passphrase)
        signed = official.sign(
            province.data("cong-van.pdf"),
            appearance=Appearance(
                image=province.data("chu-ky-mau.png"), placement=_SIGNATURE_PLACE
            ),
        )
        (self.folder / "cong-van-nguoi-ky.pdf").write_bytes(signed)
        return official.name

    async def sign_seal(self) -> str:
        """Seal as the clerk, over the left third of the signature."""
        files = self.site.key("seal")
        clerk = Official.from_files(files.path, files.passphrase)
        sealed = clerk.sign(
            (self.folder / "cong-van-nguoi-ky.pdf").read_bytes(),
            role=SignerRole.AGENCY_SEAL,
            appearance=Appearance(image=province.data("con-dau-mau.png")),
        )
        self.letter.write_bytes(sealed)
        return clerk.name

    async def verify_pdf(self) -> str:
        """Judge the sealed letter with the published lists."""
        verdict = verify_file(self.letter, material=self.site.trust(), at=None)
        require(len(verdict.signatures) == 2, "two signatures")
        return _passed(verdict)

    async def send(self) -> str:
        """Sign the envelope as the commune's system and hand it in."""
        commune = self._connections[COMMUNE.code]
        now = datetime.now(UTC)
        self._message = prepare_document(
            province.letter(now),
            [province.letter_attachment(self.letter.read_bytes())],
            credential=commune.credential,
            at=now,
        )
        self._sent = await commune.client.send(self._message)
        self._write_message("envelope.eml", self._message)
        (self.folder / "receipt-acceptance.xml").write_bytes(self.sent.receipt)
        return self.sent.envelope_id

    async def repeat(self) -> str:
        """Send the same bytes again and get the same receipt."""
        again = await self._connections[COMMUNE.code].client.send(self.message)
        require(again.receipt == self.sent.receipt, "the receipt is the same bytes")
        return f"{len(again.receipt)} B"

    async def receive(self) -> str:
        """Receive at both, compare digests, judge, acknowledge."""
        for office in RECIPIENTS:
            await self._receive(self._connections[office.code])
        return ", ".join(office.code for office in RECIPIENTS)

    async def report(self) -> str:
        """Report arrival, registration and completion from both."""
        for office in RECIPIENTS:
            for code in _REPORTED:
                await self._report(self._connections[office.code], code)
        return ", ".join(_REPORTED)

    async def statuses(self) -> str:
        """See all six statuses in the commune's inbox, each exactly once."""
        commune = self._connections[COMMUNE.code]
        expected = len(RECIPIENTS) * len(_REPORTED)
        items: list[InboxItem] = []
        cursor = -1
        while len(items) < expected:
            page = await commune.client.inbox(
                COMMUNE.code, after=cursor, wait=_WAIT_SECONDS
            )
            require(bool(page.items), "the statuses arrive")
            items.extend(page.items)
            cursor = page.cursor
        require(len({one.envelope_id for one in items}) == expected, "each once")
        return f"{len(items)}"

    async def evidence(self) -> str:
        """Fetch the evidence of the whole conversation as the sender."""
        bundle = await self._connections[COMMUNE.code].client.evidence(
            COMMUNE.code, self.sent.envelope_id
        )
        self.bundle.write_bytes(bundle)
        return f"{len(bundle)} B"

    async def verify_all(self) -> str:
        """Judge the bundle by the root certificate alone."""
        verdict = verify_file(self.bundle, material=self.root_alone, at=None)
        require(verdict.kind is FileKind.BUNDLE, "it is a bundle")
        return _passed(verdict)

    async def tamper(self) -> str:
        """Change one byte of the bundle and of the letter: neither passes."""
        for path in (self.bundle, self.letter):
            indication = _indication_of_changed(path, self.site.trust())
            require(indication is Indication.TOTAL_FAILED, f"{path.name} fails")
        return Indication.TOTAL_FAILED

    @property
    def folder(self) -> Path:
        """Where the products lie."""
        return self.site.folder

    @property
    def message(self) -> Message:
        """The message of the letter."""
        if self._message is None:
            raise LookupError("no message yet")
        return self._message

    @property
    def sent(self) -> Sent:
        """The accepted letter."""
        if self._sent is None:
            raise LookupError("nothing sent yet")
        return self._sent

    @property
    def letter(self) -> Path:
        """The letter, signed and sealed."""
        return self.folder / "cong-van-ky-so.pdf"

    @property
    def bundle(self) -> Path:
        """The evidence of the conversation."""
        return self.folder / "evidence.zip"

    @property
    def root_alone(self) -> TrustMaterial:
        """The root certificate and nothing else."""
        return load_material([self.site.root])

    async def _connect(self, office: Office) -> None:
        profile = load_profile(self.site.profile(office))
        transport = await self.opened.enter_async_context(Transport(profile.address))
        self._connections[office.code] = Connection(
            office=office,
            profile=profile,
            credential=profile.credential(),
            client=AgencyClient(transport, trust=profile.material()),
        )

    async def _receive(self, connection: Connection) -> None:
        office, client = connection.office, connection.client
        page = await client.inbox(office.code, wait=_WAIT_SECONDS)
        require(len(page.items) == 1, f"{office.code}: one document")
        item = self._arrived[office.code] = page.items[0]
        fetched = await client.fetch(item.envelope_id)
        require(fetched.body == self.message.body, f"{office.code}: the same bytes")
        path = self._write_message(f"received-{office.code}.eml", self.message)
        _passed(verify_file(path, material=connection.profile.material(), at=None))
        pdf = await client.attachment(item.envelope_id, 1)
        require(pdf == self.letter.read_bytes(), f"{office.code}: the same PDF")
        await self._acknowledge(connection, fetched.body_sha256)

    async def _acknowledge(self, connection: Connection, body_sha256: str) -> None:
        office = connection.office
        receipt = prepare_acknowledgement(
            Acknowledgement(
                envelope_id=self.sent.envelope_id,
                body_sha256=body_sha256,
                recipient=office.code,
                system_id=office.system_id,
                state=TransportAcknowledgement.DONE,
            ),
            credential=connection.credential,
            at=datetime.now(UTC),
        )
        stored = await connection.client.acknowledge(
            office.code, self.sent.envelope_id, receipt
        )
        (self.folder / f"receipt-taken-{office.code}.xml").write_bytes(stored)

    async def _report(self, connection: Connection, code: StatusCode) -> None:
        office, now = connection.office, datetime.now(UTC)
        report = StatusReport(reporter=office.code, code=code, at=now)
        message = prepare_status(
            status_about(_document(self.message), report),
            credential=connection.credential,
            at=now,
        )
        receipt = await connection.client.report_status(self.sent.envelope_id, message)
        (self.folder / f"status-{code}-{office.code}.xml").write_bytes(message.body)
        (self.folder / f"receipt-{code}-{office.code}.xml").write_bytes(receipt)

    def _write_message(self, name: str, message: Message) -> Path:
        path = self.folder / name
        header = _MIME_HEADER.format(message.content_type).encode()
        path.write_bytes(header + message.body)
        path.with_suffix(".xml").write_bytes(_xml(message))
        return path


@asynccontextmanager
async def open_story(folder: Path) -> AsyncIterator[Story]:
    """Begin a story; what it opens is closed at the end, the products stay."""
    async with AsyncExitStack() as opened:
        yield Story(Site(folder), opened)


def _indication_of_changed(path: Path, material: TrustMaterial) -> Indication:
    changed = bytearray(path.read_bytes())
    changed[len(changed) // 3] ^= 1
    with TemporaryDirectory() as folder:
        copy = Path(folder, path.name)
        copy.write_bytes(changed)
        return verify_file(copy, material=material, at=None).indication


def _xml(message: Message) -> bytes:
    """Return the signed XML alone, as other programs take it."""
    scanner = BodyScanner(message.content_type)
    scanner.feed(message.body)
    return scanner.finish().xml


def _document(message: Message) -> EdxmlDocument:
    opened = open_envelope(message.content_type, message.body).message
    if not isinstance(opened, EdxmlDocument):
        raise CheckError("the letter is a document")
    return opened


def _passed(verdict: Verdict) -> str:
    codes = ", ".join(reason.code for reason in verdict.reasons)
    held = verdict.indication is Indication.TOTAL_PASSED
    require(held, f"{verdict.indication} {verdict.sub_indication or ''} {codes}")
    return verdict.indication
