"""Rules a revocation list must keep before it is signed: one rule, one function.

As in `pki.ca.lint`, they look at a copy signed with a throw-away key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from cryptography import x509
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID

from pki.algorithms import is_accepted_signature
from pki.ca.lint import BACKDATING
from pki.ca.list_template import EXPIRED_CERTIFICATES_ON_LIST
from pki.ca.template import authority_key_identifier
from pki.errors import PkiError
from pki.names import UNREADABLE_CERTIFICATE
from schemas.errors import ErrorCode

_Kind = TypeVar("_Kind", bound=x509.ExtensionType)

_NUMBER_OCTETS = 20
_VERSION_2 = b"\x02\x01\x01"  # INTEGER 1
_TAG_AND_LENGTH = 2
_KNOWN = frozenset(
    {
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        ExtensionOID.CRL_NUMBER,
        EXPIRED_CERTIFICATES_ON_LIST,
    }
)
_KNOWN_OF_ENTRY = frozenset(
    {CRLEntryExtensionOID.CRL_REASON, CRLEntryExtensionOID.INVALIDITY_DATE}
)
_REFUSED_REASONS = frozenset(
    {x509.ReasonFlags.remove_from_crl, x509.ReasonFlags.unspecified}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCase:
    """One list to inspect.

    Args:
        revocation_list: signed with a throw-away key.
        issuer: certificate of the CA.
        last_number: of the list before; None for the first.
        now: the time of signing.
        longest: how long a list of this CA may count.
    """

    revocation_list: x509.CertificateRevocationList
    issuer: x509.Certificate
    last_number: int | None
    now: datetime
    longest: timedelta


ListRule = Callable[[ListCase], bool]


def version_is_2(case: ListCase) -> bool:
    """Lists with extensions are version 2 (RFC 5280 5.1.2.1)."""
    signed = case.revocation_list.tbs_certlist_bytes
    length = signed[1]
    more = length & 0x7F if length & 0x80 else 0
    return signed[_TAG_AND_LENGTH + more :].startswith(_VERSION_2)


def algorithm_is_listed(case: ListCase) -> bool:
    """Nothing older than SHA-256 signs lists (5.1.1.2, ETSI TS 119 312)."""
    return is_accepted_signature(case.revocation_list)


def issuer_is_named_as_it_names_itself(case: ListCase) -> bool:
    """The issuer field equals the CA's subject, and is not empty (5.1.2.3)."""
    named = case.revocation_list.issuer
    same = named.public_bytes() == case.issuer.subject.public_bytes()
    return same and bool(list(named))


def this_update_is_not_later_than_now(case: ListCase) -> bool:
    """A list tells of what is, not of what will be (5.1.2.4)."""
    return case.revocation_list.last_update_utc <= case.now


def next_update_is_stated_and_near(case: ListCase) -> bool:
    """The next list is promised, within the CA's limit (5.1.2.5, BR 4.9.7)."""
    begin = case.revocation_list.last_update_utc
    end = case.revocation_list.next_update_utc
    return end is not None and begin < end <= begin + case.longest


def issuer_key_is_identified(case: ListCase) -> bool:
    """The authority key identifier is the CA's own (5.2.1)."""
    found = _value(case, x509.AuthorityKeyIdentifier)
    return found == authority_key_identifier(case.issuer)


def number_is_stated_and_fits(case: ListCase) -> bool:
    """The number is positive and has at most 20 octets (5.2.3)."""
    found = _value(case, x509.CRLNumber)
    # Twenty octets hold 159 bits of a positive number: the first bit is the sign.
    limit = 1 << (8 * _NUMBER_OCTETS - 1)
    return found is not None and 0 < found.crl_number < limit


def number_is_greater_than_the_last(case: ListCase) -> bool:
    """Numbers grow, so that the newer of two lists can be told (5.2.3)."""
    found = _value(case, x509.CRLNumber)
    last = case.last_number
    return last is None or (found is not None and found.crl_number > last)


def list_is_complete(case: ListCase) -> bool:
    """No delta, no part: only what is known here, and nothing twice (5.2.4, 5.2.5)."""
    return {one.oid for one in case.revocation_list.extensions} <= _KNOWN


def nothing_is_critical(case: ListCase) -> bool:
    """Of what stands in complete lists nothing is critical (5.2, 5.3)."""
    return not any(one.critical for one in case.revocation_list.extensions)


def entries_are_unique(case: ListCase) -> bool:
    """A certificate is listed once (5.1.2.6)."""
    serials = [one.serial_number for one in case.revocation_list]
    return len(set(serials)) == len(serials)


def entries_are_not_of_the_future(case: ListCase) -> bool:
    """What is listed was revoked before the list was made (5.1.2.6).

    A clock that was put back a little must not keep a revocation from the public.
    """
    latest = case.revocation_list.last_update_utc + BACKDATING
    return all(one.revocation_date_utc <= latest for one in case.revocation_list)


def entries_say_what_they_may(case: ListCase) -> bool:
    """Reason and invalidity date alone, not critical (5.3)."""
    return all(
        extension.oid in _KNOWN_OF_ENTRY and not extension.critical
        for one in case.revocation_list
        for extension in one.extensions
    )


def reasons_belong_into_complete_lists(case: ListCase) -> bool:
    """RemoveFromCRL is for deltas; unspecified is left out (5.3.1)."""
    return not any(_reason(one) in _REFUSED_REASONS for one in case.revocation_list)


LIST_RULES: tuple[ListRule, ...] = (
    version_is_2,
    algorithm_is_listed,
    issuer_is_named_as_it_names_itself,
    this_update_is_not_later_than_now,
    next_update_is_stated_and_near,
    issuer_key_is_identified,
    number_is_stated_and_fits,
    number_is_greater_than_the_last,
    list_is_complete,
    nothing_is_critical,
    entries_are_unique,
    entries_are_not_of_the_future,
    entries_say_what_they_may,
    reasons_belong_into_complete_lists,
)


def lint_list(case: ListCase) -> tuple[str, ...]:
    """Return the names of the rules that are broken."""
    return tuple(rule.__name__ for rule in LIST_RULES if not _is_kept(rule, case))


def refuse_list_if_broken(case: ListCase) -> None:
    """Let pass only what keeps every rule.

    Raises:
        PkiError: a rule is broken; the place names the rules (LIST_LINT_REFUSED).
    """
    if broken := lint_list(case):
        raise PkiError(ErrorCode.LIST_LINT_REFUSED, place=", ".join(broken))


def _is_kept(rule: ListRule, case: ListCase) -> bool:
    try:
        return rule(case)
    except UNREADABLE_CERTIFICATE:
        return False


def _value(case: ListCase, kind: type[_Kind]) -> _Kind | None:
    try:
        return case.revocation_list.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _reason(entry: x509.RevokedCertificate) -> x509.ReasonFlags | None:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        return None
