"""A picture: a figure with its words and its numbers, and the forms in which it leaves the house."""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from selfseed.views.style import FONTS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

DOTS_PER_INCH = 180
_SEEN_BY_EYE, _MOST_OFF = 25, 5e-4
"""How far a colour may be off, of 255, and in how many of the dots; scales of colours need more than a few."""
_COLOURS_IN_PNG = 96
_TAG = re.compile(r"<[^>]*>")
_LONG_FRACTION = re.compile(r"(\d\.\d{2})\d+")
_FONT = "font-family: 'DejaVu Sans'"
_REFERENCE = re.compile(r'(\bid="|url\(#|href="#)')


@dataclass(frozen=True)
class Picture:
    """Hold one figure of the report.

    Attributes
    ----------
    name : str
        The name of its files and of its parts in the page; only letters, digits and . _ + -
    title : str
        What it shows, in one sentence.
    alt : str
        What a reader who cannot see it has to know.
    caption : str
        How to read it: n, bands, units.
    figure : matplotlib Figure
    data : pandas DataFrame
        The numbers that are drawn, one row each.
    """

    name: str
    title: str
    alt: str
    caption: str
    figure: Figure
    data: pd.DataFrame


@dataclass(frozen=True)
class Drawn:
    """Hold a picture in the forms in which it leaves the house: SVG and TSV as text, PNG as bytes."""

    picture: Picture
    svg: str
    png: bytes
    tsv: str

    def write(self, directory: Path) -> None:
        """Write the three forms into ``directory``."""
        name = self.picture.name
        (directory / f"{name}.svg").write_text(self.svg, encoding="utf-8")
        (directory / f"{name}.png").write_bytes(self.png)
        (directory / f"{name}.tsv").write_text(self.tsv, encoding="utf-8")


def draw(picture: Picture) -> Drawn:
    """Return ``picture`` in all its forms; call it inside `style.drawing`."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)  # a browser has more letters
        svg, png = _svg(picture), _png(picture.figure)
    tsv = picture.data.to_csv(sep="\t", index=False, float_format="%.6g", lineterminator="\n")
    return Drawn(picture, svg, png, tsv)


def _svg(picture: Picture) -> str:
    """Return the figure as an SVG element whose text is text and whose names no other figure uses."""
    buffer = io.StringIO()
    picture.figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = _TAG.sub(lambda tag: _LONG_FRACTION.sub(r"\1", tag[0]), text)
    text = text.replace(_FONT, f"font-family: {FONTS}")
    text = _REFERENCE.sub(rf"\g<1>{picture.name}-", text)
    return text.replace("<svg", '<svg role="img" aria-label="' + _quoted(picture.alt) + '"', 1)


def _quoted(text: str) -> str:
    from html import escape

    return escape(text, quote=True)


def _png(figure: Figure) -> bytes:
    """Return the figure as a PNG with few colours, where these do: a third of the size, and the same to the eye."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(DOTS_PER_INCH)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    buffer = io.BytesIO()
    few = image.quantize(_COLOURS_IN_PNG)
    off = abs(np.asarray(few.convert("RGB"), int) - np.asarray(image, int)).max(axis=2) > _SEEN_BY_EYE
    kept = image if off.mean() > _MOST_OFF else few
    kept.save(buffer, format="PNG", dpi=(DOTS_PER_INCH, DOTS_PER_INCH), optimize=True)
    return buffer.getvalue()
