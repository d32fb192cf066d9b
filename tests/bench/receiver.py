"""The least a hub could do: take a body over mutual TLS, and answer.

Run as ``python -m tests.bench.receiver FOLDER PORT``; the folder is a site's.
"""

import asyncio
import sys
from pathlib import Path

from aiohttp import web

from exchange.config_file import load_settings
from exchange.demo.site import HOST, Site
from exchange.http.tls import server_context


async def _receive(request: web.Request) -> web.Response:
    async for _ in request.content.iter_any():
        pass
    return web.Response(status=201)


async def _serve(site: Site, port: int) -> None:
    app = web.Application()
    app.router.add_post("/v1/envelopes", _receive)
    tls = server_context(load_settings(site.config, {}).tls)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, port, ssl_context=tls).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(Site(Path(sys.argv[1])), int(sys.argv[2])))
