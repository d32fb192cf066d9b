"""An official whose document is prepared at a hub, and whose key stays at home.

Works with the base install: no PDF library is needed to check what is signed. With a
key in a token the extra `hsm` is. Preparing and signing are apart, so that a token that
was pulled out may be put back and the signature be made then.
"""

from dataclasses import dataclass
from pathlib import Path

from clients.signing_desk import Completed, Prepared, SigningDesk
from pki.keys.api import Credential
from pki.keys.loader import open_credential
from signing.pades.remote_request import RemoteRequest
from signing.profiles import SignerRole, scheme_for
from signing.remote_client import Checked, Offer, check_offer, check_signed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyToSign:
    """A prepared file that was found to be the document and one signature.

    Args:
        prepared: by the hub.
        offer: as it was checked.
        checked: what the key is to sign, and where the value goes.
    """

    prepared: Prepared
    offer: Offer
    checked: Checked


async def prepare_at_hub(
    desk: SigningDesk,
    document: bytes,
    *,
    credential: Credential,
    request: RemoteRequest,
    image: bytes | None = None,
    task_id: str = "",
) -> ReadyToSign:
    """Have a document prepared, and check what came back; nothing is signed yet.

    Raises:
        ClientError: the hub refuses or is not reached.
        SigningError: the hub changed the document, or asks to sign something else
            (REMOTE_DOCUMENT_CHANGED, REMOTE_DIGEST_WRONG, REMOTE_CERTIFICATE_WRONG,
            REMOTE_ATTRIBUTES_WRONG).
    """
    prepared = await desk.prepare(
        document,
        credential=credential,
        request=request,
        image=image,
        task_id=task_id,
    )
    offer = Offer(
        document=document,
        prepared=prepared.file,
        attributes=prepared.attributes,
        certificate=credential.certificate,
        scheme=scheme_for(request.profile, credential.key.public_key),
        is_visible=_shows(request, image),
    )
    return ReadyToSign(prepared=prepared, offer=offer, checked=check_offer(offer))


async def sign_prepared(
    desk: SigningDesk, ready: ReadyToSign, *, credential: Credential
) -> Completed:
    """Sign what was checked, and fetch the signed file.

    After a refusal by the key (a token that is gone) it may be called again, until the
    hub's time has run out.

    Raises:
        PkiError: the key does not sign.
        ClientError: the hub refuses or is not reached.
        SigningError: the hub gave back another file.
    """
    value = credential.key.sign(ready.checked.to_sign, ready.offer.scheme)
    completed = await desk.complete(
        ready.prepared.signing_id,
        offer=ready.offer,
        checked=ready.checked,
        value=value,
    )
    check_signed(ready.offer, ready.checked, value, completed.file)
    return completed


def token_credential(
    uri: str, pin: str, *, certificate: Path | None = None
) -> Credential:
    """Open a key in a token with a PIN that somebody typed.

    A refused PIN is not tried again; the place of the refusal says how many tries the
    token has left, where it tells.

    Raises:
        PkiError: no such token or key, a refused PIN, or the extra is not installed.
    """
    return open_credential(uri, pin.encode(), certificate=certificate)


def _shows(request: RemoteRequest, image: bytes | None) -> bool:
    """Tell whether a signature is asked for that draws something."""
    bears_text = request.role not in {SignerRole.PERSON, SignerRole.AGENCY_SEAL}
    return bears_text or bool(image) or bool(request.lines)
