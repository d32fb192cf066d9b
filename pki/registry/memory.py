"""A registry that lives as long as the process."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pki.errors import PkiError
from pki.journal.store import Act, CaAction, Journal, JournalEntry, MemoryJournal
from pki.kinds import CertificateKind
from pki.registry.records import (
    BegunIssuance,
    CertificateChange,
    KeyHolder,
    ListMaker,
    RegisteredCertificate,
    RevokedEntry,
    SignedList,
    changed,
    facts_of_begun,
    facts_of_issued,
    facts_of_list,
    facts_of_state,
    index_of,
    subject_of,
)
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId


class MemoryRegistry:
    """A registry that lives as long as the process."""

    def __init__(self) -> None:
        self._begun: dict[int, BegunIssuance] = {}
        self._entries: dict[int, RegisteredCertificate] = {}
        self._journal = MemoryJournal()
        self._list_number = 0

    @property
    def journal(self) -> Journal:
        """What was done, to be read."""
        return self._journal

    def reserve(self, begun: Sequence[BegunIssuance], act: Act) -> None:
        """Record certificates that are about to be signed."""
        serials = [one.serial for one in begun]
        _refuse_twice(serials, self._begun)
        for one in begun:
            self._begun[one.serial] = one
            self.record(
                CaAction.ISSUANCE_BEGUN,
                act,
                subject_of(one.serial),
                facts_of_begun(one),
                one.at,
            )

    def add(self, issued: Sequence[RegisteredCertificate], act: Act) -> None:
        """Record certificates that were signed as reserved."""
        _refuse_twice([one.serial for one in issued], self._entries)
        for one in issued:
            begun = self._begun.get(one.serial)
            if begun is None or begun.tbs_digest != index_of(one.der).tbs_digest:
                raise PkiError(ErrorCode.ISSUANCE_REFUSED, place="serialNumber")
        for one in issued:
            self._entries[one.serial] = one
            self.record(
                CaAction.CERTIFICATE_ISSUED,
                act,
                subject_of(one.serial),
                facts_of_issued(one),
                one.issued_at,
            )

    def change(self, change: CertificateChange, act: Act) -> RegisteredCertificate:
        """Revoke, suspend or release a certificate."""
        entry = changed(self.get(change.serial), change)
        self._entries[change.serial] = entry
        subject, facts = subject_of(change.serial), facts_of_state(entry)
        self.record(change.action, act, subject, facts, change.at)
        return entry

    def publish_list(self, make: ListMaker, act: Act) -> SignedList:
        """Have a list signed under the next number, and record it."""
        revoked = self.revoked()
        signed = make(self._list_number + 1, revoked)
        self._list_number += 1
        facts = facts_of_list(signed, len(revoked))
        subject = str(self._list_number)
        self.record(CaAction.LIST_PUBLISHED, act, subject, facts, signed.this_update)
        return signed

    def record(
        self,
        action: CaAction,
        act: Act,
        subject: str,
        facts: Mapping[str, str],
        at: datetime,
    ) -> JournalEntry:
        """Enter in the journal what changes no certificate."""
        return self._journal.append(action, act, subject, facts, at)

    def get(self, serial: int) -> RegisteredCertificate:
        """Return one certificate."""
        if serial not in self._entries:
            raise PkiError(ErrorCode.CERTIFICATE_NOT_FOUND, place=subject_of(serial))
        return self._entries[serial]

    def __contains__(self, serial: object) -> bool:
        return serial in self._entries

    def list(self) -> Sequence[RegisteredCertificate]:
        """Return all certificates, oldest first."""
        return sorted(self._entries.values(), key=lambda one: one.issued_at)

    def serials(self, after: int = 0) -> Sequence[int]:
        """Return serial numbers in the order they were added."""
        return tuple(self._entries)[after:]

    def begun(self) -> Sequence[BegunIssuance]:
        """Return all issuances ever begun."""
        return tuple(self._begun.values())

    def unfinished(self) -> Sequence[BegunIssuance]:
        """Return issuances that were begun and never finished."""
        return tuple(one for one in self.begun() if one.serial not in self._entries)

    def revoked(self) -> Sequence[RevokedEntry]:
        """Return what belongs on a list."""
        return tuple(
            RevokedEntry(
                serial=one.serial,
                at=one.revoked_at,
                reason=one.reason,
                invalidity_date=one.invalidity_date,
            )
            for one in self._entries.values()
            if one.revoked_at and one.reason
        )

    def holders_of(self, key_digest: str) -> Sequence[KeyHolder]:
        """Return for what a key was certified, or is about to be."""
        return tuple(
            KeyHolder(
                kind=one.kind,
                subject_digest=one.subject_digest,
                is_revoked=self._is_revoked(one.serial),
            )
            for one in self._begun.values()
            if one.key_digest == key_digest
        )

    def of_key(self, key_digest: str) -> Sequence[RegisteredCertificate]:
        """Return the certificates of a key."""
        serials = (
            one.serial for one in self._begun.values() if one.key_digest == key_digest
        )
        return tuple(self._entries[one] for one in serials if one in self._entries)

    def of_agency(self, agency: OrganId) -> Sequence[RegisteredCertificate]:
        """Return the certificates that name an agency."""
        return tuple(one for one in self.list() if index_of(one.der).agency == agency)

    def expiring(
        self, after: datetime, before: datetime
    ) -> Sequence[RegisteredCertificate]:
        """Return certificates that end in between and are not revoked for good."""
        return tuple(
            one
            for one in self.list()
            if after < index_of(one.der).not_after <= before
            and (not one.revoked_at or one.is_suspended)
        )

    def lasting(
        self, kind: CertificateKind, subject_digest: str, after: datetime
    ) -> Sequence[RegisteredCertificate]:
        """Return what a subject has of a kind that ends after a time."""
        found = (
            (index_of(one.der), one)
            for one in self.list()
            if one.kind is kind and one.revoked_at is None
        )
        counting = [
            (index.not_after, one)
            for index, one in found
            if index.subject_digest == subject_digest and index.not_after > after
        ]
        return tuple(one for _, one in sorted(counting, key=lambda pair: pair[0]))

    def close(self) -> None:
        """Let go of files: there are none."""

    def _is_revoked(self, serial: int) -> bool:
        entry = self._entries.get(serial)
        return entry is not None and entry.revoked_at is not None


def _refuse_twice(serials: Sequence[int], taken: Iterable[int]) -> None:
    if len(set(serials)) < len(serials) or not set(serials).isdisjoint(taken):
        raise PkiError(ErrorCode.ISSUANCE_REFUSED, place="serialNumber")
