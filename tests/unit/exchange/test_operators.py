"""Audit lines name who worked at the terminal, whatever the machine knows of them."""

import getpass
import os
import pwd

import pytest

from exchange.commands.site import operator


def test_operator_is_the_account_that_works() -> None:
    assert operator() == f"cli:{getpass.getuser()}"


@pytest.mark.parametrize("error", [KeyError, OSError])
def test_operator_without_an_account_is_named_by_its_number(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def unknown(number: int) -> pwd.struct_passwd:
        raise error(number)

    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)

    assert operator() == f"cli:uid-{os.getuid()}"
