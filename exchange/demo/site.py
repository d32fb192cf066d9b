"""Everything a demonstration site needs on disk: CA, keys, configuration.

Keys are made here, encrypted with passphrases made here, and thrown away with the
folder.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from exchange.demo.province import COMMUNE, OFFICES, OFFICIAL, Office
from pki.ca.founding import HierarchySettings, create_hierarchy
from pki.ca.hierarchy import Hierarchy, system_clock
from pki.files import PRIVATE, write_atomically
from pki.keys.api import Credential
from pki.keys.software import SoftwareKey, generate, save_pkcs8, save_pkcs12
from pki.kinds import RESPONDERS, CertificateKind
from pki.names import SubjectFields
from pki.trust import TrustMaterial

HOST = "127.0.0.1"
_CA_NAME = "Bình Sơn"
_SEAL_BYTES = 32
_TLS_KINDS = frozenset({CertificateKind.SYSTEM, CertificateKind.TLS_SERVER})


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A PKCS#12 file and the file with its passphrase."""

    path: Path
    passphrase: Path


@dataclass(frozen=True, slots=True)
class SystemFiles:
    """What a document system connects with."""

    certificate: Path
    key: Path
    signer: KeyFile


@dataclass(frozen=True, slots=True)
class Site:
    """A demonstration site in one folder.

    Args:
        folder: holds everything below.
    """

    folder: Path

    @property
    def config(self) -> Path:
        """The service's configuration."""
        return self.folder / "lienthong.toml"

    @property
    def pki(self) -> Path:
        """The CA: certificates, lists, and its private folder."""
        return self.folder / "pki"

    @property
    def root(self) -> Path:
        """The root certificate; all a verifier needs for a bundle."""
        return self.folder / "root.pem"

    @property
    def hub_authority(self) -> Path:
        """Certificates that vouch for the hub's TLS certificate."""
        return self.folder / "keys" / "authority.pem"

    def key(self, name: str) -> KeyFile:
        """Return where a key lies."""
        keys = self.folder / "keys"
        return KeyFile(keys / f"{name}.p12", keys / f"{name}.passphrase")

    def system(self, office: Office) -> SystemFiles:
        """Return what the system of an office connects with."""
        keys, name = self.folder / "keys", office.system_id
        return SystemFiles(keys / f"{name}.pem", keys / f"{name}.key", self.key(name))

    def profile(self, office: Office) -> Path:
        """Return how the system of an office reaches the hub."""
        return self.folder / f"client-{office.code}.toml"

    def trust(self) -> TrustMaterial:
        """Return root, issuing CAs and lists as published now."""
        with Hierarchy.open(self.pki) as hierarchy:
            return hierarchy.material()


def build_site(
    site: Site, *, clock: Callable[[], datetime] = system_clock, public_port: int = 0
) -> None:
    """Make the CA, all keys and the configuration in an empty folder.

    Args:
        site: where.
        clock: gives the time.
        public_port: of the public listener; certificates then name it, and the hub has
            stamps made and asks about signers there. 0 takes a free one at each start.

    Raises:
        PkiError: the folder is not empty or cannot be written.
    """
    site.folder.mkdir(parents=True, exist_ok=True)
    url = f"http://{HOST}:{public_port}" if public_port else ""
    settings = HierarchySettings(name=_CA_NAME, demo=True, public_url=url)
    with create_hierarchy(site.pki, settings, clock) as hierarchy:
        (site.folder / "keys").mkdir(mode=0o700)
        _copy_authorities(site, hierarchy)
        holders = [_issue(hierarchy, wanted) for wanted in _wanted()]
        hierarchy.write_crls()
        _certify_responders(site, hierarchy)
        _certify_stamper(site, hierarchy)
    for holder in holders:
        _save(site, holder)
    refresh_configuration(site, public_port=public_port)


def refresh_configuration(site: Site, *, public_port: int) -> None:
    """Write the configuration of a site that was made before, as it is written now.

    Args:
        site: where.
        public_port: what its certificates name.

    Raises:
        PkiError: the file cannot be written.
    """
    second_factors = site.folder / "keys" / "totp.key"
    if not second_factors.exists():
        write_atomically(second_factors, secrets.token_bytes(_SEAL_BYTES), mode=PRIVATE)
    write_atomically(site.config, _configuration(public_port).encode())


def refresh_lists(site: Site) -> None:
    """Publish fresh lists of a site that was made before, and renew its keys.

    Those that answer for a CA, and the one that makes time stamps.

    Raises:
        PkiError: a file is unreadable or cannot be written.
    """
    with Hierarchy.open(site.pki) as hierarchy:
        hierarchy.write_crls()
        _certify_responders(site, hierarchy)
        _certify_stamper(site, hierarchy)


def write_profiles(site: Site, port: int) -> None:
    """Write how each office's system reaches the hub on `port`.

    Raises:
        PkiError: a file cannot be written.
    """
    for office in OFFICES:
        write_atomically(site.profile(office), _profile(office, port).encode())


@dataclass(frozen=True, slots=True)
class _Wanted:
    name: str
    kind: CertificateKind
    subject: SubjectFields


@dataclass(frozen=True, slots=True)
class _Holder:
    wanted: _Wanted
    key: SoftwareKey
    credential: Credential


def _issue(hierarchy: Hierarchy, wanted: _Wanted) -> _Holder:
    key = generate()
    credential = hierarchy.issue_credential(wanted.kind, wanted.subject, key=key)
    return _Holder(wanted, key, credential)


