"""The story by hand on the site that `make serve` makes, with what it prints."""

import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest

from exchange.demo.province import MINISTRY, PROVINCE
from exchange.demo.site import KeyFile
from tests.support.browser import browser_tab
from tests.support.cli import serving
from tests.support.console_story import Cast, Signer, Story
from tests.support.screen import Screen
from tests.support.signing_client import Client

pytestmark = [pytest.mark.prove, pytest.mark.timeout(600)]


async def _soon() -> None:
    """Pages show by themselves what arrives."""


def _printed(account: str, signers: Mapping[str, str]) -> Signer:
    """Read the command that is printed for somebody who signs."""
    words = shlex.split(signers[account])
    given = dict(zip(words[2::2], map(Path, words[3::2]), strict=True))
    key = KeyFile(given["--key"], given["--passphrase-file"])
    return Signer(account, Client(given["--remote"], key, given["--image"]))


async def test_story_can_be_done_with_what_make_serve_prints(tmp_path: Path) -> None:
    with serving("--demo", "--var", tmp_path, log=tmp_path) as said:
        async with browser_tab(tmp_path / "profile") as tab:
            screen = Screen(said["console"], tab)
            for account, password in said["accounts"].items():
                await screen.sign_in(account, password)
            cast = Cast(
                passwords=said["accounts"],
                official=_printed("lanhdao.suoimay", said["signers"]),
                clerk=_printed("vanthu.suoimay", said["signers"]),
                recipients={
                    PROVINCE.code: "vanthu.binhson",
                    MINISTRY.code: "vanthu.bokhcn",
                },
                arrived=_soon,
            )
            folder = tmp_path / "story"
            folder.mkdir()
            await Story(screen=screen, cast=cast, folder=folder).tell()
