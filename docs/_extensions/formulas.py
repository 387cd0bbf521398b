"""Draw every formula as lines when the pages are built: alike everywhere, no network."""

import re
from functools import cache
from html import escape

import ziamath
from docutils import nodes

SIZE_PX = 16.0
"""The size at which formulas are set; the page scales them with its text."""

BREAK = re.compile(r"\\\\|(?<=,)\s*(?:\\q?quad)?\s*\n\s*(?:\\q?quad)?|\n\s*\n")

ziamath.config.math.color = "currentColor"
ziamath.config.precision = 2


@cache
def picture(tex: str, inline: bool) -> str:
    """Return a formula as SVG that has the size and the colour of the text around it."""
    formula = ziamath.Latex(tex, size=SIZE_PX, inline=inline)
    drawing = formula.svgxml()
    width, height = (float(drawing.attrib[side]) / SIZE_PX for side in ("width", "height"))
    drawing.attrib |= {"width": f"{width:.3f}em", "height": f"{height:.3f}em"}
    drawing.attrib |= {"role": "img", "aria-label": tex.strip()}
    if inline:
        drawing.attrib["style"] = f"vertical-align: {formula.getyofst() / SIZE_PX:.3f}em"
    return ziamath.zmath.ET.tostring(drawing, encoding="unicode")


def write_inline(writer, node: nodes.math) -> None:
    """Write a formula that stands in a sentence."""
    writer.body.append(picture(node.astext(), True))
    raise nodes.SkipNode


def write_block(writer, node: nodes.math_block) -> None:
    """Write a formula that stands by itself; one that is too wide for a screen scrolls."""
    lines = "".join(f"<div>{picture(line, False)}</div>" for line in lines_of(node.astext()))
    writer.body.append(
        f'<div class="formula" title="{escape(node.astext().strip(), quote=True)}">{lines}</div>'
    )
    raise nodes.SkipNode


def lines_of(tex: str) -> list[str]:
    r"""Return the lines of a formula: parted by ``\\``, or by a new line after a comma."""
    lines = [line.replace("&", " ").strip() for line in BREAK.split(tex)]
    return [line for line in lines if line]


def setup(app) -> dict[str, bool]:
    """Tell Sphinx of the way to write formulas."""
    app.add_html_math_renderer(
        "svg", inline_renderers=(write_inline, None), block_renderers=(write_block, None)
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
