"""`lienthong pki`: make a CA, issue, revoke, publish lists, look things up."""

import argparse
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from exchange.commands.arguments import Arguments, Parser, UsageError, add_common
from exchange.commands.files import read_file, require_absent, write_new
from exchange.commands.output import Output
from pki.hierarchy import Hierarchy, HierarchySettings, create_hierarchy
from pki.keys.loader import read_passphrase
from pki.keys.software import KeyKind, generate, save_pkcs12
from pki.kinds import CertificateKind
from pki.names import SubjectFields, summary
from pki.profiles import PROFILES
from pki.registry import RegisteredCertificate
from pki.requests import read_request
from schemas.errors import Text
from schemas.identifiers import parse_organ_id, parse_system_id
from schemas.timestamps import format_utc

_END_KINDS = [kind.value for kind, profile in PROFILES.items() if not profile.is_ca]
_REASONS = [
    one.value for one in x509.ReasonFlags if one is not x509.ReasonFlags.remove_from_crl
]


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    actions = parser.add_subparsers(dest="action", required=True)
    for name, (declare, _) in _ACTIONS.items():
        action = actions.add_parser(name, allow_abbrev=False)
        add_common(action)
        action.add_argument("--ca", type=Path, help="mặc định / default: VAR/pki")
        action.add_argument("--ca-passphrase-file", type=Path)
        declare(action)


def run(arguments: Arguments, output: Output) -> int:
    """Do one action of the CA."""
    _, act = _ACTIONS[arguments.action]
    act(arguments, output)
    return 0


def _folder(arguments: Arguments) -> Path:
    folder: Path = arguments.ca or arguments.var / "pki"
    return folder


def _open(arguments: Arguments) -> Hierarchy:
    passphrase = read_passphrase(arguments.ca_passphrase_file)
    return Hierarchy.open(_folder(arguments), passphrase=passphrase)


