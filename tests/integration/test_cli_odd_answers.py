"""What the verbs make of a hub that answers with something else than it should."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from signing.validation.archive import write_bundle
from tests.support import receipts
from tests.support.cli import Said
from tests.support.client_profile import call, write_profile
from tests.support.pki import TestPki
from tests.support.scripted_hub import scripted_hub

BUNDLE = write_bundle({"manifest.xml": b"<manifest/>"})


def page() -> web.Response:
    """Answer as a proxy does that wants somebody to sign in."""
    return web.Response(text="<html>login</html>", content_type="text/html")


async def asked(folder: Path, words: tuple[str, ...], answer: web.Response) -> Said:
    """Call the command line of a system whose hub gives `answer`."""
    pki = TestPki.create(now=datetime.now(UTC))
    async with scripted_hub(folder, pki) as hub:
        hub.answers = [answer]
        profile = write_profile(folder, pki, hub)
        return await call(*words, "--profile", profile, "--var", folder)


async def test_page_of_a_proxy_is_no_bundle_and_a_later_run_finds_the_place_free(
    tmp_path: Path,
) -> None:
    pki, target = TestPki.create(now=datetime.now(UTC)), tmp_path / "x.zip"
    async with scripted_hub(tmp_path, pki) as hub:
        hub.answers = [page(), web.Response(body=BUNDLE)]
        profile = write_profile(tmp_path, pki, hub)
        words = ("evidence", receipts.ENVELOPE, "--out", target, "--profile", profile)
        refusal = await call(*words, "--json")
        assert not target.exists()
        later = await call(*words, "--json")

    assert (refusal.code, refusal.error) == (1, "answer_malformed")
    assert (later.code, target.read_bytes()) == (0, BUNDLE)


@pytest.mark.parametrize(
    "words",
    [("lists", "list"), ("lists", "show", "hop"), ("encryption", "show", "H99")],
    ids=" ".join,
)
async def test_answer_that_is_something_else_is_told_and_no_crash(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    refusal = await asked(tmp_path, words, web.json_response({"ok": True}))

    as_json = await asked(tmp_path, (*words, "--json"), web.json_response({"ok": True}))

    assert (refusal.code, as_json.code) == (1, 1)
    assert as_json.error == "answer_malformed"


@pytest.mark.parametrize(
    ("words", "is_removed"),
    [
        (("lists", "show", "hop"), False),
        (("lists", "save", "hop", "H99"), False),
        (("lists", "remove", "hop"), True),
    ],
    ids=["show", "save", "remove"],
)
async def test_only_what_was_removed_is_said_to_be(
    tmp_path: Path, words: tuple[str, ...], *, is_removed: bool
) -> None:
    told = await asked(tmp_path, words, web.Response(status=200))

    assert told.code == (0 if is_removed else 1)
    assert ("Đã xóa." in told.out + told.err) is is_removed
