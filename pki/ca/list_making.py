"""How a CA makes its revocation list: laid out, inspected, then signed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.ca.list_lint import ListCase, refuse_list_if_broken
from pki.ca.list_template import ListPlan, list_builder_for
from pki.ca.signing import sign_revocation_list
from pki.keys.api import Credential
from pki.registry.api import RevokedEntry, SignedList

LIST_LIFETIME = timedelta(days=7)
"""How long a list of an issuing CA counts (CA/Browser Forum BR 4.9.7)."""

ROOT_LIST_LIFETIME = timedelta(days=180)
"""How long a list of the offline root counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSigner:
    """Signs one list for the registry that gives its number and entries.

    Args:
        credential: of the CA.
        now: the time, in whole seconds.
        longest: how long the list counts.
        last_number: number of the list before; None before the first.
    """

    credential: Credential
    now: datetime
    longest: timedelta
    last_number: int | None

    def sign(self, number: int, entries: Sequence[RevokedEntry]) -> SignedList:
        """Make a complete list.

        Raises:
            PkiError: a broken lint rule, or the key does not sign.
        """
        plan = ListPlan(
            issuer=self.credential.certificate,
            number=number,
            this_update=self.now,
            next_update=self.now + self.longest,
            entries=entries,
        )
        builder, key = list_builder_for(plan), self.credential.key
        signed = sign_revocation_list(builder, key, self._inspect)
        return SignedList(
            der=signed.public_bytes(Encoding.DER),
            this_update=plan.this_update,
            next_update=plan.next_update,
        )

    def _inspect(self, draft: x509.CertificateRevocationList) -> None:
        refuse_list_if_broken(
            ListCase(
                revocation_list=draft,
                issuer=self.credential.certificate,
                last_number=self.last_number,
                now=self.now,
                longest=self.longest,
            )
        )
