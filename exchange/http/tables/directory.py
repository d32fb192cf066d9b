"""Routes of the directory."""

from exchange.domain.roles import ANYBODY_KNOWN
from exchange.http import directory
from exchange.http.answers import JSON
from exchange.http.route import Route

DIRECTORY_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/agencies",
        operation_id="listAgencies",
        summary="Danh bạ cơ quan / the directory",
        handler=directory.agencies,
        allowed=ANYBODY_KNOWN,
        answers={200: JSON},
    ),
    Route(
        method="GET",
        path="/v1/agencies/{code}",
        operation_id="readAgency",
        summary="Một cơ quan / one agency, by either form of its code",
        handler=directory.agency,
        allowed=ANYBODY_KNOWN,
        answers={200: JSON},
    ),
)
