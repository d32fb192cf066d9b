"""OpenSSL holds our issuing CAs to the names they are permitted."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from pki.ca.founding import HierarchySettings, create_generation, create_hierarchy
from pki.ca.hierarchy import Hierarchy
from pki.ca.layout import load_certificate, private_folder
from pki.ca.limits import PermittedHosts
from pki.errors import PkiError
from pki.keys.software import generate
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from schemas.errors import ErrorCode
from tests.support.judges import run

PERSONS = CertificateKind.ISSUING_PERSONS
SYSTEMS = CertificateKind.ISSUING_SYSTEMS
HOSTS = PermittedHosts(dns=("xa.example",), networks=("10.1.0.0/16", "fd00::/8"))


def clock() -> datetime:
    """Return the real time: OpenSSL judges by its own clock."""
    return datetime.now(UTC)


def create(folder: Path, hosts: PermittedHosts = HOSTS) -> Path:
    create_hierarchy(folder, HierarchySettings(hosts=hosts), clock).close()
    return folder


def rogue(folder: Path, kind: CertificateKind, subject: str, *names: str) -> Path:
    """Sign with a CA's own key what no rule of ours would let it sign."""
    key = load_pem_private_key(
        (private_folder(folder, kind) / "key.pem").read_bytes(), None
    )
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    now = clock()
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name.from_rfc4514_string(subject))
        .issuer_name(load_certificate(folder, kind).subject)
        .public_key(generate().public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
    )
    if names:
        hosts = [x509.DNSName(one) for one in names]
        builder = builder.add_extension(x509.SubjectAlternativeName(hosts), False)
    path = folder.parent / "rogue.pem"
    path.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    return path


def verify(folder: Path, kind: CertificateKind, leaf: Path) -> str:
    told = run(
        "openssl", "verify", "-no-CApath", "-no-CAstore",
        "-CAfile", folder / "root.pem", "-untrusted", folder / f"{kind}.pem", leaf,
    )  # fmt: skip
    return told.stdout + told.stderr


@pytest.mark.parametrize(
    ("kind", "subject", "names", "verdict"),
    [
        (PERSONS, "CN=A,C=VN", (), "OK"),
        (PERSONS, "CN=A,C=LA", (), "permitted subtree violation"),
        (PERSONS, "CN=A", (), "permitted subtree violation"),
        (PERSONS, "CN=A,C=VN", ("xa.example",), "excluded subtree violation"),
        (SYSTEMS, "CN=A,C=VN", ("hub.xa.example",), "OK"),
        (SYSTEMS, "CN=A,C=VN", ("other.example",), "permitted subtree violation"),
    ],
)
def test_openssl_refuses_names_beyond_the_constraints(
    tmp_path: Path,
    kind: CertificateKind,
    subject: str,
    names: tuple[str, ...],
    verdict: str,
) -> None:
    folder = create(tmp_path / "pki")
    assert verdict in verify(folder, kind, rogue(folder, kind, subject, *names))


def server(*hosts: str, addresses: tuple[str, ...] = ()) -> SubjectFields:
    return SubjectFields(common_name="truc", dns_names=hosts, ip_addresses=addresses)


@pytest.mark.parametrize(
    ("hosts", "named"),
    [
        (HOSTS, server("hub.xa.example", addresses=("10.1.2.3", "fd00::1"))),
        (PermittedHosts(), server("localhost", addresses=("127.0.0.1",))),
        (PermittedHosts(dns=("xa.example",)), server("xa.example")),
        (PermittedHosts(networks=("127.0.0.0/8",)), server(addresses=("127.0.0.1",))),
    ],
)
def test_openssl_accepts_servers_within_the_hosts(
    tmp_path: Path, hosts: PermittedHosts, named: SubjectFields
) -> None:
    folder = create(tmp_path / "pki", hosts)
    with Hierarchy.open(folder, clock=clock) as hierarchy:
        made = hierarchy.issue_credential(CertificateKind.TLS_SERVER, named)
    path = tmp_path / "server.pem"
    path.write_bytes(made.certificate.public_bytes(Encoding.PEM))
    assert verify(folder, SYSTEMS, path).endswith("OK\n")


@pytest.mark.parametrize(
    "named",
    [server("other.example"), server("xa.example", addresses=("10.2.0.1",))],
)
def test_server_beyond_the_hosts_is_refused_before_it_is_signed(
    tmp_path: Path, named: SubjectFields
) -> None:
    folder = create(tmp_path / "pki")
    with Hierarchy.open(folder, clock=clock) as hierarchy:
        with pytest.raises(PkiError) as refusal:
            hierarchy.issue_credential(CertificateKind.TLS_SERVER, named)
        assert len(hierarchy.certificates()) == 3
    assert refusal.value.code is ErrorCode.LINT_REFUSED


def test_next_generation_keeps_the_hosts(tmp_path: Path) -> None:
    folder = create(tmp_path / "pki")
    label = create_generation(folder, SYSTEMS, HierarchySettings(), clock)
    first, second = (
        load_certificate(folder, one).extensions.get_extension_for_class(
            x509.NameConstraints
        )
        for one in (SYSTEMS, label)
    )
    assert first.value == second.value
    assert second.critical


def test_root_is_not_constrained_and_issuing_cas_are_critically(tmp_path: Path) -> None:
    folder = create(tmp_path / "pki")
    for kind in CertificateKind:
        if not (folder / f"{kind}.pem").exists():
            continue
        found = [
            one.critical
            for one in load_certificate(folder, kind).extensions
            if one.oid == x509.NameConstraints.oid
        ]
        assert found == ([] if kind is CertificateKind.ROOT else [True])


@pytest.mark.parametrize(
    "hosts",
    [
        PermittedHosts(dns=("*.xa.example",)),
        PermittedHosts(dns=("",)),
        PermittedHosts(dns=("xã.example",)),
        PermittedHosts(networks=("10.1.0.1/16",)),
        PermittedHosts(networks=("mười",)),
    ],
)
def test_malformed_host_is_refused_and_nothing_is_made(
    tmp_path: Path, hosts: PermittedHosts
) -> None:
    with pytest.raises(PkiError) as refusal:
        create(tmp_path / "pki", hosts)
    assert refusal.value.code is ErrorCode.ISSUANCE_REFUSED
    assert not (tmp_path / "pki").exists()