def _declare_init(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", required=True, help="tên chung / common name part")
    parser.add_argument(
        "--key-kind", choices=[one.value for one in KeyKind], default=KeyKind.P256.value
    )
    parser.add_argument("--demo", action="store_true")


def _init(arguments: Arguments, output: Output) -> None:
    settings = HierarchySettings(
        name=arguments.name,
        demo=arguments.demo,
        key_kind=KeyKind(arguments.key_kind),
        passphrase=read_passphrase(arguments.ca_passphrase_file),
    )
    folder = _folder(arguments)
    with create_hierarchy(folder, settings) as hierarchy:
        root = summary(hierarchy.root)
    output.result(
        {"folder": str(folder), "root": root.subject, "sha256": root.sha256},
        Text(f"Đã lập CA: {folder}", f"CA made: {folder}"),
    )


def _declare_issue(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=_END_KINDS)
    parser.add_argument("--name", required=True, help="tên chủ thể / common name")
    parser.add_argument("--organisation", default="")
    parser.add_argument("--unit", default="")
    parser.add_argument("--agency", help="mã định danh / agency code")
    parser.add_argument("--system", help="mã hệ thống / system id")
    parser.add_argument("--dns", action="append", default=[])
    parser.add_argument("--ip", action="append", default=[])
    parser.add_argument("--days", type=int)
    parser.add_argument("--request", type=Path, help="PKCS#10; else a key is made")
    parser.add_argument("--passphrase-file", type=Path, help="PKCS#12")
    parser.add_argument("--out", type=Path, required=True, help=".pem / .p12")


def _issue(arguments: Arguments, output: Output) -> None:
    kind = CertificateKind(arguments.kind)
    require_absent(arguments.out)
    with _open(arguments) as hierarchy:
        if arguments.request:
            issued = _issue_for_request(arguments, kind, hierarchy)
        else:
            issued = _issue_with_key(arguments, kind, hierarchy)
    facts = summary(issued)
    output.result(
        {
            "file": str(arguments.out),
            "serial": facts.serial,
            "subject": facts.subject,
            "not_after": format_utc(facts.not_after),
        },
        Text(
            f"Đã cấp {facts.serial}: {facts.subject} → {arguments.out}",
            f"Issued {facts.serial}: {facts.subject} → {arguments.out}",
        ),
    )


def _issue_for_request(
    arguments: Arguments, kind: CertificateKind, hierarchy: Hierarchy
) -> x509.Certificate:
    key = read_request(read_file(arguments.request))
    issued = hierarchy.issue(kind, _subject(arguments), key, days=arguments.days)
    chain = (issued, *hierarchy.chain_above(kind))
    pem = b"".join(one.public_bytes(Encoding.PEM) for one in chain)
    write_new(arguments.out, pem)
    return issued


def _issue_with_key(
    arguments: Arguments, kind: CertificateKind, hierarchy: Hierarchy
) -> x509.Certificate:
    passphrase = read_passphrase(arguments.passphrase_file)
    if passphrase is None:
        raise UsageError("--request? --passphrase-file?")
    credential = hierarchy.issue_credential(
        kind, _subject(arguments), key=generate(), days=arguments.days
    )
    packed = save_pkcs12(credential, arguments.name, passphrase)
    write_new(arguments.out, packed, private=True)
    return credential.certificate


def _subject(arguments: Arguments) -> SubjectFields:
    return SubjectFields(
        common_name=arguments.name,
        organisation=arguments.organisation,
        unit=arguments.unit,
        organ_id=parse_organ_id(arguments.agency) if arguments.agency else None,
        system_id=parse_system_id(arguments.system) if arguments.system else None,
        dns_names=tuple(arguments.dns),
        ip_addresses=tuple(arguments.ip),
    )


def _declare_revoke(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("serial", type=_serial)
    parser.add_argument("--reason", choices=_REASONS, default="unspecified")


def _serial(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError as error:
        raise UsageError(f"serial (hex): {text}?") from error


def _revoke(arguments: Arguments, output: Output) -> None:
    with _open(arguments) as hierarchy:
        hierarchy.revoke(arguments.serial, x509.ReasonFlags(arguments.reason))
    serial = f"{arguments.serial:x}"
    output.result(
        {"revoked": serial, "reason": arguments.reason},
        Text(f"Đã thu hồi {serial}", f"Revoked {serial}"),
    )


def _declare_nothing(_parser: argparse.ArgumentParser) -> None:
    """An action without arguments of its own."""


def _crl(arguments: Arguments, output: Output) -> None:
    with _open(arguments) as hierarchy:
        written = [str(path) for path in hierarchy.write_crls()]
    names = ", ".join(written)
    output.result(
        {"written": written}, Text(f"Đã phát hành: {names}", f"Published: {names}")
    )


def _list(arguments: Arguments, output: Output) -> None:
    with _open(arguments) as hierarchy:
        rows = [_fields(one) for one in hierarchy.certificates()]
    if output.as_json:
        output.result({"certificates": rows})
        return
    for row in rows:
        state = row["revoked_at"] or row["not_after"]
        output.show(f"{row['serial']:>40}  {row['kind']:<22}{state}  {row['subject']}")


def _declare_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("serial", type=_serial)


def _show(arguments: Arguments, output: Output) -> None:
    with _open(arguments) as hierarchy:
        found = [
            one for one in hierarchy.certificates() if one.serial == arguments.serial
        ]
    if not found:
        raise UsageError(f"serial: {arguments.serial:x}?")
    fields = _fields(found[0])
    if output.as_json:
        output.result(fields)
        return
    for name, value in fields.items():
        output.show(f"{name:>12}  {value}")


def _fields(entry: RegisteredCertificate) -> dict[str, str]:
    facts = summary(x509.load_der_x509_certificate(entry.der))
    return {
        "serial": facts.serial,
        "kind": entry.kind,
        "subject": facts.subject,
        "not_before": format_utc(facts.not_before),
        "not_after": format_utc(facts.not_after),
        "issued_at": format_utc(entry.issued_at),
        "revoked_at": format_utc(entry.revoked_at) if entry.revoked_at else "",
        "reason": entry.reason.value if entry.reason else "",
        "sha256": facts.sha256,
    }


_Declare = Callable[[argparse.ArgumentParser], None]
_Act = Callable[[Arguments, Output], None]

_ACTIONS: dict[str, tuple[_Declare, _Act]] = {
    "init": (_declare_init, _init),
    "issue": (_declare_issue, _issue),
    "revoke": (_declare_revoke, _revoke),
    "crl": (_declare_nothing, _crl),
    "list": (_declare_nothing, _list),
    "show": (_declare_show, _show),
}
