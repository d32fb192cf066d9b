"""Issuing in groups across the CAs of a hierarchy: each key for one purpose alone.

A key is looked up and reserved under one lock, so that two processes cannot have it
certified for two purposes at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from pki.ca.authority import Authority
from pki.ca.drafting import Draft
from pki.ca.file_lock import file_lock
from pki.ca.labels import CaLabel
from pki.ca.publishing import Publisher
from pki.errors import PkiError
from pki.journal.store import Act
from pki.keys.api import PublicKey
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from pki.registry.api import CertificateRegistry
from pki.registry.records import BegunIssuance, KeyHolder
from schemas.errors import ErrorCode


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueOrder:
    """A certificate to issue.

    Args:
        kind: which profile.
        names: whom it names.
        public_key: proven to be held by the subject (`pki.ca.requests`).
        days: how long; by default as long as profile and issuer allow.
        issuer: which CA; by default the newest generation.
        amends: serial number of a certificate of this kind whose key is certified
            anew under other names, as when its agency is merged.
    """

    kind: CertificateKind
    names: SubjectFields
    public_key: PublicKey
    days: int | None = None
    issuer: CaLabel | None = None
    amends: int | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """What one CA will sign.

    Args:
        authority: the CA.
        draft: what it will sign.
        former: digest of the subject the key had, where that is amended.
    """

    authority: Authority
    draft: Draft
    former: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """What became of a group: certificates up to the first that was refused."""

    certificates: tuple[x509.Certificate, ...]
    refusal: PkiError | None = None


@dataclass(frozen=True, slots=True)
class Issuance:
    """Issues for the CAs that are here.

    Args:
        directory: folder of the hierarchy.
        publishers: the CAs, each with what it publishes.
        registries: theirs, and those of other CAs that certified keys.
        ca_keys: digests of the keys of all CAs of the hierarchy.
    """

    directory: Path
    publishers: Mapping[CaLabel, Publisher]
    registries: Sequence[CertificateRegistry]
    ca_keys: frozenset[str]

    def issue(self, prepared: Sequence[Prepared], act: Act) -> Issued:
        """Issue in few commits; everything is durable and published at return.

        Raises:
            PkiError: it cannot be signed, recorded or published.
        """
        accepted, refusal = self._reserve(prepared, act)
        signed: dict[int, x509.Certificate] = {}
        for authority, drafts in _by_authority(accepted):
            for certificate in authority.finish(drafts, act):
                signed[certificate.serial_number] = certificate
            self.publishers[authority.label].publish_records()
        serials = (one.draft.begun.serial for one in accepted)
        return Issued(tuple(signed[one] for one in serials), refusal)

    def _reserve(
        self, prepared: Sequence[Prepared], act: Act
    ) -> tuple[Sequence[Prepared], PkiError | None]:
        with file_lock(self.directory / "private" / "issuing.lock"):
            accepted, refusal = self._accepted(prepared)
            for authority, drafts in _by_authority(accepted):
                authority.reserve(drafts, act)
        return accepted, refusal

    def _accepted(
        self, prepared: Sequence[Prepared]
    ) -> tuple[Sequence[Prepared], PkiError | None]:
        """Return what stands before the first key that must not be certified."""
        within: dict[str, list[KeyHolder]] = {}
        for position, one in enumerate(prepared):
            begun = one.draft.begun
            held = within.setdefault(begun.key_digest, [])
            try:
                self._refuse_reused(begun, held, one.former)
            except PkiError as refusal:
                return prepared[:position], refusal
            held.append(
                KeyHolder(
                    kind=begun.kind,
                    subject_digest=begun.subject_digest,
                    is_revoked=False,
                )
            )
        return prepared, None

    def _refuse_reused(
        self, begun: BegunIssuance, within: Iterable[KeyHolder], former: str
    ) -> None:
        holders = list(within)
        for registry in self.registries:
            holders += registry.holders_of(begun.key_digest)
        renewed = all(_is_renewal(begun, one, former) for one in holders)
        if begun.key_digest in self.ca_keys or not renewed:
            raise PkiError(ErrorCode.KEY_REUSED, place=begun.kind)


def _is_renewal(begun: BegunIssuance, holder: KeyHolder, former: str) -> bool:
    same = begun.kind is holder.kind
    subjects = {begun.subject_digest, former}
    return same and holder.subject_digest in subjects and not holder.is_revoked


def _by_authority(
    prepared: Sequence[Prepared],
) -> Sequence[tuple[Authority, Sequence[Draft]]]:
    groups: dict[CaLabel, tuple[Authority, list[Draft]]] = {}
    for one in prepared:
        label = one.authority.label
        groups.setdefault(label, (one.authority, []))[1].append(one.draft)
    return tuple(groups.values())
