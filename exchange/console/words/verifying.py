"""Words of verifying files."""

from schemas.errors import Text

WORDS: dict[str, Text] = {
    "verify.title": Text(vi="Kiểm tra chữ ký", en="Verify a file"),
    "verify.hint": Text(
        vi="Chọn hoặc kéo thả vào ô dưới đây một tệp PDF, gói tin edXML, biên nhận "
        "hoặc hồ sơ chứng cứ. Tệp được kiểm tra trong tiến trình cách ly và không được "
        "lưu lại.",
        en="Choose, or drop on the field below, a PDF, an edXML envelope, a receipt or "
        "an evidence bundle. It is judged in an isolated process and not kept.",
    ),
    "verify.file": Text(vi="Tệp cần kiểm tra", en="File to verify"),
    "verify.limit": Text(vi="Tối đa {size}.", en="At most {size}."),
    "verify.submit": Text(vi="Kiểm tra", en="Verify"),
    "verify.again": Text(vi="Kiểm tra tệp khác", en="Verify another file"),
    "verify.downloads": Text(vi="Tải kết quả về", en="Download the result"),
    "verify.download.json": Text(vi="JSON", en="JSON"),
    "verify.download.xml": Text(
        vi="XML (ETSI TS 119 102-2)", en="XML (ETSI TS 119 102-2)"
    ),
    "verify.download.pdf": Text(vi="PDF", en="PDF"),
}
