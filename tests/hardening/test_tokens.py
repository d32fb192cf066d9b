"""A token takes away from what its certificate gives, and adds nothing."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from exchange.services import fingerprint
from exchange.tokens import TokenDesk, open_token_desk
from pki.files import PRIVATE, PUBLIC, write_atomically
from schemas.errors import CodedError, ErrorCode
from tests.support.hub import Answer, Hub, running_hub
from tests.support.pki import NOW
from tests.support.world import COMMUNE, PROVINCE, make_world

KEY = ec.generate_private_key(ec.SECP256R1())
READ = "/v1/agencies"


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    world = await make_world()
    services = replace(world.services, tokens=TokenDesk(KEY, "hub-1"))
    async with running_hub(replace(world, services=services), tmp_path) as running:
        yield running


async def asked(hub: Hub, **wish: object) -> Answer:
    return await hub.call(
        "POST",
        "/v1/tokens",
        by=hub.world.commune,
        body=json.dumps(wish).encode(),
        headers={"Content-Type": "application/json"},
    )


async def token(hub: Hub, **wish: object) -> str:
    return str((await asked(hub, **wish)).json["access_token"])


async def shown(
    hub: Hub, text: str, path: str = READ, *, method: str = "GET", **by: Any
) -> Answer:
    headers = {"Authorization": f"Bearer {text}"}
    caller = by.get("by", hub.world.commune)
    return await hub.call(method, path, by=caller, headers=headers)


async def test_token_is_of_this_certificate_for_a_quarter_of_an_hour(hub: Hub) -> None:
    answer = await asked(hub)
    assert answer.json["expires_in"] == 900
    assert answer.json["agencies"] == [COMMUNE]
    assert answer.headers["Cache-Control"] == "no-store"
    text = answer.json["access_token"]
    assert (await shown(hub, text)).status == 200
    digest = urlsafe_b64decode(said(text)["cnf"]["x5t#S256"] + "=").hex()
    assert digest == fingerprint(hub.world.commune.certificate)


async def test_token_over_another_certificate_is_refused(hub: Hub) -> None:
    answer = await shown(hub, await token(hub), by=hub.world.province)
    assert (answer.status, answer.code) == (401, "token_refused")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


async def test_token_without_a_certificate_is_refused(hub: Hub) -> None:
    answer = await shown(hub, await token(hub), by=None)
    assert answer.code == "client_certificate_missing"


async def test_token_ends(hub: Hub) -> None:
    text = await token(hub)
    hub.world.clock.move(seconds=899)
    assert (await shown(hub, text)).status == 200
    hub.world.clock.move(seconds=1)
    assert (await shown(hub, text)).code == "token_refused"


async def test_token_to_read_does_not_write(hub: Hub) -> None:
    text = await token(hub, scopes=["read"])
    assert (await shown(hub, text)).status == 200
    answer = await shown(hub, text, "/v1/envelopes", method="POST")
    assert (answer.status, answer.code) == (403, "role_not_allowed")
    assert answer.json["place"] == "scope"


async def test_token_to_write_does_not_read(hub: Hub) -> None:
    answer = await shown(hub, await token(hub, scopes=["write"]))
    assert answer.code == "role_not_allowed"


async def test_token_is_not_given_for_agencies_of_others(hub: Hub) -> None:
    answer = await asked(hub, agencies=[PROVINCE])
    assert (answer.status, answer.code) == (403, "agency_not_acted_for")


async def test_token_does_not_beget_another(hub: Hub) -> None:
    answer = await hub.call(
        "POST",
        "/v1/tokens",
        by=hub.world.commune,
        body=b"{}",
        headers={
            "Content-Type": "application/json",
            "Authorization": f"Bearer {await token(hub)}",
        },
    )
    assert answer.code == "token_refused"


@pytest.mark.parametrize(
    "wish",
    [{"agencies": "x"}, {"scopes": ["admin"]}, {"scopes": [1]}, {"other": 1}],
    ids=["agencies", "scope", "number", "unknown"],
)
async def test_odd_wish_is_refused(hub: Hub, wish: dict[str, object]) -> None:
    assert (await asked(hub, **wish)).code == "request_invalid"


def said(text: str) -> dict[str, Any]:
    payload = text.split(".")[1]
    found: dict[str, Any] = json.loads(
        urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    )
    return found


@dataclass(frozen=True, slots=True)
class Forgery:
    """How a forged token differs from a good one."""

    header: dict[str, object]
    members: dict[str, object]
    key: ECKey | OctKey


def _part(fields: dict[str, object]) -> str:
    return urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=").decode()


OURS = ECKey.import_key(KEY)
OTHER = ECKey.import_key(ec.generate_private_key(ec.SECP256R1()))
FORGERIES = {
    "other-key": Forgery({}, {}, OTHER),
    "other-audience": Forgery({}, {"aud": "hub-2"}, OURS),
    "audience-list": Forgery({}, {"aud": ["hub-1"]}, OURS),
    "other-issuer": Forgery({}, {"iss": "hub-2"}, OURS),
    "other-type": Forgery({"typ": "JWT"}, {}, OURS),
    "no-binding": Forgery({}, {"cnf": {}}, OURS),
    "binding-is-text": Forgery({}, {"cnf": "x"}, OURS),
    "expiry-is-text": Forgery({}, {"exp": "later"}, OURS),
    "not-yet": Forgery({}, {"iat": int(NOW.timestamp()) + 60}, OURS),
    "other-scope": Forgery({}, {"scope": "read admin"}, OURS),
    "of-another-system": Forgery({}, {"sub": "qlvb-h99"}, OURS),
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
async def test_forged_token_is_refused(hub: Hub, forgery: Forgery) -> None:
    good = await token(hub)
    header = {**_header(good), **forgery.header}
    text = jwt.encode(
        header, {**said(good), **forgery.members}, forgery.key, algorithms=["ES256"]
    )
    answer = await shown(hub, text)
    assert (answer.status, answer.code) == (401, "token_refused")


@pytest.mark.parametrize(
    "algorithm", ["none", "HS256", "ES384"], ids=["none", "hmac", "curve"]
)
async def test_token_of_another_algorithm_is_refused(hub: Hub, algorithm: str) -> None:
    good = await token(hub)
    _, payload, signature = good.split(".")
    header = _part({**_header(good), "alg": algorithm})
    for end in ("", signature):
        assert (await shown(hub, f"{header}.{payload}.{end}")).code == "token_refused"


@pytest.mark.parametrize(
    "text", ["", "x", "a.b.c", "..", "a" * 9000], ids=["none", "x", "abc", "..", "long"]
)
async def test_what_is_no_token_is_refused(hub: Hub, text: str) -> None:
    assert (await shown(hub, text)).code in {"token_refused", "request_invalid"}


def _header(text: str) -> dict[str, object]:
    part = text.split(".", maxsplit=1)[0]
    found: dict[str, object] = json.loads(
        urlsafe_b64decode(part + "=" * (-len(part) % 4))
    )
    return found


async def test_hub_without_a_key_gives_and_takes_no_token(tmp_path: Path) -> None:
    async with running_hub(await make_world(), tmp_path) as hub:
        assert (await asked(hub)).code == "service_unavailable"
        assert (await shown(hub, "a.b.c")).code == "token_refused"


def test_key_of_another_kind_or_open_to_others_is_refused(tmp_path: Path) -> None:
    wrong = ec.generate_private_key(ec.SECP384R1())
    cases = {"wrong": (wrong, PRIVATE), "open": (KEY, PUBLIC)}
    refused = {}
    for name, (key, mode) in cases.items():
        path = tmp_path / name
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_atomically(path, pem, mode=mode)
        with pytest.raises(CodedError) as error:
            open_token_desk(path, "hub-1")
        refused[name] = error.value.code
    assert refused == {
        "wrong": ErrorCode.KEY_UNREADABLE,
        "open": ErrorCode.KEY_FILE_EXPOSED,
    }
