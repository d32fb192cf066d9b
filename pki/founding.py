"""Making a hierarchy: root, issuing CAs and their first lists."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pki.authority import Authority, Clock, IssueRequest, issue_root
from pki.errors import PkiError
from pki.hierarchy import Hierarchy, system_clock
from pki.keys.software import KeyKind, generate
from pki.kinds import CertificateKind
from pki.labels import CaLabel
from pki.layout import open_authority, save_authority, save_public_url
from pki.names import SubjectFields
from pki.profiles import ISSUING_KINDS, PROFILES, check_profiles
from schemas.errors import ErrorCode

_ROOT = CertificateKind.ROOT
_CA_NAMES = {
    CertificateKind.ROOT: "Root CA",
    CertificateKind.ISSUING_PERSONS: "Persons CA",
    CertificateKind.ISSUING_ORGANISATIONS: "Organisations CA",
    CertificateKind.ISSUING_SYSTEMS: "Systems CA",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HierarchySettings:
    """How a new hierarchy is made.

    Args:
        name: common part of the names of its CAs.
        demo: mark every certificate as made for show.
        key_kind: kind of the CA keys.
        passphrase: encrypts the CA keys; None leaves them to file permissions.
        public_url: address (plain HTTP) that end certificates name for lists and
            answers; empty: they name none.
    """

    name: str = "Lienthong"
    demo: bool = False
    key_kind: KeyKind = KeyKind.P256
    passphrase: bytes | None = None
    public_url: str = ""


def create_hierarchy(
    directory: Path, settings: HierarchySettings, clock: Clock = system_clock
) -> Hierarchy:
    """Make a root, the issuing CAs and their first lists.

    The folder appears complete or not at all.

    Raises:
        PkiError: the folder is not empty, or cannot be written.
    """
    check_profiles(PROFILES)
    try:
        if directory.exists() and any(directory.iterdir()):
            raise PkiError(ErrorCode.ISSUANCE_REFUSED, place=directory.name)
        directory.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=directory.parent) as temporary:
            draft = Path(temporary) / directory.name
            _fill(draft, settings, clock)
            draft.replace(directory)
    except OSError as error:
        raise PkiError(ErrorCode.FILE_UNREADABLE, place=directory.name) from error
    return Hierarchy.open(directory, clock=clock, passphrase=settings.passphrase)


def _fill(directory: Path, settings: HierarchySettings, clock: Clock) -> None:
    key = generate(settings.key_kind)
    names = _ca_names(settings, _ROOT)
    certificate = issue_root(key, names, clock=clock, demo=settings.demo)
    save_authority(directory, _ROOT, key, certificate, settings.passphrase)
    save_public_url(directory, settings.public_url)
    root = open_authority(directory, CaLabel(_ROOT), clock, settings.passphrase)
    for kind in ISSUING_KINDS:
        _create_issuing(directory, root, kind, settings)
    root.registry.close()
    with Hierarchy.open(
        directory, clock=clock, passphrase=settings.passphrase
    ) as hierarchy:
        hierarchy.write_crls()


def _create_issuing(
    directory: Path,
    root: Authority,
    kind: CertificateKind,
    settings: HierarchySettings,
) -> None:
    key = generate(settings.key_kind)
    request = IssueRequest(
        kind=kind, names=_ca_names(settings, kind), public_key=key.public_key
    )
    save_authority(directory, kind, key, root.issue(request), settings.passphrase)


def _ca_names(settings: HierarchySettings, kind: CertificateKind) -> SubjectFields:
    mark = " DEMO" if settings.demo else ""
    name = f"{settings.name}{mark} {_CA_NAMES[kind]}"
    return SubjectFields(common_name=name, organisation=settings.name)
