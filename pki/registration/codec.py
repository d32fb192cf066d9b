"""Records of the desk as JSON objects in its book, and back."""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime

from pki.errors import PkiError
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from pki.registration.book import Fields
from pki.registration.records import (
    Application,
    Approval,
    CodeRecord,
    EnrolmentOrder,
    HashedSecret,
    HashMethod,
    KnownAgency,
    Operator,
    RegistrationRequest,
    RequestState,
)
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId, SystemId


class Reader:
    """Typed access to the fields of a record.

    Args:
        fields: as the book holds them.
    """

    def __init__(self, fields: Fields) -> None:
        self._fields = fields

    def has(self, name: str) -> bool:
        """Tell whether there is such a field."""
        return name in self._fields

    def text(self, name: str) -> str:
        """Return a text.

        Raises:
            PkiError: the record is damaged, as in all of these.
        """
        value = self._fields.get(name)
        if not isinstance(value, str):
            raise _damaged(name)
        return value

    def number(self, name: str) -> int:
        """Return a number."""
        value = self._fields.get(name)
        if not isinstance(value, int):
            raise _damaged(name)
        return value

    def optional_number(self, name: str) -> int | None:
        """Return a number, or None where none is stated."""
        return None if self._fields.get(name) is None else self.number(name)

    def time(self, name: str) -> datetime:
        """Return a time."""
        return datetime.fromisoformat(self.text(name))

    def optional_time(self, name: str) -> datetime | None:
        """Return a time, or None where none is stated."""
        return self.time(name) if self._fields.get(name) else None

    def data(self, name: str) -> bytes:
        """Return bytes."""
        return b64decode(self.text(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return texts."""
        return tuple(str(one) for one in self._list(name))

    def part(self, name: str) -> "Reader":
        """Return a record inside this one."""
        value = self._fields.get(name)
        if not isinstance(value, Mapping):
            raise _damaged(name)
        return Reader(value)

    def parts(self, name: str) -> tuple["Reader", ...]:
        """Return the records inside this one."""
        return tuple(
            Reader(one) for one in self._list(name) if isinstance(one, Mapping)
        )

    def _list(self, name: str) -> Sequence[object]:
        value = self._fields.get(name)
        if not isinstance(value, list):
            raise _damaged(name)
        return value


def _damaged(name: str) -> PkiError:
    return PkiError(ErrorCode.FILE_UNREADABLE, place=f"registration: {name}")


def names_fields(names: SubjectFields) -> Fields:
    """Write names."""
    return {
        "common_name": names.common_name,
        "organisation": names.organisation,
        "unit": names.unit,
        "organ_id": names.organ_id or "",
        "system_id": names.system_id or "",
        "dns_names": list(names.dns_names),
        "ip_addresses": list(names.ip_addresses),
    }


def read_names(fields: Reader) -> SubjectFields:
    """Read names."""
    organ, system = fields.text("organ_id"), fields.text("system_id")
    return SubjectFields(
        common_name=fields.text("common_name"),
        organisation=fields.text("organisation"),
        unit=fields.text("unit"),
        organ_id=OrganId(organ) if organ else None,
        system_id=SystemId(system) if system else None,
        dns_names=fields.texts("dns_names"),
        ip_addresses=fields.texts("ip_addresses"),
    )


def approval_fields(approvals: Sequence[Approval]) -> list[Fields]:
    """Write approvals."""
    return [
        {"operator": one.operator, "at": one.at.isoformat(), "account": one.account}
        for one in approvals
    ]


def read_approvals(fields: Sequence[Reader]) -> tuple[Approval, ...]:
    """Read approvals; those of earlier versions do not say with which account."""
    return tuple(
        Approval(
            operator=one.text("operator"),
            at=one.time("at"),
            account=one.text("account") if one.has("account") else "",
        )
        for one in fields
    )


def request_fields(request: RegistrationRequest) -> Fields:
    """Write a request."""
    application = request.application
    return {
        "kind": application.kind.value,
        "names": names_fields(application.names),
        "csr": b64encode(application.csr).decode(),
        "days": application.days,
        "contact": application.contact,
        "submitter": request.submitter,
        "submitted_at": request.submitted_at.isoformat(),
        "needed": request.needed,
        "approvals": approval_fields(request.approvals),
        "state": request.state.value,
        "known": [f"{one:x}" for one in request.known],
        "serial": "" if request.serial is None else f"{request.serial:x}",
        "code": request.code,
        "reason": request.reason,
    }


def read_request_record(key: str, record: Fields) -> RegistrationRequest:
    """Read a request."""
    fields = Reader(record)
    serial = fields.text("serial")
    return RegistrationRequest(
        id=key,
        application=Application(
            kind=CertificateKind(fields.text("kind")),
            names=read_names(fields.part("names")),
            csr=fields.data("csr"),
            days=fields.optional_number("days"),
            contact=fields.text("contact"),
        ),
        submitter=fields.text("submitter"),
        submitted_at=fields.time("submitted_at"),
        needed=fields.number("needed"),
        approvals=read_approvals(fields.parts("approvals")),
        state=RequestState(fields.text("state")),
        known=tuple(int(one, 16) for one in fields.texts("known")),
        serial=int(serial, 16) if serial else None,
        code=fields.text("code"),
        reason=fields.text("reason"),
    )


def operator_fields(operator: Operator) -> Fields:
    """Write an operator."""
    return {
        "name": operator.name,
        "secret": _hash_fields(operator.secret),
        "added_at": operator.added_at.isoformat(),
        "closed_at": _time(operator.closed_at),
    }


def read_operator(record: Fields) -> Operator:
    """Read an operator."""
    fields = Reader(record)
    return Operator(
        name=fields.text("name"),
        secret=_read_hash(fields.part("secret")),
        added_at=fields.time("added_at"),
        closed_at=fields.optional_time("closed_at"),
    )


def code_fields(code: CodeRecord) -> Fields:
    """Write an enrolment code."""
    return {
        "kind": code.order.kind.value,
        "names": names_fields(code.order.names),
        "days": code.order.days,
        "secret": _hash_fields(code.secret),
        "maker": code.maker,
        "made_at": code.made_at.isoformat(),
        "expires_at": code.expires_at.isoformat(),
        "wrong_tries": code.wrong_tries,
        "request_id": code.request_id,
    }


def read_code(key: str, record: Fields) -> CodeRecord:
    """Read an enrolment code."""
    fields = Reader(record)
    return CodeRecord(
        id=key,
        order=EnrolmentOrder(
            kind=CertificateKind(fields.text("kind")),
            names=read_names(fields.part("names")),
            days=fields.optional_number("days"),
        ),
        secret=_read_hash(fields.part("secret")),
        maker=fields.text("maker"),
        made_at=fields.time("made_at"),
        expires_at=fields.time("expires_at"),
        wrong_tries=fields.number("wrong_tries"),
        request_id=fields.text("request_id"),
    )


def agency_fields(agency: KnownAgency) -> Fields:
    """Write an agency."""
    return {
        "name": agency.name,
        "closed_at": _time(agency.closed_at),
        "successor": agency.successor or "",
    }


def read_agency(key: str, record: Fields) -> KnownAgency:
    """Read an agency."""
    fields = Reader(record)
    successor = fields.text("successor")
    return KnownAgency(
        code=OrganId(key),
        name=fields.text("name"),
        closed_at=fields.optional_time("closed_at"),
        successor=OrganId(successor) if successor else None,
    )


def _time(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _hash_fields(kept: HashedSecret) -> Fields:
    return {
        "method": kept.method.value,
        "salt": b64encode(kept.salt).decode(),
        "digest": b64encode(kept.digest).decode(),
    }


def _read_hash(fields: Reader) -> HashedSecret:
    # What was kept before methods were named is scrypt.
    is_named = fields.has("method")
    return HashedSecret(
        method=HashMethod(fields.text("method")) if is_named else HashMethod.SCRYPT,
        salt=fields.data("salt"),
        digest=fields.data("digest"),
    )
