"""Attachments encrypted to their recipients, by the certificates the directory has.

The hub says which certificate an agency published, and who took over from a closed
one; whether that certificate may be encrypted to is judged here, by the roots and
lists this side has. That another agency took over, or has two codes, is the hub's word
alone: whom the certificate names is told, for people to see who will be able to read.
Nothing is encrypted unless every recipient has one.
"""

from base64 import b64decode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from typing import Any

from cryptography.x509 import Certificate

from clients.agency import AgencyClient
from clients.errors import ClientError, RefusedError
from clients.messages import Message, prepare_document
from clients.transport import Request
from pki.enveloped.content import MEDIA_TYPE, decrypt, encrypt
from pki.enveloped.recipient import Claim, certified_recipient
from pki.errors import PkiError
from pki.keys.api import Credential
from pki.names import agency_of, common_name
from pki.trust import TrustStore
from schemas.edxml.content_type import media_type
from schemas.edxml.document import Attachment, EdxmlDocument, ManifestEntry
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import OrganId, parse_organ_id
from schemas.recipient_groups import read_group

_SUFFIX = ".p7m"
_MISSING = ErrorCode.ENCRYPTION_CERTIFICATE_MISSING


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom to encrypt to for an agency.

    Args:
        addressed: the agency a message names.
        agency: who gets it, as the hub says: the same, or who took over.
    """

    addressed: OrganId
    agency: OrganId
    certificate: Certificate

    @property
    def certified(self) -> OrganId | None:
        """The agency its certificate names, None if none."""
        return agency_of(self.certificate)

    @property
    def name(self) -> str:
        """The name in its certificate."""
        return common_name(self.certificate)

    @property
    def is_of_another(self) -> bool:
        """Tell whether the certificate names another code than was asked for."""
        return self.certified not in {None, self.addressed}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A document before it is encrypted and signed.

    Args:
        credential: signs; None sends unsigned.
    """

    document: EdxmlDocument
    attachments: Sequence[Attachment]
    credential: Credential | None


async def prepare_encrypted(
    client: AgencyClient, draft: Draft, *, trust: TrustStore, at: datetime
) -> Message:
    """Build the message of a document whose attachments its recipients alone open.

    Raises:
        ClientError: a recipient has no certificate (ENCRYPTION_CERTIFICATE_MISSING).
        PkiError: a certificate is not the recipient's, not to encrypt to, or does not
            hold; the recipient is named.
        RefusedError: the hub knows no such agency.
    """
    codes = [one.organ_id for one in draft.document.recipients]
    found = await recipients_of(client, codes, trust=trust, at=at)
    sealed = encrypted(draft.attachments, [one.certificate for one in found])
    document = replace(
        draft.document, manifest=tuple(map(_entry, draft.document.manifest, sealed))
    )
    return prepare_document(document, sealed, credential=draft.credential, at=at)


async def recipients_of(
    client: AgencyClient, codes: Iterable[OrganId], *, trust: TrustStore, at: datetime
) -> tuple[Recipient, ...]:
    """Return whom to encrypt to, all of them or none.

    Raises:
        ClientError: an agency, or a group, has no certificate
            (ENCRYPTION_CERTIFICATE_MISSING, it is named), or the answer is malformed.
        PkiError: a certificate may not be encrypted to; its agency is named.
        RefusedError: the hub knows no such agency.
    """
    asked = [await _asked(client, one) for one in codes]
    return tuple(_recipient(code, answer, trust, at) for code, answer in asked)


def encrypted(
    attachments: Iterable[Attachment], certificates: Sequence[Certificate]
) -> list[Attachment]:
    """Return attachments encrypted to all of these certificates.

    Raises:
        PkiError: there are none, or one is not to encrypt to
            (ENCRYPTION_CERTIFICATE_UNSUITABLE).
    """
    return [_encrypted(one, certificates) for one in attachments]


def is_encrypted(content_type: str) -> bool:
    """Tell whether an attachment says that it is encrypted."""
    return media_type(content_type) == media_type(MEDIA_TYPE)


def decrypted(content: bytes, credential: Credential, *others: Credential) -> bytes:
    """Return what is inside, once all of it has been checked.

    Args:
        content: what came.
        credential: the key it may be for.
        others: keys it may be for as well, earlier ones say, tried in turn.

    Raises:
        PkiError: it is for none of these keys, or was changed.
    """
    try:
        return _decrypted(content, credential)
    except PkiError as error:
        if not others or error.code is not ErrorCode.NOT_ENCRYPTED_TO_THIS_KEY:
            raise
    return decrypted(content, *others)


def _decrypted(content: bytes, credential: Credential) -> bytes:
    target = BytesIO()
    decrypt(BytesIO(content), target, credential=credential)
    return target.getvalue()


def _encrypted(one: Attachment, certificates: Sequence[Certificate]) -> Attachment:
    target, size = BytesIO(), len(one.content)
    encrypt(BytesIO(one.content), target, size=size, recipients=certificates)
    return replace(
        one,
        name=one.name + _SUFFIX,
        content_type=MEDIA_TYPE,
        content=target.getvalue(),
    )


def _entry(entry: ManifestEntry, sealed: Attachment) -> ManifestEntry:
    return replace(entry, attachment_name=sealed.name, content_type=sealed.content_type)


async def _asked(client: AgencyClient, code: OrganId) -> tuple[OrganId, dict[str, Any]]:
    if read_group(code) is not None:
        # Who is in it is decided when it arrives; nobody could be encrypted to now.
        raise ClientError(_MISSING, place=code)
    path = f"/v1/agencies/{parse_organ_id(code)}/encryption-certificate"
    try:
        answer = await client.ask(Request(method="GET", path=path))
    except RefusedError as error:
        if error.code != _MISSING:
            raise
        raise ClientError(_MISSING, place=code) from error
    return code, dict(answer)


def _recipient(
    code: OrganId, answer: dict[str, Any], trust: TrustStore, at: datetime
) -> Recipient:
    try:
        own = [answer["agency"], answer["code_2016"]]
        codes = [parse_organ_id(one) for one in own if one is not None]
        chain = [b64decode(one, validate=True) for one in answer["chain"]]
        certificate = b64decode(answer["certificate"], validate=True)
    except (KeyError, TypeError, ValueError, CodedError) as error:
        raise ClientError(ErrorCode.ANSWER_MALFORMED, place=code) from error
    claim = Claim(codes=codes, certificate=certificate, chain=chain)
    return Recipient(code, codes[0], certified_recipient(claim, trust=trust, at=at))
