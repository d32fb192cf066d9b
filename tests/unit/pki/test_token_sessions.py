"""Sessions with tokens: one thread, losses, PINs."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, get_ident
from types import SimpleNamespace

import pkcs11
import pytest
from pkcs11 import TokenFlag

from pki.errors import PkiError
from pki.keys import token_session
from pki.keys.api import SignatureScheme
from pki.keys.pkcs11 import Pkcs11Key, open_token_key
from pki.keys.software import generate, verify_signature
from pki.keys.token_address import TokenAddress
from pki.keys.token_session import ModuleThread, TokenSession, open_token, pin_refusal
from schemas.errors import ErrorCode
from tests.architecture.imports import ROOT
from tests.support.tokens import PIN, TokenFolder

LABEL = "Sessions"
SCHEME = SignatureScheme.ECDSA_SHA256


@pytest.fixture(scope="module")
def address(tokens: TokenFolder) -> TokenAddress:
    return tokens.add_key(LABEL, "hub", generate())


@pytest.fixture
def key(address: TokenAddress) -> Pkcs11Key:
    return open_token_key(address, PIN)


@pytest.fixture
def thread(address: TokenAddress) -> ModuleThread:
    return ModuleThread(address.module)


def assert_signs(key: Pkcs11Key, data: bytes = b"x") -> None:
    verify_signature(key.public_key, SCHEME, key.sign(data, SCHEME), data)


def refusal_of(work: object) -> PkiError:
    with pytest.raises(PkiError) as refusal:
        work()  # type: ignore[operator]  # a test's own call
    return refusal.value


def test_twenty_threads_sign_with_one_session(key: Pkcs11Key) -> None:
    data = [str(number).encode() for number in range(200)]
    with ThreadPoolExecutor(20) as callers:
        values = list(callers.map(lambda one: key.sign(one, SCHEME), data))
    for one, value in zip(data, values, strict=True):
        verify_signature(key.public_key, SCHEME, value, one)


def test_all_calls_of_a_module_come_from_one_thread(
    tokens: TokenFolder, key: Pkcs11Key
) -> None:
    other = open_token(tokens.address("Second", ""), PIN)
    with ThreadPoolExecutor(8) as callers:
        seen = {
            *callers.map(
                lambda one: one.use(lambda _session: get_ident()),
                [key.session, other] * 8,
            )
        }
    assert len(seen) == 1
    assert get_ident() not in seen


def test_token_is_opened_once_for_all_its_keys(
    tokens: TokenFolder, key: Pkcs11Key
) -> None:
    other = open_token_key(tokens.add_key(LABEL, "log", generate(), b"\x02"), PIN)
    assert other.session is key.session


def test_closed_session_is_opened_again(key: Pkcs11Key) -> None:
    key.session.use(lambda session: session.close())
    assert_signs(key)


def test_module_started_again_is_logged_in_again(
    tokens: TokenFolder, key: Pkcs11Key
) -> None:
    assert_signs(key)
    tokens.reload()
    assert_signs(key)


def test_removed_token_is_a_coded_refusal_until_it_is_back(
    tokens: TokenFolder, key: Pkcs11Key
) -> None:
    place, away = tokens.directory / "tokens", tokens.directory / "away"
    place.rename(away)
    place.mkdir()
    without_key = refusal_of(lambda: key.sign(b"x", SCHEME))
    tokens.reload()
    without_token = refusal_of(lambda: key.sign(b"x", SCHEME))
    place.rmdir()
    away.rename(place)
    tokens.reload()
    assert without_key.code is ErrorCode.KEY_NOT_FOUND
    assert without_token.code is ErrorCode.KEY_DEVICE_UNAVAILABLE
    assert_signs(key)


def test_handle_that_came_to_mean_another_key_is_looked_up_again(
    tokens: TokenFolder, key: Pkcs11Key
) -> None:
    other = open_token_key(tokens.add_key(LABEL, "other", generate(), b"\x03"), PIN)
    assert_signs(key)
    assert_signs(other)
    key.session._keys[key.address] = key.session._keys[other.address]
    assert_signs(key)


def test_key_that_asks_for_the_pin_each_time_gets_it(tokens: TokenFolder) -> None:
    key = open_token_key(tokens.add_guarded_key("Second", "guarded"), PIN)
    assert key.asks_each_time
    assert_signs(key)
    assert_signs(key)


def test_lost_session_is_opened_again_only_once(
    address: TokenAddress, thread: ModuleThread
) -> None:
    tries: list[int] = []

    def work(_session: pkcs11.Session) -> None:
        tries.append(1)
        raise pkcs11.DeviceRemoved

    session = TokenSession(thread, address, PIN)
    refusal = refusal_of(lambda: session.use(work))
    assert refusal.code is ErrorCode.KEY_DEVICE_UNAVAILABLE
    assert refusal.place == f"{LABEL}: DeviceRemoved"
    assert len(tries) == 2


def test_key_that_cannot_do_the_scheme_is_not_tried_twice(
    address: TokenAddress, thread: ModuleThread
) -> None:
    tries: list[int] = []

    def work(_session: pkcs11.Session) -> None:
        tries.append(1)
        raise pkcs11.MechanismInvalid

    session = TokenSession(thread, address, PIN)
    refusal = refusal_of(lambda: session.use(work))
    assert refusal.code is ErrorCode.SIGNATURE_ALGORITHM_REFUSED
    assert len(tries) == 1


def test_wrong_pin_is_refused_and_never_sent_again(
    tokens: TokenFolder, thread: ModuleThread
) -> None:
    session = TokenSession(thread, tokens.address("Pins", ""), "00000000")
    first = refusal_of(lambda: session.use(lambda _session: None))
    # Had it been sent again, the right one would have been taken.
    session._pin = PIN
    second = refusal_of(lambda: session.use(lambda _session: None))
    assert first.code is second.code is ErrorCode.KEY_PIN_WRONG
    assert "00000000" not in str(first)


def test_right_pin_works_after_a_wrong_one(tokens: TokenFolder) -> None:
    address = tokens.add_key("Corrected", "hub", generate())
    refusal = refusal_of(lambda: open_token_key(address, "00000000"))
    assert refusal.code is ErrorCode.KEY_PIN_WRONG
    assert_signs(open_token_key(address, PIN))


def test_second_key_with_another_pin_is_refused_without_a_try(
    address: TokenAddress, key: Pkcs11Key
) -> None:
    refusal = refusal_of(lambda: open_token_key(address, "00000000"))
    assert refusal.code is ErrorCode.KEY_PIN_WRONG
    (token,) = pkcs11.lib(str(address.module)).get_tokens(token_label=LABEL)
    assert not token.flags & TokenFlag.USER_PIN_COUNT_LOW
    assert_signs(key)


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (TokenFlag.TOKEN_INITIALIZED, None),
        (TokenFlag.USER_PIN_COUNT_LOW, None),
        (
            TokenFlag.USER_PIN_COUNT_LOW | TokenFlag.USER_PIN_FINAL_TRY,
            ErrorCode.KEY_PIN_LAST_TRY,
        ),
        (
            TokenFlag.USER_PIN_FINAL_TRY | TokenFlag.USER_PIN_LOCKED,
            ErrorCode.KEY_PIN_LOCKED,
        ),
    ],
)
def test_flags_of_a_token_say_whether_a_pin_may_be_tried(
    flags: TokenFlag, code: ErrorCode | None
) -> None:
    assert pin_refusal(flags) is code


def test_last_try_of_a_pin_is_not_spent(
    address: TokenAddress, thread: ModuleThread
) -> None:
    tries: list[str] = []
    nearly_locked = SimpleNamespace(
        flags=TokenFlag.USER_PIN_FINAL_TRY, open=tries.append
    )
    thread.token = lambda _address: nearly_locked  # type: ignore[assignment, method-assign, return-value]  # SoftHSM never comes near its lock
    session = TokenSession(thread, address, PIN)
    refusal = refusal_of(lambda: session.use(lambda _session: None))
    assert refusal.code is ErrorCode.KEY_PIN_LAST_TRY
    assert tries == []


def test_absent_module_is_a_coded_refusal(tmp_path: Path) -> None:
    address = TokenAddress(module=tmp_path / "absent.so", token="Hub", label="a")
    refusal = refusal_of(lambda: open_token_key(address, PIN))
    assert refusal.code is ErrorCode.KEY_MODULE_MISSING
    assert refusal.place == "absent.so"


def test_absent_token_is_a_coded_refusal(tokens: TokenFolder) -> None:
    refusal = refusal_of(lambda: open_token_key(tokens.address("Absent", "a"), PIN))
    assert refusal.code is ErrorCode.KEY_DEVICE_UNAVAILABLE
    assert refusal.place == "Absent"


def test_two_tokens_of_one_name_are_not_guessed_between(tokens: TokenFolder) -> None:
    refusal = refusal_of(lambda: open_token_key(tokens.address("Twin", "a"), PIN))
    assert refusal.code is ErrorCode.KEY_DEVICE_UNAVAILABLE


def test_token_that_does_not_answer_is_given_up(
    thread: ModuleThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_session, "PATIENCE_SECONDS", 0.01)
    answer = Event()
    refusal = refusal_of(lambda: thread.run(answer.wait))
    answer.set()
    assert refusal.code is ErrorCode.KEY_DEVICE_UNAVAILABLE
    assert refusal.place == "time"


def test_process_that_forked_does_not_use_the_inherited_session(
    key: Pkcs11Key,
) -> None:
    child = os.fork()
    if child == 0:
        try:
            key.sign(b"x", SCHEME)
        except PkiError as error:
            os._exit(7 if error.place == "fork" else 8)
        os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


_WITHOUT_THE_EXTRA = """
import sys
sys.modules["pkcs11"] = None
from pathlib import Path
import pki.keys.api, pki.keys.software, pki.keys.token_address
from pki.errors import PkiError
from pki.keys.loader import load_credential
try:
    load_credential("pkcs11:token=Hub;object=a?module-path=/m.so")
except PkiError as error:
    print(error)
"""


def test_base_install_names_the_extra_a_token_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_THE_EXTRA],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.stderr == ""
    assert done.stdout == "extra_missing: lienthong[hsm]\n"
