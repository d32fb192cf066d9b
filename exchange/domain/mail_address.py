"""Addresses that mail can be written to: one rule for directory and mail."""

from email.errors import MessageError
from email.headerregistry import AddressHeader
from email.policy import SMTP

from exchange.domain.agency_names import plain_text

_NOWHERE = "<>"
_ODD = (
    AttributeError,
    LookupError,
    MessageError,
    NameError,
    RecursionError,
    TypeError,
)
"""What Python's parser of headers raises for texts its authors did not think of."""


def mail_address(text: str) -> str:
    """Return where mail for an agency goes, as it was written; there may be none.

    Raises:
        ValueError: no mail can be written to it.
    """
    if plain_text(text):
        address_header("To", text)
    return text


def address_header(name: str, text: str) -> AddressHeader:
    """Return a header with the addresses of a text.

    Args:
        name: of the header.
        text: one address or several, as people write them.

    Raises:
        ValueError: no mail can be written to it.
    """
    try:
        _, header = SMTP.header_store_parse(name, text)
    except _ODD as error:
        raise ValueError("no address") from error
    addresses = [one.addr_spec for one in header.addresses]
    if not addresses or _NOWHERE in addresses:
        raise ValueError("no address")
    found: AddressHeader = header
    return found
