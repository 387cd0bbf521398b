"""How figures of gallery and tutorial look: as those of the reports."""

from pathlib import Path

STYLE = Path(__file__).parents[1] / "selfseed.mplstyle"


def use_style(gallery_conf: dict | None = None, name: str | None = None) -> None:
    """Set the look of all figures that follow."""
    import matplotlib.pyplot as plt

    plt.close("all")
    plt.rcdefaults()
    plt.style.use(STYLE)
