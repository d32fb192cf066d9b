"""Who may call what: the kinds of callers, and the sets that routes name.

Nobody may call a route that names nobody (`exchange.http.routes.add_routes`).
"""

from enum import StrEnum


class AccessRole(StrEnum):
    """What a caller is. Systems have certificates; all others are people.

    A clerk sends, receives and reports for an agency; an official reads and signs; an
    operator keeps the hub running and sees no document; an auditor sees states and
    steps, of an agency or of all, and no document.
    """

    SYSTEM = "system"
    CLERK = "clerk"
    OFFICIAL = "official"
    OPERATOR = "operator"
    AUDITOR = "auditor"


ANYBODY_KNOWN = frozenset(AccessRole)
"""What is no secret among callers: the directory, the head of the log, verdicts."""

DOCUMENT_DESK = frozenset({AccessRole.SYSTEM, AccessRole.CLERK})
"""Those that act for an agency towards others."""

READERS = DOCUMENT_DESK | {AccessRole.OFFICIAL}
"""Those that may read documents of their agency."""

OVERSEERS = READERS | {AccessRole.AUDITOR}
"""Those that may know where documents are; the view says of which."""

OPERATORS = frozenset({AccessRole.OPERATOR})
"""Those that keep the hub running."""

WITHOUT_PAYLOAD = frozenset({AccessRole.AUDITOR, AccessRole.OPERATOR})
"""Those that are never handed a document, whatever agency they name."""
