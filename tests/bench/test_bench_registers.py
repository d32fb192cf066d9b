"""A register of a year on paper: time for each line, and memory whatever its length."""

import json
import os
import sys
from time import process_time

import pytest

from exchange.usecases.register_books import BOOKS
from signing.reports.tables import TableColumn, TableForm, TablePrinter
from tests.support.processes import resident_bytes

LINES = 10_000
CPU_BAR_MS = 2.0
"""For each line; others have their turn after each page."""

GROWTH_BAR = 16 << 20
_WARM = 500


def _line(number: int) -> tuple[str, ...]:
    summary = (
        f"Công văn: Về việc rà soát, tổng hợp kết quả thực hiện nhiệm vụ lần {number} "
        "của các đơn vị trực thuộc trong quý IV"
    )
    code, author = f"{number}/UBND-VHXH", "Ủy ban nhân dân xã Suối Mây"
    words = ("20/11/2026", str(number), author, code, "21/11/2026", summary)
    return (*words, "", "", "", "hỏa tốc, hạn 01/12/2026")


@pytest.mark.bench
def test_register_of_ten_thousand_lines_takes_no_more_memory_than_a_page() -> None:
    book = BOOKS["incoming"]
    heads = zip(book.columns, book.shares, strict=True)
    columns = tuple(TableColumn(head=one.vi, share=share) for one, share in heads)
    printer = TablePrinter(TableForm(title=book.title.vi, columns=columns))
    sizes = [len(printer.row(_line(number))) for number in range(_WARM)]
    before, begun = resident_bytes(os.getpid()), process_time()
    sizes += [len(printer.row(_line(number))) for number in range(_WARM, LINES)]
    spent = (process_time() - begun) / (LINES - _WARM) * 1000
    growth = resident_bytes(os.getpid()) - before
    sizes.append(len(printer.end()))
    line = {
        "what": "printed register, 10,000 lines",
        "pages": sum(map(bool, sizes)),
        "bytes": sum(sizes),
        "cpu_ms_per_line": round(spent, 3),
        "growth_bytes": growth,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    assert spent <= CPU_BAR_MS
    assert growth <= GROWTH_BAR
