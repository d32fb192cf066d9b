"""Making a hierarchy: root, issuing CAs and their first lists; later generations."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pki.ca.authority import Authority, Clock, issue_root, own_act
from pki.ca.custody import KeySecrets, make_key
from pki.ca.drafting import IssueRequest
from pki.ca.dual_control import make_lock
from pki.ca.hierarchy import Hierarchy, system_clock
from pki.ca.key_place import KeyPlace, check_place
from pki.ca.labels import CaLabel
from pki.ca.layout import (
    certificate_path,
    labels_in,
    load_certificate,
    open_authority,
    save_authority,
    save_public_url,
)
from pki.ca.limits import ANY_HOST, PermittedHosts, hosts_of
from pki.ca.profiles import ISSUING_KINDS, PROFILES, check_profiles
from pki.errors import PkiError
from pki.journal.store import Act
from pki.keys.api import Credential
from pki.keys.loader import read_passphrase
from pki.keys.software import KeyKind
from pki.kinds import RESPONDERS, CertificateKind
from pki.names import SubjectFields, subject_fields
from schemas.errors import ErrorCode

_ROOT = CaLabel(CertificateKind.ROOT)
_CA_NAMES = {
    CertificateKind.ROOT: "Root CA",
    CertificateKind.ISSUING_PERSONS: "Persons CA",
    CertificateKind.ISSUING_ORGANISATIONS: "Organisations CA",
    CertificateKind.ISSUING_SYSTEMS: "Systems CA",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaKeySettings:
    """How the key of one new CA is made and kept.

    Args:
        kind: which kind of key; in a token it is there already.
        place: where it is.
        by_operators: it takes the operators' passphrases together.
    """

    kind: KeyKind = KeyKind.P256
    place: KeyPlace = field(default_factory=KeyPlace)
    by_operators: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HierarchySettings:
    """How a new hierarchy is made.

    Args:
        name: common part of the names of its CAs.
        demo: mark every certificate as made for show.
        key_kind: kind of the CA keys.
        passphrase: encrypts the CA keys; None leaves them to file permissions.
        public_url: address (plain HTTP) that certificates name for lists and answers;
            empty: they name none.
        hosts: which hosts its systems CA may name.
        keys: CAs whose keys are made or kept otherwise.
        operators: passphrases, by name, of those who open keys together.
    """

    name: str = "Lienthong"
    demo: bool = False
    key_kind: KeyKind = KeyKind.P256
    passphrase: bytes | None = field(default=None, repr=False)
    public_url: str = ""
    hosts: PermittedHosts = ANY_HOST
    keys: Mapping[CertificateKind, CaKeySettings] = field(default_factory=dict)
    operators: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def key_of(self, kind: CertificateKind) -> CaKeySettings:
        """Return how the key of one CA is made."""
        return self.keys.get(kind) or CaKeySettings(kind=self.key_kind)

    @property
    def held(self) -> KeySecrets:
        """What opens the keys again."""
        return KeySecrets(self.passphrase, tuple(self.operators.values()))


def create_hierarchy(
    directory: Path, settings: HierarchySettings, clock: Clock = system_clock
) -> Hierarchy:
    """Make a root, the issuing CAs and their first lists.

    The folder appears complete or not at all.

    Raises:
        PkiError: the folder is not empty, or cannot be written.
    """
    with create_hierarchy_at(directory) as draft:
        fill_hierarchy(draft, settings, clock)
    return _open(directory, settings, clock)


@contextmanager
def create_hierarchy_at(directory: Path) -> Iterator[Path]:
    """Give a draft folder that takes its place when all that is done in it is done.

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
            yield draft
            draft.replace(directory)
    except OSError as error:
        raise PkiError(ErrorCode.FILE_UNREADABLE, place=directory.name) from error


def fill_hierarchy(directory: Path, settings: HierarchySettings, clock: Clock) -> None:
    """Make a whole hierarchy in a folder that nobody looks at yet.

    Raises:
        OSError: a folder cannot be made.
        PkiError: a key, a name or a file is refused.
    """
    found_root(directory, settings, clock)
    with opened_root(directory, settings, clock) as root:
        for kind in ISSUING_KINDS:
            found_issuing(directory, root, kind, settings)
    _open(directory, settings, clock, own_act()).close()


def found_root(directory: Path, settings: HierarchySettings, clock: Clock) -> None:
    """Make the root.

    Raises:
        OSError: a folder cannot be made.
        PkiError: a key, a name or a file is refused.
    """
    prepared = _prepared(settings, _ROOT.kind)
    key = make_key(prepared.place, prepared.kind, prepared.secret)
    names = _ca_names(settings, _ROOT.kind)
    certificate = issue_root(key, names, clock=clock, demo=settings.demo)
    credential = Credential(key, certificate)
    save_authority(directory, _ROOT, prepared.place, credential, prepared.secret)
    save_public_url(directory, settings.public_url)


