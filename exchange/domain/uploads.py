"""Bodies that come in pieces, over as many connections as it takes (tus 1.0)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from exchange.domain.decisions import Refuse
from schemas.errors import ErrorCode
from schemas.identifiers import SystemId

KEPT = timedelta(hours=24)
"""How long an upload waits for its next piece, or for the envelope that takes it."""

KEPT_FOR_REPEATS = timedelta(minutes=15)
"""How long one stays that a letter was made of, for whoever presses again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A body on its way in.

    Args:
        upload_id: also the id of the body's chunks.
        length: bytes in all.
        offset: bytes that are stored.
        metadata: `Upload-Metadata` as it was written; nothing is read of it.
        is_used: an envelope has taken it.
        is_spent: a letter was made of it, whose repeats alone it still serves.
    """

    upload_id: str
    system_id: SystemId
    length: int
    expires_at: datetime
    offset: int = 0
    metadata: str = ""
    is_used: bool = False
    is_spent: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether all of it is stored."""
        return self.offset == self.length

    def grown(self, size: int, *, now: datetime) -> "Upload":
        """Return it with more bytes; it is kept from now on."""
        return replace(self, offset=self.offset + size, expires_at=now + KEPT)

    def is_there_for(self, system_id: SystemId, now: datetime) -> bool:
        """Tell whether a system may go on with it; one that was used stays."""
        fresh = self.is_used or now < self.expires_at
        return fresh and self.system_id == system_id


def refuse_part(upload: Upload, *, offset: int, announced: int) -> Refuse | None:
    """Return why a part may not follow what is stored, if it may not.

    Args:
        upload: as it is stored.
        offset: where the part begins.
        announced: its bytes, 0 if it does not say.
    """
    if upload.is_used:
        return Refuse(ErrorCode.UPLOAD_USED, upload.upload_id)
    if offset != upload.offset:
        return Refuse(ErrorCode.UPLOAD_OFFSET_WRONG, str(upload.offset))
    if offset + announced > upload.length:
        return Refuse(ErrorCode.BODY_TOO_LARGE, "Upload-Length")
    return None


def refuse_begin(
    *, length: int, most_bytes: int, unused: int, most: int
) -> Refuse | None:
    """Return why an upload may not begin, if it may not.

    Args:
        length: bytes it will have.
        most_bytes: of a body.
        unused: uploads of the system that no envelope has taken.
        most: of them.
    """
    if length < 1:
        return Refuse(ErrorCode.REQUEST_INVALID, "Upload-Length")
    if length > most_bytes:
        return Refuse(ErrorCode.BODY_TOO_LARGE, "Upload-Length")
    if unused >= most:
        return Refuse(ErrorCode.TOO_MANY_REQUESTS, "uploads")
    return None
