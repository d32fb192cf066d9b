"""Cost of the levels above B-B, warm, with authority and responder in this process.

The floor is hashing the file, and one private-key operation each of signer and
authority; B-LTA takes two of the authority and, as B-LT, one of the responder for
every certificate, all of which count against it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator import ValidationContext

from pki.ca.status import PublishedStatus
from pki.keys.api import Credential, SignatureScheme
from pki.ocsp.responder import AnsweringCa, OcspPolicy, OcspResponder
from pki.revocation.lists import read_revocation_list
from pki.trust import TrustStore
from pki.tsa.servers import TimeStampClient, TimeStampServer
from signing.evidence_sources import FetchedEvidence, StoredEvidence
from signing.pades.levels import SigningServices
from signing.pades.request import SignRequest
from signing.pades.signer import sign_document
from signing.profiles import SignatureLevel, SignerRole
from tests.bench.test_bench_pades import NOISE, best_seconds, report
from tests.support.cms import asn1
from tests.support.levels import ABOVE_B_B
from tests.support.ocsp import SHA256, request_for
from tests.support.pki import NOW, TestPki
from tests.support.signed_pdf import LETTER
from tests.support.stock_signer import private_of, store_of
from tests.support.time_stamps import authority, tsa_credential

pytestmark = pytest.mark.bench

SOURCE = LETTER.read_bytes()
BAR = 30.0
PKI = TestPki.create()


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 3072)


SIGNER = PKI.issuing.issue("RSA-3072", key=rsa_key())
STAMPER = tsa_credential(PKI, key=rsa_key())


@dataclass(slots=True)
class Responder:
    """Answers anew about every certificate, as a live one does."""

    asked: int = 0
    _responder: OcspResponder = field(init=False)

    def __post_init__(self) -> None:
        issued = {
            one.certificate.serial_number
            for one in (SIGNER, STAMPER, PKI.issuing.credential)
        }
        usage = (ExtendedKeyUsageOID.OCSP_SIGNING,)
        authorities = [
            AnsweringCa(
                ca.credential.certificate,
                ca.issue("OCSP", eku=usage, key=rsa_key()),
                PublishedStatus(read_revocation_list(ca.crl()), frozenset(issued)),
            )
            for ca in (PKI.issuing, PKI.root)
        ]
        policy = OcspPolicy(signatures_per_second=10**6)
        self._responder = OcspResponder(authorities, policy=policy, clock=lambda: NOW)

    def fetch(
        self, certificate: x509.Certificate, issuer: x509.Certificate
    ) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        self.asked += 1
        nonce = self.asked.to_bytes(16, "big")
        query = request_for(certificate, issuer=issuer, digest=SHA256, nonce=nonce)
        return (), (self._responder.answer(query).body,)


def services() -> SigningServices:
    tsa = authority(STAMPER)
    trust = TrustStore.from_material(PKI.material())
    client = TimeStampClient(
        [TimeStampServer(address="tsa", trust=trust)],
        lambda address, request: tsa.answer(request).response,
        lambda: NOW,
    )
    found = PKI.material()
    # The list about persons is old: each signature needs an answer of its own.
    lists = (PKI.root.crl(), PKI.issuing.crl(at=NOW.replace(hour=1)))
    stored = StoredEvidence(type(found)(found.roots, found.intermediates, lists))
    evidence = FetchedEvidence(stored, Responder())
    return SigningServices(stamps=client, evidence=evidence, clock=lambda: NOW)


def floor() -> None:
    digest = sha256(SOURCE).digest()
    SIGNER.key.sign(digest, SignatureScheme.RSA_PSS_SHA256)
    STAMPER.key.sign(digest, SignatureScheme.RSA_PKCS1V15_SHA256)


def own(level: SignatureLevel, warm: SigningServices) -> Callable[[], object]:
    request = SignRequest(role=SignerRole.PERSON, at=NOW, level=level)

    def work() -> object:
        done = sign_document(SOURCE, credential=SIGNER, request=request, services=warm)
        assert done.is_complete, done.reason
        return done

    return work


def stock(credential: Credential) -> Callable[[], object]:
    """The library as its documentation has it, B-LTA with lists at hand."""
    known = [asn1(one) for one in (PKI.issuing.credential.certificate,)]
    stamper = DummyTimeStamper(
        tsa_cert=asn1(STAMPER.certificate),
        tsa_key=private_of(STAMPER),
        certs_to_embed=store_of(STAMPER),
        fixed_dt=NOW,
    )
    signer = SimpleSigner(
        asn1(credential.certificate), private_of(credential), store_of(credential)
    )

    def work() -> object:
        context = ValidationContext(
            trust_roots=[asn1(PKI.root.root)],
            other_certs=known,
            crls=list(PKI.material().crls),
            moment=NOW,
            revocation_mode="require",
        )
        described = PdfSignatureMetadata(
            field_name="a",
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            embed_validation_info=True,
            use_pades_lta=True,
            validation_context=context,
        )
        writer = IncrementalPdfFileWriter(BytesIO(SOURCE))
        return PdfSigner(described, signer=signer, timestamper=stamper).sign_pdf(
            writer, output=BytesIO()
        )

    return work


@pytest.mark.parametrize("level", ABOVE_B_B)
def test_level_against_its_floor(level: SignatureLevel) -> None:
    work = own(level, services())
    work()
    least, took = best_seconds(floor, work)
    report(
        bench=f"pades-{level.lower()}",
        key="RSA-3072",
        floor_ms=round(least * 1e3, 3),
        ms=round(took * 1e3, 3),
        ratio=round(took / least, 2),
        bar=BAR,
    )
    assert took / least <= BAR * NOISE


def test_the_librarys_own_way_to_an_archive_is_slower() -> None:
    work = own(SignatureLevel.B_LTA, services())
    took, stock_took = best_seconds(work, stock(SIGNER), rounds=5)
    report(
        bench="pades-b-lta-stock",
        own_ms=round(took * 1e3, 3),
        stock_ms=round(stock_took * 1e3, 3),
        factor=round(stock_took / took, 1),
    )
    assert stock_took > took
