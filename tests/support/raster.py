"""Look at a page as pixels: `pdftoppm` draws it, Pillow reads it."""

from pathlib import Path

from PIL import Image, ImageChops

from tests.support.judges import run

DPI = 144
PIXELS_PER_POINT = DPI / 72


def draw_page(pdf: bytes, folder: Path, page: int = 1) -> Image.Image:
    """Return one page as displayed, in colour."""
    path = folder / "page.pdf"
    path.write_bytes(pdf)
    target = folder / "page"
    # As PPM, which is not compressed.
    options = ("-r", str(DPI), "-f", str(page), "-l", str(page))
    done = run("pdftoppm", *options, "-singlefile", path, target)
    assert done.returncode == 0, done.stderr
    with Image.open(target.with_suffix(".ppm")) as drawn:
        return drawn.convert("RGB")


def drawn_area(
    before: Image.Image, after: Image.Image
) -> tuple[float, float, float, float]:
    """Return what changed, in points from the lower left: left, lower, right, upper."""
    changed = ImageChops.difference(before, after).convert("L")
    box = changed.point(lambda value: 255 * (value > 40)).getbbox()
    assert box, "nothing was drawn"
    left, top, right, bottom = (edge / PIXELS_PER_POINT for edge in box)
    height = after.height / PIXELS_PER_POINT
    return left, height - bottom, right, height - top
