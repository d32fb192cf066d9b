"""The story of `make demo`, done by hand in the pages of a console.

A commune signs and seals a letter and sends it to its province and a ministry; both
take it and report until it is done; the commune saves the evidence; everything is
judged, and a changed copy refused.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.screen import Screen
from tests.support.signed_pdf import LETTER
from tests.support.signing_client import Client

SIGNATURE: Final = LETTER.parent / "chu-ky-mau.png"
_REPORTED: Final = (("03", "04", "05", "06"), ("03", "06"))
SEAL: Final = LETTER.parent / "con-dau-mau.png"


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody with a key on a computer of their own.

    Args:
        account: at the console.
    """

    account: str
    client: Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who takes part.

    Args:
        passwords: by account.
        official: the commune's; its clerk has the seal.
        recipients: accounts of the clerks who receive, by code of the agency.
        arrived: returns once everything sent has been delivered.
    """

    passwords: Mapping[str, str]
    official: Signer
    clerk: Signer
    recipients: Mapping[str, str]
    arrived: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One browser that all of them use in turn.

    Args:
        folder: for what they save.
    """

    screen: Screen
    cast: Cast
    folder: Path

    async def tell(self) -> None:
        """Do all of it; every page is waited for until it says what it must."""
        signed = await self._signed(self.cast.official, LETTER)
        sealed = await self._signed(self.cast.clerk, signed)
        path = await self._sent(sealed)
        assert await self._sent(sealed, by_code=True) == path, "sent again: the same"
        await self.cast.arrived()
        accounts = self.cast.recipients.values()
        for account, codes in zip(accounts, _REPORTED, strict=True):
            await self._received(account, path, sealed)
            await self._reported(codes)
        await self.cast.arrived()
        bundle = await self._looked_back(path)
        await self._attested(bundle)
        await self._passes(sealed)
        for file in (bundle, sealed):
            await self._refused(_changed(file, self.folder))

    async def _as(self, account: str) -> None:
        await self.screen.sign_in(account, self.cast.passwords[account])

    async def _signed(self, signer: Signer, document: Path) -> Path:
        """Hand a document in, sign it with one's own client, and save it."""
        screen, tab = self.screen, self.screen.tab
        await self._as(signer.account)
        await screen.open("/signing")
        await screen.drop("input[name=file]", [document])
        await screen.press("main form button")
        await tab.click("input[name=where][value='']")
        await screen.press("#placing-form button")
        code = await tab.until("document.querySelector('.code-once')?.innerText")
        out = self.folder / f"{signer.account}.pdf"
        said = await asyncio.to_thread(signer.client.sign, code, out=out)
        assert said.code == 0, said.out + said.err
        await screen.read("chữ ký hợp lệ")
        saved = await screen.save("a[href$='/signed']", self.folder / signer.account)
        assert _are_same(saved, out)
        return saved

    async def _sent(self, file: Path, *, by_code: bool = False) -> str:
        """Write the letter, send it, and return the address of its page."""
        screen, tab = self.screen, self.screen.tab
        await screen.open("/compose")
        if by_code:
            await tab.fill("[name=codes]", " ".join(self.cast.recipients))
        else:
            await self._found_recipients()
        for name, text in (
            ("number", "214"),
            ("notation", "UBND-VHXH"),
            ("subject", "V/v đề nghị hỗ trợ kết nối"),
        ):
            await tab.fill(f"[name={name}]", text)
        await tab.choose_files("[name=files]", file)
        await tab.until("document.querySelector('[name=uploaded]') !== null")
        await screen.press("#send")
        return str(await tab.until("location.pathname"))

    async def _found_recipients(self) -> None:
        for code in self.cast.recipients:
            await self.screen.tab.fill("[name=search]", code)
            await self.screen.click(f".found button[value='{code}']")
            await self.screen.shown(f".chosen [value='{code}']")

    async def _received(self, account: str, path: str, sealed: Path) -> None:
        """Find the letter in the inbox, judge it, save it, and take it."""
        screen = self.screen
        await self._as(account)
        await screen.open("/inbox")
        await screen.press(f"a[href='{path}']")
        await screen.shown(".verdict")
        await screen.press(f"a[href='{path}/attachments/1']")
        own = await screen.save("a[href$='/content']", self.folder / account)
        assert _are_same(own, sealed)
        await screen.open(path)
        await screen.act("form[action$='/take'] button")

    async def _reported(self, codes: Sequence[str]) -> None:
        """Tell how far one is, until it is done."""
        for code in codes:
            await self.screen.tab.fill("[name=code]", code)
            number = "581" if code == "03" else ""
            await self.screen.tab.fill("form[action$='/status'] [name=number]", number)
            await self.screen.act("form[action$='/status'] button")
        await self.screen.read("Hoàn thành (06)")

    async def _looked_back(self, path: str) -> Path:
        """See as the sender what became of the letter, and save what proves it."""
        await self._as(self.cast.clerk.account)
        await self.screen.open("/outbox")
        await self.screen.press(f"a[href='{path}']")
        said = await self.screen.text()
        for step in ("Đã đến (01)", "Đã tiếp nhận (03)", "Hoàn thành (06)"):
            assert said.count(step) == len(self.cast.recipients), step
        link = f"a[href='{path}/evidence']"
        bundle = await self.screen.save(link, self.folder / "evidence")
        receipt = f"#step-1 a[href='{path}/receipt']"
        await self._passes(await self.screen.save(receipt, self.folder / "receipt"))
        return bundle

    async def _judged(self, file: Path) -> str:
        await self.screen.open("/verify")
        await self.screen.drop("input[name=file]", [file])
        await self.screen.press("main form button")
        await self.screen.shown(".answer")
        await self.screen.read(file.name)
        return await self.screen.text()

    async def _attested(self, bundle: Path) -> None:
        """Nothing is wrong with it, and no system signed what people wrote."""
        said = await self._judged(bundle)
        assert "INDETERMINATE" in said, said
        assert await self._reasons() == ["sent_by_channel"], said

    async def _passes(self, file: Path) -> None:
        said = await self._judged(file)
        assert "TOTAL-PASSED" in said, said
        drawn = "document.querySelectorAll('svg.chain rect.edge').length"
        assert await self.screen.tab.value(drawn) >= 3

    async def _refused(self, file: Path) -> None:
        said = await self._judged(file)
        assert "TOTAL-FAILED" in said, said
        found = set(await self._reasons())
        assert found & {"bundle_member_mismatch", "document_digest_mismatch"}, found

    async def _reasons(self) -> list[str]:
        codes = "[...document.querySelectorAll('.reason dd code')]"
        return list(await self.screen.tab.value(f"{codes}.map((one) => one.innerText)"))


def _are_same(one: Path, other: Path) -> bool:
    return one.read_bytes() == other.read_bytes()


def _changed(file: Path, folder: Path) -> Path:
    """Copy a file with one byte changed."""
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 1
    copy = folder / f"changed{file.suffix}"
    copy.write_bytes(data)
    return copy
