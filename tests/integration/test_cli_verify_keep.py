"""`lienthong verify --keep`: what a verdict rests on, and the verdict again from it."""

import json
from hashlib import sha256
from pathlib import Path

from tests.support.cli import lienthong
from tests.support.hub import pem
from tests.support.judged_pdf import PKI, sealed
from tests.support.pki import NOW

AT = ("--at", NOW.isoformat())


def _write(folder: Path) -> tuple[Path, Path]:
    folder.mkdir()
    (folder / "root.pem").write_bytes(pem(PKI.root.root))
    for number, crl in enumerate(PKI.crls()):
        (folder / f"{number}.crl").write_bytes(crl)
    documents = folder / "docs"
    documents.mkdir()
    for name in ("a.pdf", "b.pdf"):
        (documents / name).write_bytes(sealed() if name == "a.pdf" else b"%PDF-")
    return folder / "root.pem", documents


def test_verdict_is_given_again_by_the_root_and_what_was_kept(tmp_path: Path) -> None:
    root, documents = _write(tmp_path / "at-hand")
    kept, file = tmp_path / "kept", documents / "a.pdf"
    said = lienthong(
        *("verify", *AT, "--trust", root, "--revocation", root.parent),
        *("--keep", kept, "--json", file),
    )
    assert said.code == 0, said.err
    place = kept / sha256(file.read_bytes()).hexdigest()[:16]
    again = lienthong(
        *("verify", *AT, "--trust", root, "--revocation", place / "revocation"),
        *("--intermediate", place / "certificates", "--json", file),
    )
    assert again.code == 0
    assert json.loads(again.out) == json.loads(said.out)


def test_every_file_of_a_folder_is_kept_by_its_digest(tmp_path: Path) -> None:
    root, documents = _write(tmp_path / "at-hand")
    kept = tmp_path / "kept"
    said = lienthong(
        *("verify", *AT, "--trust", root, "--revocation", root.parent),
        *("--keep", kept, "--json", documents),
    )
    assert said.code == 1
    digests = {sha256(one.read_bytes()).hexdigest()[:16] for one in documents.iterdir()}
    assert {one.name for one in kept.iterdir()} == digests
    assert all((kept / one / "manifest.json").is_file() for one in digests)
