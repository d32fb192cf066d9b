"""What a recipient reads of a message, to be compared with another file's."""

from dataclasses import replace

from clients.reading import open_envelope
from signing.validation.saved import saved_message


def message_read(data: bytes) -> object:
    """Return the message and its attachments, wherever in the file they stand."""
    if data.startswith(b"Content-Type"):
        saved = saved_message(data)
        opened = open_envelope(saved.content_type, saved.body)
    else:
        opened = open_envelope("application/xml", data)
    found = [replace(one, offset=0, length=0) for one in opened.attachments]
    return opened.message, found
