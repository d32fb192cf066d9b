"""A document is prepared at the hub and signed at the desk, over mutual TLS."""

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pkcs11
import pytest

from clients.errors import RefusedError
from clients.official import Official
from clients.remote_official import prepare_at_hub, sign_prepared, token_credential
from clients.signing_desk import Completed, SigningDesk, encode_form
from clients.transport import HubAddress, RetryPolicy, Transport
from pki.errors import PkiError
from pki.files import PRIVATE, write_atomically
from pki.keys.api import Credential
from pki.keys.software import SoftwareKey
from schemas.errors import CodedError, ErrorCode
from schemas.verdict import Indication
from signing.pades.remote_request import RemoteRequest
from signing.profiles import SignerRole
from signing.validation.pdf import judge_pdf
from signing.workers.made import PreparedPart
from tests.support.hub import Hub, running_hub, write_credential
from tests.support.pki import HeldKey
from tests.support.signed_pdf import SIGNATURE_PNG, letter_place
from tests.support.signing_desk import (
    SOURCE,
    InProcessSigner,
    chain_pem,
    official_of,
    value_json,
    with_signer,
)
from tests.support.tokens import PIN, TokenFolder
from tests.support.world import make_world, material_of

LABEL = "Desk"


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with running_hub(with_signer(await make_world()), tmp_path) as running:
        yield running


@asynccontextmanager
async def desk_at(hub: Hub) -> AsyncIterator[SigningDesk]:
    both = write_credential(hub.folder, hub.world.commune)
    key = hub.folder / "commune.key"
    write_atomically(key, both.read_bytes(), mode=PRIVATE)
    address = HubAddress(
        url=hub.url, authority=hub.folder / "root.pem", certificate=both, key=key
    )
    async with Transport(address, retry=RetryPolicy(attempts=1)) as transport:
        yield SigningDesk(transport)


async def signed_at(
    hub: Hub, credential: Credential, request: RemoteRequest | None = None
) -> Completed:
    async with desk_at(hub) as desk:
        ready = await prepare_at_hub(
            desk, SOURCE, credential=credential, request=request or RemoteRequest()
        )
        return await sign_prepared(desk, ready, credential=credential)


def require_valid(hub: Hub, data: bytes) -> None:
    now = hub.world.clock.now
    verdict = judge_pdf(data, material=material_of(hub.world.pki), at=now)
    assert verdict.indication is Indication.TOTAL_PASSED
    assert data.startswith(SOURCE)


async def test_file_signed_at_the_desk_is_valid(hub: Hub) -> None:
    completed = await signed_at(hub, official_of(hub.world))
    require_valid(hub, completed.file)
    assert (completed.level, completed.wanted) == ("B-B", "B-B")


async def test_official_signs_at_the_hub_with_a_key_in_a_token(
    hub: Hub, tokens: TokenFolder
) -> None:
    uri, certificate = in_token(hub, tokens, "chief")
    tokens.reload()
    official = Official.from_token(uri, PIN, certificate=certificate)
    async with desk_at(hub) as desk:
        done = await official.sign_at_hub(desk, SOURCE, request=RemoteRequest())
    require_valid(hub, done.file)


async def test_signature_shows_where_it_was_asked_for(hub: Hub) -> None:
    official = official_of(hub.world)
    async with desk_at(hub) as desk:
        ready = await prepare_at_hub(
            desk,
            SOURCE,
            credential=official,
            request=RemoteRequest(placement=letter_place()),
            image=SIGNATURE_PNG,
        )
        completed = await sign_prepared(desk, ready, credential=official)
    require_valid(hub, completed.file)
    assert b"/Image" in completed.file[len(SOURCE) :]


async def test_refusal_of_the_hub_comes_in_its_own_words(hub: Hub) -> None:
    with pytest.raises(RefusedError) as refused:
        await signed_at(
            hub, official_of(hub.world), RemoteRequest(role=SignerRole.AGENCY_SEAL)
        )
    assert refused.value.code is ErrorCode.PERSON_SIGNATURE_MISSING


