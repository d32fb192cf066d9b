"""A whole PKI in one folder: offline root, issuing CAs, published files.

The folder `private/root` can be kept elsewhere and put back for a ceremony: everything
but issuing a CA and refreshing the root's list works without it. The same goes for a
key that is here and takes operators who are not.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.ca.accounts import account_name
from pki.ca.authority import Authority, Clock
from pki.ca.custody import KeySecrets
from pki.ca.drafting import IssueRequest
from pki.ca.issuing import Issuance, IssueOrder, Prepared
from pki.ca.labels import AnyLabel, CaLabel
from pki.ca.layout import (
    certificate_path,
    is_demo_root,
    keys_here,
    labels_in,
    load_certificate,
    open_authority,
    open_registry,
)
from pki.ca.lookups import Lookups
from pki.ca.profiles import PROFILES, check_profiles
from pki.ca.publishing import Publisher
from pki.errors import PkiError
from pki.journal.store import Act, CaAction
from pki.keys.api import Credential, PublicKey
from pki.keys.software import SoftwareKey, generate
from pki.kinds import RESPONDERS, CertificateKind
from pki.names import SubjectFields, common_name, is_same_name, subject_name
from pki.registry.api import CertificateRegistry
from pki.registry.records import index_of
from pki.trust import TrustMaterial, load_material
from schemas.errors import ErrorCode

_ROOT = CertificateKind.ROOT
_GROUP = 64  # certificates that share their commits
_RESPONDER_NAME_OF_CA = 59  # " OCSP" follows, and a name has at most 64 characters


def system_clock() -> datetime:
    """Return the time now."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repairs:
    """What became of what was recorded and not published.

    Args:
        made: CAs for which it is published now.
        failed: CAs for which it cannot be, and why.
    """

    made: Sequence[CaLabel]
    failed: Mapping[CaLabel, PkiError]


