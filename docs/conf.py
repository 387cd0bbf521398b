"""How the pages are built: ``python -m sphinx -W -b html docs docs/_build/html``, no network."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_extensions"))
# The tutorial runs in a process of its own: with our commands and style, without colours.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
os.environ |= {"NO_COLOR": "1", "MATPLOTLIBRC": str(HERE / "selfseed.mplstyle")}

import selfseed

project = "selfseed"
author = "The selfseed developers"
version = release = selfseed.__version__
copyright = "The selfseed developers, BSD-3-Clause"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_gallery.gen_gallery",
    "formulas",
    "generated",
    "law",
]
exclude_patterns = ["_build", "gallery", "**/*.ipynb"]
default_role = "code"
nitpicky = False

html_theme = "furo"
html_title = "selfseed"
html_math_renderer = "svg"
html_static_path = ["_static"]
html_css_files = ["selfseed.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0a5a8f", "color-brand-content": "#0a5a8f"},
    "dark_css_variables": {"color-brand-primary": "#7cc0f0", "color-brand-content": "#7cc0f0"},
}

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_merge_streams = True

autodoc_typehints = "none"
autodoc_member_order = "bysource"
autosummary_generate = True
napoleon_google_docstring = False
napoleon_use_param = False
napoleon_use_rtype = False
napoleon_preprocess_types = False

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "examples",
    "filename_pattern": r"plot_",
    "within_subsection_order": "FileNameSortKey",
    "reset_modules": ("figures.use_style",),
    "image_srcset": ["2x"],
    "capture_repr": (),
    "nested_sections": False,
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "remove_config_comments": True,
    "min_reported_time": 1000,
    "write_computation_times": False,
}
