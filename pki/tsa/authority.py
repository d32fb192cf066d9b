"""A time stamping authority (RFC 3161, RFC 5816; EN 319 421, EN 319 422)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.x509 import ObjectIdentifier

from pki.certificates import read_certificate
from pki.der import object_identifier
from pki.errors import PkiError
from pki.keys.api import Credential
from pki.kinds import TIME_STAMP_POLICY
from pki.purposes import KeyPurpose, permits
from pki.tsa.register import StampRecord, TimeStampRegister
from pki.tsa.request import (
    FailureInfo,
    TimeStampRefusedError,
    TimeStampRequest,
    read_time_stamp_request,
)
from pki.tsa.stamp_token import Stamp, granted, rejected, template_of
from schemas.errors import ErrorCode

ACCURACY_LIMIT = timedelta(seconds=1)
"""EN 319 422 5.2.1: a stamp states its accuracy, a second or better."""

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStampAnswer:
    """An answer, and what happened, for the log.

    Args:
        response: the encoded TimeStampResp.
        record: of the stamp that was made.
        error: why none was made.
    """

    response: bytes
    record: StampRecord | None = None
    error: PkiError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStampAuthority:
    """One authority with its key, its register and its clock.

    Args:
        credential: its own key, used for nothing else, and certificate.
        register: records every stamp.
        clock: gives the time, aware of its zone.
        clock_is_sound: tells whether the clock is synchronised within `accuracy`.
        policies: policies it stamps under; the first is the default.
        accuracy: how far the clock may be off.

    Raises:
        PkiError: the certificate is not one of a time stamping authority, is not the
            key's, there is no policy, or the accuracy is not between a millisecond and
            a second.
    """

    credential: Credential
    register: TimeStampRegister
    clock: Callable[[], datetime]
    clock_is_sound: Callable[[], bool]
    policies: Sequence[ObjectIdentifier] = (TIME_STAMP_POLICY,)
    accuracy: timedelta = ACCURACY_LIMIT

    def __post_init__(self) -> None:
        certificate = self.credential.certificate
        if not permits(read_certificate(certificate), KeyPurpose.TIME_STAMP):
            raise PkiError(ErrorCode.CERTIFICATE_USAGE_WRONG, place="TSA")
        if certificate.public_key() != self.credential.key.public_key:
            raise PkiError(ErrorCode.CERTIFICATE_MALFORMED, place="TSA")
        if not _MILLISECOND <= self.accuracy <= ACCURACY_LIMIT:
            raise PkiError(ErrorCode.CONFIGURATION_INVALID, place="TSA: accuracy")
        if not self.policies:
            raise PkiError(ErrorCode.CONFIGURATION_INVALID, place="TSA: policies")

    def answer(self, request: bytes) -> TimeStampAnswer:
        """Answer a request; whatever it holds, there is an answer."""
        return self.answer_all((request,))[0]

    def answer_all(self, requests: Sequence[bytes]) -> list[TimeStampAnswer]:
        """Answer requests that came together; their records are one durable write.

        All their stamps state the same time: that of the write.
        """
        read = [self._read(request) for request in requests]
        wanted = [one for one in read if isinstance(one, _Wanted)]
        stamped = iter(self._stamp_all(wanted) if wanted else ())
        return [
            one if isinstance(one, TimeStampAnswer) else next(stamped) for one in read
        ]

    def _read(self, request: bytes) -> "_Wanted | TimeStampAnswer":
        try:
            read = read_time_stamp_request(request)
            return _Wanted(read, self._policy(read))
        except TimeStampRefusedError as refusal:
            return _refused(refusal)

    def _stamp_all(self, wanted: "Sequence[_Wanted]") -> list[TimeStampAnswer]:
        try:
            if not self.clock_is_sound():
                raise TimeStampRefusedError(FailureInfo.TIME_NOT_AVAILABLE)
            now = _whole_millisecond(self.clock())
            _require_in_use(self.credential.certificate, now)
            imprints = [one.request.imprint for one in wanted]
            records = self.register.add_all(imprints, now)
        except PkiError as error:
            return [_refused(error)] * len(wanted)
        return [
            self._signed(one, record)
            for one, record in zip(wanted, records, strict=True)
        ]

    def _signed(self, wanted: "_Wanted", record: StampRecord) -> TimeStampAnswer:
        try:
            return self._sign(wanted, record)
        except PkiError as error:
            return _refused(error)

    def _sign(self, wanted: "_Wanted", record: StampRecord) -> TimeStampAnswer:
        request = wanted.request
        info = Stamp(
            policy=wanted.policy,
            imprint=record.imprint,
            serial=record.serial,
            at=record.at,
            accuracy=self.accuracy // _MILLISECOND,
            nonce=request.nonce,
        ).encode()
        template = template_of(self.credential)
        attributes = template.signed_attributes(info)
        value = self.credential.key.sign(attributes, template.scheme)
        token = template.assemble(
            info, value, with_certificates=request.wants_certificates
        )
        return TimeStampAnswer(response=granted(token), record=record)

    def _policy(self, request: TimeStampRequest) -> bytes:
        known = [object_identifier(one) for one in self.policies]
        if request.policy is None:
            return known[0]
        if request.policy not in known:
            raise TimeStampRefusedError(FailureInfo.UNACCEPTED_POLICY)
        return request.policy


def end_of_key_use(certificate: x509.Certificate) -> datetime:
    """Return when the key of an authority stops stamping (EN 319 421 7.7.1)."""
    end = certificate.not_valid_after_utc
    try:
        period = certificate.extensions.get_extension_for_class(
            x509.PrivateKeyUsagePeriod
        ).value
    except x509.ExtensionNotFound:
        return end
    return min(end, period.not_after.replace(tzinfo=UTC)) if period.not_after else end


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A stamp that may be made, under an encoded policy."""

    request: TimeStampRequest
    policy: bytes


def _refused(error: PkiError) -> TimeStampAnswer:
    # Other errors are of key, certificate or register: the caller can change nothing.
    failure = FailureInfo.SYSTEM_FAILURE
    if isinstance(error, TimeStampRefusedError):
        failure = error.failure
    return TimeStampAnswer(response=rejected(failure), error=error)


def _require_in_use(certificate: x509.Certificate, now: datetime) -> None:
    """Check that certificate and key may be used (EN 319 421 7.7.1)."""
    if now < certificate.not_valid_before_utc:
        raise PkiError(ErrorCode.CERTIFICATE_NOT_YET_VALID, place="TSA")
    if now > end_of_key_use(certificate):
        raise PkiError(ErrorCode.CERTIFICATE_EXPIRED, place="TSA")


def _whole_millisecond(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
