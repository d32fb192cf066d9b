"""Sessions with tokens: one thread per module, opened again after a loss.

A module is initialised without locks of its own, so one thread makes all calls of all
its tokens (PKCS #11 v2.40 clause 5.4). A process that forks must not use a module it
inherited; here it is refused. A PIN is tried once: a wrong one is remembered and never
sent again, and the last try before a token locks is left to people.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TypeVar

import pkcs11
from pkcs11 import Attribute, ObjectClass, TokenFlag
from pkcs11.types import SignMixin

from pki.errors import PkiError, SignatureInvalidError
from pki.keys.token_address import TokenAddress
from schemas.errors import ErrorCode

_Result = TypeVar("_Result")

PATIENCE_SECONDS = 30.0
"""How long a call may wait for its turn and the token."""

_PIN_REFUSED = (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange)
_PIN_BLOCKED = (pkcs11.PinLocked, pkcs11.PinExpired, pkcs11.UserPinNotInitialized)
_KEY_UNFIT = (
    pkcs11.MechanismInvalid,
    pkcs11.MechanismParamInvalid,
    pkcs11.KeyTypeInconsistent,
    pkcs11.KeySizeRange,
    pkcs11.DataLenRange,
)
_FINAL = (*_PIN_REFUSED, *_PIN_BLOCKED, *_KEY_UNFIT)


def pin_refusal(flags: TokenFlag) -> ErrorCode | None:
    """Tell why a PIN must not be tried on a token with these flags, if so."""
    if flags & TokenFlag.USER_PIN_LOCKED:
        return ErrorCode.KEY_PIN_LOCKED
    if flags & TokenFlag.USER_PIN_FINAL_TRY:
        return ErrorCode.KEY_PIN_LAST_TRY
    return None


def tries_left(flags: TokenFlag) -> str:
    """Say how many tries of the PIN a token has left; empty where it does not tell.

    A token tells no number, only that it comes near (PKCS #11 v2.40 clause 3.2).
    """
    if flags & TokenFlag.USER_PIN_LOCKED:
        return "no tries left"
    if flags & TokenFlag.USER_PIN_FINAL_TRY:
        return "1 try left"
    return "few tries left" if flags & TokenFlag.USER_PIN_COUNT_LOW else ""


class ModuleThread:
    """The one thread that calls one PKCS #11 module.

    Args:
        path: the module.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._process = os.getpid()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="pkcs11")

    def run(self, work: Callable[[], _Result]) -> _Result:
        """Do `work` in the thread.

        Raises:
            PkiError: KEY_DEVICE_UNAVAILABLE; it takes too long, or this process forked.
        """
        if os.getpid() != self._process:
            raise PkiError(ErrorCode.KEY_DEVICE_UNAVAILABLE, place="fork")
        waiting = self._executor.submit(work)
        try:
            return waiting.result(PATIENCE_SECONDS)
        except TimeoutError as error:
            waiting.cancel()
            raise PkiError(ErrorCode.KEY_DEVICE_UNAVAILABLE, place="time") from error

    def token(self, address: TokenAddress) -> pkcs11.Token:
        """Find the one token meant; called in the thread.

        Raises:
            PkiError: the module cannot be loaded, or no or several tokens fit.
        """
        try:
            module = pkcs11.lib(str(self._path))
        except pkcs11.PKCS11Error as error:
            place = self._path.name
            raise PkiError(ErrorCode.KEY_MODULE_MISSING, place=place) from error
        serial = address.serial.encode() or None
        found = list(module.get_tokens(token_label=address.token, token_serial=serial))
        if len(found) != 1:
            raise PkiError(ErrorCode.KEY_DEVICE_UNAVAILABLE, place=address.token)
        return found[0]


