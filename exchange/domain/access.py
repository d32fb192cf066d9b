"""Who may see what.

Invariants:
    - A system sees only what concerns the agencies it acts for now.
    - A recipient sees the list of recipients and its own states and steps, the
      sender sees all (design, invariant 11).
    - An auditor, and an agency above sender and all recipients, see all states and
      steps of an envelope, and no document that is not their own.
    - What a viewer may not see, does not exist for it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from exchange.domain.parties import ActsFor, Agency, System
from exchange.domain.records import Delivery, Envelope, StoredReceipt
from exchange.domain.steps import is_readable
from schemas.identifiers import OrganId


@dataclass(frozen=True, slots=True)
class View:
    """What a viewer is to one envelope: its sender, some of its recipients, or both.

    Args:
        is_sender: it acts for the sender.
        own: the recipients it acts for.
        oversees: it is above all of them, or audits.
        is_reader: documents of its own may be handed to it.
    """

    is_sender: bool
    own: frozenset[OrganId]
    oversees: bool = False
    is_reader: bool = True

    @property
    def sees_all(self) -> bool:
        """Whether states and steps of all recipients are shown."""
        return self.is_sender or self.oversees

    @property
    def is_party(self) -> bool:
        """Whether the document is one of its own, to be read by it."""
        return self.is_reader and (self.is_sender or bool(self.own))

    def receipts(self, receipts: Iterable[StoredReceipt]) -> tuple[StoredReceipt, ...]:
        """Keep the step receipts this viewer may see; the hub's are for all."""
        return tuple(
            one
            for one in receipts
            if self.sees_all or one.recipient is None or one.recipient in self.own
        )

    def may_read(self, deliveries: Iterable[Delivery]) -> bool:
        """Tell whether the payload may be handed out to this viewer."""
        return self.is_party and (
            self.is_sender
            or any(one.recipient in self.own and is_readable(one) for one in deliveries)
        )


def is_open(agency: Agency, at: datetime) -> bool:
    """Tell whether an agency exists at a moment."""
    return agency.valid_from <= at and (agency.valid_to is None or at < agency.valid_to)


def acting_agencies(system: System, at: datetime) -> frozenset[OrganId]:
    """Return the agencies a system acts for at a moment."""
    return frozenset(one.agency for one in system.acts_for if _holds(one, at))


def view_of(
    envelope: Envelope,
    agencies: Collection[OrganId],
    deliveries: Iterable[Delivery] = (),
) -> View | None:
    """Return what the agencies are to an envelope, None if it is not theirs.

    Deliveries tell of recipients that were added after acceptance.
    """
    looking = frozenset(agencies)
    own = looking.intersection(envelope.recipients)
    own |= looking.intersection(one.recipient for one in deliveries)
    is_sender = envelope.sender in looking
    return View(is_sender, own) if is_sender or own else None


def _holds(right: ActsFor, at: datetime) -> bool:
    return right.valid_from <= at and (right.valid_to is None or at < right.valid_to)
