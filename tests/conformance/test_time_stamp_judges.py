"""OpenSSL and pyHanko accept our time stamps, and read our refusals."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import new as new_hash
from pathlib import Path

import pytest
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ObjectIdentifier
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleTrustManager

from pki.ca.founding import HierarchySettings, create_hierarchy
from pki.ca.hierarchy import Hierarchy
from pki.keys.api import Credential
from pki.keys.software import KeyKind, SoftwareKey, generate, save_pkcs8
from pki.kinds import TIME_STAMP_POLICY, CertificateKind
from pki.names import SubjectFields
from pki.trust import TrustStore
from pki.tsa.authority import TimeStampAuthority
from pki.tsa.client import AskedStamp, check_response
from pki.tsa.register import MemoryTimeStampRegister
from tests.support.judges import run
from tests.support.time_stamps import DATA

KINDS = (KeyKind.P256, KeyKind.RSA3072)


def clock() -> datetime:
    """Return the real time: OpenSSL judges by its own clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Site:
    """An authority of a real hierarchy, and files for the judges."""

    folder: Path
    credential: Credential
    tsa: TimeStampAuthority

    @classmethod
    def create(cls, folder: Path, kind: KeyKind) -> "Site":
        settings = HierarchySettings(name="Thử nghiệm")
        with create_hierarchy(folder / "pki", settings, clock) as hierarchy:
            names = SubjectFields(common_name="Dấu thời gian")
            credential = hierarchy.issue_credential(
                CertificateKind.TSA, names, key=generate(kind)
            )
        above = (credential.certificate, *credential.chain)
        pem = b"".join(one.public_bytes(Encoding.PEM) for one in above)
        (folder / "above.pem").write_bytes(pem)
        (folder / "data").write_bytes(DATA)
        tsa = TimeStampAuthority(
            credential=credential,
            register=MemoryTimeStampRegister(clock()),
            clock=clock,
            clock_is_sound=lambda: True,
            accuracy=timedelta(milliseconds=250),
        )
        return cls(folder, credential, tsa)

    def trust(self) -> TrustStore:
        """Return what our own client believes."""
        with Hierarchy.open(self.folder / "pki") as hierarchy:
            return TrustStore.from_material(hierarchy.material())

    def ask(self, *options: str) -> str:
        """Let OpenSSL ask, answer, and let it read the answer."""
        query, reply = self.folder / "query", self.folder / "reply"
        asked = run(
            "openssl", "ts", "-query", "-data", self.folder / "data", *options,
            "-out", query,
        )  # fmt: skip
        assert asked.returncode == 0, asked.stderr
        reply.write_bytes(self.tsa.answer(query.read_bytes()).response)
        return run("openssl", "ts", "-reply", "-in", reply, "-text").stdout

    def verify(self, *options: str | Path) -> str:
        """Let OpenSSL verify the answer."""
        told = run(
            "openssl", "ts", "-verify", "-in", self.folder / "reply", *options,
            "-CAfile", self.folder / "pki" / "root.pem",
            "-untrusted", self.folder / "above.pem",
        )  # fmt: skip
        return told.stdout + told.stderr


@pytest.fixture(scope="module", params=KINDS, ids=str)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Site:
    return Site.create(tmp_path_factory.mktemp("site"), request.param)


@pytest.mark.parametrize(
    "options",
    [
        ("-sha256", "-cert"),
        ("-sha384", "-cert"),
        ("-sha512", "-no_nonce"),
        ("-sha256", "-cert", "-tspolicy", TIME_STAMP_POLICY.dotted_string),
    ],
    ids=" ".join,
)
def test_openssl_verifies_the_stamp(site: Site, options: tuple[str, ...]) -> None:
    text = site.ask(*options)
    assert "Status: Granted." in text
    assert "Ordering: no" in text
    assert "0xFA millis" in text
    by_query = site.verify("-queryfile", site.folder / "query")
    by_data = site.verify("-data", site.folder / "data")
    assert "Verification: OK" in by_query, by_query
    assert "Verification: OK" in by_data, by_data


def test_openssl_sees_a_stamp_of_other_data(site: Site) -> None:
    site.ask("-sha256", "-cert")
    (site.folder / "other").write_bytes(DATA + b".")
    told = site.verify("-data", site.folder / "other")
    assert "Verification: FAILED" in told


def test_openssl_sees_an_answer_to_another_request(site: Site) -> None:
    site.ask("-sha256", "-cert")
    run(
        "openssl", "ts", "-query", "-data", site.folder / "data", "-sha256", "-cert",
        "-out", site.folder / "query",
    )  # fmt: skip
    told = site.verify("-queryfile", site.folder / "query")
    assert "nonce mismatch" in told


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("-sha1",), "unrecognized or unsupported algorithm identifier"),
        (
            ("-sha256", "-tspolicy", "1.2.3.4"),
            "the requested TSA policy is not supported by the TSA",
        ),
    ],
)
def test_openssl_reads_the_refusal(
    site: Site, options: tuple[str, ...], why: str
) -> None:
    text = site.ask(*options)
    assert "Status: Rejected." in text
    assert why in text
    assert "Not included." in text


def test_openssl_reads_that_the_time_is_not_available(site: Site) -> None:
    unsound = replace(site.tsa, clock_is_sound=lambda: False)
    text = replace(site, tsa=unsound).ask("-sha256", "-cert")
    assert "the TSA's time source is not available" in text


_SERVER = """\
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/above.pem
certs = {folder}/above.pem
signer_key = {folder}/key.pem
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500
clock_precision_digits = 3
ess_cert_id_alg = sha256
"""


@pytest.mark.parametrize("name", ["sha256", "sha512"])
def test_our_client_accepts_the_stamps_of_openssl(site: Site, name: str) -> None:
    settings, key = site.folder / "tsa.cnf", site.credential.key
    settings.write_text(_SERVER.format(folder=site.folder))
    assert isinstance(key, SoftwareKey)
    (site.folder / "key.pem").write_bytes(save_pkcs8(key, None))
    asked = AskedStamp(
        digest=new_hash(name, DATA).digest(),
        hash_name=name,
        nonce=0x8877665544332211,
        policy=ObjectIdentifier("1.2.3.4"),
    )
    (site.folder / "query").write_bytes(asked.encode())
    told = run(
        "openssl", "ts", "-reply", "-config", settings,
        "-queryfile", site.folder / "query", "-out", site.folder / "reply",
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    response = (site.folder / "reply").read_bytes()
    stamp = check_response(response, asked, trust=site.trust(), at=clock())
    assert stamp.certificate == site.credential.certificate
    assert stamp.accuracy == timedelta(seconds=1.5)


async def test_pyhanko_trusts_the_stamp(site: Site) -> None:
    site.ask("-sha256", "-cert")
    response = tsp.TimeStampResp.load((site.folder / "reply").read_bytes())
    root = (site.folder / "pki" / "root.pem").read_bytes()
    anchor = asn1_x509.Certificate.load(_der(root))
    context = ValidationContext(
        trust_manager=SimpleTrustManager.build([anchor]), allow_fetching=False
    )
    status = TimestampSignatureStatus(
        **await validate_tst_signed_data(
            response["time_stamp_token"]["content"],
            context,
            lambda name: new_hash(name, DATA).digest(),
        )
    )
    assert (status.intact, status.valid, status.trusted) == (True, True, True)


def _der(data: bytes) -> bytes:

    return x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
