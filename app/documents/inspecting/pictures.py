"""Pictures are drawn anew: only pixels survive, upright, without place, device or whatever hides
behind them."""

from io import BytesIO

from PIL import Image, ImageOps

from app.documents.inspecting.limits import Limits
from app.documents.records import DocumentRefused, Kind, Refusal

FORMATS = {Kind.JPEG: "JPEG", Kind.PNG: "PNG", Kind.HEIC: "HEIF"}
QUALITY = 88
GREY = frozenset({"1", "L"})
DEEP = ("I", "F")  # grey with more than 8 bits
SEE_THROUGH = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})


def inspect(content: bytes, kind: Kind, limits: Limits) -> bytes:
    """The picture to keep. Raises: DocumentRefused; anything, for what cannot be read."""
    # Pillow's own bound is for what its formats find before this module sees a size.
    Image.MAX_IMAGE_PIXELS = limits.pixels
    try:
        picture = Image.open(BytesIO(content), formats=[FORMATS[kind]])
    except Image.DecompressionBombError:
        raise DocumentRefused(Refusal.PICTURE_TOO_LARGE) from None
    with picture:
        if picture.width * picture.height > limits.pixels:
            raise DocumentRefused(Refusal.PICTURE_TOO_LARGE, f"{picture.width}x{picture.height}")
        picture.load()
        plain = _plain(_upright(picture))
    plain.info = {}  # comments, profiles, what else a format would write again
    written = BytesIO()
    if kind is Kind.PNG:
        plain.save(written, "PNG")
    else:
        plain.convert("RGB").save(written, "JPEG", quality=QUALITY)
    return written.getvalue()


def _upright(picture: Image.Image) -> Image.Image:
    """As the camera was held. A broken note about that is no reason to refuse the picture."""
    try:
        turned = ImageOps.exif_transpose(picture)
    except Exception:  # whatever the bytes of an EXIF block lead to
        return picture
    return turned or picture


def _plain(picture: Image.Image) -> Image.Image:
    """In 8 bits per channel, of a mode that both formats write."""
    if picture.mode in GREY:
        return picture.convert("L")
    if picture.mode.startswith(DEEP):
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if picture.mode in SEE_THROUGH or "transparency" in picture.info:
        return picture.convert("RGBA")
    return picture.convert("RGB")
