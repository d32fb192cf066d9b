"""How the command line answers what it cannot do: codes, languages, JSON."""

import subprocess
import sys
from pathlib import Path

import pytest

from exchange.cli import CRASH, USAGE, VERBS
from exchange.commands import verify_one
from tests.architecture.imports import ROOT
from tests.support.cli import Said, lienthong, program
from tests.support.signed_pdf import LETTER

ACTIONS = {
    "pki": (
        *("init", "issue", "renew", "revoke", "crl", "list", "show"),
        *("submit", "requests", "approve", "refuse", "collect", "batch", "code"),
        *("operators", "approvals", "agencies", "merge", "expiring"),
    ),
    "agencies": (
        *("import", "list", "show", "history", "register-system", "sync"),
        *("merge", "split", "rename", "move", "close", "recode"),
    ),
    "lists": ("list", "show", "save", "remove"),
    "encryption": ("publish", "revoke", "show"),
    "delegations": ("seal", "file", "revoke", "list"),
}
CALLS = [(verb,) for verb in VERBS] + [
    (verb, action) for verb, actions in ACTIONS.items() for action in actions
]
ID = "01JD6Q3V5W8X9YZ0ABCDEFGHJK"
SEAL = (
    *("delegations", "seal", "--from", "H99", "--to", "H99.151", "--kind", "CV"),
    *("--reason", "x", "--key", "x", "--out", "x"),
)
WRONG = [
    ("nothing-like-it",),
    ("pki",),
    ("pki", "burn"),
    ("pki", "issue", "root", "--name", "x", "--out", "x"),
    ("pki", "revoke", "not-hexadecimal"),
    ("pki", "issue", "log", "--name", "x", "--out", "x", "--days", "0"),
    ("agencies",),
    ("agencies", "merge"),
    ("sign",),
    ("sign", "x.pdf", "--key", "k", "--place", "1,2,3"),
    ("verify",),
    ("verify", "x", "--at", "yesterday"),
    ("verify", "x", "--at", "2026-11-21T08:30:00"),
    ("verify", "x", "--at", "0001-01-01T00:00:00+07:00"),
    ("verify", "x", "--at", "9999-12-31T23:00:00Z"),
    ("send",),
    ("send", "--to", "H99", "--date", "today"),
    ("inbox", "--after", "first"),
    ("inbox", "--lang", "fr"),
    ("receive",),
    ("receive", "../../etc"),
    ("status", ID, "99"),
    ("trace", "x"),
    ("evidence", ID, "--colour"),
    ("serve",),
    ("serve", "--port", "1"),
    (*SEAL, "--since", "0001-01-01"),
    (*SEAL, "--since", "9999-12-01"),
]


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_usage_ends_with_three_and_shows_how(words: tuple[str, ...]) -> None:
    said = lienthong(*words)

    assert (said.code, said.out) == (USAGE, "")
    assert "Lệnh hoặc tham số chưa đúng." in said.err
    assert "Cần làm:" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_usage_is_one_json_document_for_programs(words: tuple[str, ...]) -> None:
    said = lienthong(*words, "--json")

    assert (said.code, said.err) == (USAGE, "")
    assert said.error == "usage"


@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_help_of_every_verb_and_action_is_in_both_languages(
    words: tuple[str, ...],
) -> None:
    said = lienthong(*words, "-h")

    assert (said.code, said.err) == (0, "")
    assert "cách dùng / usage:" in said.out
    assert "tùy chọn / options:" in said.out
    assert "show this help" not in said.out


@pytest.mark.parametrize("words", [(), ("-h",), ("--help",), ("help",)], ids=str)
def test_help_without_a_verb_lists_all_verbs(words: tuple[str, ...]) -> None:
    said = lienthong(*words)

    assert (said.code, said.err) == (0, "")
    assert [verb for verb in VERBS if f"  {verb} " not in said.out] == []


def test_version_is_told() -> None:
    said = lienthong("--version")

    assert (said.code, said.out.split()[0]) == (0, "lienthong")


