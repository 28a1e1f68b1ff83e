"""Results as people look at them: a table for pandas, a picture, and both for a notebook."""

from base64 import b64encode
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.errors import MediaError, MienError
from mien.inference.draw import draw
from mien.inference.records.layout import Layout
from mien.results import Face, FrameResult

if TYPE_CHECKING:
    import pandas as pd

_WIDEST = 640  # pixels of the picture in a notebook, which keeps it in its file
_QUALITY = 85


def to_pandas(result: FrameResult) -> "pd.DataFrame":
    """Returns the rows of the records of one result; see `mien.inference.records.layout`.

    Raises:
        MienError: pandas is not installed.
    """
    try:
        import pandas as pd  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise MienError("pandas is not installed", remedy="pip install pandas") from None
    layout = Layout.of(result)
    return pd.DataFrame(layout.to_rows(result), columns=list(layout.names))


def plot(result: FrameResult, image: NDArray[np.uint8] | None = None) -> Image.Image:
    """Draws a result on its image.

    Args:
        result: of the image's analysis.
        image: uint8 (H, W, 3), RGB, upright; None to read it again from where it came from.

    Raises:
        MediaError: it is not at hand, or of another size.
    """
    if image is None:
        if result.reread is None:
            raise MediaError(
                "its image was not kept", subject=result.source, remedy="pass it: plot(image)"
            )
        image = result.reread()
    if image.shape != (result.height, result.width, 3):
        raise MediaError(
            f"the image is {image.shape}, not {(result.height, result.width, 3)}",
            subject=result.source,
            remedy="pass the one that was analyzed, as RGB",
        )
    return draw(image, result)


def to_html(result: FrameResult) -> str:
    """Returns a picture, where the image is at hand, and a table of the faces."""
    lines = [f"<p>{escape(warning)}</p>" for warning in result.warnings]
    if not result.faces:
        lines.append("<p>No face was detected.</p>")
    else:
        lines.append(_table(result))
    return f"<div>{_picture(result)}{''.join(lines)}</div>"


def _picture(result: FrameResult) -> str:
    try:
        drawn = plot(result)
    except MienError:
        return ""
    drawn.thumbnail((_WIDEST, _WIDEST))
    file = BytesIO()
    drawn.save(file, "JPEG", quality=_QUALITY)
    alt = escape(", ".join(face.emotion for face in result.faces) or "no face", quote=True)
    return f'<img alt="{alt}" src="data:image/jpeg;base64,{b64encode(file.getvalue()).decode()}">'


def _table(result: FrameResult) -> str:
    names = "".join(f"<th>{escape(name)}</th>" for name in ("expression", *result.labels))
    rows = "".join(_row(face) for face in result.faces)
    return f"<table><thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table>"


def _row(face: Face) -> str:
    shares = "".join(f"<td>{value:.0%}</td>" for value in face.displayed)
    return f"<tr><td>{escape(face.emotion)} {face.confidence:.0%}</td>{shares}</tr>"
