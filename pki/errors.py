"""What goes wrong with keys, certificates and revocation lists."""

from schemas.errors import CodedError


class PkiError(CodedError):
    """A key, certificate, revocation list or request cannot be used."""


class SignatureInvalidError(PkiError):
    """A signature value does not belong to this key and these bytes."""
