"""Pictures of the console's pages: `python -m tests.support.console_pictures`.

Everything in them is made up; the hub, its CA and the browser run only meanwhile.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from exchange.console.station import Station
from exchange.domain.records import Envelope
from exchange.domain.usage import bytes_in_hour, documents_in_hour
from exchange.usecases.docket import follow_log, settle_due
from schemas.edxml.document import OtherInfo
from schemas.identifiers import DocumentCode, DocumentId
from schemas.vocabulary import Level, Urgency
from tests.support.browser import Tab, browser_tab
from tests.support.ca_office import SetClock, ca_thread
from tests.support.console import PASSWORD, Console, running_console
from tests.support.desk import CLERK, application, open_desk
from tests.support.late import dead_letter, held
from tests.support.signed_pdf import LETTER, sign, tampered
from tests.support.signing_desk import with_signer
from tests.support.world import DOCUMENT_ID, World, attachment, make_world

FOLDER = Path(__file__).parents[2] / "docs" / "console"
WIDE, NARROW = 1280, 390
_SETTLED = "document.querySelector('.htmx-settling, .htmx-swapping') === null"
_MOST_HIGH = 2200
_CALM_SECONDS = 1.0
_COLOURS = 128
_SUBJECTS = (
    ("Về việc tu bổ đê bao trước mùa lũ", Urgency.FLASH),
    ("Báo cáo kết quả cấp căn cước quý III năm 2026", Urgency.NORMAL),
    ("Đề nghị bổ sung kinh phí sửa chữa trường tiểu học", Urgency.URGENT),
    ("Kế hoạch lấy nước tưới vụ Đông Xuân", Urgency.NORMAL),
    ("Về việc mời họp giao ban khối văn hóa – xã hội", Urgency.NORMAL),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One page as somebody sees it.

    Args:
        name: of the file.
        account: who looks.
        script: JavaScript that is run first, and what is waited for then.
    """

    name: str
    account: str
    path: str
    script: str = ""
    until: str = "true"
    width: int = WIDE


@dataclass(slots=True)
class Studio:
    """A browser before a console."""

    console: Console
    tab: Tab
    folder: Path
    account: str = field(default="", init=False)

    async def sign_in(self, account: str) -> None:
        if account == self.account:
            return
        await self.tab.show("about:blank", width=WIDE)
        await self.tab.ask("Network.clearBrowserCookies")
        self.account = account
        if account:
            await self.tab.show(f"{self.console.base}/sign-in", width=WIDE)
            await self.tab.fill("[name=account]", account)
            await self.tab.fill("[name=password]", PASSWORD)
            await self.tab.click("main form button")
            await self.tab.until("document.querySelector('.acting') !== null")

    async def take(self, picture: Picture) -> None:
        await self.sign_in(picture.account)
        address = f"{self.console.base}{picture.path}"
        await self.tab.show(address, width=picture.width)
        if picture.script:
            await self.tab.value(picture.script)
        await self.tab.until(picture.until)
        await self.keep(picture.name)

    async def keep(self, name: str) -> None:
        """Keep what is shown, cut below, with few colours."""
        await self.tab.until("document.readyState === 'complete'")
        await asyncio.sleep(_CALM_SECONDS)
        with Image.open(BytesIO(await self.tab.screenshot())) as shown:
            high = min(shown.height, _MOST_HIGH)
            cut = shown.convert("RGB").crop((0, 0, shown.width, high))
        few = cut.quantize(_COLOURS, dither=Image.Dither.NONE)
        few.save(self.folder / f"{name}.png", optimize=True)


async def _letters(world: World) -> Envelope:
    """Send letters of the commune; the first is far on its way. Return it."""
    signed = sign(LETTER.read_bytes(), world.pki.person())
    sent = []
    for number, (subject, urgency) in enumerate(_SUBJECTS):
        message = world.document(
            attachment(signed),
            subject=subject,
            code=DocumentCode(str(214 + number), "UBND-VHXH"),
            document_id=DocumentId(f"{DOCUMENT_ID}{number or ''}"),
            other=OtherInfo(priority=urgency),
        )
        sent.append((await world.send(message)).envelope)
        await world.deliver()
        world.clock.move(minutes=3)
    return sent[0]