class TokenSession:
    """One logged-in session with one token.

    Args:
        thread: makes every call.
        address: names the token.
        pin: of its user.
    """

    def __init__(self, thread: ModuleThread, address: TokenAddress, pin: str) -> None:
        self._thread = thread
        self._address = address
        self._pin = pin
        self._session: pkcs11.Session | None = None
        self._keys: dict[TokenAddress, SignMixin] = {}
        self._stopped: ErrorCode | None = None

    def has_pin(self, pin: str) -> bool:
        """Tell whether it was opened with this PIN."""
        return self._pin == pin

    def use(self, work: Callable[[pkcs11.Session], _Result]) -> _Result:
        """Do `work` with the session; after a loss once more with a new one.

        Raises:
            PkiError: no token, no login, or the token refuses the work.
        """
        return self._thread.run(partial(self._coded, work))

    def sign(
        self, address: TokenAddress, work: Callable[[SignMixin, str], bytes]
    ) -> bytes:
        """Do `work` with a key and, where the key asks for it each time, the PIN.

        Raises:
            PkiError: as `use`, or the key is not there.
        """
        return self.use(lambda session: work(self._key(session, address), self._pin))

    def _coded(self, work: Callable[[pkcs11.Session], _Result]) -> _Result:
        try:
            return self._twice(work)
        except _PIN_REFUSED as error:
            raise self._stop(ErrorCode.KEY_PIN_WRONG, self._tries_left()) from error
        except _PIN_BLOCKED as error:
            raise self._stop(ErrorCode.KEY_PIN_LOCKED) from error
        except _KEY_UNFIT as error:
            code = ErrorCode.SIGNATURE_ALGORITHM_REFUSED
            raise PkiError(code, place=self._address.token) from error
        except pkcs11.PKCS11Error as error:
            self._drop()
            place = f"{self._address.token}: {type(error).__name__}"
            raise PkiError(ErrorCode.KEY_DEVICE_UNAVAILABLE, place=place) from error

    def _twice(self, work: Callable[[pkcs11.Session], _Result]) -> _Result:
        try:
            return work(self._opened())
        except _FINAL:
            raise
        except (pkcs11.PKCS11Error, SignatureInvalidError):
            # Modules tell a loss by many names, so everything else counts as one; and
            # the handles of a lost session may come to mean another key.
            self._drop()
        return work(self._opened())

    def _opened(self) -> pkcs11.Session:
        if self._stopped:
            raise PkiError(self._stopped, place=self._address.token)
        if self._session is None:
            self._session = self._open(self._thread.token(self._address))
        return self._session

    def _open(self, token: pkcs11.Token) -> pkcs11.Session:
        if code := pin_refusal(TokenFlag(token.flags)):
            raise self._stop(code)
        try:
            return token.open(user_pin=self._pin)
        except pkcs11.UserAlreadyLoggedIn:
            # The login belongs to the process and outlived a lost session.
            return token.open()

    def _stop(self, code: ErrorCode, more: str = "") -> PkiError:
        self._stopped = code
        place = f"{self._address.token}: {more}" if more else self._address.token
        return PkiError(code, place=place)

    def _tries_left(self) -> str:
        try:
            return tries_left(TokenFlag(self._thread.token(self._address).flags))
        except (pkcs11.PKCS11Error, PkiError):
            return ""

    def _drop(self) -> None:
        session, self._session = self._session, None
        self._keys.clear()
        if session is not None:
            with suppress(pkcs11.PKCS11Error):
                session.close()

    def _key(self, session: pkcs11.Session, address: TokenAddress) -> SignMixin:
        if address not in self._keys:
            self._keys[address] = self._found(session, address)
        return self._keys[address]

    def _found(self, session: pkcs11.Session, address: TokenAddress) -> SignMixin:
        try:
            key = find_key(session, address)
        except PkiError:
            # It was there before: the next call looks for the token anew.
            self._drop()
            raise
        if not isinstance(key, SignMixin):
            raise PkiError(ErrorCode.SIGNATURE_ALGORITHM_REFUSED, place=address.place)
        return key


def find_key(session: pkcs11.Session, address: TokenAddress) -> pkcs11.PrivateKey:
    """Find the one private key meant; called in the module's thread.

    Raises:
        PkiError: KEY_NOT_FOUND; none or several fit.
    """
    wanted: dict[Attribute, object] = {Attribute.CLASS: ObjectClass.PRIVATE_KEY}
    if address.label:
        wanted[Attribute.LABEL] = address.label
    if address.key_id:
        wanted[Attribute.ID] = address.key_id
    found = list(session.get_objects(wanted))
    if len(found) != 1 or not isinstance(found[0], pkcs11.PrivateKey):
        raise PkiError(ErrorCode.KEY_NOT_FOUND, place=address.place)
    return found[0]


_THREADS: dict[Path, ModuleThread] = {}
_SESSIONS: dict[tuple[Path, str, str], TokenSession] = {}
_OPENING = Lock()


def open_token(address: TokenAddress, pin: str) -> TokenSession:
    """Return the session with a token; one for all its keys in this process.

    Raises:
        PkiError: no module, no token, or the PIN is refused.
    """
    place = (address.module, address.token, address.serial)
    with _OPENING:
        if session := _SESSIONS.get(place):
            if session.has_pin(pin):
                return session
            raise PkiError(ErrorCode.KEY_PIN_WRONG, place=address.token)
        thread = _THREADS.setdefault(address.module, ModuleThread(address.module))
        session = TokenSession(thread, address, pin)
        session.use(lambda _session: None)
        _SESSIONS[place] = session
        return session