def test_switches_count_before_the_action_of_a_verb(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"

    made = lienthong("pki", "--json", "--var", folder, "init", "--name", "Thử")

    assert made.code == 0
    assert made.json["folder"] == str(folder / "pki")
    assert (folder / "pki" / "root.pem").exists()


def _refused(*words: str) -> Said:
    return lienthong("verify", "no-such-file", *words)


def test_refusal_says_what_whose_side_and_what_next_in_vietnamese() -> None:
    said = _refused()

    assert (said.code, said.out) == (1, "")
    assert said.err == (
        "Không đọc được tệp. [no-such-file]\n"
        "Cần làm: Kiểm tra đường dẫn và quyền đọc của tệp.\n"
        "Phía: đơn vị vận hành (file_unreadable)\n"
    )


@pytest.mark.parametrize("words", [("--lang", "en"), ("--lang=en",)], ids=str)
def test_refusal_is_told_in_english_when_asked(words: tuple[str, ...]) -> None:
    said = _refused(*words)

    assert said.err == (
        "The file cannot be read. [no-such-file]\n"
        "Next: Check the path and that you may read it.\n"
        "Side: the operator (file_unreadable)\n"
    )


def test_refusal_is_one_json_document_for_programs() -> None:
    said = _refused("--json", "--lang", "en")

    assert (said.code, said.err) == (1, "")
    assert set(said.json["error"]) == {"code", "side", "place", "message", "next"}
    assert set(said.json["error"]["message"]) == {"vi", "en"}


def test_fault_of_the_program_ends_with_seventy_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(verify_one, "read_file", fail)
    monkeypatch.delenv("LIENTHONG_DEBUG", raising=False)

    said = lienthong("verify", "x")

    assert said.code == CRASH
    assert "(internal)" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    "words",
    [
        ("webhooks", "test", "\udcff"),
        ("webhooks", "dead", "--after=\udcff"),
        ("verify", "x.pdf", "--report", "\udcff"),
    ],
)
def test_word_that_is_no_text_is_wrong_usage(words: tuple[str, ...]) -> None:
    said = lienthong(*words)

    assert said.code == USAGE
    assert "UTF-8" in said.err


def test_file_name_no_system_has_is_a_file_that_cannot_be_read() -> None:
    said = lienthong("verify", "a" * 3000, "--lang", "en")

    assert said.code == 1
    assert "(file_unreadable)" in said.err
    assert len(said.err) < 1000


def test_interruption_ends_with_its_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(verify_one, "read_file", interrupt)

    said = lienthong("verify", "x")

    assert (said.code, said.out, said.err) == (130, "", "")


_ABSENT = """
import importlib.abc, sys
class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent}:
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Absent())
"""
SIGN = ("pyhanko", "asn1crypto", "pypdfium2", "PIL")
SERVICE = ("motor", "pymongo", "structlog", "prometheus_client", "ulid")


@pytest.mark.parametrize(
    ("absent", "extra", "words"),
    [
        (SIGN, "sign", ["verify", str(LETTER)]),
        (SIGN, "sign", ["demo"]),
        (SERVICE, "service", ["agencies", "list"]),
        (SERVICE, "service", ["serve", "--demo"]),
        (SIGN, "sign", ["serve", "--demo"]),
    ],
)
def test_verb_without_its_extra_says_which_to_install(
    absent: tuple[str, ...],
    extra: str,
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Processes that the program starts are without the extra, too.
    (tmp_path / "sitecustomize.py").write_text(_ABSENT.format(absent=set(absent)))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")

    said = program(*words, "--var", tmp_path / "var")

    assert said.code == 1, said.err
    assert f"pip install 'lienthong[{extra}]'" in said.err
    assert "(extra_missing)" in said.err
    assert "Traceback" not in said.err


def test_unknown_key_of_the_configuration_is_refused_by_name(tmp_path: Path) -> None:
    config = tmp_path / "lienthong.toml"
    config.write_text("[server]\nprot = 8443\n")

    for words in (("serve",), ("agencies", "list")):
        said = lienthong(*words, "--config", config, "--var", tmp_path, "--json")

        assert (said.code, said.error) == (1, "configuration_invalid")
        assert said.json["error"]["place"] == "server.prot"


@pytest.mark.parametrize(
    "words", ["--help", "verify --json no-such-file", "verify --json --bad"]
)
def test_reader_that_has_seen_enough_is_no_fault(words: str) -> None:
    assert _into("exec > >(true); sleep 0.3; ", words) == "141\n"


@pytest.mark.parametrize("words", ["--help", "verify --json no-such-file"])
def test_output_that_is_full_is_no_verdict_and_no_traceback(words: str) -> None:
    said = _into("exec > /dev/full; ", words)

    assert "Traceback" not in said
    assert said.endswith(f"{CRASH}\n")


def _into(opening: str, verb: str) -> str:
    """Run a verb into an output; return what came on standard error, and its code."""
    script = f"lienthong {verb}; echo $? >&2"
    words = f'lienthong() {{ "{sys.executable}" -m exchange "$@"; }}; '
    done = subprocess.run(
        ["bash", "-c", words + opening + script],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.stderr


@pytest.mark.parametrize("switch", [(), ("--json",)], ids=["words", "json"])
def test_a_file_name_that_is_no_text_is_told_without_a_traceback(
    switch: tuple[str, ...],
) -> None:
    said = program("verify", "none-\udcff.pdf", *switch)

    assert said.code == 1
    assert "Traceback" not in said.err
    assert "file_unreadable" in (said.err or said.out)
    assert not switch or said.json["error"]["place"] == "none-\udcff.pdf"


def test_program_speaks_utf_8_whatever_the_terminal_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")

    said = program("--help")

    assert said.code == 0
    assert "ký số tệp PDF" in said.out
