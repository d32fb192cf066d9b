"""A delegation: one agency lets another sign for it, as XML without its signature.

`signing.xmldsig` signs the element with the delegator's seal. Decree 30/2020 article
13 has delegation in writing, for a time; a delegate may not delegate further.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas import values
from schemas.document_kinds import DOCUMENT_KINDS
from schemas.errors import ErrorCode, SchemaError
from schemas.identifiers import OrganId
from schemas.strict_xml import (
    add,
    add_fields,
    fields_of,
    fields_of_root,
    new_root,
)
from schemas.timestamps import format_utc, parse_utc
from schemas.xml import Element

DELEGATION_ID = "delegation-1"
"""The Id the root carries."""

LONGEST = timedelta(days=366)
"""A year, which may have a leap day."""

_KINDS = frozenset(one.code for one in DOCUMENT_KINDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """What is delegated.

    Args:
        delegator: for whom is signed; seals the delegation.
        delegate: the agency whose signers may sign so.
        kinds: codes of document kinds (`schemas.document_kinds`), at least one.
        valid_from: first moment.
        valid_to: first moment after it; at most a year later.
        reason: the decision behind it.
    """

    delegator: OrganId
    delegate: OrganId
    kinds: tuple[str, ...]
    valid_from: datetime
    valid_to: datetime
    reason: str

    def covers(self, *, delegate: OrganId, kind: str, at: datetime) -> bool:
        """Tell whether it lets `delegate` sign a document of `kind` at a moment."""
        in_time = self.valid_from <= at < self.valid_to
        return in_time and delegate == self.delegate and kind in self.kinds


def check_delegation(delegation: Delegation) -> None:
    """Check that a delegation makes sense.

    Raises:
        SchemaError: it does not (DELEGATION_INVALID); the part is named.
    """
    span = delegation.valid_to - delegation.valid_from
    problems = (
        ("Delegate", delegation.delegate == delegation.delegator),
        ("Kinds", not delegation.kinds or not _KINDS.issuperset(delegation.kinds)),
        ("ValidTo", not timedelta(0) < span <= LONGEST),
        ("Reason", not delegation.reason.strip()),
    )
    for place, is_wrong in problems:
        if is_wrong:
            raise SchemaError(ErrorCode.DELEGATION_INVALID, place=place)


def write_delegation(delegation: Delegation) -> Element:
    """Write a delegation.

    Raises:
        SchemaError: a text holds a character XML cannot carry (VALUE_MALFORMED).
    """
    root = new_root("Delegation", identifier=DELEGATION_ID)
    parties = (("Delegator", delegation.delegator), ("Delegate", delegation.delegate))
    add_fields(root, parties)
    add(root, "Kinds", (("Kind", one) for one in delegation.kinds))
    add_fields(
        root,
        (
            ("ValidFrom", format_utc(delegation.valid_from)),
            ("ValidTo", format_utc(delegation.valid_to)),
            ("Reason", delegation.reason),
        ),
    )
    return root


def read_delegation(root: Element) -> Delegation:
    """Read a delegation, from its verified element without signature.

    Raises:
        SchemaError: a child missing, unknown or out of order, a malformed value, or it
            makes no sense (DELEGATION_INVALID).
    """
    with fields_of_root(root, "Delegation", identifier=DELEGATION_ID) as fields:
        delegation = Delegation(
            delegator=fields.take("Delegator", values.organ_id),
            delegate=fields.take("Delegate", values.organ_id),
            kinds=_read_kinds(fields.element("Kinds")),
            valid_from=fields.take("ValidFrom", parse_utc),
            valid_to=fields.take("ValidTo", parse_utc),
            reason=fields.text("Reason"),
        )
    check_delegation(delegation)
    return delegation


def _read_kinds(element: Element) -> tuple[str, ...]:
    with fields_of(element) as fields:
        return fields.take_all("Kind", _kind)


def _kind(text: str, place: str) -> str:
    if text not in _KINDS:
        raise SchemaError(ErrorCode.DELEGATION_INVALID, place=place)
    return text
