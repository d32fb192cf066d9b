"""What is trusted: roots with their own policy, and what helps to reach them.

Only what the caller names is trusted. The trust store of the operating system is
never read.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.certificates import ReadCertificate, read_certificate
from pki.errors import PkiError
from pki.names import UNREADABLE_CERTIFICATE
from pki.policy.reading import default_policy, load_policy
from pki.policy.rules import AnchorPolicy, ValidationPolicy
from pki.revocation.lists import RevocationList, read_any_list
from pki.revocation.ocsp_evidence import OcspAnswer, read_ocsp_answers
from schemas.errors import ErrorCode

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

_FILE_BYTES = 256 * 1024 * 1024
_CERTIFICATE_SUFFIXES = frozenset({".pem", ".crt", ".cer", ".der"})
_LIST_SUFFIXES = frozenset({".crl"})
_ANSWER_SUFFIXES = frozenset({".ors", ".ocsp"})
_PEM_BLOCK = re.compile(
    rb"-----BEGIN (CERTIFICATE|X509 CRL)-----.*?-----END \1-----", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class TrustMaterial:
    """Certificates and lists as DER: hashable, and ready to cross a process border.

    Args:
        roots: trusted without question.
        intermediates: may lie on a path; not trusted by themselves.
        crls: revocation lists; each counts by its signature.
        ocsps: OCSP answers; each counts by its signature.
        policy: what is demanded below each root; None: what is usual.
    """

    roots: tuple[bytes, ...] = ()
    intermediates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    policy: ValidationPolicy | None = None

    @property
    def applied_policy(self) -> ValidationPolicy:
        """The policy, also where it is the usual one."""
        return self.policy or default_policy()

    @property
    def unnamed(self) -> AnchorPolicy:
        """What is demanded where no root is reached."""
        rules = None if self.policy is None else self.policy.rules
        return rules or AnchorPolicy()

    def for_root(self, root: bytes) -> AnchorPolicy:
        """Return what is demanded below a root, DER."""
        if self.policy is None:
            return AnchorPolicy()
        return self.policy.for_root(sha256(root).hexdigest())


@dataclass(frozen=True, slots=True)
class TrustAnchor:
    """A trusted root."""

    certificate: x509.Certificate
    policy: AnchorPolicy = field(default_factory=AnchorPolicy)


@dataclass(frozen=True, slots=True)
class ReadAnchor:
    """A trusted root, read, with what it is trusted for."""

    read: ReadCertificate
    policy: AnchorPolicy


class TrustStore:
    """Trust material, read and indexed by name.

    Args:
        anchors: the trusted roots.
        intermediates: certificates that may lie on a path; unreadable ones are left
            out, since they may come from the file being judged.
        crls: DER revocation lists; unreadable ones are left out likewise.
        ocsps: DER OCSP answers; unreadable ones are left out likewise.

    Raises:
        PkiError: an anchor is malformed or not a CA.
    """

    def __init__(
        self,
        anchors: Iterable[TrustAnchor],
        intermediates: Iterable[bytes] = (),
        crls: Iterable[bytes] = (),
        ocsps: Iterable[bytes] = (),
    ) -> None:
        self._anchors: dict[bytes, list[ReadAnchor]] = defaultdict(list)
        self._intermediates: dict[bytes, list[ReadCertificate]] = defaultdict(list)
        self._lists: dict[bytes, list[RevocationList]] = defaultdict(list)
        for anchor in map(_read_anchor, anchors):
            self._anchors[anchor.read.subject].append(anchor)
        for certificate in read_certificates(intermediates):
            self._intermediates[certificate.subject].append(certificate)
        for revocation_list in _read_lists(crls):
            self._lists[revocation_list.issuer].append(revocation_list)
        self._answers = _by_serial(ocsps)
        self._added_answers: dict[int, list[OcspAnswer]] = defaultdict(list)

    @classmethod
    def from_material(
        cls, material: TrustMaterial, policy: AnchorPolicy | None = None
    ) -> "TrustStore":
        """Read `material`; `policy`, if given, holds for every root in it.

        Raises:
            PkiError: a root is malformed or not a CA.
        """
        anchors = [
            TrustAnchor(_load_certificate(der), policy or material.for_root(der))
            for der in material.roots
        ]
        return cls(anchors, material.intermediates, material.crls, material.ocsps)

    def with_evidence(
        self,
        intermediates: Iterable[bytes] = (),
        crls: Iterable[bytes] = (),
        ocsps: Iterable[bytes] = (),
    ) -> "TrustStore":
        """Return a store that knows more; what was read already is shared.

        Whoever gives more may be a stranger: added answers are kept apart.

        Args:
            intermediates: certificates, DER.
            crls: revocation lists, DER.
            ocsps: OCSP answers, DER.
        """
        other = TrustStore((), intermediates, crls)
        other._anchors = self._anchors
        other._answers = self._answers
        other._added_answers = _by_serial(ocsps)
        _add(other._intermediates, self._intermediates)
        _add(other._lists, self._lists)
        _add(other._added_answers, self._added_answers)
        return other

    def anchors_named(self, subject: bytes) -> Sequence[ReadAnchor]:
        """Return the anchors with this subject (DER)."""
        return self._anchors.get(subject, ())

    def intermediates_named(self, subject: bytes) -> Sequence[ReadCertificate]:
        """Return the known intermediates with this subject (DER)."""
        return self._intermediates.get(subject, ())

    def lists_of(self, issuer: bytes) -> Sequence[RevocationList]:
        """Return the lists that name this issuer (DER), newest first."""
        found = self._lists.get(issuer, ())
        return sorted(found, key=lambda one: one.this_update, reverse=True)

    def answers_about(self, serial: int) -> Sequence[OcspAnswer]:
        """Return the OCSP answers of the material about this serial, newest first."""
        return _newest_first(self._answers.get(serial, ()))

    def added_answers_about(self, serial: int) -> Sequence[OcspAnswer]:
        """Return those `with_evidence` added, newest first; there may be any number."""
        return _newest_first(self._added_answers.get(serial, ()))


def load_material(
    trust: Sequence[Path] = (),
    intermediates: Sequence[Path] = (),
    revocation: Sequence[Path] = (),
    policy: Path | None = None,
) -> TrustMaterial:
    """Read trust material from files and folders, PEM or DER, several in one file.

    In a folder, files are picked by suffix (.pem .crt .cer .der, or .crl; .ors and
    .ocsp are OCSP answers, DER, one in each file).

    Args:
        trust: roots.
        intermediates: certificates that may lie on a path.
        revocation: lists and answers.
        policy: a validation policy; None: the usual one.

    Raises:
        PkiError: a file is unreadable, or holds nothing of its kind.
    """
    return TrustMaterial(
        roots=tuple(_certificates_in(trust)),
        intermediates=tuple(_certificates_in(intermediates)),
        crls=tuple(_lists_in(revocation)),
        ocsps=tuple(_answers_in(revocation)),
        policy=None if policy is None else load_policy(policy),
    )


def read_certificates(
    sources: Iterable[bytes | x509.Certificate],
) -> Iterator[ReadCertificate]:
    """Read the certificates that can be read; leave out the others."""
    for source in sources:
        try:
            yield read_certificate(source)
        except PkiError:
            continue


def _add(to: dict[_Key, list[_Value]], more: Mapping[_Key, Sequence[_Value]]) -> None:
    for key, values in more.items():
        to[key].extend(values)


def _read_lists(sources: Iterable[bytes]) -> Iterator[RevocationList]:
    for source in sources:
        try:
            yield read_any_list(source)
        except PkiError:
            continue


def _read_answers(sources: Iterable[bytes]) -> Iterator[OcspAnswer]:
    for source in sources:
        try:
            yield from read_ocsp_answers(source)
        except PkiError:
            continue


def _by_serial(sources: Iterable[bytes]) -> dict[int, list[OcspAnswer]]:
    found: dict[int, list[OcspAnswer]] = defaultdict(list)
    for answer in _read_answers(sources):
        found[answer.serial].append(answer)
    return found


def _newest_first(answers: Iterable[OcspAnswer]) -> Sequence[OcspAnswer]:
    return sorted(answers, key=lambda one: one.precedence, reverse=True)


def _read_anchor(anchor: TrustAnchor) -> ReadAnchor:
    read = read_certificate(anchor.certificate)
    if not read.is_ca:
        raise PkiError(ErrorCode.CERTIFICATE_USAGE_WRONG, place="trust anchor")
    return ReadAnchor(read, anchor.policy)


def _certificates_in(paths: Sequence[Path]) -> Iterator[bytes]:
    for path, data in _files(paths, _CERTIFICATE_SUFFIXES):
        for der in _blocks(data, b"CERTIFICATE", path):
            yield _load_certificate(der, path.name).public_bytes(Encoding.DER)


def _lists_in(paths: Sequence[Path]) -> Iterator[bytes]:
    lists = [one for one in paths if one.suffix.lower() not in _ANSWER_SUFFIXES]
    for path, data in _files(lists, _LIST_SUFFIXES):
        for block in _blocks(data, b"X509 CRL", path):
            yield _load_list(block, path.name).public_bytes(Encoding.DER)


def _answers_in(paths: Sequence[Path]) -> Iterator[bytes]:
    answers = [
        one for one in paths if one.suffix.lower() in _ANSWER_SUFFIXES or one.is_dir()
    ]
    for path, data in _files(answers, _ANSWER_SUFFIXES):
        try:
            read_ocsp_answers(data)
        except PkiError as error:
            raise PkiError(error.code, place=path.name) from error
        yield data


def _files(
    paths: Sequence[Path], suffixes: frozenset[str]
) -> Iterator[tuple[Path, bytes]]:
    for path in paths:
        try:
            for one in _expand(path, suffixes):
                if one.stat().st_size > _FILE_BYTES:
                    raise PkiError(ErrorCode.FILE_UNREADABLE, place=one.name)
                yield one, one.read_bytes()
        except OSError as error:
            raise PkiError(ErrorCode.FILE_UNREADABLE, place=path.name) from error


def _expand(path: Path, suffixes: frozenset[str]) -> Sequence[Path]:
    if not path.is_dir():
        return [path]
    inside = sorted(path.iterdir())
    return [one for one in inside if one.suffix.lower() in suffixes and one.is_file()]


def _blocks(data: bytes, label: bytes, path: Path) -> Sequence[bytes]:
    """Return the PEM blocks of one kind in `data`, or `data` itself if it is DER."""
    if b"-----BEGIN " not in data:
        return [data]
    blocks = [one[0] for one in _PEM_BLOCK.finditer(data) if one[1] == label]
    if not blocks:
        raise PkiError(ErrorCode.FILE_UNREADABLE, place=path.name)
    return blocks


def _load_certificate(data: bytes, place: str = "trust anchor") -> x509.Certificate:
    is_pem = data.startswith(b"-----")
    load = x509.load_pem_x509_certificate if is_pem else x509.load_der_x509_certificate
    try:
        return load(data)
    except UNREADABLE_CERTIFICATE as error:
        raise PkiError(ErrorCode.CERTIFICATE_MALFORMED, place=place) from error


def _load_list(data: bytes, place: str) -> x509.CertificateRevocationList:
    load = x509.load_pem_x509_crl if data[:5] == b"-----" else x509.load_der_x509_crl
    try:
        return load(data)
    except UNREADABLE_CERTIFICATE as error:
        raise PkiError(ErrorCode.CRL_INVALID, place=place) from error
