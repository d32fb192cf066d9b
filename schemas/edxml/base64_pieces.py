"""Base64 decoded piece by piece, as strictly as in one go."""

import binascii

from schemas.errors import ErrorCode, SchemaError

_WHITE_SPACE = b" \t\r\n"


class Base64Decoder:
    """Decodes RFC 4648 section 4 base64, with line breaks anywhere.

    Other characters, missing padding and anything after padding are refused.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._padded = False

    def feed(self, data: bytes) -> bytes:
        """Return what `data` adds; up to three characters wait for their fourth.

        Raises:
            SchemaError: no base64 (ATTACHMENT_ENCODING_INVALID).
        """
        text = self._rest + data.translate(None, _WHITE_SPACE)
        whole = len(text) - len(text) % 4
        self._rest = text[whole:]
        if self._padded and text:
            raise SchemaError(ErrorCode.ATTACHMENT_ENCODING_INVALID)
        self._padded |= text[:whole].endswith(b"=")
        return _decode(text[:whole])

    def finish(self) -> None:
        """Require that the last group of four was complete.

        Raises:
            SchemaError: it was not (ATTACHMENT_ENCODING_INVALID).
        """
        if self._rest:
            raise SchemaError(ErrorCode.ATTACHMENT_ENCODING_INVALID)


def _decode(groups: bytes) -> bytes:
    try:
        return binascii.a2b_base64(groups, strict_mode=True)
    except binascii.Error as error:
        raise SchemaError(ErrorCode.ATTACHMENT_ENCODING_INVALID) from error