def _wanted() -> tuple[_Wanted, ...]:
    official = SubjectFields(
        common_name=OFFICIAL, organisation=COMMUNE.name, organ_id=COMMUNE.code
    )
    seal = SubjectFields(common_name=COMMUNE.name, organ_id=COMMUNE.code)
    server = SubjectFields(
        common_name=HOST, ip_addresses=(HOST,), dns_names=("localhost",)
    )
    receipt = SubjectFields(common_name="Trục liên thông văn bản")
    log = SubjectFields(common_name="Nhật ký liên thông văn bản")
    return (
        _Wanted("official", CertificateKind.PERSON, official),
        _Wanted("seal", CertificateKind.AGENCY_SEAL, seal),
        *map(_wanted_system, OFFICES),
        _Wanted("server", CertificateKind.TLS_SERVER, server),
        _Wanted("receipt", CertificateKind.RECEIPT, receipt),
        _Wanted("log", CertificateKind.LOG, log),
    )


def _wanted_system(office: Office) -> _Wanted:
    subject = SubjectFields(
        common_name=office.system_id,
        organisation=office.name,
        organ_id=office.code,
        system_id=office.system_id,
    )
    return _Wanted(office.system_id, CertificateKind.SYSTEM, subject)


def _copy_authorities(site: Site, hierarchy: Hierarchy) -> None:
    root = hierarchy.root.public_bytes(Encoding.PEM)
    write_atomically(site.root, root)
    above = hierarchy.chain_above(CertificateKind.TLS_SERVER)
    issuing = b"".join(one.public_bytes(Encoding.PEM) for one in above)
    write_atomically(site.hub_authority, issuing + root)


def _certify_responders(site: Site, hierarchy: Hierarchy) -> None:
    for issuer, kind in RESPONDERS.items():
        _save_credential(site, kind, hierarchy.issue_responder(issuer))


def _certify_stamper(site: Site, hierarchy: Hierarchy) -> None:
    names = SubjectFields(common_name="Dấu thời gian")
    credential = hierarchy.issue_credential(CertificateKind.TSA, names)
    _save_credential(site, CertificateKind.TSA, credential)


def _save(site: Site, holder: _Holder) -> None:
    name = holder.wanted.name
    _save_credential(site, name, holder.credential)
    if holder.wanted.kind in _TLS_KINDS:
        _save_for_tls(site.key(name).path, holder)


def _save_credential(site: Site, name: str, credential: Credential) -> None:
    passphrase = secrets.token_urlsafe(18).encode()
    files = site.key(name)
    write_atomically(files.passphrase, passphrase + b"\n", mode=PRIVATE)
    packed = save_pkcs12(credential, name, passphrase)
    write_atomically(files.path, packed, mode=PRIVATE)


def _save_for_tls(path: Path, holder: _Holder) -> None:
    """Write what OpenSSL reads: the chain, and the key for this account alone."""
    chain = (holder.credential.certificate, *holder.credential.chain)
    pem = b"".join(one.public_bytes(Encoding.PEM) for one in chain)
    write_atomically(path.with_suffix(".pem"), pem)
    key = save_pkcs8(holder.key, None)
    write_atomically(path.with_suffix(".key"), key, mode=PRIVATE)


def _configuration(public_port: int) -> str:
    return f"""\
roles = ["exchange", "ca"]
auth = "mutual_tls"

[ca]
folder = "pki"

[enrolment]
port = 0
certificate = "keys/server.pem"
key = "keys/server.key"

[server]
host = "{HOST}"
port = 0
public_port = {public_port}
admin_port = 0

[console]
enabled = true
port = 0

[accounts]
totp_key_file = "keys/totp.key"

[tls]
certificate = "keys/server.pem"
key = "keys/server.key"
client_ca = "keys/authority.pem"

[keys.receipt]
uri = "pkcs12:keys/receipt.p12"
passphrase_file = "keys/receipt.passphrase"

[keys.log]
uri = "pkcs12:keys/log.p12"
passphrase_file = "keys/log.passphrase"

{_responders()}[keys.tsa]
uri = "pkcs12:keys/tsa.p12"
passphrase_file = "keys/tsa.passphrase"

[publication]
folder = "pki"

[time_stamping]
register = "pki/private/stamps.sqlite"
# Nobody but the operator vouches for the clock of a demonstration.
clock = "trusted"
{_stamp_server(public_port)}
[trust]
anchors = ["root.pem"]
intermediates = [
  "pki/issuing-persons.pem",
  "pki/issuing-organisations.pem",
  "pki/issuing-systems.pem",
]
revocation = ["pki"]
{_revocation_host(public_port)}"""


def _stamp_server(port: int) -> str:
    return f'servers = ["http://{HOST}:{port}/tsa"]\n' if port else ""


def _revocation_host(port: int) -> str:
    return f'revocation_hosts = ["{HOST}:{port}"]\n' if port else ""


def _responders() -> str:
    return "".join(
        f"""\
[keys.ocsp.{issuer.removeprefix("issuing-")}]
uri = "pkcs12:keys/{kind}.p12"
passphrase_file = "keys/{kind}.passphrase"

"""
        for issuer, kind in RESPONDERS.items()
    )


def _profile(office: Office, port: int) -> str:
    name = office.system_id
    return f"""\
agency = "{office.code}"
system = "{name}"
hub = "https://{HOST}:{port}"
authority = "keys/authority.pem"
certificate = "keys/{name}.pem"
key = "keys/{name}.key"
signer = "pkcs12:keys/{name}.p12"
passphrase_file = "keys/{name}.passphrase"
trust = ["root.pem"]
intermediates = [
  "pki/issuing-persons.pem",
  "pki/issuing-organisations.pem",
  "pki/issuing-systems.pem",
]
revocation = ["pki"]
"""
