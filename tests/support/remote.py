"""A signature at a distance: the two halves, and servers that cheat."""

from dataclasses import replace

from pki.keys.api import Credential
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
