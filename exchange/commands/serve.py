"""`lienthong serve`: run the service until it is told to stop."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.output import Output
from exchange.config import load_settings
from exchange.demo.directory import fill_directory
from exchange.demo.site import Site, build_site
from exchange.logs import configure_logs
from exchange.serve import Ports, serve
from pki.hierarchy import Hierarchy
from schemas.errors import Text


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument("--config", type=Path, help="lienthong.toml")
    parser.add_argument(
        "--demo",
        action="store_true",
        help="CA, cơ quan mẫu trong VAR/serve / a demonstration site in VAR/serve",
    )


def run(arguments: Arguments, output: Output) -> int:
    """Serve; 0 after an orderly end."""
    configure_logs()
    folder: Path = arguments.var
    config: Path | None = arguments.config
    if arguments.demo:
        site = _demo_site(folder / "serve")
        folder, config = site.folder, site.config
    settings = load_settings(config)
    asyncio.run(serve(settings, folder, started=_announce(output)))
    return 0


def _demo_site(folder: Path) -> Site:
    site = Site(folder)
    if not site.config.exists():
        build_site(site)
    with Hierarchy.open(site.pki) as hierarchy:
        hierarchy.write_crls()
    asyncio.run(fill_directory(site))
    return site


def _announce(output: Output) -> Callable[[Ports], None]:
    def started(ports: Ports) -> None:
        output.say(
            Text(
                f"Dịch vụ chạy ở https://{ports.host}:{ports.agency_port}, "
                f"số đo ở http://127.0.0.1:{ports.public_port}/metrics",
                f"Serving https://{ports.host}:{ports.agency_port}, "
                f"metrics at http://127.0.0.1:{ports.public_port}/metrics",
            )
        )

    return started
