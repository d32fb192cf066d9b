"""Time stamps on values that were made elsewhere (EN 319 122-1 clause 5.3)."""

import asyncio
from hashlib import new as new_hash

from exchange.domain.signing import RemoteSigning
from exchange.services import Services
from pki.algorithms import SCHEMES
from pki.errors import PkiError
from schemas.errors import ErrorCode
from signing.pades.kept import KeptState
from signing.profiles import SignatureLevel


async def token_for(services: Services, signing: RemoteSigning) -> tuple[bytes, str]:
    """Return the token for a value, or nothing and why there is none."""
    state = KeptState.from_json(signing.kept)
    if not state.level.includes(SignatureLevel.B_T):
        return b"", ""
    if services.stamps is None or not state.room:
        return b"", ErrorCode.TIME_STAMP_UNAVAILABLE
    name = SCHEMES[state.scheme].hash_name
    digest = new_hash(name, signing.value).digest()
    try:
        stamp = await asyncio.to_thread(services.stamps.stamp, digest, name)
    except PkiError as error:
        return b"", error.code
    services.room.learn(stamp.token)
    if len(stamp.token) > state.room:
        return b"", ErrorCode.TIME_STAMP_TOO_LARGE
    return stamp.token, ""
