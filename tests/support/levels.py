"""Services for signatures above B-B over a declared PKI, with a clock to be set."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from io import BytesIO

from cryptography import x509
from pyhanko.pdf_utils.reader import PdfFileReader

from pki.keys.api import Credential
from pki.trust import TrustMaterial, TrustStore
from pki.tsa.servers import BreakerRules, TimeStampClient, TimeStampServer
from schemas.verdict import Indication
from signing.evidence_sources import StoredEvidence
from signing.pades.levels import (
    EvidenceSource,
    SignedDocument,
    SigningServices,
    TokenRoom,
)
from signing.pades.renew import renew_archive
from signing.pades.request import SignRequest
from signing.pades.signer import sign_document
from signing.profiles import SignatureLevel, SignerRole
from signing.validation.pdf import judge_pdf
from tests.support.pki import NOW, TestPki
from tests.support.time_stamps import TSA_SHAPE, PrivateKey, authority, tsa_credential

ABOVE_B_B = (SignatureLevel.B_T, SignatureLevel.B_LT, SignatureLevel.B_LTA)
PATIENT = BreakerRules(failures=1000)


@dataclass(slots=True)
class LevelDesk:
    """A PKI with a time stamping authority, and what is published of it.

    Args:
        now: the time of everybody.
        published: when the revocation lists were issued; None for now.
        stamps_down: whether the time stamping authority is out of reach.
        evidence: where evidence comes from, if not from what is published.
        stamping: who certifies the authority, if somebody else does.
    """

    pki: TestPki = field(default_factory=TestPki.create)
    now: datetime = NOW
    published: datetime | None = None
    stamps_down: bool = False
    evidence: EvidenceSource | None = None
    tsa_key: PrivateKey | None = None
    stamping: TestPki | None = None
    asked: int = 0
    room: TokenRoom = field(default_factory=TokenRoom)
    _tsa: Credential | None = None

    @classmethod
    def since(cls, **ago: float) -> "LevelDesk":
        """Open one in the past: pyHanko takes the real time for the latest there is."""
        begin = NOW - timedelta(**ago)
        desk = cls(pki=TestPki.create(now=begin), now=begin)
        desk.renew_stamper()
        return desk

    @property
    def tsa(self) -> Credential:
        """The credential of the authority."""
        if self._tsa is None:
            self._tsa = tsa_credential(self.pki, key=self.tsa_key)
        return self._tsa

    def renew_stamper(self, pki: TestPki | None = None) -> None:
        """Let a certificate stamp that is valid for two years from now."""
        shape = replace(
            TSA_SHAPE, not_before=self.now, not_after=self.now + timedelta(days=730)
        )
        self._tsa = tsa_credential(pki or self.pki, shape, key=self.tsa_key)
        self.stamping = pki

    def stamping_material(self) -> TrustMaterial:
        """Return what is published of who stamps; all roots are believed."""
        roots = self.material().roots
        found = self._published(self.stamping or self.pki)
        return TrustMaterial(roots, found.intermediates, found.crls)

    def renewed(self, source: bytes) -> bytes:
        """Renew an archive."""
        return renew_archive(source, services=self.services())

    def use_stamper(self, credential: Credential) -> None:
        """Let another certificate stamp."""
        self._tsa = credential

    def material(self) -> TrustMaterial:
        """Return roots, issuing CA and the lists published."""
        pkis = [self.pki] if self.stamping is None else [self.pki, self.stamping]
        found = [self._published(one) for one in pkis]
        return TrustMaterial(
            roots=tuple(der for one in found for der in one.roots),
            intermediates=tuple(der for one in found for der in one.intermediates),
            crls=tuple(der for one in found for der in one.crls),
        )

    def _published(self, pki: TestPki) -> TrustMaterial:
        found, at = pki.material(), self.published or self.now
        lists = (pki.root.crl(at=at), pki.issuing.crl(at=at))
        return TrustMaterial(found.roots, found.intermediates, lists)

    def answer(self, address: str, request: bytes) -> bytes:
        """Stamp, unless it is down; a transport."""
        self.asked += 1
        if self.stamps_down:
            raise TimeoutError(address)
        return authority(self.tsa, clock=lambda: self.now).answer(request).response

    def trust(self) -> TrustStore:
        """Return what everybody believes."""
        return TrustStore.from_material(self.material())

    def client(self) -> TimeStampClient:
        """Return who asks the authority."""
        server = TimeStampServer(address="tsa", trust=self.trust())
        return TimeStampClient([server], self.answer, lambda: self.now, PATIENT)

    def services(self) -> SigningServices:
        """Return services over what is published now."""
        return SigningServices(
            stamps=self.client(),
            evidence=self.evidence or StoredEvidence(self.material()),
            clock=lambda: self.now,
            room=self.room,
        )

    def attempt(
        self,
        source: bytes,
        level: SignatureLevel,
        credential: Credential | None = None,
        role: SignerRole = SignerRole.PERSON,
        **changes: object,
    ) -> SignedDocument:
        """Sign now, a person unless it is said otherwise."""
        how = {"role": role, "at": self.now, "level": level, **changes}
        return sign_document(
            source,
            credential=credential or self.pki.person(),
            request=SignRequest(**how),  # type: ignore[arg-type]  # by name
            services=self.services(),
        )

    def signed(
        self, source: bytes, level: SignatureLevel, *who: object, **changes: object
    ) -> bytes:
        """Sign as `attempt` does; the level must be reached."""
        done = self.attempt(source, level, *who, **changes)  # type: ignore[arg-type]  # as there
        assert done.is_complete, done.reason
        return done.data

    def is_passed(self, signed: bytes) -> bool:
        """Tell whether the verdict is that all is well."""
        verdict = judge_pdf(signed, material=self.material(), at=self.now)
        return verdict.indication is Indication.TOTAL_PASSED

    def later(self, **how: float) -> None:
        """Let time go by."""
        self.now += timedelta(**how)


def stored(signed: bytes) -> dict[str, Sequence[bytes]]:
    """Read the security store of a file with the library alone."""
    root = PdfFileReader(BytesIO(signed)).root
    if "/DSS" not in root:
        return {}
    return {
        kind: [item.get_object().data for item in root["/DSS"].get(kind, ())]
        for kind in ("/Certs", "/CRLs", "/OCSPs")
    }


def subjects(ders: Sequence[bytes]) -> set[str]:
    """Return the names of certificates."""
    loaded = map(x509.load_der_x509_certificate, ders)
    return {one.subject.rfc4514_string() for one in loaded}
