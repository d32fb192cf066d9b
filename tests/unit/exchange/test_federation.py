"""What is believed of an identity provider: pure decisions, claim by claim."""

import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey

from exchange.config import Settings
from exchange.domain.federation import (
    BEGUN_FOR,
    Begun,
    Expected,
    Provider,
    fault_of,
    grants_in,
    is_answer,
    read_provider,
    role_rule,
)
from exchange.domain.roles import AccessRole
from exchange.errors import ExchangeError
from exchange.id_tokens import read_id_token, read_keys
from exchange.settings.oidc import OidcSettings
from schemas.errors import ErrorCode
from tests.support.pki import NOW

ISSUER = "https://id.example/realm"
EXPECTED = Expected(
    issuer=ISSUER, client_id="me", nonce="n" * 43, clock=timedelta(seconds=60)
)
SECONDS = int(NOW.timestamp())
CLAIMS: dict[str, object] = {
    "iss": ISSUER,
    "sub": "248289",
    "aud": "me",
    "nonce": "n" * 43,
    "iat": SECONDS,
    "exp": SECONDS + 300,
}
METADATA: dict[str, object] = {
    "issuer": ISSUER,
    "authorization_endpoint": "https://id.example/a",
    "token_endpoint": "https://id.example/t",
    "jwks_uri": "https://id.example/k",
}
PROVIDER = Provider(
    issuer=ISSUER,
    authorization="https://id.example/a",
    token="https://id.example/t",
    keys="https://id.example/k",
)
_WEAK_MODULUS = urlsafe_b64encode(b"\xff" * 128).rstrip(b"=").decode()
BEGUN = Begun(browser="b" * 64, nonce="n", verifier="v", at=NOW)


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"aud": ["me"]},
        {"aud": ["me", "other"], "azp": "me"},
        {"exp": SECONDS - 59},
        {"iat": SECONDS + 59},
        {"nbf": SECONDS + 59},
        {"iat": SECONDS + 0.5, "exp": SECONDS + 1.5},
    ],
    ids=["plain", "list", "several", "late", "early", "begins", "parts"],
)
def test_token_of_this_sign_in_counts(changes: dict[str, object]) -> None:
    assert fault_of({**CLAIMS, **changes}, EXPECTED, NOW) == ""


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("iss", f"{ISSUER}/"),
        ("iss", None),
        ("aud", "other"),
        ("aud", ["other"]),
        ("aud", ["me", "other"]),
        ("aud", {"me": 1}),
        ("nonce", "m" * 43),
        ("nonce", None),
        ("nonce", "é"),
        ("sub", ""),
        ("sub", 7),
        ("sub", "a" * 256),
        ("exp", SECONDS - 60),
        ("exp", "never"),
        ("exp", None),
        ("exp", True),
        ("exp", float("nan")),
        ("exp", float("inf")),
        ("iat", SECONDS + 61),
        ("iat", SECONDS - 661),
        ("iat", None),
        ("nbf", SECONDS + 61),
        ("nbf", "soon"),
    ],
    ids=lambda one: repr(one)[:20],
)
def test_token_that_says_otherwise_does_not(place: str, value: object) -> None:
    assert fault_of({**CLAIMS, place: value}, EXPECTED, NOW) == place


@pytest.mark.parametrize("place", ["sub", "nonce", "roles"])
def test_token_with_half_a_surrogate_pair_is_none(place: str) -> None:
    key = ECKey.generate_key("P-256")
    keys = read_keys(_json({"keys": [key.as_dict(private=False)]}))
    odd, plain = (
        jws.serialize_compact({"alg": "ES256"}, _json(one), key)
        for one in ({**CLAIMS, place: "\ud800"}, CLAIMS)
    )

    with pytest.raises(ExchangeError) as caught:
        read_id_token(odd, keys)

    assert caught.value.code is ErrorCode.IDENTITY_REFUSED
    assert read_id_token(plain, keys) == CLAIMS


def test_token_made_for_another_by_name_does_not_count() -> None:
    for audience in ("me", ["me"], ["me", "other"]):
        claims = {**CLAIMS, "aud": audience, "azp": "other"}
        assert fault_of(claims, EXPECTED, NOW) == "aud"


def test_metadata_of_the_issuer_is_believed() -> None:
    assert read_provider(METADATA, ISSUER) == PROVIDER
    more = {
        "end_session_endpoint": "https://elsewhere.example/leave",
        "authorization_response_iss_parameter_supported": True,
    }
    found = read_provider({**METADATA, **more}, ISSUER)
    assert found == replace(PROVIDER, names_itself=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("issuer", "https://id.example"),
        ("token_endpoint", "https://id.example.evil/t"),
        ("token_endpoint", "https://id.example:8443/t"),
        ("token_endpoint", "https://user@id.example/t"),
        ("token_endpoint", None),
        ("jwks_uri", "http://id.example/k"),
        ("jwks_uri", "http://169.254.169.254/k"),
        ("jwks_uri", "https://[id.example/k"),
        ("jwks_uri", 7),
        ("authorization_endpoint", "javascript:alert(1)"),
        ("authorization_endpoint", "https://id.example/\r\nx"),
        ("code_challenge_methods_supported", ["plain"]),
        ("code_challenge_methods_supported", "S256"),
    ],
    ids=lambda one: repr(one)[:30],
)
def test_metadata_that_leads_elsewhere_is_not(name: str, value: object) -> None:
    assert read_provider({**METADATA, name: value}, ISSUER) is None


