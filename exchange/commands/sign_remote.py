"""`lienthong sign --remote`: a hub prepares the file, the key stays here.

The file that the hub prepared is compared with the one on this disk before the key is
used (`signing.remote_client`). Needs no PDF library; a key in a token the extra `hsm`.
"""

import asyncio
import getpass
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from clients.errors import RefusedError, UnreachableError
from clients.profile import load_profile
from clients.remote_official import (
    ReadyToSign,
    prepare_at_hub,
    sign_prepared,
    token_credential,
)
from clients.signing_desk import AskedFor, Completed, SigningDesk
from clients.transport import HubAddress, Transport
from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.files import read_file, require_absent, write_new
from exchange.commands.hub import refusal_of
from exchange.commands.output import Output
from exchange.commands.plain_text import on_one_line
from pki.errors import PkiError
from pki.files import read_private_file
from pki.keys.api import Credential
from pki.keys.loader import read_passphrase
from pki.keys.software import load_pkcs12
from pki.names import common_name
from schemas.errors import ErrorCode, Text
from signing.pades.remote_request import RemoteRequest
from signing.pades.request import Particulars
from signing.profiles import CopyForm, SignatureLevel, SignatureProfile, SignerRole

LEVELS = dict(zip(("b", "t", "lt", "lta"), SignatureLevel, strict=True))
_PLUG_IN = "Cắm lại thiết bị rồi nhấn Enter / Plug the token in again, press Enter: "


def add_remote_options(parser: Parser) -> None:
    """Declare the arguments of signing at a hub."""
    parser.add_argument(
        "--remote",
        metavar="PROFILE|URL",
        help="trục chuẩn bị tệp, khóa ở lại máy này / a hub prepares, the key stays",
    )
    parser.add_argument(
        "--code",
        default="",
        help="mã một lần của trang ký, thay cho FILE / code of the console, for FILE",
    )
    parser.add_argument(
        "--certificate",
        type=Path,
        metavar="FILE",
        help="PEM, khi thiết bị không lưu chứng thư / where the token holds none",
    )


def run_remote(arguments: Arguments, output: Output, target: Path) -> int:
    """Sign at a hub and write the signed file; a refusal is told in its own words."""
    try:
        credential = _credential(arguments)
        completed = asyncio.run(_signed(arguments, credential))
    except (RefusedError, UnreachableError) as error:
        output.refuse(refusal_of(error))
        return 1
    return _told(output, target, credential, completed)


def run_task(arguments: Arguments, output: Output) -> int:
    """Sign what a code from the console names, as it was asked for there.

    Raises:
        UsageError: the code comes with what it already says, or without a hub.
    """
    if not arguments.remote or arguments.file is not None:
        raise UsageError("--code: cần --remote, không cần FILE / --remote, no FILE")
    if arguments.out is None:
        raise UsageError("thiếu / missing: --out")
    require_absent(arguments.out)
    try:
        credential = _credential(arguments)
        completed = asyncio.run(_signed_task(arguments, credential, output))
    except (RefusedError, UnreachableError) as error:
        output.refuse(refusal_of(error))
        return 1
    return _told(output, arguments.out, credential, completed)


async def _signed_task(
    arguments: Arguments, credential: Credential, output: Output
) -> Completed:
    image = read_file(arguments.image) if arguments.image else None
    async with Transport(_address(arguments)) as transport:
        desk = SigningDesk(transport)
        asked = await desk.open_task(arguments.code)
        _tell_what(asked, output)
        ready = await prepare_at_hub(
            desk,
            asked.document,
            credential=credential,
            request=asked.request,
            image=image,
            task_id=asked.task_id,
        )
        return await _patiently(desk, ready, credential)


def _tell_what(asked: AskedFor, output: Output) -> None:
    """Say what is about to be signed, so that it can be compared with the page."""
    shown = on_one_line(asked.name)
    digest = sha256(asked.document).hexdigest()
    output.say(Text(f"Ký: {shown} ({digest})", f"Signing: {shown} ({digest})"))


def _told(
    output: Output, target: Path, credential: Credential, completed: Completed
) -> int:
    write_new(target, completed.file)
    name = common_name(credential.certificate)
    output.result(
        {
            "file": str(target),
            "signer": name,
            "bytes": len(completed.file),
            "level": completed.level,
            "wanted": completed.wanted,
            "missed": completed.code,
        },
        Text(
            f"Đã ký từ xa: {name} → {target} ({completed.level})",
            f"Signed remotely: {name} → {target} ({completed.level})",
        ),
    )
    return 0


def _credential(arguments: Arguments) -> Credential:
    """Open the key with what its owner types, once.

    Raises:
        UsageError: nobody can be asked.
        PkiError: a wrong passphrase or PIN, or no such key.
    """
    key = str(arguments.key)
    if key.startswith("pkcs11:"):
        pin = _secret(arguments.passphrase_file, "PIN: ").decode()
        return token_credential(key, pin, certificate=arguments.certificate)
    secret = _secret(arguments.passphrase_file, "Mật khẩu / Passphrase: ")
    return load_pkcs12(read_private_file(arguments.key), secret)


def _secret(path: Path | None, prompt: str) -> bytes:
    if path is not None:
        return read_passphrase(path) or b""
    if not sys.stdin.isatty():
        raise UsageError("thiếu / missing: --passphrase-file")
    return getpass.getpass(prompt).encode()


async def _signed(arguments: Arguments, credential: Credential) -> Completed:
    document = read_file(arguments.file)
    request = _request(arguments)
    image = read_file(arguments.image) if arguments.image else None
    async with Transport(_address(arguments)) as transport:
        desk = SigningDesk(transport)
        if request.role is SignerRole.AGENCY_SEAL and _bears_number(arguments):
            numbered = replace(
                request, role=SignerRole.NUMBER, placement=None, field=None
            )
            done = await _one(desk, document, credential, numbered, None)
            document = done.file
        return await _one(desk, document, credential, request, image)


async def _one(
    desk: SigningDesk,
    document: bytes,
    credential: Credential,
    request: RemoteRequest,
    image: bytes | None,
) -> Completed:
    ready = await prepare_at_hub(
        desk, document, credential=credential, request=request, image=image
    )
    return await _patiently(desk, ready, credential)


async def _patiently(
    desk: SigningDesk, ready: ReadyToSign, credential: Credential
) -> Completed:
    """Sign; a token that was pulled out is waited for, while somebody is there."""
    while True:
        try:
            return await sign_prepared(desk, ready, credential=credential)
        except PkiError as error:
            is_gone = error.code is ErrorCode.KEY_DEVICE_UNAVAILABLE
            if not is_gone or not sys.stdin.isatty():
                raise
        await asyncio.to_thread(input, _PLUG_IN)


def _bears_number(arguments: Arguments) -> bool:
    return bool(arguments.number or arguments.date)


def _request(arguments: Arguments) -> RemoteRequest:
    form = arguments.copy_form
    return RemoteRequest(
        role=SignerRole(arguments.role),
        level=LEVELS[arguments.level],
        profile=SignatureProfile(arguments.profile),
        placement=arguments.place,
        field=arguments.field,
        particulars=Particulars(
            number=arguments.number,
            issued=arguments.date,
            copy_form=CopyForm(form) if form else None,
            signer_name=arguments.signer_name,
        ),
    )


def _address(arguments: Arguments) -> HubAddress:
    """Return where the hub is: of a profile, or of VAR/client.toml at another URL."""
    named = str(arguments.remote)
    if named.startswith("https://"):
        return replace(load_profile(arguments.var / "client.toml").address, url=named)
    return load_profile(Path(named)).address
