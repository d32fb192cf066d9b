"""Name constraints of CAs (RFC 5280 4.2.1.10), judged over a whole path.

Every name below a CA must lie in what that CA and every CA above it, the anchor
included, permit, and in nothing that any of them excludes (6.1.4 (g)). What is not
understood is refused: a constraint of a kind that is not judged here with a name of
that kind below it, a subtree with bounds, a malformed constraint or name.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.x509.oid import NameOID

from pki.certificates import ReadCertificate
from pki.path.constrained_names import NAME_KINDS, Comparable, Comparison
from schemas.errors import ErrorCode

MOST_COMPARISONS = 1 << 14
"""Most comparisons of a name with a subtree in one path."""

_Kind = type[x509.GeneralName]
HeldName = tuple[_Kind, object]


@dataclass(frozen=True, slots=True)
class ConstraintViolation:
    """A certificate whose names are not allowed where it stands.

    Args:
        certificate: the one that is refused.
        code: why.
    """

    certificate: ReadCertificate
    code: ErrorCode


def constraint_violation(
    path: Sequence[ReadCertificate],
) -> ConstraintViolation | None:
    """Find the first certificate with a name that a CA above it does not allow.

    Args:
        path: end certificate first, anchor last.
    """
    spent = 0
    for depth, authority in enumerate(path):
        if authority.name_constraints is None:
            continue
        try:
            constraints = _Constraints.read(authority)
        except ValueError:
            return ConstraintViolation(authority, ErrorCode.CHAIN_INVALID)
        for one in _named_below(path, depth):
            names = names_of(one.certificate)
            spent += (constraints.size + 1) * len(names)
            if spent > MOST_COMPARISONS:
                return ConstraintViolation(one, ErrorCode.LIMIT_EXCEEDED)
            if not all(map(constraints.allow, names)):
                return ConstraintViolation(one, ErrorCode.CHAIN_INVALID)
    return None


def names_of(certificate: x509.Certificate) -> tuple[HeldName, ...]:
    """Return every name that constraints apply to.

    The subject counts as a directory name, and e-mail addresses in it as such, beside
    alternative names too.
    """
    subject = certificate.subject
    found: list[HeldName] = [(x509.DirectoryName, subject)] if subject else []
    addresses = subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)
    found += [(x509.RFC822Name, str(one.value)) for one in addresses]
    try:
        alternatives = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ).value
    except x509.ExtensionNotFound:
        return tuple(found)
    return (*found, *((type(one), one.value) for one in alternatives))


def _named_below(
    path: Sequence[ReadCertificate], depth: int
) -> Iterator[ReadCertificate]:
    """Yield whose names count: self-issued ones only at the end (6.1.3 (b), (c))."""
    for position, one in enumerate(path[:depth]):
        if position == 0 or not one.is_self_issued:
            yield one


@dataclass(frozen=True, slots=True)
class _Constraints:
    """The subtrees of one CA by kind of name, in comparable form."""

    permitted: dict[_Kind, list[Comparable]] = field(default_factory=dict)
    excluded: dict[_Kind, list[Comparable]] = field(default_factory=dict)
    size: int = 0

    @classmethod
    def read(cls, authority: ReadCertificate) -> "_Constraints":
        """Read the extension.

        Raises:
            ValueError: it says more than the library read, or something malformed.
        """
        found = authority.name_constraints
        if found is None:
            return cls()
        if authority.encoded_name_constraints != found.public_bytes():
            # The library passes over `minimum` and `maximum` (4.2.1.10).
            raise ValueError("subtrees with bounds")
        permitted, excluded = found.permitted_subtrees, found.excluded_subtrees
        size = len(permitted or ()) + len(excluded or ())
        if size > MOST_COMPARISONS:
            raise ValueError("too many subtrees")
        return cls(_by_kind(permitted), _by_kind(excluded), size)

    def allow(self, name: HeldName) -> bool:
        """Tell whether a name is permitted and not excluded."""
        kind, held = name
        permitted = self.permitted.get(kind)
        excluded = self.excluded.get(kind, ())
        if permitted is None and not excluded:
            return True
        judged = NAME_KINDS.get(kind)
        if judged is None:
            return False
        try:
            value = judged.read_name(held)
        except ValueError:
            return False
        if permitted and not any(
            judged.covers(one, value, Comparison.STRICT) for one in permitted
        ):
            return False
        return not any(judged.covers(one, value, Comparison.LOOSE) for one in excluded)


def _by_kind(
    subtrees: Iterable[x509.GeneralName] | None,
) -> dict[_Kind, list[Comparable]]:
    found: dict[_Kind, list[Comparable]] = {}
    for one in subtrees or ():
        judged = NAME_KINDS.get(type(one))
        read = judged.read_subtree(one.value) if judged else None
        found.setdefault(type(one), []).append(read)
    return found
