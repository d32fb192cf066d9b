"""What an official or a clerk does: sign a document with a PKCS#12 key.

Signing a PDF in this process needs the `sign` extra; everything else of this module
works without it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from clients.clock import utc_now
from clients.errors import ClientError
from clients.remote_official import (
    prepare_at_hub,
    sign_prepared,
    token_credential,
)
from clients.signing_desk import Completed, SigningDesk
from pki.files import read_private_file
from pki.keys.api import Credential
from pki.keys.loader import read_passphrase
from pki.keys.software import load_pkcs12
from pki.names import common_name
from schemas.errors import ErrorCode
from signing.pades.levels import NO_SERVICES, SignedDocument, SigningServices
from signing.pades.remote_request import RemoteRequest
from signing.pades.request import NO_PARTICULARS, Particulars, SignRequest
from signing.profiles import Placement, SignatureLevel, SignatureProfile, SignerRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """How a signature shows.

    Args:
        image: PNG of the handwritten signature or the seal.
        placement: where; without it the place of the role is found.
        field_name: an empty signature field of the document to sign in.
    """

    image: bytes | None = None
    placement: Placement | None = None
    field_name: str | None = None


_PLAIN = Appearance()


@dataclass(frozen=True, slots=True)
class Official:
    """Somebody with a key: an official, or a clerk with the agency's seal.

    Args:
        credential: the key with its certificates.
        clock: gives the signing time.
        services: whom to ask for time stamps and evidence.
    """

    credential: Credential
    clock: Callable[[], datetime] = utc_now
    services: SigningServices = NO_SERVICES

    @classmethod
    def from_pkcs12(cls, path: Path, passphrase: bytes | None) -> "Official":
        """Open a PKCS#12 file that only its owner can read.

        Raises:
            PkiError: unreadable, exposed, or a wrong passphrase.
        """
        return cls(load_pkcs12(read_private_file(path), passphrase))

    @classmethod
    def from_files(cls, path: Path, passphrase_file: Path) -> "Official":
        """Open a PKCS#12 file with the passphrase in another file.

        Raises:
            PkiError: unreadable, exposed, or a wrong passphrase.
        """
        return cls.from_pkcs12(path, read_passphrase(passphrase_file))

    @classmethod
    def from_token(
        cls, uri: str, pin: str, *, certificate: Path | None = None
    ) -> "Official":
        """Open a key in a token with the PIN that its owner typed.

        Raises:
            PkiError: no such token or key, a refused PIN, or the extra is missing.
        """
        return cls(token_credential(uri, pin, certificate=certificate))

    @property
    def name(self) -> str:
        """The name in the certificate."""
        return common_name(self.credential.certificate)

    async def sign_at_hub(
        self,
        desk: SigningDesk,
        document: bytes,
        *,
        request: RemoteRequest,
        image: bytes | None = None,
    ) -> Completed:
        """Have a hub prepare `document`, check what it prepared, and sign it here.

        Raises:
            SigningError: the hub prepared something else (REMOTE_…).
            PkiError: the key does not sign.
            ClientError: the hub refuses or is not reached.
        """
        ready = await prepare_at_hub(
            desk, document, credential=self.credential, request=request, image=image
        )
        return await sign_prepared(desk, ready, credential=self.credential)

    def sign(
        self,
        document: bytes,
        *,
        role: SignerRole = SignerRole.PERSON,
        appearance: Appearance = _PLAIN,
        profile: SignatureProfile = SignatureProfile.STANDARD,
        particulars: Particulars = NO_PARTICULARS,
    ) -> bytes:
        """Return `document` with one signature of level B-B added.

        Args:
            document: a PDF file; nothing else of it is changed.
            role: in which role.
            appearance: how the signature shows.
            profile: which algorithm an RSA key uses.
            particulars: number, date, form of a copy; the text of the document.

        Raises:
            SigningError: the document may not be signed, or not in this role.
            PkiError: the certificate is not good, where the services can tell.
            ClientError: the `sign` extra is not installed (EXTRA_MISSING).
        """
        return self.sign_at_level(
            document,
            SignatureLevel.B_B,
            role=role,
            appearance=appearance,
            profile=profile,
            particulars=particulars,
        ).data

    def sign_at_level(
        self,
        document: bytes,
        level: SignatureLevel,
        *,
        role: SignerRole = SignerRole.PERSON,
        appearance: Appearance = _PLAIN,
        profile: SignatureProfile = SignatureProfile.STANDARD,
        particulars: Particulars = NO_PARTICULARS,
    ) -> SignedDocument:
        """Return `document` with a signature of the level that can be reached now.

        Args:
            document: a PDF file.
            level: the level wanted; the result says whether it was reached.
            role: in which role.
            appearance: how the signature shows.
            profile: which algorithm an RSA key uses.
            particulars: number, date, form of a copy; the text of the document.

        Raises:
            SigningError: the document may not be signed, or not in this role.
            PkiError: the certificate is not good, where the services can tell.
            ClientError: the `sign` extra is not installed (EXTRA_MISSING).
        """
        request = SignRequest(
            role=role,
            at=self.clock(),
            image=appearance.image,
            placement=appearance.placement,
            field_name=appearance.field_name,
            profile=profile,
            particulars=particulars,
            level=level,
        )
        return _signer()(
            document,
            credential=self.credential,
            request=request,
            services=self.services,
        )


def _signer() -> Callable[..., SignedDocument]:
    # The slim install has no pyHanko, and only this needs it.
    try:
        from signing.pades.signer import sign_document  # noqa: PLC0415 as above
    except ModuleNotFoundError as error:
        place = "pip install 'lienthong[sign]'"
        raise ClientError(ErrorCode.EXTRA_MISSING, place=place) from error
    return sign_document
