"""`lienthong agencies register-system`, `systems`: who may connect, and for whom."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from cryptography import x509

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.files import read_file
from exchange.commands.output import Output
from exchange.domain.access import acting_agencies
from exchange.domain.parties import ActsFor, System
from exchange.errors import ExchangeError
from exchange.services import Office, fingerprint
from exchange.usecases.register_system import (
    RegisterSystem,
    TakeSystemAway,
    register_system,
    take_system_away,
)
from pki.names import UNREADABLE_CERTIFICATE, system_of
from pki.pem import load_certificate
from schemas.errors import ErrorCode, Text
from schemas.identifiers import OrganId, SystemId, parse_organ_id, parse_system_id

_HEADS = (
    Text("Hệ thống", "System"),
    Text("Làm thay", "Acts for"),
    Text("Chứng thư (SHA-256)", "Certificates (SHA-256)"),
    Text("Ký gói tin", "Signs"),
    Text("Tên", "Name"),
)
_SHOWN_OF_DIGEST = 16


def declare_registration(parser: Parser) -> None:
    """Declare the arguments of the action."""
    parser.add_argument("system", metavar="ID", help="mã hệ thống / system id")
    parser.add_argument("--name", required=True, help="tên hệ thống / its name")
    parser.add_argument(
        "--certificate",
        type=Path,
        action="append",
        required=True,
        metavar="FILE",
        help="chứng thư kết nối, lặp lại được / client certificate, repeatable",
    )
    parser.add_argument(
        "--acts-for",
        action="append",
        required=True,
        metavar="CODE",
        help="cơ quan được làm thay, lặp lại được / agency, repeatable",
    )
    parser.add_argument(
        "--may-channel",
        action="store_true",
        help="được gửi không ký, chỉ tin kênh truyền / may send without signing",
    )
    parser.add_argument(
        "--no-arrivals",
        action="store_true",
        help="trục không tự báo 01 khi hệ thống lấy văn bản / hub attests no 01",
    )


async def register(
    arguments: Arguments, output: Output, office: Office, *, operator: str
) -> None:
    """Register a system, or replace what was registered under its id.

    Raises:
        CodedError: a malformed id, an unreadable certificate or one of another system,
            an unknown agency.
    """
    system_id = parse_system_id(arguments.system)
    before = await office.storage.directory.system(system_id)
    agencies = list(map(parse_organ_id, arguments.acts_for))
    system = System(
        system_id=system_id,
        name=arguments.name,
        certificates=frozenset(
            _certificate(path, system_id) for path in arguments.certificate
        ),
        acts_for=tuple(_rights(agencies, before, office.now())),
        may_channel=arguments.may_channel,
        attests_arrival=not arguments.no_arrivals,
    )
    await register_system(office, RegisterSystem(system=system, operator=operator))
    _tell(system, output, office.now())


async def list_systems(_: Arguments, output: Output, office: Office) -> None:
    """Show every system that is or was registered, and for whom it acts now."""
    agencies = await office.storage.directory.agencies()
    codes = [one.code for one in agencies]
    systems = await office.storage.agency_history.systems_of(codes)
    now = office.now()
    output.result({"systems": [_fields(one, now) for one in systems]})
    if output.as_json:
        return
    if not systems:
        output.say(Text("Chưa có hệ thống nào.", "There is no system yet."))
        return
    output.table(_HEADS, [_row(one, now, output) for one in systems])


def declare_taking_away(parser: Parser) -> None:
    """Declare the arguments of the action."""
    parser.add_argument("system", metavar="ID", help="mã hệ thống / system id")
    parser.add_argument("--reason", required=True, help="lý do, ghi lại / why, kept")


async def take_away(
    arguments: Arguments, output: Output, office: Office, *, operator: str
) -> None:
    """End the registration of a system.

    Raises:
        CodedError: a malformed id, or none that is registered.
    """
    command = TakeSystemAway(
        system_id=parse_system_id(arguments.system),
        operator=operator,
        reason=arguments.reason,
    )
    system = await take_system_away(office, command)
    output.result(
        _fields(system, office.now()),
        Text(
            f"Đã bỏ đăng ký {system.system_id}; có hiệu lực trong 5 giây",
            f"{system.system_id} is registered no more; it counts within 5 seconds",
        ),
    )


def _row(system: System, now: datetime, output: Output) -> list[str]:
    acts_for = ", ".join(sorted(acting_agencies(system, now)))
    signs = Text("không bắt buộc", "not required") if system.may_channel else None
    return [
        system.system_id,
        acts_for or output.pick(Text("đã chấm dứt", "ended")),
        ", ".join(one[:_SHOWN_OF_DIGEST] for one in sorted(system.certificates)) or "-",
        output.pick(signs or Text("bắt buộc", "required")),
        system.name,
    ]


def _certificate(path: Path, system_id: SystemId) -> str:
    """Return the digest of a certificate that may be this system's."""
    try:
        certificate = _first_certificate(path)
        named = system_of(certificate)
    except UNREADABLE_CERTIFICATE as error:
        raise ExchangeError(ErrorCode.CERTIFICATE_MALFORMED, place=path.name) from error
    if named not in {None, system_id}:
        raise ExchangeError(ErrorCode.CLIENT_CERTIFICATE_REFUSED, place=str(named))
    return fingerprint(certificate)


def certificate_digest(path: Path) -> str:
    """Return the digest of the first certificate in a file.

    Raises:
        ExchangeError: there is none (CERTIFICATE_MALFORMED).
    """
    try:
        return fingerprint(_first_certificate(path))
    except UNREADABLE_CERTIFICATE as error:
        raise ExchangeError(ErrorCode.CERTIFICATE_MALFORMED, place=path.name) from error


def _first_certificate(path: Path) -> x509.Certificate:
    """Read the first certificate in a file, PEM or DER."""
    return load_certificate(read_file(path))


def _rights(
    agencies: Iterable[OrganId], before: System | None, now: datetime
) -> Iterable[ActsFor]:
    """Give rights from now on; a right that is in force keeps its beginning."""
    held = (
        {one.agency: one for one in before.acts_for if not one.valid_to}
        if before
        else {}
    )
    for agency in agencies:
        yield held.get(agency) or ActsFor(agency, now)


def _fields(system: System, now: datetime) -> dict[str, object]:
    return {
        "system": system.system_id,
        "name": system.name,
        "agencies": sorted(acting_agencies(system, now)),
        "certificates": sorted(system.certificates),
        "may_channel": system.may_channel,
        "attests_arrival": system.attests_arrival,
    }


def _tell(system: System, output: Output, now: datetime) -> None:
    fields = _fields(system, now)
    named = ", ".join(one.agency for one in system.acts_for)
    output.result(
        fields,
        Text(
            f"Đã đăng ký {system.system_id}, làm thay: {named}",
            f"Registered {system.system_id}, acting for: {named}",
        ),
    )
