"""The only map from errors to HTTP statuses; problem documents of RFC 9457."""

import json
from http import HTTPStatus
from math import ceil

from aiohttp import web

from exchange.errors import MethodNotAllowedError, RetryLaterError
from schemas.catalogue import explain
from schemas.errors import CodedError, ErrorCode, Text

CONTENT_TYPE = "application/problem+json"
_TYPE = "urn:lienthong:problem:"
_RETRY_AFTER_SECONDS: dict[int, int] = {
    HTTPStatus.SERVICE_UNAVAILABLE: 5,
    HTTPStatus.TOO_MANY_REQUESTS: 60,
}
_BEARER_CHALLENGE = 'Bearer realm="lienthong", error="invalid_token"'
_E = ErrorCode
_CHECKSUM_MISMATCH = 460
"""Of the tus protocol; HTTP has no status for it."""

_CODES: dict[int, tuple[ErrorCode, ...]] = {
    HTTPStatus.BAD_REQUEST: (
        _E.REQUEST_INVALID,
        _E.BODY_EMPTY,
        _E.ORGAN_ID_MALFORMED,
        _E.MESSAGE_ID_MALFORMED,
        _E.SYSTEM_ID_MALFORMED,
        _E.CLIENT_CERTIFICATE_HEADER_REFUSED,
    ),
    HTTPStatus.UNAUTHORIZED: (
        _E.CLIENT_CERTIFICATE_MISSING,
        _E.ENROLMENT_CODE_MISSING,
        _E.ENROLMENT_CODE_REFUSED,
        _E.SIGN_IN_REFUSED,
        _E.IDENTITY_REFUSED,
        _E.SESSION_MISSING,
        _E.TOKEN_REFUSED,
    ),
    HTTPStatus.FORBIDDEN: (
        _E.CLIENT_CERTIFICATE_UNKNOWN,
        _E.CLIENT_CERTIFICATE_REFUSED,
        _E.AGENCY_NOT_ACTED_FOR,
        _E.ROLE_NOT_ALLOWED,
        _E.PAYLOAD_NOT_ALLOWED,
        _E.CSRF_TOKEN_WRONG,
        _E.ROLE_NOT_CHOSEN,
        _E.PASSWORD_CHANGE_REQUIRED,
        _E.SENDER_NOT_ACTED_FOR,
        _E.SIGNER_NOT_OF_SENDER,
        _E.STATUS_ACTOR_WRONG,
        _E.NOT_A_RECIPIENT,
    ),
    HTTPStatus.NOT_FOUND: (
        _E.NOT_FOUND,
        _E.ENVELOPE_NOT_FOUND,
        _E.ATTACHMENT_NOT_FOUND,
        _E.AGENCY_UNKNOWN,
        _E.RECIPIENT_LIST_NOT_FOUND,
        _E.DELEGATION_NOT_FOUND,
        _E.ENCRYPTION_CERTIFICATE_MISSING,
        _E.REQUEST_NOT_FOUND,
        _E.SIGNING_NOT_FOUND,
        _E.WEBHOOK_NOT_FOUND,
        _E.NOTICE_NOT_FOUND,
        _E.ACCOUNT_NOT_FOUND,
        _E.UPLOAD_NOT_FOUND,
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: (_E.METHOD_NOT_ALLOWED,),
    HTTPStatus.REQUEST_TIMEOUT: (_E.REQUEST_TIMEOUT,),
    HTTPStatus.CONFLICT: (
        _E.MESSAGE_ID_CONFLICT,
        _E.STATUS_NOT_ALLOWED,
        _E.REGISTER_NUMBER_TAKEN,
        _E.STEP_NOT_ALLOWED,
        _E.RECALL_NOT_ALLOWED,
        _E.DOCUMENT_RECALLED,
        _E.REQUEST_CLOSED,
        _E.SIGNING_CLOSED,
        _E.WEBHOOKS_TOO_MANY,
        _E.ACCOUNT_TAKEN,
        _E.UPLOAD_OFFSET_WRONG,
        _E.UPLOAD_UNFINISHED,
        _E.UPLOAD_USED,
    ),
    HTTPStatus.PRECONDITION_FAILED: (_E.UPLOAD_PROTOCOL_UNSUPPORTED,),
    _CHECKSUM_MISMATCH: (_E.UPLOAD_CHECKSUM_WRONG,),
    HTTPStatus.GONE: (_E.SIGNING_EXPIRED, _E.PAYLOAD_PURGED),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        _E.BODY_TOO_LARGE,
        _E.ATTACHMENT_TOO_LARGE,
        _E.ATTACHMENT_COUNT_EXCEEDED,
    ),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: (_E.CONTENT_TYPE_UNSUPPORTED,),
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: (_E.RANGE_NOT_SATISFIABLE,),
    HTTPStatus.TOO_MANY_REQUESTS: (_E.TOO_MANY_REQUESTS, _E.RATE_EXCEEDED),
    HTTPStatus.INSUFFICIENT_STORAGE: (_E.QUOTA_EXCEEDED,),
    HTTPStatus.INTERNAL_SERVER_ERROR: (_E.INTERNAL, _E.SECOND_FACTOR_UNREADABLE),
    # What the hub cannot check now it may be able to check later.
    HTTPStatus.SERVICE_UNAVAILABLE: (
        _E.OVERLOADED,
        _E.MAINTENANCE,
        _E.SERVICE_UNAVAILABLE,
        _E.DATABASE_UNAVAILABLE,
        _E.IDENTITY_PROVIDER_UNAVAILABLE,
        _E.STORAGE_FULL,
        _E.HUB_KEY_NOT_BELIEVED,
        _E.REVOCATION_UNCHECKED,
        _E.REVOCATION_STALE,
        _E.KEY_DEVICE_UNAVAILABLE,
        _E.OPERATOR_SECRETS_WRONG,
        _E.TIME_STAMP_UNAVAILABLE,
        _E.TIME_STAMP_QUEUE_FULL,
    ),
}
_STATUS = {code: int(status) for status, codes in _CODES.items() for code in codes}


