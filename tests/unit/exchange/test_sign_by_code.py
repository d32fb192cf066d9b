"""`lienthong sign --code`: what it needs, before any key is opened."""

from pathlib import Path

import pytest

from tests.support.cli import lienthong


@pytest.mark.parametrize(
    "words",
    [
        ("--code", "ABCD", "--out", "signed.pdf"),
        ("--code", "ABCD", "--remote", "client.toml"),
        ("letter.pdf", "--code", "ABCD", "--remote", "client.toml", "--out", "s.pdf"),
        (),
    ],
    ids=["no-hub", "nowhere-to-write", "a-file-too", "neither-file-nor-code"],
)
def test_wrong_use_is_told(words: tuple[str, ...], tmp_path: Path) -> None:
    key = tmp_path / "not-there.p12"
    assert lienthong("sign", *words, "--key", key).code == 3