class Hierarchy(Lookups):
    """An opened hierarchy.

    Every verb that changes something takes who does it, and why; by default the actor
    it was opened for, without a reason. Threads and processes may share a folder.

    Args:
        directory: its folder.
        authorities: the CAs whose keys are here.
        actor: who acts when nobody else is named.
        locked: what the issuing CAs issued whose operators are not here, or whose keys
            could not be opened.
        unopened: the CAs whose keys are here and could not be opened, and why.
    """

    def __init__(
        self,
        directory: Path,
        authorities: Mapping[CaLabel, Authority],
        actor: str,
        locked: Mapping[CaLabel, CertificateRegistry],
        unopened: Mapping[CaLabel, PkiError],
    ) -> None:
        super().__init__(authorities)
        self.unopened = unopened
        self._directory = directory
        self._locked = locked
        self._actor = actor
        self._labels = labels_in(directory)
        self._publishers = {
            label: Publisher(directory, authority)
            for label, authority in authorities.items()
        }
        certificates = (load_certificate(directory, one) for one in self._labels)
        keys = frozenset(
            index_of(one.public_bytes(Encoding.DER)).key_digest for one in certificates
        )
        registries = tuple(self._registries.values())
        self._issuance = Issuance(directory, self._publishers, registries, keys)

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        clock: Clock = system_clock,
        passphrase: bytes | None = None,
        operators: tuple[bytes, ...] = (),
        actor: str = "",
        founding: Act | None = None,
        is_partial: bool = False,
    ) -> "Hierarchy":
        """Open the CAs whose private folders are present.

        One that several operators open together is left out while none of them is here.
        What a crash left unpublished is published: the first list of a CA too.

        Args:
            directory: its folder.
            clock: gives the time.
            passphrase: opens the keys that have no other.
            operators: passphrases of those who open keys together.
            actor: who acts; by default the account this process runs under.
            founding: who made CAs just now, and why: all lists are published anew.
            is_partial: a CA whose key cannot be opened is left out (`unopened`), and
                what cannot be published now is left to `publish_missing`.

        Raises:
            PkiError: there is none, a file is unreadable, a journal is broken
                (JOURNAL_BROKEN), or what was published is more than the registry
                knows (PUBLISHED_DIFFERS).
        """
        if not certificate_path(directory, _ROOT).exists():
            raise PkiError(ErrorCode.FILE_UNREADABLE, place="root.pem")
        check_profiles(PROFILES)
        held = KeySecrets(passphrase, operators)
        with ExitStack() as undo:

            def opened_at(label: CaLabel) -> Authority:
                found = open_authority(directory, label, clock, held)
                undo.callback(found.registry.close)
                return found

            here = keys_here(directory, held)
            authorities, unopened = _opened(
                here.usable, opened_at, is_partial=is_partial
            )
            locked: dict[CaLabel, CertificateRegistry] = {}
            # The root certifies CAs alone, and its folder may be on its way.
            closed = (*here.locked, *unopened)
            for label in (one for one in closed if one.kind is not _ROOT):
                locked[label] = open_registry(directory, label, clock)
                undo.callback(locked[label].close)
            who = actor or account_name()
            opened = cls(directory, authorities, who, locked, unopened)
            failures = opened._publish_first(founding)
            if failures and not is_partial:
                raise failures[0]
            undo.pop_all()
        return opened

    def close(self) -> None:
        """Close the registries."""
        for registry in self._registries.values():
            registry.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @property
    def root(self) -> x509.Certificate:
        """The root certificate."""
        return load_certificate(self._directory, _ROOT)

    @property
    def is_demo(self) -> bool:
        """Whether the root carries the demo mark."""
        return is_demo_root(self.root)

    def issue(
        self,
        kind: CertificateKind,
        names: SubjectFields,
        public_key: PublicKey,
        *,
        days: int | None = None,
        issuer: CaLabel | None = None,
        act: Act | None = None,
    ) -> x509.Certificate:
        """Issue an end certificate; requests go through `pki.ca.requests.read_request`.

        It comes from the newest generation of its CA, unless `issuer` says which.

        Raises:
            PkiError: refused by the CA, a CA kind, the CA's key is not here, or the
                key was certified for another kind or subject, or is revoked
                (KEY_REUSED).
        """
        order = IssueOrder(
            kind=kind, names=names, public_key=public_key, days=days, issuer=issuer
        )
        return next(self.issue_many((order,), act))

    def issue_many(
        self, orders: Iterable[IssueOrder], act: Act | None = None
    ) -> Iterator[x509.Certificate]:
        """Issue end certificates in groups, in the order they are asked for.

        A certificate is durable and published before it is returned. One that is
        refused ends the run, after all those before it were returned.

        Raises:
            PkiError: as `issue`.
        """
        waiting = iter(orders)
        while group := list(islice(waiting, _GROUP)):
            prepared, refusal = self._prepare(group)
            issued = self._issuance.issue(prepared, act or self._own_act())
            yield from issued.certificates
            if refusal := issued.refusal or refusal:
                raise refusal

    def issue_credential(
        self,
        kind: CertificateKind,
        names: SubjectFields,
        *,
        key: SoftwareKey | None = None,
        days: int | None = None,
        issuer: CaLabel | None = None,
        act: Act | None = None,
    ) -> Credential:
        """Issue for a key held here (made now unless given), with its chain.

        Raises:
            PkiError: as `issue`.
        """
        held = key or generate()
        certificate = self.issue(
            kind, names, held.public_key, days=days, issuer=issuer, act=act
        )
        return Credential(held, certificate, self.chain_above(kind, issuer))

    def issue_responder(
        self,
        issuer: AnyLabel,
        *,
        key: SoftwareKey | None = None,
        act: Act | None = None,
    ) -> Credential:
        """Certify a key (made now unless given) that answers for an issuing CA.

        A kind alone means its newest generation.

        Raises:
            PkiError: no issuing CA, or its key is not here.
        """
        label = issuer if isinstance(issuer, CaLabel) else self._newest(issuer)
        if label.kind not in RESPONDERS:
            raise PkiError(ErrorCode.ISSUANCE_REFUSED, place=str(label))
        authority = self._authority(label).credential.certificate
        name = f"{common_name(authority)[:_RESPONDER_NAME_OF_CA]} OCSP"
        names = SubjectFields(common_name=name)
        kind = RESPONDERS[label.kind]
        return self.issue_credential(kind, names, key=key, issuer=label, act=act)

    def chain_above(
        self, kind: CertificateKind, issuer: CaLabel | None = None
    ) -> tuple[x509.Certificate, ...]:
        """Return the certificates between one of this kind and the root.

        They are those of a new certificate, unless `issuer` says which CA issued it.
        """
        label = issuer or self._newest(PROFILES[kind].issuer)
        own = load_certificate(self._directory, label)
        return () if label.kind is _ROOT else (own,)

    def revoke(
        self,
        serial: int,
        reason: x509.ReasonFlags = x509.ReasonFlags.unspecified,
        *,
        invalidity_date: datetime | None = None,
        act: Act | None = None,
    ) -> None:
        """Revoke a certificate of any CA here for good, and publish the new list.

        Args:
            serial: which.
            reason: why; a final one.
            invalidity_date: since when it is known or suspected not to be trusted.
            act: who does it.

        Raises:
            PkiError: unknown, already revoked, an invalidity date in the future, or
                the list cannot be written.
        """
        label, who = self._open_issuer_of(serial), act or self._own_act()
        self._authorities[label].revoke(
            serial, reason, invalidity_date=invalidity_date, act=who
        )
        self._publishers[label].publish_list(who)

    def revoke_all(
        self, serials: Iterable[int], reason: x509.ReasonFlags, *, act: Act
    ) -> None:
        """Revoke many for good, and publish each list concerned once.

        Raises:
            PkiError: as `revoke`; nothing is revoked if one is unknown. Else those
                before stay revoked, and their lists are published by the next call or
                by `write_crls`.
        """
        issuers = self.check_revocable(serials)
        for serial, label in issuers.items():
            self._authorities[label].revoke(serial, reason, act=act)
        for label in sorted(set(issuers.values()), key=str):
            self._publishers[label].publish_list(act)

    def check_revocable(self, serials: Iterable[int]) -> Mapping[int, CaLabel]:
        """Return which CA issued each, if all of them can be revoked here now.

        Raises:
            PkiError: one is unknown, or the key of its CA is not open.
        """
        return {serial: self._open_issuer_of(serial) for serial in serials}

    def suspend(self, serial: int, *, act: Act | None = None) -> None:
        """Revoke a certificate for a time, and publish the new list.

        Raises:
            PkiError: unknown, suspended or revoked, or the list cannot be written.
        """
        label, who = self._open_issuer_of(serial), act or self._own_act()
        self._authorities[label].suspend(serial, who)
        self._publishers[label].publish_list(who)

    def release(self, serial: int, *, act: Act | None = None) -> None:
        """End a suspension, and publish the new list.

        Raises:
            PkiError: unknown, not suspended, or the list cannot be written.
        """
        label, who = self._open_issuer_of(serial), act or self._own_act()
        self._authorities[label].release(serial, who)
        self._publishers[label].publish_list(who)

    def write_crls(self, act: Act | None = None) -> tuple[Path, ...]:
        """Publish a fresh list of every CA whose key is here.

        What the issuing CAs issued is published with it, from the registries.

        Raises:
            PkiError: a file cannot be written.
        """
        who = act or self._own_act()
        for publisher in self._publishers.values():
            publisher.rewrite_serials()
        return tuple(one.publish_list(who) for one in self._publishers.values())

    def write_due_crls(self, act: Act | None = None) -> tuple[Path, ...]:
        """Publish a fresh list where the last one is past half of its life.

        One CA that fails does not keep the others from publishing.

        Raises:
            PkiError: the first failure, once all have had their turn.
        """
        who = act or self._own_act()
        written: list[Path] = []
        failures: list[PkiError] = []
        for one in self._publishers.values():
            if one.is_list_due(one.authority.clock()):
                try:
                    written.append(one.publish_list(who))
                except PkiError as error:
                    failures.append(error)
        if failures:
            raise failures[0]
        return tuple(written)

    def publish_missing(self) -> Repairs:
        """Publish what is recorded and not published, as a crash leaves it.

        One CA that fails, or could not be opened, does not keep the others from
        publishing.
        """
        made: list[CaLabel] = []
        failed: dict[CaLabel, PkiError] = dict(self.unopened)
        for label, publisher in self._publishers.items():
            try:
                if publisher.repair(self._own_act("found unpublished")):
                    made.append(label)
            except PkiError as error:
                failed[label] = error
        return Repairs(made=made, failed=failed)

    def record_ceremony(self, transcript: str, act: Act) -> None:
        """Enter in the root's journal that a ceremony was held, and publish that.

        Args:
            transcript: SHA-256 of what tells of it, lower hex.
            act: who held it.

        Raises:
            PkiError: the root's key is not here, or a file cannot be written.
        """
        root, action = self._authority(CaLabel(_ROOT)), CaAction.CEREMONY_HELD
        facts = {"transcript": transcript}
        root.registry.record(action, act, str(root.label), facts, root.clock())
        self._publishers[root.label].publish_records()

    def material(self) -> TrustMaterial:
        """Return what a judge needs: root, issuing CAs, published lists.

        Raises:
            PkiError: a file is unreadable.
        """
        folder = self._directory
        issuing = [one for one in labels_in(folder) if one.kind is not _ROOT]
        return load_material(
            trust=[certificate_path(folder, _ROOT)],
            intermediates=[certificate_path(folder, one) for one in issuing],
            revocation=[folder],
        )

    @property
    def _registries(self) -> Mapping[CaLabel, CertificateRegistry]:
        """Of the locked CAs too: what they issued counts, whoever is here."""
        return {**super()._registries, **self._locked}

    def _authority(self, label: CaLabel) -> Authority:
        if label in self.unopened or label in self._locked:
            raise self._refusal_of(label)
        return super()._authority(label)

    def _open_issuer_of(self, serial: int) -> CaLabel:
        return self._authority(self._issuer_of(serial)).label

    def _refusal_of(self, label: CaLabel) -> PkiError:
        failure = self.unopened.get(label)
        code = failure.code if failure else ErrorCode.OPERATOR_SECRETS_WRONG
        return PkiError(code, place=str(label))

    def _newest(self, kind: CertificateKind) -> CaLabel:
        """Return the newest generation there was when this was opened."""
        return max(
            (one for one in self._labels if one.kind is kind),
            key=lambda one: one.rank,
            default=CaLabel(kind),
        )

    def _own_act(self, reason: str = "") -> Act:
        return Act(actor=self._actor, reason=reason)

    def _publish_first(self, founding: Act | None) -> Sequence[PkiError]:
        """Publish before anything is done: all lists, or what is not published yet.

        Returns:
            What went wrong, CA by CA.
        """
        for authority in self._authorities.values():
            authority.record_founding(self._own_act())
        if founding:
            self.write_crls(founding)
            return ()
        return tuple(self.publish_missing().failed.values())

    def _prepare(
        self, orders: Iterable[IssueOrder]
    ) -> tuple[Sequence[Prepared], PkiError | None]:
        """Make drafts up to the first order that is refused."""
        prepared: list[Prepared] = []
        for order in orders:
            try:
                prepared.append(self._prepared(order))
            except PkiError as refusal:
                return prepared, refusal
        return prepared, None

    def inspect(self, order: IssueOrder) -> None:
        """Lay out and inspect what would be issued; nothing is recorded or signed.

        Raises:
            PkiError: the CA would refuse it; of broken lint rules the place names them.
        """
        self._prepared(order)

    def _prepared(self, order: IssueOrder) -> Prepared:
        profile = PROFILES[order.kind]
        if profile.is_ca:
            raise PkiError(ErrorCode.ISSUANCE_REFUSED, place=order.kind)
        authority = self._authority(order.issuer or self._newest(profile.issuer))
        request = IssueRequest(
            kind=order.kind,
            names=order.names,
            public_key=order.public_key,
            lifetime=None if order.days is None else timedelta(days=order.days),
        )
        return Prepared(authority, authority.draft(request), self._former(order))

    def _former(self, order: IssueOrder) -> str:
        if order.amends is None:
            return self._typed_otherwise(order)
        return index_of(self.find(order.amends).der).subject_digest

    def _typed_otherwise(self, order: IssueOrder) -> str:
        """Return what the key was certified for, if that is the same name as typed."""
        wanted = subject_name(order.names)
        for one in self.holders_of_key(order.public_key):
            found = x509.load_der_x509_certificate(one.der).subject
            if found != wanted and is_same_name(found, wanted):
                return index_of(one.der).subject_digest
        return ""


def _opened(
    labels: Iterable[CaLabel],
    opened_at: Callable[[CaLabel], Authority],
    *,
    is_partial: bool,
) -> tuple[dict[CaLabel, Authority], dict[CaLabel, PkiError]]:
    """Open CAs; of those that cannot be, give why, or raise it."""
    authorities: dict[CaLabel, Authority] = {}
    unopened: dict[CaLabel, PkiError] = {}
    for label in labels:
        try:
            authorities[label] = opened_at(label)
        except PkiError as error:
            if not is_partial:
                raise
            unopened[label] = error
    return authorities, unopened
