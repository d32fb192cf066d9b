"""Ask the authorities the hub depends on whether they answer, now and for once."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Final

from exchange.services import Services
from pki.keys.api import Credential
from schemas.errors import CodedError, ErrorCode
from signing.evidence_sources import RevocationFetcher
from signing.pades.levels import TimeStampSource

_PATIENCE_SECONDS: Final = 20.0
_DIGEST_BYTES: Final = 32  # SHA-256


class Part(StrEnum):
    """What can be asked."""

    TIME_STAMPS = "time_stamps"
    REVOCATION = "revocation"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedPart:
    """What asking came to.

    Args:
        code: why it did not answer as it should; None if it did.
        apart: of time stamps: how far their clock is from the hub's.
        ocsps: of revocation: OCSP answers on the hub's own certificate.
        crls: the same, lists.
    """

    part: Part
    code: ErrorCode | None = None
    apart: timedelta | None = None
    ocsps: int = 0
    crls: int = 0

    @property
    def is_well(self) -> bool:
        """Whether it answered as it should."""
        return self.code is None


async def check_parts(services: Services) -> tuple[CheckedPart, ...]:
    """Have something stamped, and ask about the hub's own certificate.

    What the hub does not use is not asked.
    """
    asked = []
    if stamps := services.stamps:
        work = partial(_stamped, stamps, services.now)
        asked.append(_asked(Part.TIME_STAMPS, work))
    if services.revocations and services.hub.receipt.chain:
        work = partial(_looked_up, services.revocations, services.hub.receipt)
        asked.append(_asked(Part.REVOCATION, work))
    return tuple(await asyncio.gather(*asked))


async def _asked(part: Part, ask: Callable[[], CheckedPart]) -> CheckedPart:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await asyncio.to_thread(ask)
    except CodedError as error:
        return CheckedPart(part=part, code=error.code)
    except TimeoutError:
        return CheckedPart(part=part, code=ErrorCode.REQUEST_TIMEOUT)


def _stamped(stamps: TimeStampSource, now: Callable[[], datetime]) -> CheckedPart:
    stamp = stamps.stamp(secrets.token_bytes(_DIGEST_BYTES))
    return CheckedPart(part=Part.TIME_STAMPS, apart=abs(stamp.at - now()))


def _looked_up(revocations: RevocationFetcher, receipt: Credential) -> CheckedPart:
    crls, ocsps = revocations.fetch(receipt.certificate, receipt.chain[0])
    code = None if crls or ocsps else ErrorCode.REVOCATION_UNCHECKED
    return CheckedPart(
        part=Part.REVOCATION, code=code, ocsps=len(ocsps), crls=len(crls)
    )
