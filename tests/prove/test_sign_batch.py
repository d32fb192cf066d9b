"""A thousand documents in one batch on two cores, killed and resumed."""

import json
from pathlib import Path
from time import perf_counter

import pytest

from tests.support.cli import lienthong, passphrase
from tests.support.many_documents import SigningDesk, make_documents, wait_until_gone
from tests.support.signed_pdf import signatures

pytestmark = [pytest.mark.prove, pytest.mark.timeout(1200)]

COUNT = 1000
KILLS = (150, 500, 850)


def test_a_thousand_documents_are_signed_once_through_three_kills(
    tmp_path: Path,
) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    make_documents(source, COUNT)
    before = {one.name: one.read_bytes() for one in source.iterdir()}
    secret = ("--passphrase-file", passphrase(tmp_path))
    pki = ("--var", tmp_path)
    lienthong("pki", "init", "--name", "Thử", "--approvals", "none", *pki)
    person = ("--name", "Khuê", "--agency", "H99.151", "--out", tmp_path / "key.p12")
    lienthong("pki", "issue", "person", *person, *secret, *pki)
    key = ("--key", tmp_path / "key.p12", *secret, "--jobs", "2", "--json")
    desk = SigningDesk((source, "--out", out, *key), out)

    known: dict[str, bytes] = {}
    for after in KILLS:
        wait_until_gone(desk.run_and_kill(after=after))
        assert known.items() <= desk.signed().items()
        known = desk.signed()
    said = desk.run()
    whole = desk.signed()

    assert said.code == 0
    assert len(said.out.splitlines()) == len(whole) == COUNT
    assert known.items() <= whole.items()
    for name, signed in whole.items():
        assert signed.startswith(before[name])
        assert len(signatures(signed)) == 1
    assert not list(out.glob(".signing-*"))

    fresh = SigningDesk((source, "--out", tmp_path / "again", *key), tmp_path / "again")
    began = perf_counter()
    assert fresh.run().code == 0
    seconds = perf_counter() - began
    print(json.dumps({"prove": "sign-batch", "per_second": round(COUNT / seconds, 1)}))  # noqa: T201 - the result of a measurement
