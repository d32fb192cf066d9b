"""`lienthong pki generation`: a CA gets a new key, beside the old one."""

from pathlib import Path

from cryptography import x509

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.output import Output
from exchange.commands.pki_files import (
    act_of,
    ca_folder,
    named_operators,
    passphrase_in,
)
from pki.ca.founding import CaKeySettings, HierarchySettings, create_generation
from pki.ca.key_place import KeyPlace
from pki.ca.layout import load_certificate
from pki.keys.software import KeyKind
from pki.kinds import RESPONDERS, CertificateKind
from pki.names import summary
from schemas.errors import Text


def declare_generation(parser: Parser) -> None:
    """Declare the arguments of `generation`."""
    parser.add_argument(
        "kind", choices=[one.value for one in RESPONDERS], help="CA nào / which CA"
    )
    parser.add_argument(
        "--key-kind",
        choices=[one.value for one in KeyKind],
        default=KeyKind.P256.value,
        help="loại khóa / kind of the key",
    )
    parser.add_argument(
        "--key-uri",
        default=KeyPlace().uri,
        metavar="URI",
        help="file:key.pem | pkcs12:key.p12 | pkcs11:token=…;object=…",
    )
    parser.add_argument(
        "--key-passphrase-file",
        type=Path,
        metavar="FILE",
        help="mật khẩu hay PIN riêng của khóa / the key's own passphrase or PIN",
    )
    parser.add_argument(
        "--by-operators",
        action="store_true",
        help="những người giữ khóa cùng mở / the operators open the new key together",
    )


def generation(arguments: Arguments, output: Output) -> None:
    """Make the next generation; the root's private folder must be here."""
    kind = CertificateKind(arguments.kind)
    settings = HierarchySettings(
        passphrase=passphrase_in(arguments.ca_passphrase_file),
        operators=named_operators(arguments),
        keys={kind: _key(arguments)},
    )
    folder = ca_folder(arguments)
    label = create_generation(folder, kind, settings, act=act_of(arguments))
    made = _facts(load_certificate(folder, label))
    output.result(
        {"label": str(label), **made},
        Text(f"Đã lập thế hệ mới: {label}", f"New generation made: {label}"),
    )


def _key(arguments: Arguments) -> CaKeySettings:
    own = arguments.key_passphrase_file
    place = KeyPlace(
        uri=arguments.key_uri, passphrase_file=own.absolute() if own else None
    )
    return CaKeySettings(
        kind=KeyKind(arguments.key_kind),
        place=place,
        by_operators=arguments.by_operators,
    )


def _facts(certificate: x509.Certificate) -> dict[str, str]:
    facts = summary(certificate)
    return {"subject": facts.subject, "serial": facts.serial, "sha256": facts.sha256}
