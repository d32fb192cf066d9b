"""OpenAPI 3.1, generated from the table of routes."""

import re
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from aiohttp import web

from exchange.http import answers
from exchange.http.problems import CONTENT_TYPE as PROBLEM
from exchange.http.route import Handler, Query, Route
from schemas.errors import Side

_VARIABLE = re.compile(r"\{(\w+)\}")
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_SIDES = [side.value for side in Side]
_BOTH = {
    "type": "object",
    "properties": {"vi": {"type": "string"}, "en": {"type": "string"}},
}


def description_handler(routes: Sequence[Route]) -> Handler:
    """Return the handler that answers with the description of `routes`."""
    described = describe(routes)

    async def handler(_request: web.Request) -> web.Response:
        return answers.as_json(described)

    return handler


def describe(routes: Sequence[Route]) -> dict[str, object]:
    """Describe `routes` as an OpenAPI document."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Liên thông", "version": version("lienthong")},
        "security": [{"clientCertificate": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"clientCertificate": {"type": "mutualTLS"}},
            "schemas": {"Problem": _problem()},
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": route.operation_id,
        "summary": route.summary,
        "parameters": _parameters(route),
        "responses": _responses(route),
        # Not OAuth scopes, so an extension: who may call it.
        "x-lienthong-roles": sorted(route.allowed),
    }
    if route.request:
        content = dict.fromkeys(route.request, _BINARY)
        described["requestBody"] = {"required": True, "content": content}
    return described


def _parameters(route: Route) -> list[dict[str, Any]]:
    path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _VARIABLE.findall(route.path)
    ]
    return [*path, *map(_query, route.query)]


def _query(query: Query) -> dict[str, Any]:
    return {
        "name": query.name,
        "in": "query",
        "required": query.required,
        "description": query.summary,
        "schema": {"type": "integer" if query.is_number else "string"},
    }


def _responses(route: Route) -> dict[str, Any]:
    refused = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        **{
            str(status): {
                "description": route.summary,
                "content": {one: {} for one in (media_type, *route.also)},
            }
            for status, media_type in route.answers.items()
        },
        "default": {
            "description": "Từ chối / refused (RFC 9457)",
            "content": {PROBLEM: refused},
        },
    }


def _problem() -> dict[str, Any]:
    texts = {name: {"type": "string"} for name in ("type", "title", "detail", "code")}
    return {
        "type": "object",
        "properties": {
            **texts,
            "status": {"type": "integer"},
            "side": {"enum": _SIDES},
            "message": _BOTH,
            "next": _BOTH,
            "place": {"type": "string"},
            "instance": {"type": "string"},
        },
    }
