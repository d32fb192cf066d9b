"""By what people sign in besides a password, as the command line writes it."""

from pathlib import Path

from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.systems import certificate_digest
from exchange.domain.accounts import Identity
from exchange.usecases.accounts.keeping import Binding


def declare_bindings(parser: Parser) -> None:
    """Declare the arguments that bind certificates and identities."""
    parser.add_argument(
        "--certificate",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="chứng thư của người này, lặp lại được / certificate, repeatable",
    )
    parser.add_argument(
        "--identity",
        nargs=2,
        action="append",
        default=[],
        metavar=("ISSUER", "SUBJECT"),
        help="định danh tại nhà cung cấp OIDC, lặp lại được / identity, repeatable",
    )


def declare_binding(parser: Parser) -> None:
    """Declare the arguments that replace what is bound."""
    declare_bindings(parser)
    parser.add_argument(
        "--none", action="store_true", help="bỏ tất cả / remove all of them"
    )


def certificates_of(arguments: Arguments) -> frozenset[str]:
    """Return the digests of the certificates that are named."""
    return frozenset(map(certificate_digest, arguments.certificate))


def identities_of(arguments: Arguments) -> frozenset[Identity]:
    """Return the identities that are named."""
    return frozenset(Identity(*one) for one in arguments.identity)


def binding_of(arguments: Arguments) -> Binding:
    """Return what is to be bound; what is not named stays.

    Raises:
        UsageError: nothing is named, or something besides ``--none``.
    """
    certificates, identities = certificates_of(arguments), identities_of(arguments)
    if arguments.none is bool(certificates or identities):
        raise UsageError("--certificate, --identity | --none")
    if arguments.none:
        return Binding(certificates=frozenset(), identities=frozenset())
    return Binding(certificates=certificates or None, identities=identities or None)
