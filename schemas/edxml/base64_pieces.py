"""Base64 decoded piece by piece, as strictly as in one go."""

import binascii
import re

from schemas.errors import ErrorCode, SchemaError

_WHITE_SPACE = b" \t\r\n"
_REFERENCE = re.compile(rb"&#(?:9|10|13|32|x(?:9|[Aa]|[Dd]|20));")
"""White space as XML may spell it: a carriage return is always written so."""

_LONGEST_REFERENCE = 6


class Base64Decoder:
    """Decodes RFC 4648 section 4 base64, with line breaks anywhere.

    Line breaks may be character references of XML: libraries that write XML spell the
    CR of a text so. Other characters, missing padding and anything after padding are
    refused.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._reference = b""
        self._padded = False

    def feed(self, data: bytes) -> bytes:
        """Return what `data` adds; up to three characters wait for their fourth.

        Raises:
            SchemaError: no base64 (ATTACHMENT_ENCODING_INVALID).
        """
        text = self._rest + self._without_white_space(data)
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
        if self._rest or self._reference:
            raise SchemaError(ErrorCode.ATTACHMENT_ENCODING_INVALID)

    def _without_white_space(self, data: bytes) -> bytes:
        if self._reference or b"&" in data:
            data = self._without_references(self._reference + data)
        return data.translate(None, _WHITE_SPACE)

    def _without_references(self, data: bytes) -> bytes:
        """Take references out; one that has only begun waits for its end."""
        begun = data.rfind(b"&")
        is_whole = b";" in data[begun:] or len(data) - begun >= _LONGEST_REFERENCE
        end = len(data) if is_whole else begun
        self._reference = data[end:]
        return _REFERENCE.sub(b"", data[:end])


def _decode(groups: bytes) -> bytes:
    try:
        return binascii.a2b_base64(groups, strict_mode=True)
    except binascii.Error as error:
        raise SchemaError(ErrorCode.ATTACHMENT_ENCODING_INVALID) from error