def in_token(hub: Hub, tokens: TokenFolder, name: str) -> tuple[str, Path]:
    """An official whose key is in a token; its address and its certificates."""
    official = official_of(hub.world)
    assert isinstance(official.key, HeldKey)
    key = SoftwareKey(official.key.private)
    tokens.add_key(LABEL, name, key, name.encode())
    path = hub.folder / f"{name}.pem"
    path.write_bytes(chain_pem(official))
    return f"pkcs11:token={LABEL};object={name}?module-path={tokens.module}", path


async def test_key_in_a_token_signs_what_the_hub_prepared(
    hub: Hub, tokens: TokenFolder
) -> None:
    uri, certificate = in_token(hub, tokens, "signs")
    tokens.reload()
    credential = token_credential(uri, PIN, certificate=certificate)
    require_valid(hub, (await signed_at(hub, credential)).file)


async def test_wrong_pin_says_how_many_tries_are_left(
    hub: Hub, tokens: TokenFolder
) -> None:
    uri, certificate = in_token(hub, tokens, "guarded")
    tokens.reload()
    with pytest.raises(PkiError) as refused:
        token_credential(uri, "00000000", certificate=certificate)
    assert refused.value.code is ErrorCode.KEY_PIN_WRONG
    assert refused.value.place == f"{LABEL}: few tries left"
    token_credential(uri, PIN, certificate=certificate)


async def test_token_taken_out_may_be_put_back_and_the_signature_made(
    hub: Hub, tokens: TokenFolder
) -> None:
    uri, certificate = in_token(hub, tokens, "removed")
    tokens.reload()
    credential = token_credential(uri, PIN, certificate=certificate)
    folder, away = tokens.directory / "tokens", tokens.directory / "away"
    async with desk_at(hub) as desk:
        ready = await prepare_at_hub(
            desk, SOURCE, credential=credential, request=RemoteRequest()
        )
        folder.rename(away)
        folder.mkdir()
        session = credential.key.session  # type: ignore[attr-defined]  # of a token
        session._drop()
        session._thread.run(lambda: tokens_gone(tokens))
        with pytest.raises(PkiError) as gone:
            await sign_prepared(desk, ready, credential=credential)
        assert gone.value.code is ErrorCode.KEY_DEVICE_UNAVAILABLE
        folder.rmdir()
        away.rename(folder)
        session._thread.run(lambda: tokens_gone(tokens))
        completed = await sign_prepared(desk, ready, credential=credential)
    require_valid(hub, completed.file)


def tokens_gone(tokens: TokenFolder) -> None:
    """Let the module see what is there now."""
    pkcs11.lib(str(tokens.module)).reinitialize()


class Cheating(InProcessSigner):
    """A hub that prepares something else.

    Args:
        change: what it makes of the added bytes.
    """

    def __init__(self, change: Callable[[bytes], bytes]) -> None:
        super().__init__()
        self._change = change

    async def prepare(self, document: bytes, **asked: object) -> PreparedPart:
        part = await super().prepare(document, **asked)  # type: ignore[arg-type]  # the same
        added = self._change(part.added)
        assert added != part.added
        return replace(part, added=added)


def _other_page(added: bytes) -> bytes:
    return re.sub(rb"/Contents [0-9] 0 R", b"/Contents 8 0 R", added)


def _other_action(added: bytes) -> bytes:
    return added.replace(b"/OpenAction [ 1", b"/OpenAction [ 4")


