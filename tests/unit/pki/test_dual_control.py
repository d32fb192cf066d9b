"""A secret that takes several people."""

import itertools
from functools import cache

import pytest

from pki.ca.dual_control import DualLock, make_lock, name_operators, open_lock
from pki.errors import PkiError
from schemas.errors import ErrorCode

FIRST, SECOND, THIRD = (
    b"first of the keepers",
    b"second of the keepers",
    b"third one.....",
)
TWO = {"Hoa": FIRST, "Bình": SECOND}


@cache
def lock_of_two() -> tuple[DualLock, bytes]:
    """A lock and its secret, made once: each passphrase takes a tenth of a second."""
    return make_lock(TWO)


def test_both_together_open_it_in_any_order() -> None:
    lock, secret = lock_of_two()
    assert open_lock(lock, (FIRST, SECOND)) == secret
    assert open_lock(lock, (SECOND, FIRST)) == secret


def test_passphrases_tell_whose_they_are() -> None:
    lock, _ = lock_of_two()
    assert name_operators(lock, (FIRST, SECOND)) == TWO
    assert name_operators(lock, (SECOND, FIRST)) == TWO


@pytest.mark.parametrize(
    "brought",
    [
        (),
        (FIRST,),
        (SECOND,),
        (FIRST, FIRST),
        (SECOND, SECOND),
        (FIRST, b"not the second one"),
        (FIRST, SECOND, THIRD),
    ],
)
def test_neither_alone_nor_a_wrong_one_opens_it(brought: tuple[bytes, ...]) -> None:
    lock, _ = lock_of_two()
    with pytest.raises(PkiError) as refusal:
        open_lock(lock, brought)
    assert refusal.value.code is ErrorCode.OPERATOR_SECRETS_WRONG


def test_of_three_all_are_needed() -> None:
    lock, secret = make_lock({**TWO, "Lan": THIRD})
    assert open_lock(lock, (THIRD, FIRST, SECOND)) == secret
    for pair in itertools.combinations((FIRST, SECOND, THIRD), 2):
        with pytest.raises(PkiError):
            open_lock(lock, pair)


def test_each_lock_has_a_secret_of_its_own() -> None:
    assert make_lock(TWO)[1] != make_lock(TWO)[1]


@pytest.mark.parametrize(
    "operators",
    [
        {},
        {"Hoa": FIRST},
        {"Hoa": FIRST, "Bình": FIRST},
        {"Hoa": FIRST, "Bình": b"short"},
        {str(number): b"%d long enough it is" % number for number in range(6)},
    ],
)
def test_lock_without_distinct_keepers_is_refused(operators: dict[str, bytes]) -> None:
    with pytest.raises(PkiError) as refusal:
        make_lock(operators)
    assert refusal.value.code is ErrorCode.OPERATORS_NOT_DISTINCT
