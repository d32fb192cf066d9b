"""Who looks at a page."""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from exchange.domain.accounts import Account, Grant
from exchange.domain.parties import System
from exchange.domain.roles import AccessRole
from exchange.services import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A person with a session, or nobody yet.

    Args:
        language: ``vi`` or ``en``.
        token: of the session; empty without one.
        account: whose session it is.
        must_change: the password must be changed first.
        grant: the role it acts in; None before one is chosen.
        caller: the same as the use cases know callers.
        agency_name: of the agency it acts for.
    """

    language: str = "vi"
    token: str = ""
    account: Account | None = None
    must_change: bool = False
    grant: Grant | None = None
    caller: Caller | None = None
    agency_name: str = ""

    @property
    def role(self) -> AccessRole | None:
        """The role a page is shown in."""
        return self.grant.role if self.grant else None

    @property
    def system(self) -> System | None:
        """The person as a system of their own."""
        return self.caller.system if self.caller else None

    @property
    def form_token(self) -> str:
        """What a form of this page must bring back.

        It is bound to the session and to the role the page was made in: a page left
        open in another tab cannot act in a role chosen after it.
        """
        acting = f"{self.grant.role}:{self.grant.agency}" if self.grant else ""
        return hmac.new(self.token.encode(), acting.encode(), sha256).hexdigest()

    def is_from_own_page(self, form_token: str) -> bool:
        """Tell whether a form was made for this session and role."""
        return form_token.isascii() and hmac.compare_digest(form_token, self.form_token)
