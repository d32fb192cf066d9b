"""What can go wrong between an agency's system and the hub."""

from dataclasses import dataclass

from schemas.errors import CodedError, ErrorCode


class ClientError(CodedError):
    """The root of every error of the clients."""


@dataclass(frozen=True, slots=True)
class Problem:
    """The hub's own words on a refusal (RFC 9457).

    `code` is the hub's; it is kept as text because a newer hub may know codes that
    this client does not.
    """

    status: int
    code: str
    side: str
    place: str
    message_vi: str
    message_en: str
    next_vi: str
    next_en: str


# Refusals of what a body says, not of who sends it or of the moment (docs/protocol.md).
_ABOUT_THE_MESSAGE = frozenset({400, 409, 413, 415, 422})
_ABOUT_THE_WAY = "upload_"
"""So begin the codes of how a body comes, whatever their status."""

_TAKES_NOTHING = 503


class RefusedError(ClientError):
    """A refusal for good; of the hub, the same bytes will be refused again.

    One without a code is not in the hub's words: something in between may have said
    it (ANSWER_MALFORMED, the status is named).
    """

    def __init__(self, problem: Problem) -> None:
        code, place = ErrorCode.REQUEST_INVALID, problem.place
        if not problem.code:
            code, place = ErrorCode.ANSWER_MALFORMED, f"HTTP {problem.status}"
        elif problem.code in set(ErrorCode):
            code = ErrorCode(problem.code)
        super().__init__(code, place=place)
        self.problem = problem

    @property
    def is_about_message(self) -> bool:
        """Whether the message itself is at fault, so that it need not wait on."""
        problem = self.problem
        if not problem.code or problem.code.startswith(_ABOUT_THE_WAY):
            return False
        return problem.status in _ABOUT_THE_MESSAGE


class UnreachableError(ClientError):
    """The hub did not answer within all attempts; the same bytes may be sent again.

    Args:
        place: what was asked for.
        problem: why it does not take anything for now, in its own words, if it said so.
        code: HUB_NOT_RECOGNISED where somebody is there who may be anybody;
            CLIENT_CERTIFICATE_REFUSED where this system's own certificate has ended.
        was_reached: somebody answered, or took something, before the line broke.
    """

    def __init__(
        self,
        *,
        place: str,
        problem: Problem | None = None,
        code: ErrorCode = ErrorCode.HUB_UNREACHABLE,
        was_reached: bool = False,
    ) -> None:
        super().__init__(code, place=place)
        self.problem = problem
        self.was_reached = was_reached

    @property
    def is_about_hub(self) -> bool:
        """Whether nobody was there or takes anything, so that nothing would get in."""
        if self.problem is not None:
            return self.problem.status == _TAKES_NOTHING
        return not self.was_reached

    @property
    def is_broken_line(self) -> bool:
        """Whether nobody said why, so that less at a time may get through."""
        return self.problem is None and not self.is_lasting

    @property
    def is_lasting(self) -> bool:
        """Whether it stays so for every message until somebody acts."""
        return self.code is not ErrorCode.HUB_UNREACHABLE
