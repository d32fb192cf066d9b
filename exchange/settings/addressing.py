"""Whom an envelope may reach."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressingSettings:
    """Whom an envelope may reach (docs/protocol.md, section 10).

    Args:
        recipients: most recipients of one envelope, once groups are expanded.
        parent_fallback: what is for an agency without a connected system goes to the
            nearest one above with one, and the step receipt says so.
    """

    recipients: int = 5000
    parent_fallback: bool = False
