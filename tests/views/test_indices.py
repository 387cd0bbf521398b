"""The figures of Sobol indices and of designs show every number that they are given."""

import numpy as np
import pytest

from selfseed.base.errors import OutputError
from selfseed.views.indices import draw_designs, draw_indices, write_figure

INDICES = {
    "spans": [{"name": "shedding.rate"}, {"name": "effect.lag"}, {"name": "growth.take"}],
    "outcomes": [
        {"outcome": name, "first": [0.6, 0.1, 0.0], "total": [0.7, 0.3, 0.05], "converged": name == "gain",
         "first_interval": [[0.5, 0.7], [0.0, 0.2], [-0.1, 0.1]],
         "total_interval": [[0.6, 0.8], [0.2, 0.4], [0.0, 0.1]]}
        for name in ("gain", "seeds", "ctc")
    ],
}  # fmt: skip
DESIGNS = {
    "designs": {
        "volumes": {"names": ["shedding.rate", "effect.lag"], "error": [2.0, 0.1]},
        "all": {"names": ["shedding.rate", "effect.lag"], "error": [0.5, 0.05]},
    }
}


def words(figure):
    import matplotlib.text

    return [text.get_text() for text in figure.findobj(matplotlib.text.Text)]


def test_each_outcome_has_a_panel_with_the_strongest_parameters_on_top():
    figure = draw_indices(INDICES, most=2)
    assert len(figure.axes) == 3
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["effect.lag", "shedding.rate"]
    marks = sorted(float(x) for line in figure.axes[0].lines for x in line.get_xdata() if len(line.get_xdata()) == 2)
    assert {0.1, 0.3, 0.6, 0.7} <= set(np.round(marks, 6))
    assert "seeds (not converged)" in words(figure) and "growth gain by return" in words(figure)


def test_each_cell_says_how_many_fold_either_way_a_parameter_is_known():
    told = words(draw_designs(DESIGNS))
    assert {"50", "1.22", "2.7", "1.10"} <= set(told)
    assert "volumes" in told and "effect.lag" in told


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_a_figure_is_written_as_asked(kind, tmp_path):
    write_figure(draw_designs(DESIGNS), tmp_path / f"figure.{kind}")
    assert (tmp_path / f"figure.{kind}").stat().st_size > 1000
    with pytest.raises(OutputError, match="cannot be written"):
        write_figure(draw_designs(DESIGNS), tmp_path / "nowhere" / f"figure.{kind}")
