"""Signing many documents at the command line."""

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from exchange.commands.output import pace
from exchange.commands.upgrade_names import QUEUE
from pki.keys.loader import load_credential
from pki.keys.software import SoftwareKey
from signing.upgrade_queue import UpgradeQueue
from tests.support.cli import Said, lienthong, passphrase, program
from tests.support.draft_pdf import HEADING, SIGNER_BLOCK, Printed, draft_pdf
from tests.support.many_documents import (
    SigningDesk,
    make_documents,
    wait_until_gone,
)
from tests.support.signed_pdf import LETTER, signatures
from tests.support.tokens import PIN, TokenFolder

SEAL_IMAGE = LETTER.parent / "con-dau-mau.png"
SIGNATURE_IMAGE = LETTER.parent / "chu-ky-mau.png"
JOBS = ("--jobs", "2")
ALONE = ("--jobs", "1")
"""Where nothing hangs on how many processes sign: each takes two seconds to start."""

COUNT = 30

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a CA, an official's key, and a seal."""
    folder = tmp_path_factory.mktemp("office")
    secret = ("--passphrase-file", passphrase(folder), "--var", folder)
    lienthong("pki", "init", "--name", "Thử", "--approvals", "none", "--var", folder)
    for name, kind in (("official", "person"), ("seal", "agency-seal")):
        made = lienthong(
            *("pki", "issue", kind, "--name", name, "--agency", "H99.151"),
            *("--out", folder / f"{name}.p12", *secret),
        )
        assert made.code == 0, made.err
    return folder


def key(
    office: Path, name: str, jobs: tuple[str, str] = JOBS
) -> tuple[str | Path, ...]:
    secret = ("--passphrase-file", office / "passphrase")
    return ("--key", office / f"{name}.p12", *secret, *jobs)


def lines(said: Said) -> list[dict[str, object]]:
    return [json.loads(one) for one in said.out.splitlines()]


def test_killed_batch_goes_on_and_signs_each_document_once(
    office: Path, tmp_path: Path
) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    make_documents(source, COUNT)
    before = {one.name: one.read_bytes() for one in source.iterdir()}
    words = (source, "--out", out, *key(office, "official"), "--json")
    desk = SigningDesk(words, out)

    children = desk.run_and_kill(after=6)
    wait_until_gone(children)
    half = desk.signed()
    said = desk.run()
    whole = desk.signed()

    assert len(children) >= 2
    assert 6 <= len(half) < COUNT
    assert said.code == 0
    states = [one["state"] for one in lines(said)]
    assert states.count("already") >= len(half)
    assert len(states) == len(whole) == COUNT
    assert half.items() <= whole.items(), "what was signed is not signed again"
    for name, signed in whole.items():
        assert signed.startswith(before[name])
        assert len(signatures(signed)) == 1
    assert {one.name: one.read_bytes() for one in source.iterdir()} == before
    assert not list(out.glob(".signing-*"))


def test_clerk_numbers_and_seals_a_folder_that_a_person_signed(
    office: Path, tmp_path: Path
) -> None:
    drafts, signed, sealed = (tmp_path / name for name in ("in", "person", "sealed"))
    (drafts / "sub").mkdir(parents=True)
    block = (*SIGNER_BLOCK[:2], Printed(371, 375, "official"))
    names = ("a.pdf", "sub/b.pdf")
    for name in names:
        (drafts / name).write_bytes(draft_pdf(*HEADING, *block))
    register = signed / "so-van-ban.csv"

    person = lienthong(
        *("sign", drafts, "--out", signed, *key(office, "official")),
        *("--image", SIGNATURE_IMAGE),
    )
    register.write_text(
        "file;number;date\na.pdf;1/UBND-VHXH;2026-10-05\nsub/b.pdf;2/UBND-VHXH;\n"
    )
    seal = lienthong(
        *("sign", register, "--out", sealed, "--role", "agency-seal"),
        *(*key(office, "seal"), "--image", SEAL_IMAGE, "--json"),
    )

    assert (person.code, seal.code) == (0, 0), person.err + seal.err
    assert [one["state"] for one in lines(seal)] == ["signed", "signed"]
    trust = ("--trust", office / "pki" / "root.pem", "--revocation", office / "pki")
    above = ("--intermediate", office / "pki" / "issuing-persons.pem")
    for name in names:
        verdict = lienthong("verify", sealed / name, "--json", *trust, *above).json
        assert verdict["indication"] == "TOTAL-PASSED", name
        fields = [one["field"] for one in verdict["signatures"]]
        assert fields == [
            "lienthong-person",
            "lienthong-number",
            "lienthong-agency-seal",
        ]


