"""Hands notices to a mail server."""

import ssl
from dataclasses import dataclass, field
from datetime import datetime

import aiosmtplib

from exchange.delivery.mail_text import mail_of
from exchange.domain.notices import Attempt, Notice, Outcome, Subscription
from exchange.services import Services
from exchange.settings.notices import MailSecurity
from exchange.usecases.directory import current_directory

_SECONDS = 30.0
_PERMANENT = 500  # RFC 5321 section 4.2.1


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed in.

    Args:
        sender: address it comes from.
        tls: what is believed of the server, where it is spoken to in TLS.
        password: of `user`, if the server asks for one.
    """

    host: str
    port: int
    sender: str
    security: MailSecurity
    tls: ssl.SSLContext
    user: str = ""
    password: str = field(default="", repr=False)


class MailCarrier:
    """Hands in mails.

    Args:
        server: takes them.
    """

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def carry(
        self, services: Services, notice: Notice, _subscription: Subscription
    ) -> Attempt:
        """Try once, to the address the agency has now."""
        now = services.now()
        agency = (await current_directory(services)).agency(notice.agency)
        if agency is None or not agency.email:
            return Attempt(now, Outcome.REFUSED, "no address")
        try:
            await self._send(notice, agency.email, services.hub.hub_id)
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _answered(now, error.recipients[0].code)
        except aiosmtplib.SMTPDataError as error:
            return _answered(now, error.code)
        except ValueError:
            return Attempt(now, Outcome.REFUSED, "address malformed")
        except (aiosmtplib.SMTPException, OSError) as error:
            return Attempt(now, Outcome.FAILED, type(error).__name__)
        return Attempt(now, Outcome.DONE)

    async def _send(self, notice: Notice, recipient: str, hub_id: str) -> None:
        server, security = self._server, self._server.security
        mail = mail_of(notice, sender=server.sender, recipient=recipient, hub_id=hub_id)
        await aiosmtplib.send(
            mail,
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            use_tls=security is MailSecurity.TLS,
            start_tls=security is MailSecurity.STARTTLS,
            tls_context=None if security is MailSecurity.NONE else server.tls,
            timeout=_SECONDS,
        )


def _answered(now: datetime, code: int) -> Attempt:
    """Tell what a code means; only what is said of recipient or mail is for ever."""
    outcome = Outcome.REFUSED if code >= _PERMANENT else Outcome.FAILED
    return Attempt(now, outcome, str(code))
