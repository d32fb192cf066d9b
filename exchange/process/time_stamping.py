"""The time stamping authority of a process whose settings name its key."""

import asyncio

from exchange.process.base import Base
from exchange.time_stamping import FollowedTimeStamping


async def start_time_stamping(base: Base) -> FollowedTimeStamping | None:
    """Open the authority and follow its key and clock; None where there is no key.

    Raises:
        CodedError: the key, the register or a setting cannot be used.
    """
    settings = base.settings
    if not settings.keys.tsa.uri:
        return None
    stamping = await asyncio.to_thread(
        FollowedTimeStamping, settings, base.clock, base.metrics
    )
    base.opened.callback(stamping.close)
    await base.repeat("time-stamping", stamping.turn)
    return stamping
