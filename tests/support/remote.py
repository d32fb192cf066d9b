"""A signature at a distance: the two halves, and servers that cheat."""

import re
from dataclasses import replace
from hashlib import sha256

from pki.keys.api import Credential
from signing.pades.cms import template_for
from signing.pades.remote import PreparedSignature, prepare_signature
from signing.pades.request import SignRequest
from signing.remote_client import Offer
from tests.support.signed_pdf import PERSON


def prepared_for(
    source: bytes,
    credential: Credential,
    request: SignRequest = PERSON,
    /,
    **changes: object,
) -> PreparedSignature:
    """What an honest server prepares."""
    return prepare_signature(
        source,
        certificate=credential.certificate,
        chain=credential.chain,
        request=replace(request, **changes),  # type: ignore[arg-type]  # by field name
    )


def offer_of(
    document: bytes, credential: Credential, prepared: PreparedSignature
) -> Offer:
    """What the client has in hands then."""
    return Offer(
        document=document,
        prepared=prepared.data,
        attributes=prepared.state.attributes,
        certificate=credential.certificate,
        scheme=prepared.state.scheme,
    )


def offer_of_file(honest: Offer, credential: Credential, data: bytes) -> Offer:
    """An offer to sign another file: its range and its digest are right."""
    start = data.rindex(b"/Contents <") + len("/Contents ")
    end = data.index(b">", start) + 1
    span = b"/ByteRange [0 %d %d %d]" % (start, end, len(data) - end)
    at = re.compile(rb"/ByteRange \[[^\]]*\] *").search(data, end)
    if at is None:
        raise ValueError(data[end:])
    data = data[: at.start()] + span.ljust(len(at[0])) + data[at.end() :]
    digest = sha256(data[:start] + data[end:]).digest()
    attributes = template_for(credential, honest.scheme).signed_attributes(digest)
    return replace(honest, prepared=data, attributes=attributes)