def test_answer_is_for_the_browser_that_began_in_time_from_whom_was_asked() -> None:
    names_itself = replace(PROVIDER, names_itself=True)
    late = NOW + BEGUN_FOR
    assert is_answer(BEGUN, "b" * 64, NOW, issuer=None, of=PROVIDER)
    assert is_answer(BEGUN, "b" * 64, NOW, issuer=ISSUER, of=names_itself)
    assert not is_answer(None, "b" * 64, NOW, issuer=None, of=PROVIDER)
    assert not is_answer(BEGUN, "c" * 64, NOW, issuer=None, of=PROVIDER)
    assert not is_answer(BEGUN, "b" * 64, late, issuer=None, of=PROVIDER)
    assert not is_answer(BEGUN, "b" * 64, NOW, issuer="x", of=PROVIDER)
    assert not is_answer(BEGUN, "b" * 64, NOW, issuer=None, of=names_itself)


def test_roles_are_given_by_rules_alone() -> None:
    texts = ("van-thu=clerk@H99.151", "ks=auditor", "ks=auditor")
    rules = [one for text in texts if (one := role_rule(text))]
    found = grants_in(["ks", "van-thu", "root", 7], rules, NOW)
    assert [(one.role, one.agency) for one in found] == [
        (AccessRole.CLERK, "H99.151"),
        (AccessRole.AUDITOR, None),
    ]
    assert len(grants_in("ks", rules, NOW)) == 1
    others: tuple[object, ...] = (None, "ks van-thu", {"ks": 1}, 7, [])
    assert {grants_in(one, rules, NOW) for one in others} == {()}


@pytest.mark.parametrize(
    "text",
    ["clerk", "=clerk", "a=clerk", "a=official", "a=system@H99", "a=root", "a=clerk@"],
)
def test_what_is_no_rule(text: str) -> None:
    assert role_rule(text) is None


def test_keys_of_other_kinds_are_left_out() -> None:
    good = ECKey.generate_key("P-256", {"kid": "good"})
    published = [
        good.as_dict(private=False),
        {**good.as_dict(private=True), "kid": "private"},
        {**good.as_dict(private=False), "kid": "encryption", "use": "enc"},
        OctKey.generate_key(256, {"kid": "secret"}).as_dict(private=True),
        {"kty": "RSA", "kid": "weak", "n": _WEAK_MODULUS, "e": "AQAB"},
        {"kty": "EC", "kid": "broken", "crv": "P-256", "x": "AA", "y": "AA"},
    ]
    keys = read_keys(_json({"keys": published}))
    assert [name for name, _ in keys.keys] == ["good"]
    assert keys.fit("good", "EC") is not None
    assert keys.fit("good", "RSA") is None
    assert keys.fit("other", "EC") is None


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b'{"keys": 1}', b'{"keys": ["x"]}', _json({"keys": [{}] * 33})],
    ids=["empty", "list", "number", "text", "many"],
)
def test_what_is_no_set_of_keys(data: bytes) -> None:
    with pytest.raises(ExchangeError) as error:
        read_keys(data)
    assert error.value.code is ErrorCode.IDENTITY_PROVIDER_UNAVAILABLE


SOUND = OidcSettings(
    issuer=ISSUER, client_id="me", address="https://console.example:8445"
)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"issuer": "http://id.example"}, "oidc.issuer"),
        ({"issuer": "https://id.example?x=1"}, "oidc.issuer"),
        ({"address": ""}, "oidc.address"),
        ({"address": "https://console.example/"}, "oidc.address"),
        ({"client_id": ""}, "oidc.client_id"),
        ({"role_claim": "groups"}, "oidc.roles"),
        ({"roles": ("a=auditor",)}, "oidc.role_claim"),
        ({"role_claim": "groups", "roles": ("a=clerk",)}, "oidc.roles"),
        ({"clock_seconds": 301.0}, "oidc.clock_seconds"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_settings_that_contradict_each_other_are_refused_by_name(
    changes: dict[str, object], place: str
) -> None:
    assert Settings(oidc=SOUND).oidc is SOUND
    with pytest.raises(ExchangeError) as error:
        Settings(oidc=replace(SOUND, **changes))  # type: ignore[arg-type]  # by name
    assert error.value.place == place
