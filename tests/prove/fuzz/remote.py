"""What a remote signer's client reads: a document, and what a hub added to it."""

from random import Random

from signing.remote_client import Offer, check_offer
from tests.prove.fuzz.target import Target, coded, require
from tests.support.mutating_pdf import changed_pdf
from tests.support.pki import TestPki
from tests.support.remote import offer_of, offer_of_file, prepared_for
from tests.support.signed_pdf import LETTER, letter_place

_SIGNER = TestPki.create().issuing.issue("Đoàn Khuê")
_SOURCE = LETTER.read_bytes()
_PREPARED = prepared_for(
    _SOURCE, _SIGNER, text_lines=("Đoàn Khuê",), placement=letter_place()
)
_HONEST = offer_of(_SOURCE, _SIGNER, _PREPARED)
_ADDED = _PREPARED.data[len(_SOURCE) :]


def _check(seed: bytes, data: bytes, _chance: Random) -> str:
    offer = _offered(seed, data)
    return "no place for a value" if offer is None else coded(lambda: _passed(offer))


def _passed(offer: Offer) -> str:
    check_offer(offer)
    is_added = offer.prepared.startswith(offer.document)
    require(holds=is_added, rule="what is signed does not begin with the document")
    is_whole = len(offer.prepared) - len(offer.document) >= len(_ADDED) // 2
    require(holds=is_whole, rule="next to nothing is taken for a signature")
    return "accepted"


def _offered(seed: bytes, data: bytes) -> Offer | None:
    """The offer of a hub whose digest is right, whatever else it does."""
    document, added = (data, _ADDED) if seed == _SOURCE else (_SOURCE, data)
    try:
        offer = offer_of_file(_HONEST, _SIGNER, document + added)
    except ValueError:
        return None
    return Offer(
        document=document,
        prepared=offer.prepared,
        attributes=offer.attributes,
        certificate=offer.certificate,
        scheme=offer.scheme,
    )


TARGETS = {
    "remote-offer": Target(
        seeds=lambda: (_SOURCE, _ADDED), judge=_check, change=changed_pdf
    )
}
