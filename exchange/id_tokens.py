"""Reading the tokens of identity providers: keys (RFC 7517), signatures (RFC 7515).

The algorithm is taken from a short list, and the key by the token's key id and kind: a
token cannot choose `none`, nor have a public key read as a secret (RFC 8725 3.1, 3.2).
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from exchange.errors import ExchangeError
from schemas.errors import ErrorCode

ALGORITHMS: Final[Mapping[str, str]] = {
    "ES256": "EC",
    "ES384": "EC",
    "PS256": "RSA",
    "RS256": "RSA",
}
"""Signatures that count, each with the kind of its key."""

_LONGEST = 16 * 1024
_MOST_KEYS = 32
_LEAST_RSA_BITS, _MOST_RSA_BITS = 2048, 8192
_ODD = (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What reading something that is no such token raises."""

Key = ECKey | RSAKey


class UnknownKeyError(ExchangeError):
    """A token is signed with a key that is not among those that are known."""


@dataclass(frozen=True, slots=True)
class ProviderKeys:
    """Keys that sign tokens of a provider, with their ids."""

    keys: tuple[tuple[str, Key], ...]

    def fit(self, key_id: str, kind: str) -> Key | None:
        """Return the key of an id and a kind; without an id, the only one of it."""
        fitting = [
            key
            for named, key in self.keys
            if key.key_type == kind and key_id in {"", named}
        ]
        return fitting[0] if len(fitting) == 1 else None


def read_keys(data: bytes) -> ProviderKeys:
    """Return the keys a provider publishes; those of other kinds are left out.

    Raises:
        ExchangeError: it is no set of keys (IDENTITY_PROVIDER_UNAVAILABLE).
    """
    try:
        listed = json.loads(data)["keys"]
        if not isinstance(listed, list) or len(listed) > _MOST_KEYS:
            raise ValueError(_MOST_KEYS)
        found = [_key(one) for one in listed]
    except _ODD as error:
        place = "jwks_uri"
        raise ExchangeError(
            ErrorCode.IDENTITY_PROVIDER_UNAVAILABLE, place=place
        ) from error
    return ProviderKeys(tuple(one for one in found if one))


def _key(listed: Mapping[str, object]) -> tuple[str, Key] | None:
    """Read one key; a secret, a private key or one for encryption is none of these."""
    public: dict[str, str | list[str]] = {
        name: value for name, value in listed.items() if isinstance(value, str)
    }
    kind, named = public.get("kty"), str(public.get("kid", ""))
    if "d" in listed or public.get("use", "sig") != "sig":
        return None
    try:
        if kind == "EC":
            return named, ECKey.import_key(public)
        if kind == "RSA" and _is_strong(str(public.get("n", ""))):
            return named, RSAKey.import_key(public)
    except _ODD:
        return None
    return None


def _is_strong(modulus: str) -> bool:
    bits = int.from_bytes(_decoded(modulus)).bit_length()
    return _LEAST_RSA_BITS <= bits <= _MOST_RSA_BITS


def read_id_token(text: str, keys: ProviderKeys) -> Mapping[str, object]:
    """Return what a token says that one of these keys signed.

    Raises:
        UnknownKeyError: its key is not among them (IDENTITY_REFUSED).
        ExchangeError: it is none (IDENTITY_REFUSED).
    """
    try:
        if len(text) > _LONGEST:
            raise ValueError(len(text))
        header = json.loads(_decoded(text.split(".", maxsplit=1)[0]))
        algorithm = header["alg"]
        key = keys.fit(header.get("kid", ""), ALGORITHMS[algorithm])
        if key is None:
            raise UnknownKeyError(ErrorCode.IDENTITY_REFUSED, place="kid")
        claims = jwt.decode(text, key, algorithms=[algorithm]).claims
        # JSON can spell half a surrogate pair; nothing compares or stores one.
        json.dumps(claims, ensure_ascii=False).encode()
        return dict(claims)
    except _ODD as error:
        raise ExchangeError(ErrorCode.IDENTITY_REFUSED, place="id_token") from error


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
