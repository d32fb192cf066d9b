"""Making and reading tokens: JSON Web Tokens of one shape (RFC 9068, ES256)."""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from exchange.domain.tokens import Scope, TokenClaims
from exchange.errors import ExchangeError
from pki.files import read_private_file
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId

_ALGORITHM = "ES256"
_TYPE = "at+jwt"
_LONGEST = 8192
_ODD = (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What reading something that is no such token raises."""


class TokenDesk:
    """Makes the tokens of one hub and reads them back.

    Args:
        key: P-256; all HTTP workers have the same.
        hub_id: the audience.
    """

    def __init__(self, key: ec.EllipticCurvePrivateKey, hub_id: str) -> None:
        self._key = ECKey.import_key(key)
        self._hub_id = hub_id
        public = key.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        self._key_id = sha256(public).hexdigest()[:16]

    def issue(self, claims: TokenClaims) -> str:
        """Return the token that says `claims`."""
        header = {"alg": _ALGORITHM, "typ": _TYPE, "kid": self._key_id}
        members = {
            "iss": self._hub_id,
            "aud": self._hub_id,
            "sub": claims.system_id,
            "client_id": claims.system_id,
            "iat": int(claims.issued_at.timestamp()),
            "exp": int(claims.expires_at.timestamp()),
            "jti": secrets.token_urlsafe(16),
            "scope": " ".join(sorted(claims.scopes)),
            "agencies": sorted(claims.agencies),
            "cnf": {"x5t#S256": _thumbprint(claims.certificate)},
        }
        return jwt.encode(header, members, self._key, algorithms=[_ALGORITHM])

    def read(self, text: str) -> TokenClaims:
        """Return what a token of this hub says; whether it counts is not asked here.

        Raises:
            ExchangeError: it is none (TOKEN_REFUSED).
        """
        try:
            if len(text) > _LONGEST:
                raise ValueError(len(text))
            token = jwt.decode(text, self._key, algorithms=[_ALGORITHM])
            return self._claims(token.header, token.claims)
        except _ODD as error:
            raise ExchangeError(ErrorCode.TOKEN_REFUSED) from error

    def _claims(
        self, header: Mapping[str, object], members: Mapping[str, object]
    ) -> TokenClaims:
        if header.get("typ") != _TYPE or header.get("kid") != self._key_id:
            raise ValueError(_TYPE)
        if not members["iss"] == members["aud"] == self._hub_id:
            raise ValueError(self._hub_id)
        read = json.loads(json.dumps(members))
        return TokenClaims(
            system_id=str(read["sub"]),
            certificate=_hex(read["cnf"]["x5t#S256"]),
            agencies=frozenset(map(OrganId, read["agencies"])),
            scopes=frozenset(map(Scope, read["scope"].split())),
            issued_at=datetime.fromtimestamp(read["iat"], UTC),
            expires_at=datetime.fromtimestamp(read["exp"], UTC),
        )


def open_token_desk(key_file: Path | None, hub_id: str) -> TokenDesk | None:
    """Return who makes tokens, if a key for them is set.

    Raises:
        CodedError: the file is open to others, unreadable, or no P-256 key
            (KEY_UNREADABLE).
    """
    if key_file is None:
        return None
    try:
        key = load_pem_private_key(read_private_file(key_file), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ExchangeError(ErrorCode.KEY_UNREADABLE, place=key_file.name) from error
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(
        key.curve, ec.SECP256R1
    ):
        return TokenDesk(key, hub_id)
    raise ExchangeError(ErrorCode.KEY_UNREADABLE, place=key_file.name)


def _thumbprint(digest: str) -> str:
    """Write a digest as RFC 8705 section 3.1 does."""
    return urlsafe_b64encode(bytes.fromhex(digest)).rstrip(b"=").decode()


def _hex(thumbprint: str) -> str:
    return urlsafe_b64decode(thumbprint + "=").hex()
