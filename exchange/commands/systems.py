"""`lienthong agencies register-system`: who may connect, and for which agencies."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from cryptography import x509

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.files import read_file
from exchange.commands.output import Output
from exchange.domain.parties import ActsFor, System
from exchange.errors import ExchangeError
from exchange.services import Office, fingerprint
from exchange.usecases.register_system import RegisterSystem, register_system
from pki.names import UNREADABLE_CERTIFICATE, system_of
from schemas.errors import ErrorCode, Text
from schemas.identifiers import OrganId, SystemId, parse_organ_id, parse_system_id

_PEM = b"-----BEGIN"


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
    _tell(system, output)


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
    data = read_file(path)
    load = (
        x509.load_pem_x509_certificate
        if data.lstrip().startswith(_PEM)
        else x509.load_der_x509_certificate
    )
    return load(data)


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


def _tell(system: System, output: Output) -> None:
    agencies = [one.agency for one in system.acts_for]
    named = ", ".join(agencies)
    output.result(
        {
            "system": system.system_id,
            "agencies": agencies,
            "certificates": sorted(system.certificates),
            "may_channel": system.may_channel,
            "attests_arrival": system.attests_arrival,
        },
        Text(
            f"Đã đăng ký {system.system_id}, làm thay: {named}",
            f"Registered {system.system_id}, acting for: {named}",
        ),
    )