@contextmanager
def opened_root(
    directory: Path, settings: HierarchySettings, clock: Clock
) -> Iterator[Authority]:
    """Open the root for as long as issuing CAs are made.

    Raises:
        PkiError: its key is not here, or what was brought does not open it.
    """
    root = open_authority(directory, _ROOT, clock, settings.held)
    try:
        yield root
    finally:
        root.registry.close()


def found_issuing(
    directory: Path,
    root: Authority,
    kind: CertificateKind,
    settings: HierarchySettings,
) -> None:
    """Make the first generation of an issuing CA.

    Raises:
        OSError: a folder cannot be made.
        PkiError: a key, a name or a file is refused.
    """
    names = _ca_names(settings, kind)
    wanted = _Wanted(CaLabel(kind), names, _hosts(kind, settings.hosts))
    _found(directory, root, wanted, _prepared(settings, kind))


def create_generation(
    directory: Path,
    kind: CertificateKind,
    settings: HierarchySettings,
    clock: Clock = system_clock,
    *,
    act: Act | None = None,
) -> CaLabel:
    """Make the next generation of an issuing CA beside the ones there are.

    The private folder of the root must be here. Until its certificate is written, the
    new generation is not seen; the next attempt begins anew. Its first list follows: if
    this process ends before that, the next opening publishes it.

    Args:
        directory: the hierarchy.
        kind: which CA gets a new key.
        settings: how its key is made and kept, and what opens the root's.
        clock: gives the time.
        act: who does it, and why; by default the account this process runs under.

    Raises:
        PkiError: no issuing CA, the root's key is not here, or a file cannot be
            written.
    """
    check_profiles(PROFILES)
    label = _next_label(directory, kind)
    try:
        with opened_root(directory, settings, clock) as root:
            wanted = _wanted_generation(directory, label)
            _found(directory, root, wanted, _prepared(settings, kind), act)
    except OSError as error:
        raise PkiError(ErrorCode.FILE_UNREADABLE, place=str(label)) from error
    _open(directory, settings, clock, act or own_act()).close()
    return label


@dataclass(frozen=True, slots=True)
class _PreparedKey:
    """How a key is kept, and what encrypts it."""

    kind: KeyKind
    place: KeyPlace
    secret: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An issuing CA to be made."""

    label: CaLabel
    names: SubjectFields
    hosts: PermittedHosts


def _open(
    directory: Path,
    settings: HierarchySettings,
    clock: Clock,
    founding: Act | None = None,
) -> Hierarchy:
    held = settings.held
    return Hierarchy.open(
        directory,
        clock=clock,
        passphrase=held.passphrase,
        operators=held.operators,
        founding=founding,
    )


def _prepared(settings: HierarchySettings, kind: CertificateKind) -> _PreparedKey:
    wanted = settings.key_of(kind)
    place = check_place(wanted.place)
    if wanted.by_operators:
        if place.scheme == "pkcs11":
            # A token has a PIN of its own; several keepers are its own affair.
            raise PkiError(ErrorCode.KEY_CUSTODY_INVALID, place="operators")
        lock, secret = make_lock(settings.operators)
        return _PreparedKey(wanted.kind, replace(place, lock=lock), secret)
    if place.passphrase_file:
        return _PreparedKey(wanted.kind, place, read_passphrase(place.passphrase_file))
    return _PreparedKey(wanted.kind, place, settings.passphrase)


def _found(
    directory: Path,
    root: Authority,
    wanted: _Wanted,
    prepared: _PreparedKey,
    act: Act | None = None,
) -> None:
    key = make_key(prepared.place, prepared.kind, prepared.secret)
    request = IssueRequest(
        kind=wanted.label.kind,
        names=wanted.names,
        public_key=key.public_key,
        hosts=wanted.hosts,
    )
    credential = Credential(key, root.issue(request, act))
    save_authority(directory, wanted.label, prepared.place, credential, prepared.secret)


def _next_label(directory: Path, kind: CertificateKind) -> CaLabel:
    if kind not in RESPONDERS:
        raise PkiError(ErrorCode.CA_LABEL_INVALID, place=kind)
    if not certificate_path(directory, _ROOT).exists():
        raise PkiError(ErrorCode.FILE_UNREADABLE, place="root.pem")
    published = [one for one in labels_in(directory) if one.kind is kind]
    return published[-1].next if published else CaLabel(kind)


def _wanted_generation(directory: Path, label: CaLabel) -> _Wanted:
    """Name a generation after the first one, since path building goes by names."""
    first = load_certificate(directory, CaLabel(label.kind))
    fields = subject_fields(first)
    names = replace(fields, common_name=f"{fields.common_name} {label.generation}")
    return _Wanted(label, names, hosts_of(first))


def _hosts(kind: CertificateKind, hosts: PermittedHosts) -> PermittedHosts:
    return hosts if kind is CertificateKind.ISSUING_SYSTEMS else ANY_HOST


def _ca_names(settings: HierarchySettings, kind: CertificateKind) -> SubjectFields:
    mark = " DEMO" if settings.demo else ""
    name = f"{settings.name}{mark} {_CA_NAMES[kind]}"
    return SubjectFields(common_name=name, organisation=settings.name)
