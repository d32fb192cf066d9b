"""An edXML status message as data: what became of an earlier document."""

from dataclasses import dataclass
from datetime import datetime

from schemas.edxml.document import Organisation, ResponseFor, StaffInfo
from schemas.vocabulary import StatusCode


@dataclass(frozen=True, slots=True, kw_only=True)
class EdxmlStatus:
    """One status message.

    Args:
        sender: who reports; for a recall request, the original sender.
        response_for: the document it is about.
        legacy_signature: as in `schemas.edxml.document.EdxmlDocument`.
    """

    sender: Organisation
    response_for: ResponseFor
    status_code: StatusCode
    description: str = ""
    timestamp: datetime | None = None
    staff: StaffInfo | None = None
    legacy_signature: bool = False
