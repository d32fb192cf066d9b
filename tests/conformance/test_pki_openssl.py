"""OpenSSL accepts what our authorities make, and refuses what it should."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.ca.authority import Authority, issue_root
from pki.ca.founding import HierarchySettings, create_hierarchy
from pki.ca.hierarchy import Hierarchy
from pki.ca.requests import read_request
from pki.keys.api import Credential
from pki.keys.software import KeyKind, generate, load_pkcs12, save_pem, save_pkcs12
from pki.kinds import RESPONDERS, CertificateKind
from pki.names import SubjectFields
from pki.registry.api import MemoryRegistry
from schemas.identifiers import OrganId, SystemId
from tests.support.judges import run

NAMES = SubjectFields(
    common_name="Đoàn Thạch Khuê",
    organisation="UBND xã Suối Mây",
    organ_id=OrganId("H99.151"),
)
SERVER = SubjectFields(
    common_name="truc.test", dns_names=("truc.test",), ip_addresses=("127.0.0.1",)
)

_NAMES_OF = {
    CertificateKind.SYSTEM: replace(NAMES, system_id=SystemId("qlvb")),
    CertificateKind.TLS_SERVER: SERVER,
}
END_KINDS = (
    CertificateKind.PERSON,
    CertificateKind.SIGN_IN,
    CertificateKind.AGENCY_SEAL,
    CertificateKind.AGENCY_ENCRYPTION,
    CertificateKind.SYSTEM,
    CertificateKind.TLS_SERVER,
    CertificateKind.RECEIPT,
    CertificateKind.LOG,
    CertificateKind.TSA,
    *RESPONDERS.values(),
)


def clock() -> datetime:
    """Return the real time: OpenSSL judges by its own clock."""
    return datetime.now(UTC)


def create(folder: Path, key_kind: KeyKind = KeyKind.P256) -> Hierarchy:
    settings = HierarchySettings(demo=True, key_kind=key_kind)
    return create_hierarchy(folder / "pki", settings, clock)


def issue(hierarchy: Hierarchy, kind: CertificateKind) -> Credential:
    return hierarchy.issue_credential(kind, _NAMES_OF.get(kind, NAMES))


def verify(folder: Path, credential: Credential, *options: str) -> tuple[int, str]:
    """Ask `openssl verify` with the published files, every list checked."""
    pki = folder / "pki"
    lists = b"".join(
        x509.load_der_x509_crl(path.read_bytes()).public_bytes(Encoding.PEM)
        for path in pki.glob("*.crl")
    )
    (folder / "lists.pem").write_bytes(lists)
    chain = b"".join(one.public_bytes(Encoding.PEM) for one in credential.chain)
    (folder / "chain.pem").write_bytes(chain)
    leaf = credential.certificate.public_bytes(Encoding.PEM)
    (folder / "leaf.pem").write_bytes(leaf)
    told = run(
        "openssl", "verify", "-x509_strict", "-crl_check_all", *options,
        "-CRLfile", folder / "lists.pem", "-no-CApath", "-no-CAstore",
        "-CAfile", pki / "root.pem", "-untrusted", folder / "chain.pem",
        folder / "leaf.pem",
    )  # fmt: skip
    return told.returncode, told.stdout + told.stderr


@pytest.mark.parametrize("kind", END_KINDS)
def test_openssl_accepts_every_kind_strictly(
    tmp_path: Path, kind: CertificateKind
) -> None:
    with create(tmp_path) as hierarchy:
        assert verify(tmp_path, issue(hierarchy, kind)) == (
            0,
            f"{tmp_path}/leaf.pem: OK\n",
        )


def test_openssl_accepts_other_ca_curves(tmp_path: Path) -> None:
    with create(tmp_path, KeyKind.P384) as hierarchy:
        code, told = verify(tmp_path, issue(hierarchy, CertificateKind.PERSON))
    assert code == 0, told


def test_openssl_accepts_an_rsa_root(tmp_path: Path) -> None:
    key, names = generate(KeyKind.RSA3072), SubjectFields(common_name="Gốc RSA")
    certificate = issue_root(key, names, clock=clock, demo=False)
    root = Authority(
        kind=CertificateKind.ROOT,
        credential=Credential(key, certificate),
        registry=MemoryRegistry(),
        clock=clock,
        demo=False,
    )
    crl = root.crl().public_bytes(Encoding.DER)
    (tmp_path / "root.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (tmp_path / "root.crl").write_bytes(crl)
    anchor = ("-CAfile", tmp_path / "root.pem")
    accepted = run("openssl", "verify", "-x509_strict", *anchor, anchor[1])
    assert accepted.returncode == 0, accepted.stderr
    listed = run(
        "openssl", "crl", "-inform", "DER", "-in", tmp_path / "root.crl", *anchor
    )
    assert "verify OK" in listed.stderr


@pytest.mark.parametrize(
    ("kind", "purpose", "accepted"),
    [
        (CertificateKind.SYSTEM, "sslclient", True),
        (CertificateKind.SYSTEM, "sslserver", False),
        (CertificateKind.TLS_SERVER, "sslserver", True),
        (CertificateKind.TLS_SERVER, "sslclient", False),
        (CertificateKind.PERSON, "smimesign", True),
        (CertificateKind.PERSON, "sslclient", False),
        (CertificateKind.SIGN_IN, "sslclient", True),
        (CertificateKind.SIGN_IN, "smimesign", False),
        (CertificateKind.SIGN_IN, "sslserver", False),
        (CertificateKind.AGENCY_ENCRYPTION, "smimesign", False),
        (CertificateKind.AGENCY_ENCRYPTION, "sslclient", False),
        (CertificateKind.RECEIPT, "sslclient", False),
        (CertificateKind.TSA, "timestampsign", True),
        (CertificateKind.TSA, "sslclient", False),
        (CertificateKind.RECEIPT, "timestampsign", False),
        (CertificateKind.OCSP_SYSTEMS, "ocsphelper", True),
        (CertificateKind.OCSP_SYSTEMS, "sslclient", False),
    ],
)
def test_openssl_agrees_on_purposes(
    tmp_path: Path, kind: CertificateKind, purpose: str, accepted: bool
) -> None:
    with create(tmp_path) as hierarchy:
        credential = issue(hierarchy, kind)
        code, told = verify(tmp_path, credential, "-purpose", purpose)
    assert (code == 0) is accepted, told


def test_openssl_matches_the_servers_names(tmp_path: Path) -> None:
    with create(tmp_path) as hierarchy:
        server = issue(hierarchy, CertificateKind.TLS_SERVER)
        for option, value, code in (
            ("-verify_hostname", "truc.test", 0),
            ("-verify_hostname", "khac.test", 2),
            ("-verify_ip", "127.0.0.1", 0),
        ):
            assert verify(tmp_path, server, option, value)[0] == code


@pytest.mark.parametrize("whom", ["leaf", "issuing-ca"])
def test_openssl_sees_a_revocation(tmp_path: Path, whom: str) -> None:
    with create(tmp_path) as hierarchy:
        credential = issue(hierarchy, CertificateKind.PERSON)
        gone = credential.certificate if whom == "leaf" else credential.chain[0]
        hierarchy.revoke(gone.serial_number, x509.ReasonFlags.key_compromise)
        code, told = verify(tmp_path, credential)
    assert code != 0
    assert "certificate revoked" in told


def test_openssl_reads_the_list(tmp_path: Path) -> None:
    with create(tmp_path) as hierarchy:
        serial = issue(hierarchy, CertificateKind.PERSON).certificate.serial_number
        hierarchy.revoke(serial, x509.ReasonFlags.key_compromise)
    path = tmp_path / "pki" / "issuing-persons.crl"
    read = ("openssl", "crl", "-inform", "DER", "-in", path, "-noout")
    told = run(*read, "-text").stdout
    assert "Version 2 (0x1)" in told
    assert "X509v3 CRL Number: \n                2\n" in told
    assert "X509v3 Authority Key Identifier" in told
    assert f"Serial Number: {serial:X}\n" in told
    assert "Key Compromise" in told
    issuer = path.with_suffix(".pem")
    checked = run(*read, "-CAfile", issuer)
    assert "verify OK" in checked.stderr


def test_openssl_reads_the_certificate(tmp_path: Path) -> None:
    with create(tmp_path) as hierarchy:
        verify(tmp_path, issue(hierarchy, CertificateKind.PERSON))
    told = run(
        "openssl", "x509", "-in", tmp_path / "leaf.pem", "-noout", "-text",
        "-nameopt", "utf8,sep_comma_plus_space",
    ).stdout  # fmt: skip
    for line in (
        "Version: 3 (0x2)",
        "CN=Đoàn Thạch Khuê",
        "organizationIdentifier=H99.151",
        "X509v3 Basic Constraints: critical",
        "CA:FALSE",
        "X509v3 Key Usage: critical",
        "Digital Signature, Non Repudiation",
        "URI:urn:lienthong:agency:H99.151",
    ):
        assert line in told


def test_openssl_opens_our_pkcs12(tmp_path: Path) -> None:
    with create(tmp_path) as hierarchy:
        credential = issue(hierarchy, CertificateKind.PERSON)
        data = save_pkcs12(credential, "Khuê", b"123456", hierarchy.root)
    (tmp_path / "khue.p12").write_bytes(data)
    opened = run(
        "openssl", "pkcs12", "-in", tmp_path / "khue.p12", "-noenc",
        "-passin", "pass:123456", "-out", tmp_path / "opened.pem",
    )  # fmt: skip
    assert opened.returncode == 0, opened.stderr
    told = (tmp_path / "opened.pem").read_bytes()
    assert told.count(b"BEGIN CERTIFICATE") == 3
    assert b"BEGIN PRIVATE KEY" in told
    refused = run(
        "openssl", "pkcs12", "-in", tmp_path / "khue.p12", "-passin", "pass:sai"
    )
    assert refused.returncode != 0


def test_we_open_the_pkcs12_of_openssl(tmp_path: Path) -> None:
    with create(tmp_path) as hierarchy:
        credential = issue(hierarchy, CertificateKind.PERSON)
    (tmp_path / "khue.pem").write_bytes(save_pem(credential))
    made = run(
        "openssl", "pkcs12", "-export", "-in", tmp_path / "khue.pem",
        "-out", tmp_path / "khue.p12", "-passout", "pass:123456",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    loaded = load_pkcs12((tmp_path / "khue.p12").read_bytes(), b"123456")
    assert loaded.certificate == credential.certificate
    assert loaded.chain == credential.chain


def test_we_certify_the_request_of_openssl(tmp_path: Path) -> None:
    made = run(
        "openssl", "req", "-new", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:P-256", "-noenc", "-subj", "/CN=ignored",
        "-keyout", tmp_path / "key.pem", "-out", tmp_path / "request.pem",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    public_key = read_request((tmp_path / "request.pem").read_bytes())
    with create(tmp_path) as hierarchy:
        certificate = hierarchy.issue(CertificateKind.PERSON, NAMES, public_key)
        above = hierarchy.chain_above(CertificateKind.PERSON)
        code, told = verify(tmp_path, Credential(generate(), certificate, above))
    assert code == 0, told
