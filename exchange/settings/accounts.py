"""Accounts of people."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """Accounts of people and their sessions.

    Args:
        totp_key_file: file of at least 32 octets of chance, readable by the service
            alone, that seals the second factors; without it nobody has one.
        lock_failures: wrong tries before an account is locked.
        lock_minutes: length of the first lock-out; each that follows is twice as long,
            up to a day.
        idle_minutes: a session without a call ends.
        session_hours: every session ends.
    """

    totp_key_file: Path | None = None
    lock_failures: int = 5
    lock_minutes: float = 15.0
    idle_minutes: float = 30.0
    session_hours: float = 10.0
