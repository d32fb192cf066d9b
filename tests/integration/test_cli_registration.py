"""The registration desk at the command line."""

import shutil
import stat
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography import x509

from pki.names import subject_fields
from pki.registration.book import SqliteBook
from tests.support.certificates import p256
from tests.support.cli import Said, lienthong, passphrase
from tests.support.requests import csr

FIRST, SECOND = "Hoàng Thạch", "Bùi Khế"
PERSON = ("person", "--name", "Đoàn Thạch Khuê", "--agency", "H99.151")
SYSTEM = ("system", "--name", "qlvb", "--agency", "H99.151", "--system", "qlvb")
DIRECTORY = """code,name,level,valid_from,valid_to,successor
H99,UBND tỉnh,province,2020-01-01,,
H99.151,UBND xã Suối Mây,commune,2020-01-01,,
H99.152,UBND xã Cũ,commune,2020-01-01,2025-07-01,H99.151
"""


@dataclass(frozen=True, slots=True)
class Site:
    """A CA with two operators."""

    folder: Path

    def pki(self, *words: str | Path) -> Said:
        return lienthong("pki", *words, "--var", self.folder, "--json")

    def secret(self, name: str) -> Path:
        place = self.folder / name
        place.mkdir(exist_ok=True)
        return passphrase(place, f"mật khẩu của {name}")

    def proof(self, *names: str) -> tuple[str | Path, ...]:
        words = (
            ("--operator", one, "--operator-passphrase-file", self.secret(one))
            for one in names
        )
        return tuple(word for pair in words for word in pair)

    def request(self, *extensions: x509.ExtensionType) -> Path:
        path = self.folder / "request.csr"
        path.write_bytes(csr(*extensions, key=p256()))
        return path


@cache
def founded() -> "TemporaryDirectory[str]":
    """Make the CA and its operators once for the tests that begin with them."""
    kept = TemporaryDirectory()
    made = Site(Path(kept.name))
    assert made.pki("init", "--name", "Thử").code == 0
    for number, name in enumerate((FIRST, SECOND)):
        words = ("operators", "add", name, "--passphrase-file", made.secret(name))
        added = made.pki(*words, *made.proof(*(FIRST, SECOND)[:number]))
        assert added.code == 0, added.out
    return kept


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(Path(shutil.copytree(founded().name, tmp_path / "site")))


def test_request_is_issued_after_two_people_and_collected(site: Site) -> None:
    filed = site.pki("submit", *PERSON, "--request", site.request())
    request = filed.json["request"]
    out = site.folder / "person.pem"

    early = site.pki("collect", request, "--out", out)
    first = site.pki("approve", request, *site.proof(FIRST))
    second = site.pki("approve", request, *site.proof(SECOND))
    taken = site.pki("collect", request, "--out", out)

    assert (filed.json["state"], early.error) == ("pending", "request_pending")
    assert (first.json["state"], second.json["state"]) == ("pending", "issued")
    assert taken.code == 0
    chain = x509.load_pem_x509_certificates(out.read_bytes())
    assert subject_fields(chain[0]).common_name == "Đoàn Thạch Khuê"
    chain[0].verify_directly_issued_by(chain[1])
    assert site.pki("audit").code == 0


def test_issuing_a_kind_with_approvals_only_files_a_request(site: Site) -> None:
    out = site.folder / "person.pem"

    said = site.pki("issue", *PERSON, "--request", site.request(), "--out", out)

    assert (said.code, said.json["state"], said.json["needed"]) == (0, "pending", 2)
    assert not out.exists()
    (listed,) = site.pki("requests", "--state", "pending").json["requests"]
    assert listed["request"] == said.json["request"]


def test_key_is_not_made_here_for_a_kind_with_approvals(site: Site) -> None:
    secret = ("--passphrase-file", site.secret(FIRST))
    said = site.pki("issue", *PERSON, *secret, "--out", site.folder / "p.p12")
    assert (said.code, said.error) == (1, "approval_required")


def test_wrong_passphrase_approves_nothing(site: Site) -> None:
    request = site.pki("submit", *PERSON, "--request", site.request()).json["request"]
    words = ("--operator", FIRST, "--operator-passphrase-file", site.secret(SECOND))
    said = site.pki("approve", request, *words)
    assert (said.code, said.error) == (1, "operator_unknown")


def test_refused_request_cannot_be_collected(site: Site) -> None:
    request = site.pki("submit", *PERSON, "--request", site.request()).json["request"]
    why = ("--reason", "sai người")
    assert site.pki("refuse", request, *why, *site.proof(FIRST)).code == 0
    said = site.pki("collect", request, "--out", site.folder / "p.pem")
    assert (said.code, said.error) == (1, "request_closed")


def test_request_that_asks_for_a_ca_is_refused_by_its_code(site: Site) -> None:
    asked = site.request(x509.BasicConstraints(ca=True, path_length=0))
    said = site.pki("submit", *PERSON, "--request", asked)
    assert (said.code, said.error) == (1, "request_asks_for_ca")


