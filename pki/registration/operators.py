"""Operators, the number of approvals, and known agencies: the rules of the desk.

Whoever can write in the folder of a CA can begin. As soon as there are operators,
they alone change the rules: two of them together, or the only one there is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pki.ca.profiles import PROFILES
from pki.errors import PkiError
from pki.journal.store import Act, CaAction
from pki.kinds import CertificateKind
from pki.registration.approvals import MOST_APPROVALS, person_key, require_distinct
from pki.registration.book import Table
from pki.registration.codec import agency_fields, operator_fields, read_operator
from pki.registration.office import Office
from pki.registration.records import (
    HashMethod,
    KnownAgency,
    Operator,
    OperatorProof,
)
from pki.registration.secrets import hash_passphrase, is_secret
from schemas.errors import ErrorCode

_NAME_CHARACTERS = 64
_PASSPHRASE_BYTES = 12
_CHANGERS = 2


def operators(office: Office) -> tuple[Operator, ...]:
    """Return all operators, those closed too."""
    return tuple(read_operator(one) for _, one in office.book.page.all(Table.OPERATOR))


def add_operator(
    office: Office,
    proof: OperatorProof,
    act: Act,
    by: Sequence[OperatorProof] = (),
) -> Operator:
    """Add an operator.

    Raises:
        PkiError: a name taken or malformed, a short passphrase (OPERATOR_INVALID), or
            operators there are who do not agree.
    """
    name = proof.name.strip()
    usable = name.isprintable() and 0 < len(name) <= _NAME_CHARACTERS
    if not usable or len(proof.passphrase) < _PASSPHRASE_BYTES:
        raise PkiError(ErrorCode.OPERATOR_INVALID, place=name[:_NAME_CHARACTERS])
    require_changers(office, by)
    now = office.clock()
    secret = hash_passphrase(proof.passphrase)
    added = Operator(name=name, secret=secret, added_at=now)
    with office.book.change() as page:
        if page.get(Table.OPERATOR, person_key(name)) is not None:
            raise PkiError(ErrorCode.OPERATOR_INVALID, place=name)
        page.put(Table.OPERATOR, person_key(name), operator_fields(added))
        page.enter(CaAction.OPERATOR_ADDED, act, name, _agreed(by), now)
    return added


def close_operator(
    office: Office, name: str, act: Act, by: Sequence[OperatorProof] = ()
) -> Operator:
    """Close an operator: approvals given before still count, new ones are refused.

    Raises:
        PkiError: no such operator (OPERATOR_UNKNOWN), or operators do not agree.
    """
    require_changers(office, by)
    now = office.clock()
    with office.book.change() as page:
        record = page.get(Table.OPERATOR, person_key(name))
        if record is None or read_operator(record).closed_at:
            raise PkiError(ErrorCode.OPERATOR_UNKNOWN, place=name[:_NAME_CHARACTERS])
        closed = replace(read_operator(record), closed_at=now)
        page.put(Table.OPERATOR, person_key(name), operator_fields(closed))
        page.enter(CaAction.OPERATOR_CLOSED, act, closed.name, _agreed(by), now)
    return closed


def verify_operator(office: Office, proof: OperatorProof) -> str:
    """Return the name of an operator whose passphrase is right.

    Raises:
        PkiError: unknown, closed, or a wrong passphrase, told alike (OPERATOR_UNKNOWN).
    """
    readable = proof.name.isprintable()
    key = person_key(proof.name) if readable else ""
    record = office.book.page.get(Table.OPERATOR, key)
    found = None if record is None else read_operator(record)
    is_open = found is not None and found.closed_at is None
    kept = found.secret if found else None
    right = is_secret(proof.passphrase, kept, HashMethod.SCRYPT)
    if found is None or not is_open or not right:
        place = proof.name[:_NAME_CHARACTERS] if readable else ""
        raise PkiError(ErrorCode.OPERATOR_UNKNOWN, place=place)
    return found.name


def require_changers(office: Office, by: Sequence[OperatorProof]) -> None:
    """Check that as many operators agree to a change of the rules as must.

    Raises:
        PkiError: too few (APPROVAL_MISSING), one twice (APPROVER_NOT_DISTINCT), or one
            who is not who he says (OPERATOR_UNKNOWN).
    """
    names = tuple(verify_operator(office, one) for one in by)
    require_distinct(names)
    there = sum(one.closed_at is None for one in operators(office))
    if len(names) < min(_CHANGERS, there):
        raise PkiError(ErrorCode.APPROVAL_MISSING, place=f"{min(_CHANGERS, there)}")


def set_approvals(
    office: Office,
    needed: Mapping[CertificateKind, int],
    act: Act,
    by: Sequence[OperatorProof] = (),
) -> None:
    """Set how many approvals kinds need; requests already there keep their number.

    Raises:
        PkiError: no such number (VALUE_MALFORMED), or operators do not agree.
    """
    for kind, number in needed.items():
        if PROFILES[kind].is_ca or not 0 <= number <= MOST_APPROVALS:
            raise PkiError(ErrorCode.VALUE_MALFORMED, place=f"{kind}: {number}")
    require_changers(office, by)
    now = office.clock()
    with office.book.change() as page:
        for kind, number in needed.items():
            page.put(Table.APPROVALS, kind, {"needed": number})
            facts = {"needed": str(number), **_agreed(by)}
            page.enter(CaAction.APPROVALS_CHANGED, act, kind, facts, now)


def set_agencies(
    office: Office,
    agencies: Sequence[KnownAgency],
    act: Act,
    by: Sequence[OperatorProof] = (),
) -> None:
    """Know these agencies as they are told; others known before stay known.

    Which agencies there are decides what a request may name, so it is a rule too.

    Raises:
        PkiError: operators do not agree.
    """
    require_changers(office, by)
    now = office.clock()
    with office.book.change() as page:
        for one in agencies:
            page.put(Table.AGENCY, one.code, agency_fields(one))
        facts = {"agencies": str(len(agencies)), **_agreed(by)}
        page.enter(CaAction.AGENCIES_CHANGED, act, "agencies", facts, now)


def _agreed(by: Sequence[OperatorProof]) -> dict[str, str]:
    return {"agreed": ", ".join(one.name for one in by)} if by else {}
