"""Pages of the directory, and of changing it."""

from exchange.console.pages import directory, merging
from exchange.domain.roles import OPERATORS, AccessRole
from exchange.http.route import Route

_PEOPLE = frozenset(AccessRole) - {AccessRole.SYSTEM}

DIRECTORY_PAGES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/directory",
        operation_id="directory",
        summary="Danh bạ cơ quan / the tree of agencies",
        handler=directory.directory,
        allowed=_PEOPLE,
    ),
    Route(
        method="GET",
        path="/directory/{code}",
        operation_id="agency",
        summary="Một cơ quan theo thời gian / one agency in time",
        handler=directory.agency,
        allowed=_PEOPLE,
    ),
    Route(
        method="GET",
        path="/mergers/new",
        operation_id="mergeForm",
        summary="Sáp nhập / merge agencies",
        handler=merging.merge_form,
        allowed=OPERATORS,
    ),
    Route(
        method="POST",
        path="/mergers/preview",
        operation_id="previewMerge",
        summary="Xem trước sáp nhập / what a merger comes to",
        handler=merging.merge_previewed,
        allowed=OPERATORS,
    ),
    Route(
        method="POST",
        path="/mergers",
        operation_id="merge",
        summary="Sáp nhập / carry a merger out",
        handler=merging.merged,
        allowed=OPERATORS,
    ),
)
