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
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleTrustManager

from pki.hierarchy import HierarchySettings, create_hierarchy
from pki.keys.api import Credential
from pki.keys.software import KeyKind, generate
from pki.kinds import TIME_STAMP_POLICY, CertificateKind
from pki.names import SubjectFields
from pki.tsa import TimeStampAuthority
from pki.tsa_register import MemoryTimeStampRegister
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
