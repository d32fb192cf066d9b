"""What is a secrecy mark and what only contains its letters (invariant 6)."""

import unicodedata

MARKS = (
    "MẬT",
    "TỐI MẬT",
    "TUYỆT MẬT",
    "mật",
    "Tối mật",
    "  TUYỆT   MẬT \t",
    "TỐI\u00a0MẬT",
    "M Ậ T",
    "M\u200bẬT",
    "\ufeffTỐI\u00adMẬT\u2060",
    unicodedata.normalize("NFD", "TUYỆT MẬT"),
    unicodedata.normalize("NFD", "tối mật"),
)
SENTENCES = (
    "Về việc bảo vệ bí mật nhà nước",
    "Danh mục bí mật nhà nước độ Tối mật",
    "bảo mật",
    "Mật độ dân số",
    "mật độ",
    "Mật khẩu",
    "Mật ong",
    "Cục Mật mã",
    "[Bảo mật] Về việc",
    "[Mật độ] dân số",
    "(Mật ong) Về việc",
    "Văn bản này không phải là tài liệu TUYỆT MẬT",
    "Giải mật",
    "Độ mật: Thường",
    "MAT",
    "TOI MAT",
    "MẤT",
    "MẶT",
)
PREFIXED = (
    "[MẬT] Về việc",
    "[Tối mật]Về việc",
    " [ tuyệt mật ] Về việc",
    "(MẬT) Về việc",
    "[KHẨN] [MẬT] Về việc",
    "[KHẨN](tối mật) Về việc",
    "TỐI MẬT\nVề việc",
    unicodedata.normalize("NFD", "[Mật] Về việc"),
    "[M\u200bẬT] Về việc",
)
"""Subjects that bear a mark before their words."""
