"""Where a hierarchy keeps its files, and how a CA is read back from them.

`LABEL.pem` and `LABEL.crl` are public, as is `LABEL.serials`: what the CA issued, one
serial number in hexadecimal per line. `public-url` has the address they are published
under, where there is one. `private/LABEL/` holds the key, or where it is
(`pki.ca.key_place`), and `registry.sqlite`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.ca.authority import Authority, Clock
from pki.ca.custody import KeySecrets, has_key, open_key, save_key
from pki.ca.key_place import KeyPlace, read_place
from pki.ca.labels import AnyLabel, CaLabel, parse_label
from pki.ca.places import check_public_url
from pki.errors import PkiError
from pki.files import write_atomically
from pki.keys.api import Credential
from pki.kinds import DEMO_POLICY, CertificateKind
from pki.registry.api import SqliteRegistry
from pki.trust import load_material
from schemas.errors import ErrorCode

_PUBLIC_URL = "public-url"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysHere:
    """The CAs whose keys are in a folder, from the root down.

    Args:
        usable: a key opens with what was brought, or should; if its place cannot be
            read, whoever opens it is told so.
        locked: several operators open a key together, and none of them is here. It is
            as good as away; nobody else must be kept waiting by it.
    """

    usable: Sequence[CaLabel]
    locked: Sequence[CaLabel]


def certificate_path(directory: Path, ca: AnyLabel) -> Path:
    """Return where the certificate of a CA is published."""
    return directory / f"{ca}.pem"


def list_path(directory: Path, ca: AnyLabel) -> Path:
    """Return where the revocation list of a CA is published."""
    return directory / f"{ca}.crl"


def serials_path(directory: Path, ca: AnyLabel) -> Path:
    """Return where the serial numbers a CA issued are published."""
    return directory / f"{ca}.serials"


def labels_in(directory: Path) -> tuple[CaLabel, ...]:
    """Return the CAs whose certificates are published, from the root down."""
    names = (path.stem for path in directory.glob("*.pem"))
    return tuple(sorted(filter(None, map(_label, names)), key=lambda one: one.rank))


def keys_here(directory: Path, held: KeySecrets) -> KeysHere:
    """Tell which keys are here, and which of them wait for their operators."""
    labels = labels_in(directory)
    here = [one for one in labels if has_key(private_folder(directory, one))]
    if held.operators:
        return KeysHere(usable=here, locked=())
    locked = [one for one in here if _is_locked(private_folder(directory, one))]
    return KeysHere(usable=[one for one in here if one not in locked], locked=locked)


def _is_locked(folder: Path) -> bool:
    try:
        return read_place(folder).lock is not None
    except PkiError:
        return False


def private_folder(directory: Path, ca: AnyLabel) -> Path:
    """Return where the key and the registry of a CA are kept."""
    return directory / "private" / str(ca)


def is_demo_root(root: x509.Certificate) -> bool:
    """Tell whether a root is made for show: worth nothing beyond loopback."""
    try:
        policies = root.extensions.get_extension_for_class(x509.CertificatePolicies)
    except x509.ExtensionNotFound:
        return False
    return any(one.policy_identifier == DEMO_POLICY for one in policies.value)


def save_authority(
    directory: Path,
    ca: AnyLabel,
    place: KeyPlace,
    credential: Credential,
    secret: bytes | None,
) -> None:
    """Write key and certificate of a new CA.

    Raises:
        OSError: a folder cannot be made.
        PkiError: a file cannot be written.
    """
    own = private_folder(directory, ca)
    for folder in (own.parent, own):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    save_key(own, place, credential, secret)
    pem = credential.certificate.public_bytes(Encoding.PEM)
    write_atomically(certificate_path(directory, ca), pem)


def save_public_url(directory: Path, url: str) -> None:
    """Keep the address a new hierarchy publishes under, if it has one.

    Raises:
        PkiError: not an address for certificates, or the file cannot be written.
    """
    if url:
        write_atomically(directory / _PUBLIC_URL, check_public_url(url).encode())


def load_public_url(directory: Path) -> str:
    """Return the address a hierarchy publishes under; empty if it has none.

    Raises:
        PkiError: unreadable, or not an address for certificates.
    """
    path = directory / _PUBLIC_URL
    if not path.exists():
        return ""
    try:
        return check_public_url(path.read_text("ascii").strip())
    except (OSError, ValueError) as error:
        raise PkiError(ErrorCode.FILE_UNREADABLE, place=_PUBLIC_URL) from error


def open_authority(
    directory: Path, label: CaLabel, clock: Clock, held: KeySecrets
) -> Authority:
    """Read a CA back.

    Raises:
        PkiError: a file is unreadable or exposed, or key and certificate differ.
    """
    folder = private_folder(directory, label)
    certificate = load_certificate(directory, label)
    key = open_key(folder, certificate, held)
    return Authority(
        kind=label.kind,
        generation=label.generation,
        credential=Credential(key, certificate),
        clock=clock,
        demo=is_demo_root(load_certificate(directory, CertificateKind.ROOT)),
        public_url=load_public_url(directory),
        # Last: whatever fails before it leaves nothing open.
        registry=open_registry(directory, label, clock),
    )


def open_registry(directory: Path, label: CaLabel, clock: Clock) -> SqliteRegistry:
    """Open what a CA issued; that needs no key.

    Raises:
        PkiError: the file is unreadable.
    """
    path = private_folder(directory, label) / "registry.sqlite"
    return SqliteRegistry(path, clock())


def _label(name: str) -> CaLabel | None:
    """Read a label; other files may lie in the folder as well."""
    try:
        return parse_label(name)
    except PkiError:
        return None


def load_certificate(directory: Path, ca: AnyLabel) -> x509.Certificate:
    """Read the certificate of a CA.

    Raises:
        PkiError: it is absent or malformed.
    """
    path = certificate_path(directory, ca)
    return x509.load_der_x509_certificate(load_material([path]).roots[0])
