"""Proofs of who somebody is beside a password: certificates and codes."""

import re
from base64 import b32decode
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from exchange.domain.roles import AccessRole
from exchange.services import fingerprint
from pki.keys.api import Credential
from tests.support.console import (
    PASSWORD,
    Console,
    add_person,
    key_to_sign_in,
    running_console,
    secure_settings,
)
from tests.support.hub import Hub
from tests.support.pki import NOW
from tests.support.world import COMMUNE, make_world

_AGENCY = "UBND xã Suối Mây"


async def _by_certificate(
    console: Console, folder: Path, credential: Credential | None
) -> str:
    tls = Hub(console.world, folder, 0).context(credential)
    async with console.visit(tls=tls) as visit:
        form = await visit.look("/sign-in")
        assert "Đăng nhập bằng chứng thư số" in form.text
        return (await visit.send("/sign-in/certificate")).text


async def test_person_is_known_by_the_certificate_bound_to_the_account(
    tmp_path: Path,
) -> None:
    world = await make_world()
    own, other = key_to_sign_in(world), key_to_sign_in(world, "Người Khác")
    signing = key_to_sign_in(world, also=frozenset({"content_commitment"}))
    async with running_console(world, secure_settings(tmp_path, world)) as console:
        await _add_official(console, own, signing)
        assert _AGENCY in await _by_certificate(console, tmp_path, own)
        refused = await _by_certificate(console, tmp_path, other)
        assert "sign_in_refused" in refused
        nobody = await _by_certificate(console, tmp_path, None)
        assert "client_certificate_missing" in nobody
        world.pki.issuing.revoke(own.certificate, at=NOW - timedelta(minutes=1))
        world.trust.refresh()
        revoked = await _by_certificate(console, tmp_path, own)
        assert "client_certificate_refused" in revoked
        for_documents = await _by_certificate(console, tmp_path, signing)
        assert "client_certificate_refused" in for_documents


async def test_session_by_certificate_ends_with_it_and_is_no_use_without(
    tmp_path: Path,
) -> None:
    world = await make_world()
    own, other = key_to_sign_in(world), key_to_sign_in(world, "Người Khác")
    async with running_console(world, secure_settings(tmp_path, world)) as console:
        await _add_official(console, own)
        hub = Hub(world, tmp_path, 0)
        async with console.visit(tls=hub.context(own)) as visit:
            await visit.look("/sign-in")
            await visit.send("/sign-in/certificate")
            assert _AGENCY in (await visit.look("/")).text
            for thief in (None, other):
                async with console.visit(tls=hub.context(thief)) as stolen:
                    stolen.http.cookie_jar.update_cookies(visit.cookies)
                    assert 'action="/sign-in"' in (await stolen.look("/")).text
            world.pki.issuing.revoke(own.certificate, at=NOW - timedelta(minutes=1))
            world.trust.refresh()
            assert 'action="/sign-in"' in (await visit.look("/")).text


async def _add_official(console: Console, *keys: Credential) -> None:
    """Make an account to which certificates are bound."""
    await add_person(
        console.office,
        console.world,
        "khue",
        ((AccessRole.OFFICIAL, COMMUNE),),
        certificates=frozenset(fingerprint(one.certificate) for one in keys),
    )


async def test_certificate_is_not_spoken_of_where_nobody_is_asked_for_one() -> None:
    async with running_console(await make_world()) as console, console.visit() as visit:
        assert "chứng thư" not in (await visit.look("/sign-in")).text
        page = await visit.send("/sign-in/certificate")
    assert "client_certificate_missing" in page.text


def _code(text: str, at: float) -> str:
    secret = _secret(text)
    return (
        TOTP(secret, 6, SHA1(), 30, enforce_key_length=False).generate(int(at)).decode()
    )


def _secret(text: str) -> bytes:
    found = re.search(r"<code>(otpauth://[^<]+)</code>", text)
    assert found is not None
    address = urlsplit(found.group(1).replace("&amp;", "&"))
    return b32decode(parse_qs(address.query)["secret"][0])


def _sealed(text: str) -> str:
    return text.split('name="sealed" value="')[1].split('"', maxsplit=1)[0]


async def test_second_factor_is_enrolled_and_then_asked_for() -> None:
    async with running_console(await make_world()) as console:
        async with console.visit("thu.van") as visit:
            form = await visit.look("/second-factor")
            sealed = _sealed(form.text)
            code = _code(form.text, console.world.clock.now.timestamp())
            wrong = "000000" if code != "000000" else "111111"
            typed = {"sealed": sealed, "password": PASSWORD}
            unproven = {"sealed": sealed, "code": code, "password": "sai"}
            page = await visit.send("/second-factor", **unproven)
            assert "sign_in_refused" in page.text
            page = await visit.send("/second-factor", **typed, code=wrong)
            assert "sign_in_refused" in page.text
            page = await visit.send("/second-factor", **typed, code=code)
            assert "Đã đăng ký" in page.text
        async with console.visit() as visit:
            page = await visit.sign_in("thu.van")
            assert "sign_in_refused" in page.text


async def test_mistyped_code_leaves_the_secret_an_application_has() -> None:
    async with (
        running_console(await make_world()) as console,
        console.visit("thu.van") as visit,
    ):
        form = await visit.look("/second-factor")
        first = _secret(form.text)
        typed = {"sealed": _sealed(form.text), "password": "sai", "code": "000000"}
        page = await visit.send("/second-factor", **typed)
        assert "sign_in_refused" in page.text
        assert _secret(page.text) == first
        typed = {"sealed": _sealed(page.text), "password": PASSWORD}
        code = _code(form.text, console.world.clock.now.timestamp())
        page = await visit.send("/second-factor", **typed, code=code)
        assert "Đã đăng ký" in page.text


async def test_secret_of_somebody_else_is_not_taken() -> None:
    async with (
        running_console(await make_world()) as console,
        console.visit("thu.van") as own,
        console.visit("tinh.van") as other,
    ):
        form = await own.look("/second-factor")
        sealed = _sealed(form.text)
        code = _code(form.text, console.world.clock.now.timestamp())
        page = await other.look("/second-factor")
        typed = {"sealed": sealed, "code": code, "password": PASSWORD}
        page = await other.send("/second-factor", **typed)
        assert "second_factor_unreadable" in page.text
