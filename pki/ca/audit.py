"""Checking a CA's record: journal, registry and published files against one another.

No key is needed, and nothing is changed, but that a registry of the earlier form is
taken over as at every opening. Each journal must be an unbroken chain that
begins with the published digests; registry and journal must tell the same of every
serial number; list and serial numbers must be what the journal says was published.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from pki.ca.file_lock import file_lock
from pki.ca.labels import CaLabel
from pki.ca.layout import (
    labels_in,
    list_path,
    load_certificate,
    private_folder,
    serials_path,
)
from pki.ca.serials import read_serials
from pki.certificates import read_certificate
from pki.errors import PkiError
from pki.journal.published import (
    REGISTRATION,
    published_journal_path,
    read_published_journal,
)
from pki.journal.replay import TAKEN_OVER, JournalReplay, replay
from pki.journal.store import (
    BEFORE_THE_FIRST,
    CaAction,
    JournalEntry,
    SqliteJournal,
    verify_journal,
)
from pki.kinds import CertificateKind
from pki.registry.api import RegisteredCertificate, SqliteRegistry
from pki.registry.records import (
    digest_of,
    facts_of_begun,
    facts_of_issued,
    facts_of_state,
    index_of,
    subject_of,
)
from pki.revocation.lists import read_revocation_list
from pki.sqlite_file import SqliteFile
from schemas.errors import ErrorCode


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFinding:
    """Something that is wrong.

    Args:
        code: what.
        place: the CA, and the entry, serial number or file.
    """

    code: ErrorCode
    place: str


@dataclass(slots=True, kw_only=True)
class AuditedJournal:
    """One journal, and what it was compared with.

    Args:
        label: the CA, or `registration`.
        entries: number of entries.
        head: digest of the last one.
        unpublished: entries whose digests are not published; the next opening of the
            CA publishes them.
        certificates: how many there are.
        unfinished: how many were begun and never finished.
        findings: what is wrong.
    """

    label: str
    entries: int = 0
    head: str = BEFORE_THE_FIRST
    unpublished: int = 0
    certificates: int = 0
    unfinished: int = 0
    findings: list[AuditFinding] = field(default_factory=list)


def audit_folder(directory: Path) -> tuple[AuditedJournal, ...]:
    """Check every CA whose registry is here, and the registration desk.

    Raises:
        PkiError: there is no hierarchy (FILE_UNREADABLE).
    """
    labels = labels_in(directory)
    if not labels:
        raise PkiError(ErrorCode.FILE_UNREADABLE, place="root.pem")
    audited = [
        _audit_ca(directory, one)
        for one in labels
        if (private_folder(directory, one) / "registry.sqlite").exists()
    ]
    desk = directory / "private" / f"{REGISTRATION}.sqlite"
    return (*audited, *([_audit_desk(directory, desk)] if desk.exists() else ()))


def _audit_ca(directory: Path, label: CaLabel) -> AuditedJournal:
    audited = AuditedJournal(label=str(label))
    folder = private_folder(directory, label)
    try:
        # Nobody publishes meanwhile; what is read of the registry is of one moment.
        with (
            file_lock(folder / "publication.lock"),
            closing(SqliteRegistry(folder / "registry.sqlite")) as registry,
            registry.snapshot(),
        ):
            _audit(_Case(directory, label, registry), audited)
    except PkiError as error:
        place = "/".join(filter(None, (audited.label, error.place)))
        audited.findings.append(AuditFinding(code=error.code, place=place))
    return audited


def _audit_desk(directory: Path, path: Path) -> AuditedJournal:
    audited = AuditedJournal(label=REGISTRATION)
    published = published_journal_path(directory, REGISTRATION)
    try:
        # Read first: the journal is never behind what is published.
        digests = read_published_journal(published).digests
        with closing(SqliteFile(path)) as file, file.reading() as database:
            entries = SqliteJournal(database).entries()
            audited.entries = len(entries)
            audited.unpublished = len(entries) - len(digests)
            audited.head = verify_journal(entries, digests=digests)
    except PkiError as error:
        place = "/".join(filter(None, (audited.label, error.place)))
        audited.findings.append(AuditFinding(code=error.code, place=place))
    return audited


@dataclass(frozen=True, slots=True)
class _Case:
    directory: Path
    label: CaLabel
    registry: SqliteRegistry


def _audit(case: _Case, audited: AuditedJournal) -> None:
    entries = case.registry.journal.entries()
    path = published_journal_path(case.directory, case.label)
    published = read_published_journal(path).digests
    audited.entries = len(entries)
    audited.unpublished = len(entries) - len(published)
    audited.head = verify_journal(entries, digests=published)
    told = replay(entries)
    issuer = load_certificate(case.directory, case.label)
    audited.certificates = len(told.issued)
    audited.unfinished = len(told.begun.keys() - told.issued.keys())
    for code, place in (
        *_registry_findings(case.registry, told, issuer),
        *_serial_findings(case),
        *_list_findings(case, entries, issuer),
    ):
        finding = AuditFinding(code=code, place=f"{audited.label}/{place}")
        audited.findings.append(finding)


_Found = Iterator[tuple[ErrorCode, str]]


def _registry_findings(
    registry: SqliteRegistry, told: JournalReplay, issuer: x509.Certificate
) -> _Found:
    rows = registry.list()
    begun = {subject_of(one.serial): facts_of_begun(one) for one in registry.begun()}
    issued = {subject_of(one.serial): facts_of_issued(one) for one in rows}
    states = {
        subject_of(one.serial): facts_of_state(one) for one in rows if one.revoked_at
    }
    differing = {
        *_differences(begun, told.begun),
        *_differences(issued, told.issued),
        *_differences(states, told.states),
        *(subject_of(one) for one in registry.misfiled()),
        *(subject_of(one.serial) for one in rows if not _is_genuine(one, told, issuer)),
    }
    for subject in sorted(differing):
        yield ErrorCode.REGISTRY_DIFFERS, subject
    if told.list_number not in {0, registry.list_number}:
        yield ErrorCode.REGISTRY_DIFFERS, "crl_number"


def _differences(
    held: Mapping[str, Mapping[str, str]], told: Mapping[str, Mapping[str, str]]
) -> set[str]:
    """Return the serial numbers of which registry and journal differ."""
    facts = {subject: dict(one) for subject, one in told.items()}
    for one in facts.values():
        one.pop(TAKEN_OVER, None)
    return {
        subject
        for subject in held.keys() | facts.keys()
        if held.get(subject) != facts.get(subject)
    }


def _is_genuine(
    row: RegisteredCertificate, told: JournalReplay, issuer: x509.Certificate
) -> bool:
    """Tell whether the CA signed it, and signed what it had begun."""
    subject = subject_of(row.serial)
    begun = told.begun.get(subject)
    tbs_digest = index_of(row.der).tbs_digest
    if begun is not None and begun.get("tbs_sha256") != tbs_digest:
        return False
    try:
        x509.load_der_x509_certificate(row.der).verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _serial_findings(case: _Case) -> _Found:
    """What is published of serial numbers was issued, every one of them."""
    path = serials_path(case.directory, case.label)
    if case.label.kind is CertificateKind.ROOT or not path.exists():
        return
    if not read_serials(path) <= set(case.registry.serials()):
        yield ErrorCode.PUBLISHED_DIFFERS, path.name


def _list_findings(
    case: _Case, entries: Sequence[JournalEntry], issuer: x509.Certificate
) -> _Found:
    """The published list is the last one recorded, and says what held then."""
    listed = [one for one in entries if one.action is CaAction.LIST_PUBLISHED]
    path = list_path(case.directory, case.label)
    if not listed:
        return
    last = listed[-1]
    data = path.read_bytes() if path.exists() else b""
    if digest_of(data) != last.facts.get("sha256"):
        yield ErrorCode.PUBLISHED_DIFFERS, path.name
        return
    until = takewhile(lambda one: one.number <= last.number, entries)
    stated = {subject_of(one.serial_number) for one in x509.load_der_x509_crl(data)}
    is_signed = read_revocation_list(data).is_signed_by(read_certificate(issuer))
    if not is_signed or stated != replay(until).states.keys():
        yield ErrorCode.PUBLISHED_DIFFERS, path.name
