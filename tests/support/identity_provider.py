"""A local identity provider (OpenID Connect), and what a hostile one would do."""

import hmac
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

from aiohttp import encode_basic_auth, web
from joserfc import jwt
from joserfc.jwk import ECKey

from exchange.http.connection import accepting
from pki.files import PRIVATE, write_atomically
from tests.support.world import Clock

HOST = "127.0.0.1"
CLIENT = "lienthong"
SECRET = "mot bi mat"
_PROOF = encode_basic_auth(CLIENT, quote_plus(SECRET))  # RFC 6749 2.3.1
SUBJECT = "248289761001"
Claims = dict[str, Any]


@dataclass(slots=True)
class LocalProvider:
    """A provider whose only user is signed in already.

    Args:
        clock: it goes by.
        change: what is done to the claims of a token before it is signed.
        sign: makes the token of claims; a hostile one makes another.
        metadata: what it says of itself besides the usual.
        asked: paths that were asked for.
    """

    clock: Clock
    issuer: str = ""
    key: ECKey = field(default_factory=lambda: new_key("one"))
    subject: str = SUBJECT
    change: Callable[[Claims], Claims] = dict
    sign: Callable[["LocalProvider", Claims], str] | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    async def configuration(self, request: web.Request) -> web.Response:
        """Say where it is asked (OpenID Connect Discovery 1.0)."""
        self.asked.append(request.path)
        usual = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/leave",
            "code_challenge_methods_supported": ["S256"],
        }
        return web.json_response({**usual, **self.metadata})

    async def keys(self, request: web.Request) -> web.Response:
        """Publish the key that signs."""
        self.asked.append(request.path)
        return web.json_response({"keys": [self.key.as_dict(private=False)]})

    async def authorize(self, request: web.Request) -> web.Response:
        """Send the browser back with a code for the user who is signed in."""
        query = dict(request.query)
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        answer = urlencode({"code": code, "state": query["state"], "iss": self.issuer})
        raise web.HTTPSeeOther(f"{query['redirect_uri']}?{answer}")

    async def token(self, request: web.Request) -> web.Response:
        """Exchange a code, once, for whoever proves to have begun (RFC 7636 4.6)."""
        self.asked.append(request.path)
        if request.headers.get("Authorization") != _PROOF:
            return web.json_response({"error": "invalid_client"}, status=401)
        form = await request.post()
        begun = self.codes.pop(str(form["code"]), None)
        challenge = sha256(str(form["code_verifier"]).encode()).digest()
        if begun is None or begun["code_challenge"] != _encoded(challenge):
            return web.json_response({"error": "invalid_grant"}, status=400)
        if form["redirect_uri"] != begun["redirect_uri"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        claims = self.change(self.claims(begun["nonce"]))
        made = (self.sign or signed)(self, claims)
        return web.json_response({"access_token": "x", "id_token": made})

    async def leave(self, request: web.Request) -> web.Response:
        """Sign out, and lead back."""
        self.asked.append(request.path)
        raise web.HTTPSeeOther(request.query["post_logout_redirect_uri"])

    def claims(self, nonce: str) -> Claims:
        """What a token says of the user."""
        now = int(self.clock().timestamp())
        return {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
        }


def new_key(name: str) -> ECKey:
    """Make a key with an id."""
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig"})


def signed(provider: LocalProvider, claims: Claims) -> str:
    """Make the token an honest provider makes."""
    header = {"alg": "ES256", "kid": provider.key.kid}
    return jwt.encode(header, claims, provider.key, algorithms=["ES256"])


def unsigned(_: LocalProvider, claims: Claims) -> str:
    """Make a token that says it needs no signature (RFC 8725 2.1)."""
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def signed_with_the_public_key(provider: LocalProvider, claims: Claims) -> str:
    """Make a token whose secret is the public key (RFC 8725 2.1)."""
    # Libraries refuse to do this, so it is done by hand.
    text = f"{_part({'alg': 'HS256', 'kid': provider.key.kid})}.{_part(claims)}"
    secret = provider.key.as_pem(private=False)
    return f"{text}.{_encoded(hmac.digest(secret, text.encode(), 'sha256'))}"


def signed_by_another(provider: LocalProvider, claims: Claims) -> str:
    """Make a token whose key only has the id of the right one."""
    header = {"alg": "ES256", "kid": provider.key.kid}
    return jwt.encode(header, claims, new_key("other"), algorithms=["ES256"])


def signed_by_its_own_key(_: LocalProvider, claims: Claims) -> str:
    """Make a token that brings the key it is to be judged by (RFC 7515 4.1.3)."""
    own = new_key("own")
    header = {"alg": "ES256", "kid": "own", "jwk": own.as_dict(private=False)}
    return jwt.encode(header, claims, own, algorithms=["ES256"])


def with_changed_claims(provider: LocalProvider, claims: Claims) -> str:
    """Change what a signed token says."""
    header, _, signature = signed(provider, claims).split(".")
    _, other, _ = signed(provider, {**claims, "sub": "other"}).split(".")
    return f"{header}.{other}.{signature}"


def _part(members: Claims) -> str:
    return _encoded(json.dumps(members).encode())


def _encoded(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


@asynccontextmanager
async def local_provider(clock: Clock) -> AsyncIterator[LocalProvider]:
    """Run a provider on loopback."""
    provider = LocalProvider(clock)
    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", provider.configuration)
    app.router.add_get("/keys", provider.keys)
    app.router.add_get("/authorize", provider.authorize)
    app.router.add_post("/token", provider.token)
    app.router.add_get("/leave", provider.leave)
    runner = web.AppRunner(app)
    await runner.setup()
    assert runner.server is not None
    try:
        # A browser may connect in the moment it closes.
        async with accepting(runner.server, (HOST, 0), None) as port:
            provider.issuer = f"http://{HOST}:{port}"
            yield provider
    finally:
        await runner.cleanup()


def write_secret(folder: Path) -> Path:
    """Write the secret of the console at the provider."""
    path = folder / "oidc.secret"
    write_atomically(path, SECRET.encode(), mode=PRIVATE)
    return path


def parameters_of(address: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return dict(parse_qsl(urlsplit(address).query))
