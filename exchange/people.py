"""The office that keeps accounts, as the settings have it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from exchange.domain.accounts import LockPolicy
from exchange.domain.sessions import SessionPolicy
from exchange.errors import ExchangeError
from exchange.settings.accounts import AccountSettings
from exchange.storage.ports import Storage
from exchange.usecases.accounts.office import AccountOffice
from exchange.usecases.accounts.second_factor import Sealer
from pki.files import read_private_file
from schemas.errors import ErrorCode

_KEY_OCTETS = 32


def account_office(
    settings: AccountSettings, storage: Storage, clock: Callable[[], datetime]
) -> AccountOffice:
    """Return the office that keeps accounts.

    Raises:
        CodedError: the key file is too short (CONFIGURATION_INVALID), cannot be read
            or is open to others.
    """
    return AccountOffice(
        storage=storage,
        clock=clock,
        sealer=_sealer(settings),
        locks=LockPolicy(
            failures=settings.lock_failures,
            first=timedelta(minutes=settings.lock_minutes),
        ),
        sessions=SessionPolicy(
            idle=timedelta(minutes=settings.idle_minutes),
            absolute=timedelta(hours=settings.session_hours),
        ),
    )


def _sealer(settings: AccountSettings) -> Sealer | None:
    if settings.totp_key_file is None:
        return None
    material = read_private_file(settings.totp_key_file)
    if len(material) < _KEY_OCTETS:
        place = "accounts.totp_key_file"
        raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=place)
    return Sealer(material)
