"""The actions of `lienthong pki` at the registration desk."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.output import Output
from exchange.commands.pki_agencies import agencies, declare_agencies
from exchange.commands.pki_batch import batch, declare_batch
from exchange.commands.pki_codes import code, declare_code
from exchange.commands.pki_expiring import declare_expiring, expiring
from exchange.commands.pki_merge import declare_merge, merge
from exchange.commands.pki_operators import (
    approvals,
    declare_approvals,
    declare_desk_operators,
    desk_operators,
)
from exchange.commands.pki_requests import (
    approve,
    collect,
    declare_approve,
    declare_collect,
    declare_refuse,
    declare_requests,
    declare_submit,
    refuse,
    requests,
    submit,
)
from schemas.errors import Text


class DeskAction(NamedTuple):
    """One action: what it does, its arguments, and doing it."""

    summary: Text
    declare: Callable[[Parser], None]
    act: Callable[[Arguments, Output], int | None]


DESK_ACTIONS: Mapping[str, DeskAction] = {
    "submit": DeskAction(Text("nộp yêu cầu", "file a request"), declare_submit, submit),
    "requests": DeskAction(
        Text("liệt kê yêu cầu", "list requests"), declare_requests, requests
    ),
    "approve": DeskAction(Text("duyệt", "approve"), declare_approve, approve),
    "refuse": DeskAction(Text("từ chối", "refuse"), declare_refuse, refuse),
    "collect": DeskAction(
        Text("lấy chứng thư", "write the certificate of a request"),
        declare_collect,
        collect,
    ),
    "batch": DeskAction(
        Text("cấp hàng loạt", "certificates for a whole list"), declare_batch, batch
    ),
    "code": DeskAction(
        Text("mã đăng ký một lần", "make an enrolment code"), declare_code, code
    ),
    "operators": DeskAction(
        Text("người vận hành", "who approves"), declare_desk_operators, desk_operators
    ),
    "approvals": DeskAction(
        Text("số người duyệt", "how many must approve"), declare_approvals, approvals
    ),
    "agencies": DeskAction(
        Text("cơ quan được ghi tên", "agencies certificates may name"),
        declare_agencies,
        agencies,
    ),
    "merge": DeskAction(
        Text("sáp nhập cơ quan", "merge agencies"), declare_merge, merge
    ),
    "expiring": DeskAction(
        Text("sắp hết hạn", "what ends soon"), declare_expiring, expiring
    ),
}