async def _registered(console: Console, envelope: Envelope) -> None:
    """Let the province take, register and hand on a letter."""
    world, path = console.world, f"/documents/{envelope.envelope_id}"
    async with console.visit("tinh.van") as visit:
        await visit.look(path)
        await visit.send(f"{path}/take")
        for code, reason in (("03", ""), ("04", "Sở Nông nghiệp và Môi trường")):
            world.clock.move(minutes=9)
            fields = {"code": code, "number": "581", "reason": reason, "once": code}
            await visit.send(f"{path}/status", **fields)
            await world.deliver()
    while await follow_log(world.services):
        pass
    while await settle_due(world.services):
        pass
    await world.services.usage.tell(world.services.storage.usage)


def mail_pictures(envelope: Envelope) -> tuple[Picture, ...]:
    """Pages of clerks and officials."""
    path = f"/documents/{envelope.envelope_id}"
    drawn = (
        "document.querySelector('.verdict') "
        "&& document.querySelector('.page-image').naturalWidth > 0"
    )
    alone = (
        "document.querySelectorAll('main > :not(#progress)')"
        ".forEach((one) => one.remove())"
    )
    month = "from=2026-11-01&to=2026-11-30"
    return (
        Picture(name="sign_in", account="", path="/sign-in"),
        Picture(name="home", account="tinh.van", path="/"),
        Picture(name="inbox", account="tinh.van", path="/inbox"),
        Picture(name="search", account="tinh.van", path="/inbox?q=tu+bo+de&urgency=1"),
        Picture(name="inbox_phone", account="tinh.van", path="/inbox", width=NARROW),
        Picture(name="document", account="tinh.van", path=path, until=drawn),
        Picture(
            name="timeline",
            account="thu.van",
            path=path,
            script=alone,
        ),
        Picture(name="outbox", account="thu.van", path="/outbox"),
        Picture(
            name="registers",
            account="thu.van",
            path=f"/registers?kind=outgoing&{month}",
        ),
        Picture(name="statistics", account="thu.van", path="/statistics"),
        Picture(name="directory", account="thu.van", path="/directory?below=H99"),
        Picture(name="verify", account="thu.van", path="/verify"),
    )


def work_pictures() -> tuple[Picture, ...]:
    """Pages of operators and auditors."""
    return (
        Picture(name="operations", account="van.hanh", path="/operations"),
        Picture(
            name="deliveries", account="van.hanh", path="/deliveries?list=dead_letter"
        ),
        Picture(name="audit", account="giam.sat", path="/audit"),
    )


async def take_mail(studio: Studio) -> None:
    """Take the pages of those who send, receive and sign."""
    world = studio.console.world
    first = await _letters(world)
    await _registered(studio.console, first)
    for one in mail_pictures(first):
        await studio.take(one)
    await _compose(studio)
    await _verify(studio)
    await _sign(studio)


async def _verify(studio: Studio) -> None:
    signed = sign(LETTER.read_bytes(), studio.console.world.pki.person())
    with TemporaryDirectory() as name:
        path = Path(name) / "cong-van-da-sua.pdf"
        path.write_bytes(tampered(signed))
        await studio.tab.show(f"{studio.console.base}/verify", width=WIDE)
        await studio.tab.choose_files("input[name=file]", path)
        await studio.tab.click("main form button")
        await studio.tab.until("document.querySelector('.answer') !== null")
        await studio.keep("verify_changed")


async def _compose(studio: Studio) -> None:
    await studio.sign_in("thu.van")
    tab = studio.tab
    await tab.show(f"{studio.console.base}/compose", width=WIDE)
    await tab.fill("[name=search]", "tinh binh son")
    await tab.until(f"document.querySelector('.found button') && {_SETTLED}")
    await tab.click(".found button")
    await tab.until(f"document.querySelector('.chosen') && {_SETTLED}")
    fields = {"number": "219", "notation": "UBND-VHXH", "subject": "Về việc mời họp"}
    for name, text in fields.items():
        await tab.fill(f"[name={name}]", text)
    await tab.choose_files("[name=files]", LETTER)
    await tab.until("document.querySelector('[name=uploaded]') !== null")
    await tab.fill("[name=subject]", "[MẬT] Danh sách hộ nhận hỗ trợ")
    await tab.until("document.body.textContent.includes('secrecy_mark')")
    await studio.keep("compose")


