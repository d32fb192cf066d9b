"""The root of the errors of this package."""

from schemas.errors import CodedError


class SigningError(CodedError):
    """A signature was not made, or a signed file was refused."""
