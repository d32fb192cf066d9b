"""What certificates say of policies, read for `policy_graph` (RFC 5280 4.2.1.4 ff.)."""

from typing import TypeVar

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from pki.certificates import ReadCertificate, encoded_extension
from pki.der import OBJECT_IDENTIFIER, SEQUENCE, DerReader, read_object_identifier
from pki.path.policy_graph import PolicyId, PolicyStatement

_Kind = TypeVar("_Kind", bound=x509.ExtensionType)


def policy_statement(one: ReadCertificate) -> PolicyStatement:
    """Read what a certificate says of policies.

    Raises:
        ValueError: the mappings are malformed.
    """
    constraints = _find(one, x509.PolicyConstraints)
    inhibited = _find(one, x509.InhibitAnyPolicy)
    states_policies = ExtensionOID.CERTIFICATE_POLICIES in one.extensions
    return PolicyStatement(
        policies=one.policies if states_policies else None,
        mappings=_mappings(one),
        explicit_after=constraints.require_explicit_policy if constraints else None,
        mapping_until=constraints.inhibit_policy_mapping if constraints else None,
        any_until=inhibited.skip_certs if inhibited else None,
        is_self_issued=one.is_self_issued,
    )


def _mappings(one: ReadCertificate) -> tuple[tuple[PolicyId, PolicyId], ...]:
    """Read PolicyMappings (4.2.1.5), which the library leaves unread."""
    if ExtensionOID.POLICY_MAPPINGS not in one.extensions:
        return ()
    encoded = encoded_extension(one.certificate, ExtensionOID.POLICY_MAPPINGS)
    outer = DerReader(encoded or b"")
    items = DerReader(outer.content(SEQUENCE))
    outer.finish()
    found: list[tuple[PolicyId, PolicyId]] = []
    while not items.at_end:
        pair = DerReader(items.content(SEQUENCE))
        own = read_object_identifier(pair.content(OBJECT_IDENTIFIER))
        counting = read_object_identifier(pair.content(OBJECT_IDENTIFIER))
        pair.finish()
        found.append((own, counting))
    return tuple(found)


def _find(one: ReadCertificate, kind: type[_Kind]) -> _Kind | None:
    if kind.oid not in one.extensions:
        return None
    return one.certificate.extensions.get_extension_for_class(kind).value
