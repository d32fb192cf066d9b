"""Handlers: the log and evidence bundles."""

from aiohttp import web

from exchange.evidence.bundle import build_bundle
from exchange.evidence.tree_head import signed_head
from exchange.http import answers
from exchange.http.keys import GATE, SERVICES
from exchange.http.request import agency_parameter, caller_of, envelope_id_of
from exchange.usecases.collect_evidence import CollectEvidence, collect_evidence


async def bundle(request: web.Request) -> web.Response:
    """GET /v1/envelopes/{id}/evidence."""
    services = request.app[SERVICES]
    envelope_id = envelope_id_of(request)
    command = CollectEvidence(
        caller=caller_of(request),
        envelope_id=envelope_id,
        agency=agency_parameter(request),
    )
    with request.app[GATE].passed():
        evidence = await collect_evidence(services, command)
        content = await build_bundle(services, evidence)
    name = f'attachment; filename="{envelope_id}.zip"'
    return web.Response(
        body=content,
        content_type=answers.ZIP,
        headers={"Content-Disposition": name},
    )


async def log_head(request: web.Request) -> web.Response:
    """GET /v1/log/head."""
    return answers.xml(await signed_head(request.app[SERVICES]))
