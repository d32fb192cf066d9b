"""`lienthong serve`: run the service until it is told to stop."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.output import Output
from exchange.config import Settings
from exchange.config_file import load_settings
from exchange.demo.directory import fill_directory
from exchange.demo.people import SIGNERS, admit_people
from exchange.demo.ports import free_port
from exchange.demo.province import COMMUNE, OFFICES, data_path
from exchange.demo.site import (
    Site,
    build_site,
    refresh_configuration,
    refresh_lists,
    write_profiles,
)
from exchange.logs import configure_logs
from exchange.process.ports import Ports
from exchange.serve import serve
from schemas.errors import Text

_WALK = "docs/console/README.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is told of a demonstration.

    Args:
        profiles: of the systems, by the name of their agency.
        passwords: by account.
        signers: commands that sign, by account.
    """

    profiles: Mapping[str, str] = field(default_factory=dict)
    passwords: Mapping[str, str] = field(default_factory=dict)
    signers: Mapping[str, str] = field(default_factory=dict)


_NOTHING = Told()


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="cấu hình / lienthong.toml"
    )
    parser.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="số tiến trình HTTP / HTTP processes (server.http_workers)",
    )
    parser.add_argument(
        "--demo", action="store_true", help="tỉnh mẫu / the demonstration province"
    )


def run(arguments: Arguments, output: Output) -> int:
    """Serve; SIGTERM and SIGINT let running requests finish first."""
    configure_logs()
    if arguments.demo:
        site = Site(arguments.var / "serve")
        asyncio.run(_serve_demo(site, arguments.workers, output))
        return 0
    if arguments.config is None:
        raise UsageError("thiếu / missing: --config FILE | --demo")
    settings = _with_workers(load_settings(arguments.config), arguments.workers)
    asyncio.run(
        serve(
            settings,
            arguments.var,
            started=lambda ports: _tell(_places(ports, settings), ports, output),
        )
    )
    return 0


def _with_workers(settings: Settings, number: int | None) -> Settings:
    if number is None:
        return settings
    return replace(settings, server=replace(settings.server, http_workers=number))


async def _serve_demo(site: Site, workers: int | None, output: Output) -> None:
    if site.config.exists():
        refresh_lists(site)
        port = load_settings(site.config).server.public_port
        refresh_configuration(site, public_port=port)
    else:
        build_site(site, public_port=free_port())
        await fill_directory(site)
    passwords = await admit_people(site)
    settings = _with_workers(load_settings(site.config), workers)

    def started(ports: Ports) -> None:
        write_profiles(site, ports.agency_port or 0)
        told = Told(
            profiles={office.name: str(site.profile(office)) for office in OFFICES},
            passwords=passwords,
            signers=_signers(site),
        )
        _tell(_places(ports, settings), ports, output, told)

    await serve(settings, site.folder, started=started)


def _signers(site: Site) -> dict[str, str]:
    """Return the command by which people sign what a page gave them a code for."""
    return {
        one.account: f"lienthong sign --remote {site.profile(COMMUNE)}"
        f" --key {site.key(one.key).path}"
        f" --passphrase-file {site.key(one.key).passphrase}"
        f" --image {data_path(one.image)} --out SIGNED.pdf --code CODE"
        for one in SIGNERS
    }


def _tell(
    places: Mapping[str, str],
    ports: Ports,
    output: Output,
    told: Told = _NOTHING,
) -> None:
    lines = [
        f"\n  lienthong inbox --profile {path}   # {one}"
        for one, path in told.profiles.items()
    ]
    sign_ins = [f"\n  {one:<18} {word}" for one, word in told.passwords.items()]
    signs = [f"\n  {one:<18} {line}" for one, line in told.signers.items()]
    where = "  ".join(places.values())
    output.result(
        {
            **places,
            "pid": ports.pid,
            "profiles": dict(told.profiles),
            "accounts": dict(told.passwords),
            "signers": dict(told.signers),
        },
        Text(
            f"Đang phục vụ: {where}{''.join(lines)}"
            f"{_headed('Đăng nhập trang làm việc', sign_ins)}"
            f"{_headed(f'Ký bằng mã của trang ({_WALK})', signs)}",
            f"Serving: {where}{''.join(lines)}"
            f"{_headed('Sign in to the console', sign_ins)}"
            f"{_headed(f'Sign by the code of a page ({_WALK})', signs)}",
        ),
    )


def _places(ports: Ports, settings: Settings) -> dict[str, str]:
    places = {}
    if ports.console_port is not None:
        scheme = "https" if settings.console.certificate else "http"
        places["console"] = f"{scheme}://{ports.host}:{ports.console_port}"
    if ports.agency_port is not None:
        places["agency"] = f"https://{ports.host}:{ports.agency_port}"
    return {**places, "admin": f"http://127.0.0.1:{ports.admin_port}/health/ready"}


def _headed(title: str, lines: Sequence[str]) -> str:
    return f"\n{title}:{''.join(lines)}" if lines else ""
