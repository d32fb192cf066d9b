"""The jobs that prepare and complete signatures; loaded in a worker only.

There is no private key here: it is where the signer is.
"""

import json
from base64 import b64decode
from collections.abc import Callable, Mapping

from cryptography.x509 import load_der_x509_certificate

from pki.errors import PkiError
from pki.names import UNREADABLE_CERTIFICATE
from pki.tsa.client import TimeStamp
from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.evidence_sources import OpenQuestions, StoredEvidence
from signing.pades.extend import extend_signed, outlived
from signing.pades.kept import KeptState
from signing.pades.levels import SigningServices, TokenRoom
from signing.pades.reading import open_pdf, refusing_malformed
from signing.pades.remote import complete_with_token, prepare_signature
from signing.pades.remote_request import RemoteRequest
from signing.pades.stamped import prepare_time_stamp
from signing.profiles import SignatureLevel
from signing.validation.page_text import document_text
from signing.workers.made import CompletedPart, PreparedPart, RaisedPart
from signing.workers.protocol import Job, Made, Request


class _NoStamps:
    """Stands for a service that will be asked once the value is there."""

    def stamp(self, digest: bytes, hash_name: str = "sha256") -> TimeStamp:
        """Refuse.

        Raises:
            PkiError: TIME_STAMP_UNAVAILABLE.
        """
        place = f"{hash_name}: {len(digest)}"
        raise PkiError(ErrorCode.TIME_STAMP_UNAVAILABLE, place=place)


def prepare(request: Request) -> PreparedPart:
    """Return what a signature adds to the document in the request.

    Raises:
        SigningError: the document, the certificate or the request is refused.
    """
    if request.at is None:
        raise SigningError(ErrorCode.REQUEST_INVALID, place="at")
    asked = json.loads(request.instructions)
    wanted = RemoteRequest.from_json(asked["request"].encode())
    text = document_text(request.payload)
    image = b64decode(asked["image"]) or None
    room = asked["room"]
    services = SigningServices(
        stamps=_NoStamps() if room else None, room=TokenRoom(room)
    )
    try:
        own, *chain = map(
            load_der_x509_certificate, map(b64decode, asked["certificates"])
        )
    except UNREADABLE_CERTIFICATE as error:
        raise SigningError(ErrorCode.CERTIFICATE_MALFORMED) from error
    prepared = prepare_signature(
        request.payload,
        certificate=own,
        chain=chain,
        request=wanted.at(request.at, image=image, text=text),
        services=services,
    )
    added = prepared.data[len(request.payload) :]
    return PreparedPart(added, prepared.state.to_json())


def complete(request: Request) -> CompletedPart:
    """Return what goes into the gap of the prepared file in the request.

    Raises:
        SigningError: the value is wrong, or the file or what was kept is damaged.
    """
    asked = json.loads(request.instructions)
    state = KeptState.from_json(asked["state"].encode())
    value, token = b64decode(asked["value"]), b64decode(asked["token"])
    signed = complete_with_token(request.payload, state, value, token)
    return CompletedPart(signed[slice(*state.gap)])


def raise_level(request: Request) -> RaisedPart:
    """Return what brings the stamped signature in the request to its level.

    Where others may be asked (`asks`), about whom they must be.

    Raises:
        SigningError: the file cannot be read.
        PkiError: nothing at hand shows that everybody was good at the time.
    """
    asked = json.loads(request.instructions)
    source, at = request.payload, request.at
    if at is None:
        raise SigningError(ErrorCode.REQUEST_INVALID, place="at")
    stored = StoredEvidence(request.material)
    questions = OpenQuestions(stored)
    evidence = questions if asked.get("asks") else stored
    services = SigningServices(evidence=evidence, clock=lambda: at)
    data = extend_signed(source, level=SignatureLevel.B_LT, services=services)
    if questions.chains:
        return RaisedPart(b"", unproven=questions.chains)
    if not asked["room"]:
        return RaisedPart(data[len(source) :])
    return _with_gap(source, data, asked["room"])


def _with_gap(source: bytes, data: bytes, room: int) -> RaisedPart:
    with refusing_malformed():
        prepared = prepare_time_stamp(open_pdf(data), room)
    place = prepared.byte_range
    return RaisedPart(
        outlived(prepared.content)[len(source) :],
        (place.reserved_region_start, place.reserved_region_end),
        prepared.digest,
    )


PERFORMERS: Mapping[Job, Callable[[Request], Made]] = {
    Job.PREPARE: prepare,
    Job.COMPLETE: complete,
    Job.RAISE: raise_level,
}
