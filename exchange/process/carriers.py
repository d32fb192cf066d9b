"""By which channels notices leave, as the settings have it."""

from exchange.config import Settings
from exchange.delivery.mail import MailCarrier, MailServer
from exchange.domain.notices import NoticeChannel
from exchange.domain.webhooks import TargetPolicy
from exchange.http.webhook_carrier import WebhookCarrier, tls_of
from exchange.services import NoticeCarrier
from exchange.settings.notices import NoticeSettings
from pki.files import read_private_file


def webhook_policy(settings: Settings) -> TargetPolicy:
    """Return where webhooks may be."""
    notices = settings.notices
    return TargetPolicy(
        hosts=frozenset(one.lower() for one in notices.hosts),
        ports=frozenset(map(int, notices.ports)),
    )


def carriers_of(settings: Settings) -> dict[NoticeChannel, NoticeCarrier]:
    """Return the channels there are; mail only where a server is named.

    Raises:
        CodedError: an anchor or the password is unreadable.
    """
    notices = settings.notices
    webhooks = WebhookCarrier(webhook_policy(settings), notices.anchors)
    carriers: dict[NoticeChannel, NoticeCarrier] = {NoticeChannel.WEBHOOK: webhooks}
    if notices.smtp_host:
        carriers[NoticeChannel.SMTP] = MailCarrier(_server(notices))
    return carriers


def _server(notices: NoticeSettings) -> MailServer:
    path = notices.smtp_password_file
    password = read_private_file(path).decode().strip() if path else ""
    return MailServer(
        host=notices.smtp_host,
        port=notices.smtp_port,
        sender=notices.smtp_sender,
        security=notices.smtp_security,
        tls=tls_of(notices.anchors),
        user=notices.smtp_user,
        password=password,
    )