def test_agencies_of_the_directory_are_the_only_ones_taken(site: Site) -> None:
    (site.folder / "agencies.csv").write_text(DIRECTORY, "utf-8")
    listed = ("agencies", site.folder / "agencies.csv")
    alone = site.pki(*listed, *site.proof(FIRST))
    assert (alone.code, alone.error) == (1, "approval_missing")
    assert site.pki(*listed, *site.proof(FIRST, SECOND)).json["known"] == 3
    for code, error in (("H99.999", "agency_unknown"), ("H99.152", "agency_closed")):
        words = (*PERSON[:-1], code, "--request", site.request())
        assert site.pki("submit", *words).error == error
    assert site.pki("submit", *PERSON, "--request", site.request()).code == 0


def test_secret_of_a_code_goes_into_a_private_file(site: Site) -> None:
    out = site.folder / "code.secret"
    said = site.pki("code", *SYSTEM, *site.proof(FIRST), "--out", out)
    assert said.code == 0, said.out
    assert "secret" not in said.json
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_every_change_at_the_desk_keeps_why_in_its_journal(site: Site) -> None:
    (site.folder / "agencies.csv").write_text(DIRECTORY, "utf-8")
    both, third = site.proof(FIRST, SECOND), ("Ba", "--passphrase-file")
    changes: list[tuple[str | Path, ...]] = [
        ("operators", "add", *third, site.secret("Ba"), *both),
        ("operators", "close", "Ba", *both),
        ("approvals", "system", "0", *both),
        ("agencies", site.folder / "agencies.csv", *both),
        ("submit", *PERSON, "--request", site.request()),
        ("code", *SYSTEM, *site.proof(FIRST)),
    ]
    done = [
        site.pki(*words, "--why", f"biên bản {number}")
        for number, words in enumerate(changes)
    ]
    assert [one.code for one in done] == [0] * len(changes)
    request = done[4].json["request"]
    more = [
        site.pki("approve", request, *site.proof(FIRST), "--why", "biên bản 6"),
        site.pki("refuse", request, *site.proof(SECOND), "--why", "biên bản 7"),
    ]
    assert [one.code for one in more] == [0, 0]

    path = site.folder / "pki" / "private" / "registration.sqlite"
    with closing(SqliteBook(path)) as book:
        reasons = [one.act.reason for one in book.journal.entries()]
    assert [one for one in reasons if one] == [f"biên bản {one}" for one in range(8)]


def test_two_operators_change_how_many_must_approve(site: Site) -> None:
    alone = site.pki("approvals", "person", "0", *site.proof(FIRST))
    both = site.pki("approvals", "person", "1", *site.proof(FIRST, SECOND))
    assert (alone.error, both.json["needed"]) == ("approval_missing", 1)


def test_names_of_operators_are_listed_and_closed(site: Site) -> None:
    closed = site.pki("operators", "close", SECOND, *site.proof(FIRST, SECOND))
    assert closed.json["closed_at"]
    listed = site.pki("operators", "list").json["operators"]
    assert {one["name"]: bool(one["closed_at"]) for one in listed} == {
        FIRST: False,
        SECOND: True,
    }


def test_merger_is_shown_then_carried_out_by_two_people(site: Site) -> None:
    filed = site.pki("submit", *SYSTEM, "--request", site.request()).json["request"]
    old = site.pki("approve", filed, *site.proof(FIRST)).json["serial"]
    words = ("merge", "--from", "H99.151", "--keep", "H99.151", "--into", "H99.200")

    plan = site.pki(*words, "--dry-run")
    waits = site.pki(*words)
    done = site.pki(*words, *site.proof(FIRST, SECOND))

    assert plan.json["amend"] == plan.json["revoke"] == [old]
    assert (waits.json["state"], done.json["state"]) == ("pending", "done")
    assert site.pki("show", old).json["reason"] == "affiliationChanged"
    (new,) = done.json["new"]
    assert site.pki("show", new).json["agency"] == "H99.200"
    assert site.pki("audit").code == 0


def test_certificate_about_to_end_is_listed_until_it_is_renewed(site: Site) -> None:
    def make(days: str) -> str:
        words = ("--request", site.request(), "--days", days)
        filed = site.pki("submit", *SYSTEM, *words).json["request"]
        return str(site.pki("approve", filed, *site.proof(FIRST)).json["serial"])

    def listed(days: str) -> list[str]:
        found = site.pki("expiring", "--days", days).json["expiring"]
        return [one["serial"] for one in found]

    serial = make("20")
    assert (listed("19"), listed("20")) == ([], [serial])
    make("30")
    assert listed("20") == []


@pytest.mark.parametrize(
    "words",
    [
        ("operators", "add"),
        ("approve", "x"),
        ("approve", "x", "--operator", FIRST),
        ("code", *SYSTEM, "--valid-hours", "0"),
        ("expiring", "--days", "0"),
    ],
)
def test_wrong_call_is_told_as_such(site: Site, words: tuple[str, ...]) -> None:
    said = site.pki(*words)
    assert (said.code, said.error) == (3, "usage")
