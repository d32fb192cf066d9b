"""Bring a stamped signature that was made elsewhere to B-LT or B-LTA.

Evidence is what the hub follows of its authorities (`trust.revocation`). What is too
old to cover the signature is no evidence: the file then stays at B-T and says why.
"""

import asyncio
import json
from dataclasses import dataclass

from exchange.services import Services
from exchange.usecases.prepare_signature import signer_of
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
        part = await _part(services, stamped, room=0)
        reached = Reached(stamped + part.added, SignatureLevel.B_LT)
        if wanted is SignatureLevel.B_LT:
            return reached
        part = await _part(services, stamped, room=services.room.octets)
        archived = await _archived(services, stamped + part.added, part)
    except (PkiError, SigningError) as error:
        return Reached(reached.data, reached.level, error.code)
    return Reached(archived, SignatureLevel.B_LTA)


async def _part(services: Services, stamped: bytes, *, room: int) -> RaisedPart:
    return await signer_of(services).raise_level(
        stamped,
        material=services.trust.material,
        instructions=json.dumps({"room": room}).encode(),
        at=services.now(),
    )


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