def status_of(code: ErrorCode) -> int:
    """Return the status of a coded refusal; 422 is for what the body says."""
    return _STATUS.get(code, int(HTTPStatus.UNPROCESSABLE_ENTITY))


def problem(error: CodedError, *, occurrence: str) -> web.Response:
    """Answer with the problem document of `error`."""
    fields = document(error, occurrence=occurrence)
    return web.Response(
        status=status_of(error.code),
        body=json.dumps(fields, ensure_ascii=False).encode(),
        content_type=CONTENT_TYPE,
        headers=_headers(error),
    )


def plain_problem(error: CodedError, *, occurrence: str) -> web.Response:
    """Answer with the same in words, for clients that show what comes as text.

    RFC 8951 section 5 has the errors of enrolment as text/plain.
    """
    explanation = explain(error.code)
    place = f"{error.code}: {error.place}" if error.place else str(error.code)
    lines = (
        place,
        f"{explanation.message.en} {explanation.next.en}",
        f"{explanation.message.vi} {explanation.next.vi}",
        f"urn:lienthong:occurrence:{occurrence}",
    )
    return web.Response(
        status=status_of(error.code),
        text="\n".join(lines) + "\n",
        content_type="text/plain",
        headers=_headers(error),
    )


def _headers(error: CodedError) -> dict[str, str]:
    return {"Cache-Control": "no-store", **_hints(error), **retry_after(error)}


def retry_after(error: CodedError) -> dict[str, str]:
    """Return the header that says when to come back (RFC 9110 10.2.3), if one does."""
    seconds: float | None = _RETRY_AFTER_SECONDS.get(status_of(error.code))
    if isinstance(error, RetryLaterError):
        seconds = error.seconds
    return {} if seconds is None else {"Retry-After": str(max(1, ceil(seconds)))}


def _hints(error: CodedError) -> dict[str, str]:
    """Tell what would do (RFC 9110 15.5.2, 15.5.6, 15.5.17; RFC 6750 section 3).

    No scheme of HTTP stands for a certificate of TLS, so one that is missing has none.
    """
    if isinstance(error, MethodNotAllowedError):
        return {"Allow": ", ".join(sorted(error.allowed))}
    match error.code:
        case ErrorCode.RANGE_NOT_SATISFIABLE:
            return {"Content-Range": error.place}
        case ErrorCode.TOKEN_REFUSED:
            return {"WWW-Authenticate": _BEARER_CHALLENGE}
        case _:
            return {}


def document(error: CodedError, *, occurrence: str) -> dict[str, object]:
    """Write `error` as a problem document."""
    explanation = explain(error.code)
    return {
        "type": f"{_TYPE}{error.code}",
        "title": explanation.message.vi,
        "status": status_of(error.code),
        "detail": explanation.next.vi,
        "code": error.code,
        "side": explanation.side,
        "message": _both(explanation.message),
        "next": _both(explanation.next),
        "place": error.place,
        "instance": f"urn:lienthong:occurrence:{occurrence}",
    }


def _both(text: Text) -> dict[str, str]:
    return {"vi": text.vi, "en": text.en}
