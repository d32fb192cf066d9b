"""Hands notices to a mail server."""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage

import aiosmtplib

from exchange.delivery.mail_text import mail_of
from exchange.domain.notices import Attempt, Notice, Outcome, Subscription
from exchange.services import Services
from exchange.settings.notices import MailSecurity
from exchange.usecases.directory import current_directory

SECONDS = 40.0
"""For all that is said until a mail is taken; a limit on each word has no end."""

PARTING_SECONDS = 5.0
_CLOSING, _PERMANENT = 421, 500  # RFC 5321 sections 4.2.1 and 4.2.3


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
        client = self._client()
        try:
            mail = self._mail(notice, agency.email, services.hub.hub_id)
            async with asyncio.timeout(SECONDS):
                await client.connect()
                attempt = await _handed_in(client, mail, now)
            await _part(client)
        except ValueError:
            return Attempt(now, Outcome.REFUSED, "address malformed")
        except (aiosmtplib.SMTPException, OSError) as error:
            return Attempt(now, Outcome.FAILED, type(error).__name__)
        finally:
            client.close()
        return attempt

    def _mail(self, notice: Notice, recipient: str, hub_id: str) -> EmailMessage:
        sender = self._server.sender
        return mail_of(notice, sender=sender, recipient=recipient, hub_id=hub_id)

    def _client(self) -> aiosmtplib.SMTP:
        server, security = self._server, self._server.security
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            use_tls=security is MailSecurity.TLS,
            start_tls=security is MailSecurity.STARTTLS,
            tls_context=None if security is MailSecurity.NONE else server.tls,
            timeout=SECONDS,
        )


async def _handed_in(
    client: aiosmtplib.SMTP, mail: EmailMessage, now: datetime
) -> Attempt:
    """Hand a mail in; tell how it was taken, put off or refused.

    Raises:
        SMTPException: the server is at fault.
    """
    try:
        await client.send_message(mail)
    except aiosmtplib.SMTPRecipientsRefused as error:
        return _answered(now, error.recipients[0].code)
    except aiosmtplib.SMTPDataError as error:
        return _answered(now, error.code)
    except aiosmtplib.SMTPNotSupported as error:
        # An address beyond ASCII; what a server lacks for all shows when connecting.
        name = type(error).__name__
        return Attempt(now, Outcome.FAILED, name, is_of_notice=True)
    return Attempt(now, Outcome.DONE)


async def _part(client: aiosmtplib.SMTP) -> None:
    """Take leave (RFC 5321 section 4.1.1.10); what was taken is taken without."""
    with suppress(aiosmtplib.SMTPException):
        await client.quit(timeout=PARTING_SECONDS)


def _answered(now: datetime, code: int) -> Attempt:
    """Tell what a code says of recipient or mail: never, or another time.

    Of the server it says something only where it closes: one full mailbox must not
    hold back the mail of all others.
    """
    if code >= _PERMANENT:
        return Attempt(now, Outcome.REFUSED, str(code))
    is_of_notice = code != _CLOSING
    return Attempt(now, Outcome.FAILED, str(code), is_of_notice=is_of_notice)