def test_refused_documents_stand_in_a_table_and_end_with_one(
    office: Path, tmp_path: Path
) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    make_documents(source, 1)
    (source / "rong.pdf").write_bytes(b"")
    secret = draft_pdf(Printed(100, 790, "TUYỆT MẬT"), *HEADING)
    (source / "mat.pdf").write_bytes(secret)
    (source / "ghi-chu.txt").write_bytes(b"no PDF")

    said = lienthong("sign", source, "--out", out, *key(office, "official", ALONE))

    assert said.code == 1
    assert [one.name for one in out.glob("*.pdf")] == ["van-ban-0000.pdf"]
    table = [line.split()[:2] for line in said.out.splitlines()]
    assert ["mat.pdf", "secrecy_mark"] in table
    assert ["rong.pdf", "pdf_malformed"] in table
    assert "official: đã ký 1, đã có 0, từ chối 2" in said.out


def test_out_folder_within_the_source_is_not_signed_again(
    office: Path, tmp_path: Path
) -> None:
    source = tmp_path / "in"
    make_documents(source, 2)
    alone = key(office, "official", ALONE)
    words = ("sign", source, "--out", source / "da-ky", *alone)
    first, second = lienthong(*words), lienthong(*words, "--json")

    assert (first.code, second.code) == (0, 0)
    assert [one["state"] for one in lines(second)] == ["already", "already"]


@pytest.mark.parametrize(
    ("words", "missing"),
    [((), "--out"), (("--out", "in"), "--out"), (("--out", "new"), "PDF")],
)
def test_batch_says_what_it_needs(
    office: Path,
    tmp_path: Path,
    words: tuple[str, ...],
    missing: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    said = lienthong("sign", "in", *words, *key(office, "official"))

    assert said.code == 3
    assert missing in said.err


def test_wrong_passphrase_is_told_once(office: Path, tmp_path: Path) -> None:
    make_documents(tmp_path / "in", 3)
    wrong = passphrase(tmp_path, "không phải")
    said = program(
        *("sign", tmp_path / "in", "--out", tmp_path / "out", "--json"),
        *("--key", office / "official.p12", "--passphrase-file", wrong),
    )
    assert (said.code, said.error) == (1, "key_unreadable")


@pytest.mark.parametrize(
    ("done", "seconds", "expected"),
    [(25, 1.0, "25.0/s, 0:39"), (0, 1.0, ""), (1000, 40.0, "25.0/s, 0:00")],
)
def test_progress_tells_rate_and_remaining_time(
    done: int, seconds: float, expected: str
) -> None:
    assert pace(done, 1000, seconds) == expected


def test_without_a_time_stamp_documents_are_signed_and_wait(
    office: Path, tmp_path: Path
) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    make_documents(source, 2)
    level = ("--level", "t", "--tsa", "http://127.0.0.1:9/tsa", "--queue", tmp_path)
    alone = key(office, "official", ALONE)
    words = ("sign", source, "--out", out, "--json", *level, *alone)

    signed, again = lienthong(*words), lienthong(*words)

    assert (signed.code, again.code) == (0, 0), signed.out
    assert [one["level"] for one in lines(signed) + lines(again)] == ["B-B"] * 4
    with closing(UpgradeQueue(tmp_path / QUEUE)) as queue:
        due = queue.due(datetime.now(UTC), 10)
    assert {one.file.path for one in due} == set(out.glob("*.pdf"))


def test_batch_with_the_key_in_a_token(
    office: Path, tmp_path: Path, tokens: TokenFolder
) -> None:
    secret = office / "passphrase"
    own = load_credential(f"pkcs12:{office / 'official.p12'}", passphrase_file=secret)
    assert isinstance(own.key, SoftwareKey)
    tokens.add_key("Desk", "batch", own.key, b"\x78")
    tokens.reload()
    chain, source = tmp_path / "chain.pem", tmp_path / "in"
    certificates = (own.certificate, *own.chain)
    chain.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in certificates))
    make_documents(source, 3)
    uri = f"pkcs11:token=Desk;object=batch?module-path={tokens.module}"
    words = (
        *("sign", source, "--out", tmp_path / "out", "--json"),
        *("--key", uri, "--certificate", chain, *JOBS),
    )
    wrong = lienthong(*words, "--passphrase-file", passphrase(tmp_path, "000"))
    right = lienthong(*words, "--passphrase-file", passphrase(tmp_path, PIN))

    assert (wrong.code, wrong.error) == (1, "key_pin_wrong")
    assert [one["state"] for one in lines(right)] == ["signed"] * 3
