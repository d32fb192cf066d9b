"""Enrolment by code or by certificate, in front of the registration desk."""

from collections.abc import Callable
from datetime import datetime

import structlog
from cryptography import x509

from exchange.certification.office import CaOffice, CaThread
from exchange.errors import ExchangeError
from exchange.services import Trust
from exchange.usecases.signer import refusal_of
from pki.ca.layout import labels_in, load_certificate
from pki.purposes import KeyPurpose
from pki.registration.records import Enrolment
from schemas.errors import ErrorCode

_OURS = frozenset({ErrorCode.REVOCATION_UNCHECKED, ErrorCode.REVOCATION_STALE})
_log = structlog.get_logger()


class EnrolmentDesk:
    """Issues to whoever may have it.

    Args:
        ca: the CA's thread.
        trust: judges the certificates callers come with; follows the CA's files.
        clock: gives the time.
    """

    def __init__(
        self, ca: CaThread, trust: Trust, clock: Callable[[], datetime]
    ) -> None:
        self._ca, self._trust, self._clock = ca, trust, clock

    async def authorities(self) -> tuple[x509.Certificate, ...]:
        """Return the root and all issuing CAs.

        Raises:
            PkiError: a file is unreadable.
        """
        return await self._ca.run(_authorities)

    async def enrol(self, code_id: str, secret: str, csr: bytes) -> Enrolment:
        """Enrol by a code that an operator made.

        The same request with the same code gets the same certificate again.

        Raises:
            PkiError: the code or the request is refused.
        """
        enrolment = await self._ca.run(
            lambda office: office.desk.enrol_with_code(code_id, secret, csr)
        )
        _tell("ca.enrolled", enrolment)
        return enrolment

    async def reenrol(self, certificate: x509.Certificate, csr: bytes) -> Enrolment:
        """Certify anew who comes with a certificate that still counts.

        Raises:
            CodedError: the certificate or the request is refused.
        """
        self._require_valid(certificate)
        enrolment = await self._ca.run(
            lambda office: office.desk.reenrol(certificate, csr)
        )
        _tell("ca.reenrolled", enrolment)
        return enrolment

    def _require_valid(self, certificate: x509.Certificate) -> None:
        judgement = self._trust.judge(
            certificate,
            intermediates=(),
            at=self._clock(),
            usage=KeyPurpose.TLS_CLIENT,
        )
        refusal = refusal_of(judgement)
        if refusal is None:
            return
        if refusal.code in _OURS:
            raise ExchangeError(refusal.code, place=refusal.place)
        raise ExchangeError(ErrorCode.CLIENT_CERTIFICATE_REFUSED, place=refusal.code)


def _authorities(office: CaOffice) -> tuple[x509.Certificate, ...]:
    labels = labels_in(office.folder)
    return tuple(load_certificate(office.folder, label) for label in labels)


def _tell(event: str, enrolment: Enrolment) -> None:
    is_issued = enrolment.certificate is not None
    _log.info(event, request=enrolment.request_id, issued=is_issued)