async def _sign(studio: Studio) -> None:
    await studio.sign_in("ky.nguoi")
    tab = studio.tab
    await tab.show(f"{studio.console.base}/signing", width=WIDE)
    await tab.choose_files("input[name=file]", LETTER)
    await studio.keep("signing")
    await tab.click("main form button")
    await tab.until("document.querySelector('.sheet image') !== null")
    await studio.keep("signing_place")
    await tab.click("#placing-form button")
    await tab.until("document.querySelector('.code-once') !== null")
    await studio.keep("signing_code")


async def take_work(studio: Studio, request: str) -> None:
    """Take the pages of those who keep the hub running."""
    world = studio.console.world
    # Days pass until the hub gives up, and lists of then would be stale.
    await held(world)
    envelope = await dead_letter(world)
    await _traffic(world)
    for picture in work_pictures():
        await studio.take(picture)
    path = f"/deliveries/{envelope.envelope_id}"
    await studio.take(Picture(name="delivery", account="van.hanh", path=path))
    await studio.take(Picture(name="approvals", account="van.hanh", path="/approvals"))
    one = f"/approvals/{request}"
    await studio.take(Picture(name="approval", account="van.hanh", path=one))
    await _merge(studio)


async def _traffic(world: World) -> None:
    """Count letters of two days as offices send them: many in the morning."""
    now, counted = world.clock.now, {}
    for back in range(48):
        at = now - timedelta(hours=back)
        busy = max(0, 9 - abs((at.hour + 7) % 24 - 9))
        for place, level in enumerate(Level):
            letters = busy * (3 + 2 * place) + back % (2 + place)
            counted[documents_in_hour(level, at)] = letters
            counted[bytes_in_hour(level, at)] = letters * (180_000 + 20_000 * place)
    await world.services.storage.usage.add(counted)


async def _merge(studio: Studio) -> None:
    await studio.sign_in("van.hanh")
    tab = studio.tab
    path = "/mergers/new?from=H99.151&from=H99.153"
    await tab.show(f"{studio.console.base}{path}", width=WIDE)
    await tab.fill("[name=into]", "H99.160")
    await tab.fill("[name=name]", "UBND xã Suối Mới")
    await tab.fill("[name=reason]", "Sắp xếp đơn vị hành chính")
    await tab.click("#preview")
    await tab.until("document.querySelector('#confirm') !== null")
    await studio.keep("merge")


@asynccontextmanager
async def _studio(
    world: World, folder: Path, station: Station | None = None
) -> AsyncIterator[Studio]:
    async with AsyncExitStack() as opened:
        profile = opened.enter_context(TemporaryDirectory())
        running = running_console(world, station=station)
        console = await opened.enter_async_context(running)
        tab = await opened.enter_async_context(browser_tab(Path(profile)))
        await tab.ask("Emulation.setScrollbarsHidden", hidden=True)
        await tab.ask("Emulation.setLocaleOverride", locale="vi-VN")
        yield Studio(console, tab, folder)


async def take_all(folder: Path) -> None:
    """Take every picture into a folder."""
    async with _studio(with_signer(await make_world()), folder) as studio:
        await take_mail(studio)
    with TemporaryDirectory() as name:
        with open_desk(Path(name)) as made:
            request = made.desk.submit(application(), CLERK)
        async with (
            ca_thread(made.folder, SetClock()) as ca,
            _studio(await make_world(), folder, Station(ca=ca)) as studio,
        ):
            await take_work(studio, request.id)


if __name__ == "__main__":
    asyncio.run(take_all(Path(sys.argv[1]) if sys.argv[1:] else FOLDER))
