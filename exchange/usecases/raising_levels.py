"""Bring a stamped signature that was made elsewhere to B-LT or B-LTA.

Evidence is what the hub follows of its authorities (`trust.revocation`), and what those
say who may be asked now (`trust.revocation_hosts`). What is too old to cover the
signature is no evidence: the file then stays at B-T and says why.
"""

import asyncio
from dataclasses import dataclass

from exchange.services import Services
from exchange.usecases.asked_evidence import lift
from pki.errors import PkiError
from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.profiles import SignatureLevel
from signing.workers.made import RaisedPart


@dataclass(frozen=True, slots=True)
class Reached:
    """A signed file, its level, and why it is not higher; empty if it need not be."""

    data: bytes
    level: SignatureLevel
    code: str = ""


async def raised(services: Services, stamped: bytes, wanted: SignatureLevel) -> Reached:
    """Return a file of level B-T at the level wanted, or as far as that goes now."""
    reached = Reached(stamped, SignatureLevel.B_T)
    if not wanted.includes(SignatureLevel.B_LT):
        return reached
    try:
        lifted = await lift(services, stamped, services.trust.material)
        part = lifted.part
        reached = Reached(stamped + part.added, SignatureLevel.B_LT)
        if wanted is SignatureLevel.B_LT:
            return reached
        room = services.room.octets
        lifted = await lift(services, stamped, lifted.material, room=room)
        archived = await _archived(services, stamped + lifted.part.added, lifted.part)
    except (PkiError, SigningError) as error:
        return Reached(reached.data, reached.level, error.code)
    return Reached(archived, SignatureLevel.B_LTA)


async def _archived(services: Services, data: bytes, part: RaisedPart) -> bytes:
    """Fill the document time stamp in (EN 319 142-1 clause 5.4.3)."""
    if services.stamps is None or len(part.gap) != 2:
        raise SigningError(ErrorCode.TIME_STAMP_UNAVAILABLE)
    stamp = await asyncio.to_thread(services.stamps.stamp, part.digest)
    services.room.learn(stamp.token)
    start, end = part.gap
    digits = stamp.token.hex().upper().encode("ascii")
    if len(digits) > end - start - 2:
        raise SigningError(ErrorCode.TIME_STAMP_TOO_LARGE)
    filled = digits.ljust(end - start - 2, b"0")
    return b"".join((data[: start + 1], filled, data[end - 1 :]))
