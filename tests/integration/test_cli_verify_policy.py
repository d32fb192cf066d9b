"""`lienthong verify` by a policy, and by facts that were kept."""

import json
from pathlib import Path

import pytest

from tests.support.cli import Said, lienthong
from tests.support.hub import pem
from tests.support.pki import NOW, TestPki
from tests.support.signed_pdf import LETTER, sign

_POLICY = 'name = "thử"\nversion = "7"\n[rules]\nlevel = "{}"\n'


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed letter beside a root and its lists."""
    folder = tmp_path_factory.mktemp("desk")
    pki = TestPki.create()
    (folder / "root.pem").write_bytes(pem(pki.root.root))
    (folder / "issuing.pem").write_bytes(pem(pki.issuing.credential.certificate))
    for number, crl in enumerate(pki.crls()):
        (folder / f"{number}.crl").write_bytes(crl)
    (folder / "letter.pdf").write_bytes(sign(LETTER.read_bytes(), pki.person()))
    (folder / "low.toml").write_text(_POLICY.format("B-B"), "utf-8")
    (folder / "high.toml").write_text(_POLICY.format("B-T"), "utf-8")
    return folder


def verify(desk: Path, *words: str | Path) -> Said:
    return lienthong(
        *("verify", "--json", "--at", NOW.isoformat(), "--trust", desk / "root.pem"),
        *("--intermediate", desk / "issuing.pem", "--revocation", desk, *words),
    )


def test_policy_decides_and_is_named_in_the_report(desk: Path, tmp_path: Path) -> None:
    letter, out = desk / "letter.pdf", tmp_path / "report.json"
    assert verify(desk, letter, "--policy", desk / "low.toml").code == 0
    said = verify(
        desk, letter, "--policy", desk / "high.toml", "--report", f"json:{out}"
    )
    assert said.code == 2
    assert said.json["reasons"][0]["code"] == "signature_level_too_low"
    policy = json.loads(out.read_bytes())["policy"]
    assert (policy["name"], policy["version"]) == ("thử", "7")


def test_file_that_is_no_policy_is_refused(desk: Path) -> None:
    (desk / "bad.toml").write_text(_POLICY.format("B-X"), "utf-8")
    said = verify(desk, desk / "letter.pdf", "--policy", desk / "bad.toml")
    assert said.code == 1
    assert "rules.level" in said.out + said.err


def test_facts_are_kept_and_judged_again(desk: Path, tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    first = verify(desk, desk / "letter.pdf", "--facts", facts)
    root = ("--json", "--trust", desk / "root.pem")
    again = lienthong("verify", facts, "--from-facts", *root)
    assert (first.code, again.code) == (0, 0)
    assert again.json["signatures"] == first.json["signatures"]
    assert again.json["reasons"][-1]["code"] == "judged_from_facts"
    strict = ("--policy", desk / "high.toml")
    assert lienthong("verify", facts, "--from-facts", *root, *strict).code == 2


def test_what_is_no_facts_is_refused(desk: Path) -> None:
    said = verify(desk, desk / "letter.pdf", "--from-facts")
    assert said.code == 1
    assert "facts_invalid" in said.out + said.err


def test_facts_are_for_one_file(desk: Path) -> None:
    assert verify(desk, desk, "--from-facts").code == 3
