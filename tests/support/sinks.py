"""Where notices go in tests: a local webhook and a local mail server."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ssl import SSLContext

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from clients.notices import ReceivedNotice

HOST = "127.0.0.1"


@dataclass(slots=True)
class WebhookSink:
    """Takes notices and answers as it is told.

    Args:
        answers: statuses of the next answers; 0 takes the notice and hangs up.
    """

    port: int = 0
    answers: list[int] = field(default_factory=list)
    received: list[ReceivedNotice] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/hook?for=tests"

    @property
    def ids(self) -> Counter[str]:
        return Counter(one.headers["Lienthong-Notice"] for one in self.received)

    async def wait(self, count: int = 1) -> ReceivedNotice:
        """Return the notice with this number once it has come."""
        async with asyncio.timeout(30):
            while len(self.received) < count:
                self.news.clear()
                await self.news.wait()
        return self.received[count - 1]

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.received.append(
            ReceivedNotice(url=str(request.url), headers=request.headers, body=body)
        )
        self.news.set()
        status = self.answers.pop(0) if self.answers else 204
        if not status and request.transport is not None:
            request.transport.abort()
        return web.Response(
            status=status or 204, headers={"Location": f"{self.url}&moved=1"}
        )


@asynccontextmanager
async def webhook_sink(tls: SSLContext | None = None) -> AsyncIterator[WebhookSink]:
    """Run a webhook on a free port of loopback."""
    sink = WebhookSink()
    app = web.Application()
    app.router.add_post("/hook", sink.take)
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, 0, ssl_context=tls)
        await site.start()
        sink.port = int(runner.addresses[0][1])
        yield sink
    finally:
        await runner.cleanup()


@dataclass
class MailSink:
    """Takes mail and answers as it is told.

    Without slots: aiosmtpd lists its members, which fails with them in Python 3.11.2.

    Args:
        answers: to the next mails.
        refused: answers to those who write to these addresses.
    """

    port: int = 0
    answers: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    mails: list[Envelope] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 aiosmtpd's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if address not in self.refused:
            envelope.rcpt_tos.append(address)
        return self.refused.get(address, "250 OK")

    async def handle_DATA(  # noqa: N802 aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            self.mails.append(envelope)
        return answer


@asynccontextmanager
async def mail_sink() -> AsyncIterator[MailSink]:
    """Run a mail server on a free port of loopback."""
    sink = MailSink()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(sink, hostname="sink.example"), HOST, 0
    )
    try:
        sink.port = int(server.sockets[0].getsockname()[1])
        yield sink
    finally:
        server.close()
