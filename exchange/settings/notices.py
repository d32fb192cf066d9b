"""How systems and mailboxes are told of news."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class MailSecurity(StrEnum):
    """How a connection to the mail server is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSettings:
    """Webhooks and mail; documents are in neither.

    Args:
        anchors: PEM files of the roots believed of webhook and mail servers; the
            operating system's are not. Without one only plain endpoints are called.
        hosts: ``host`` or ``host:port`` of webhooks that may be in private networks
            and without TLS.
        ports: of all other webhooks.
        smtp_host: mail server; without one no mail is sent.
        smtp_port: its port.
        smtp_security: ``none``, ``starttls`` or ``tls``.
        smtp_sender: address the mail comes from.
        smtp_user: account at the mail server, if it asks for one.
        smtp_password_file: file with its password.
    """

    anchors: tuple[Path, ...] = ()
    hosts: tuple[str, ...] = ()
    ports: tuple[str, ...] = ("443",)
    smtp_host: str = ""
    smtp_port: int = 25
    smtp_security: MailSecurity = MailSecurity.STARTTLS
    smtp_sender: str = ""
    smtp_user: str = ""
    smtp_password_file: Path | None = None
