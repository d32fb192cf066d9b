"""Our verdict beside those of openssl, pdfsig and mutool (each on what it can tell)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.verdict import Indication, SignatureVerdict
from tests.support.cms import cut_signatures, openssl_verify
from tests.support.judged_pdf import (
    PKI,
    flipped,
    gap,
    judged,
    material,
    person_signed,
    roomy,
    sealed,
    sealed_unseen,
)
from tests.support.judges import run
from tests.support.later_revisions import new_contents, revised, security_store
from tests.support.pki import TestPki

_ROOT = PKI.root.root


def _changed() -> bytes:
    """One byte of a page, under both signatures."""
    data = sealed()
    return flipped(data, data.index(b"stream") + 100)


def _wrong_value() -> bytes:
    """One digit of the last signature value."""
    data = person_signed()
    start, end = gap(data)
    last = start + len(data[start:end].rstrip(b"0>")) - 4
    digit = b"1" if data[last : last + 1] != b"1" else b"2"
    return data[:last] + digit + data[last + 1 :]


_FILES: dict[str, Callable[[], bytes]] = {
    "person": person_signed,
    "person and seal": sealed,
    "unseen": sealed_unseen,
    "other program": roomy,
    "changed": _changed,
    "wrong value": _wrong_value,
}


def _holds(one: SignatureVerdict) -> bool:
    return one.intact and one.valid


@pytest.mark.parametrize("name", _FILES)
def test_openssl_agrees_on_each_signature(name: str, tmp_path: Path) -> None:
    data = _FILES[name]()
    theirs = [
        openssl_verify(cut, _ROOT, tmp_path).returncode == 0
        for cut in cut_signatures(data)
    ]
    assert theirs == [_holds(one) for one in judged(data).signatures]


@pytest.mark.parametrize("name", _FILES)
def test_pdfsig_agrees_on_each_signature(name: str, tmp_path: Path) -> None:
    data = _FILES[name]()
    (tmp_path / "file.pdf").write_bytes(data)
    said = run("pdfsig", "-nocert", tmp_path / "file.pdf").stdout
    ours = [_holds(one) for one in judged(data).signatures]
    assert said.count("Signature is Valid.") == sum(ours)
    assert said.count("Signature Validation:") == len(ours)


@pytest.mark.parametrize("name", _FILES)
def test_mutool_agrees_on_the_digest(name: str, tmp_path: Path) -> None:
    data = _FILES[name]()
    (tmp_path / "file.pdf").write_bytes(data)
    said = run("mutool", "sign", "-v", tmp_path / "file.pdf").stdout
    assert ("invalidated by change" in said or "Digest error" in said) is not all(
        _holds(one) for one in judged(data).signatures
    )


def test_pdfsig_sees_the_same_coverage(tmp_path: Path) -> None:
    for data in (person_signed(), sealed(), revised(sealed(), security_store)):
        (tmp_path / "file.pdf").write_bytes(data)
        said = run("pdfsig", "-nocert", tmp_path / "file.pdf").stdout
        ours = [one.covers_whole_document for one in judged(data).signatures]
        assert said.count("Total document signed") == sum(ours)
        assert said.count("Not total document signed") == len(ours) - sum(ours)


def test_our_verdict_also_sees_what_the_others_let_pass(tmp_path: Path) -> None:
    """A later revision changes the page; digest and value of the signature hold."""
    data = revised(person_signed(), new_contents)
    (cut,) = cut_signatures(data)
    assert openssl_verify(cut, _ROOT, tmp_path).returncode == 0
    assert judged(data).indication is Indication.TOTAL_FAILED


def test_openssl_and_we_refuse_the_same_unknown_root(tmp_path: Path) -> None:
    other = TestPki.create("Khác")
    (cut,) = cut_signatures(person_signed())
    assert openssl_verify(cut, other.root.root, tmp_path).returncode != 0
    verdict = judged(person_signed(), material(other))
    assert verdict.indication is Indication.INDETERMINATE