@pytest.mark.parametrize("change", [_other_page, _other_action])
async def test_hub_that_changes_the_document_gets_no_signature(
    tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    world = with_signer(await make_world(), Cheating(change))
    async with running_hub(world, tmp_path) as hub:
        with pytest.raises(CodedError) as refused:
            await signed_at(hub, official_of(world))
    assert refused.value.code is ErrorCode.REMOTE_DOCUMENT_CHANGED


async def test_same_value_again_is_answered_alike_and_another_is_refused(
    hub: Hub,
) -> None:
    official = official_of(hub.world)
    by = hub.world.commune
    async with desk_at(hub) as desk:
        ready = await prepare_at_hub(
            desk, SOURCE, credential=official, request=RemoteRequest()
        )
    path = f"/v1/signing/{ready.prepared.signing_id}"
    values = [
        official.key.sign(ready.checked.to_sign, ready.offer.scheme) for _ in range(2)
    ]
    first = await hub.call(
        "POST", f"{path}/signature", by=by, body=value_json(values[0])
    )
    again = await hub.call(
        "POST", f"{path}/signature", by=by, body=value_json(values[0])
    )
    other = await hub.call(
        "POST", f"{path}/signature", by=by, body=value_json(values[1])
    )
    assert (first.status, again.status, other.status) == (200, 200, 409)
    assert first.json == again.json
    assert other.code == ErrorCode.SIGNING_CLOSED
    files = [await hub.call("GET", f"{path}/signed", by=by) for _ in range(2)]
    assert files[0].body == files[1].body
    stranger = await hub.call("GET", path, by=hub.world.province)
    assert (stranger.status, stranger.code) == (404, ErrorCode.SIGNING_NOT_FOUND)


async def test_expired_signing_is_gone(hub: Hub) -> None:
    official = official_of(hub.world)
    async with desk_at(hub) as desk:
        ready = await prepare_at_hub(
            desk, SOURCE, credential=official, request=RemoteRequest()
        )
        hub.world.clock.move(minutes=16)
        with pytest.raises(RefusedError) as refused:
            await sign_prepared(desk, ready, credential=official)
    assert refused.value.code is ErrorCode.SIGNING_EXPIRED
    path = f"/v1/signing/{ready.prepared.signing_id}"
    state = await hub.call("GET", path, by=hub.world.commune)
    document = await hub.call("GET", f"{path}/document", by=hub.world.commune)
    assert state.json["state"] == "expired"
    assert document.status == 410


def form(**parts: bytes) -> tuple[str, bytes]:
    return encode_form(parts)


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        ("application/json", b"{}", ErrorCode.CONTENT_TYPE_UNSUPPORTED),
        ("multipart/form-data; boundary=x", b"no form", ErrorCode.REQUEST_INVALID),
        ("multipart/form-data; boundary=x", b"--x--\r\n", ErrorCode.REQUEST_INVALID),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n", ErrorCode.REQUEST_INVALID),
        (*form(document=SOURCE), ErrorCode.REQUEST_INVALID),
        (*form(document=SOURCE, other=b"1"), ErrorCode.REQUEST_INVALID),
        (
            *form(document=SOURCE, certificates=b"none"),
            ErrorCode.CERTIFICATE_MALFORMED,
        ),
        (
            *form(document=SOURCE, certificates=b"none", request=b"{"),
            ErrorCode.REQUEST_INVALID,
        ),
    ],
    ids=[
        "another type",
        "no form",
        "an empty form",
        "half a form",
        "no certificates",
        "an unknown part",
        "no certificate among certificates",
        "half an object",
    ],
)
async def test_what_is_no_request_is_refused_by_its_code(
    hub: Hub, content_type: str, body: bytes, code: ErrorCode
) -> None:
    answer = await hub.call(
        "POST",
        "/v1/signing",
        by=hub.world.commune,
        body=body,
        headers={"Content-Type": content_type},
    )
    assert answer.code == code


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"value": 1}', b'{"value": "%"}'])
async def test_value_that_is_none_is_refused(hub: Hub, body: bytes) -> None:
    path = "/v1/signing/01KAJ0000000000000000000A1/signature"
    answer = await hub.call("POST", path, by=hub.world.commune, body=body)
    assert answer.code == ErrorCode.REQUEST_INVALID


async def test_description_names_the_routes(hub: Hub) -> None:
    answer = await hub.call("GET", "/openapi.json", by=None)
    paths = json.loads(answer.body)["paths"]
    assert {one for one in paths if one.startswith("/v1/signing")} == {
        "/v1/signing",
        "/v1/signing-tasks",
        "/v1/signing-tasks/{id}/document",
        "/v1/signing/{id}",
        "/v1/signing/{id}/document",
        "/v1/signing/{id}/signature",
        "/v1/signing/{id}/signed",
    }
