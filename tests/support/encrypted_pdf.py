"""The letter of the samples, encrypted."""

from io import BytesIO

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from tests.support.signed_pdf import LETTER


def encrypted_pdf(user_passphrase: str = "") -> bytes:
    """Encrypt the letter; without a passphrase everybody can open it all the same."""
    writer = copy_into_new_writer(PdfFileReader(BytesIO(LETTER.read_bytes())))
    writer.encrypt("chủ", user_passphrase)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()
