"""Proofs of who somebody is beside a password: certificates and codes."""

import re
from base64 import b32decode
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from cryptography.x509.oid import ExtendedKeyUsageOID

from exchange.domain.roles import AccessRole
from exchange.services import fingerprint
from exchange.settings.console import ConsoleSettings
from pki.keys.api import Credential
from tests.support.console import Console, add_person, running_console
from tests.support.hub import Hub, write_tls
from tests.support.pki import NOW
from tests.support.world import COMMUNE, World, make_world

_ACCOUNT = "khue"


def _settings(folder: Path, world: World) -> ConsoleSettings:
    tls = write_tls(folder, world.pki)
    return ConsoleSettings(
        enabled=True, certificate=tls.certificate, key=tls.key, client_ca=tls.client_ca
    )


def _person(world: World, name: str = "Đoàn Thạch Khuê") -> Credential:
    return world.pki.issuing.issue(name, eku=(ExtendedKeyUsageOID.CLIENT_AUTH,))


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
    own, other = _person(world), _person(world, "Người Khác")
    async with running_console(world, _settings(tmp_path, world)) as console:
        await add_person(
            console.office,
            world,
            _ACCOUNT,
            ((AccessRole.OFFICIAL, COMMUNE),),
            certificates=frozenset({fingerprint(own.certificate)}),
        )
        assert "UBND xã Suối Mây" in await _by_certificate(console, tmp_path, own)
        refused = await _by_certificate(console, tmp_path, other)
        assert "sign_in_refused" in refused
        nobody = await _by_certificate(console, tmp_path, None)
        assert "client_certificate_missing" in nobody
        world.pki.issuing.revoke(own.certificate, at=NOW - timedelta(minutes=1))
        world.trust.refresh()
        revoked = await _by_certificate(console, tmp_path, own)
        assert "client_certificate_refused" in revoked


async def test_certificate_is_not_spoken_of_where_nobody_is_asked_for_one() -> None:
    async with running_console(await make_world()) as console, console.visit() as visit:
        assert "chứng thư" not in (await visit.look("/sign-in")).text
        page = await visit.send("/sign-in/certificate")
    assert "client_certificate_missing" in page.text


def _code(text: str, at: float) -> str:
    found = re.search(r"<code>(otpauth://[^<]+)</code>", text)
    assert found is not None
    address = urlsplit(found.group(1).replace("&amp;", "&"))
    secret = b32decode(parse_qs(address.query)["secret"][0])
    return (
        TOTP(secret, 6, SHA1(), 30, enforce_key_length=False).generate(int(at)).decode()
    )


async def test_second_factor_is_enrolled_and_then_asked_for() -> None:
    async with running_console(await make_world()) as console:
        async with console.visit("thu.van") as visit:
            form = await visit.look("/second-factor")
            sealed = form.text.split('name="sealed" value="')[1].split('"')[0]
            code = _code(form.text, console.world.clock.now.timestamp())
            wrong = "000000" if code != "000000" else "111111"
            page = await visit.send("/second-factor", sealed=sealed, code=wrong)
            assert "sign_in_refused" in page.text
            page = await visit.send("/second-factor", sealed=sealed, code=code)
            assert "Đã đăng ký" in page.text
        async with console.visit() as visit:
            page = await visit.sign_in("thu.van")
            assert "sign_in_refused" in page.text


async def test_secret_of_somebody_else_is_not_taken() -> None:
    async with (
        running_console(await make_world()) as console,
        console.visit("thu.van") as own,
        console.visit("tinh.van") as other,
    ):
        form = await own.look("/second-factor")
        sealed = form.text.split('name="sealed" value="')[1].split('"')[0]
        code = _code(form.text, console.world.clock.now.timestamp())
        page = await other.look("/second-factor")
        page = await other.send("/second-factor", sealed=sealed, code=code)
        assert "second_factor_unreadable" in page.text
