"""``.. law:: law.growth_rate``: what a compiled function says of itself, with its equation."""

import inspect
from importlib import import_module

from sphinx.ext.napoleon import Config, NumpyDocstring
from sphinx.util.docutils import SphinxDirective


class Law(SphinxDirective):
    """Show functions of ``selfseed.kernels``; what they say of themselves is said nowhere else."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list:
        """Return one description for each function named."""
        lines = [line for name in self.arguments[0].split() for line in describe(name)]
        return self.parse_text_to_nodes("\n".join(lines))


def describe(name: str) -> list[str]:
    """Return the description of a function, such as ``law.growth_rate``, in reStructuredText."""
    module, function = name.split(".")
    plain = getattr(import_module(f"selfseed.kernels.{module}"), function).py_func
    options = Config(
        napoleon_use_param=False, napoleon_use_rtype=False, napoleon_preprocess_types=False
    )
    told = NumpyDocstring(inspect.getdoc(plain), options, what="function").lines()
    head = f".. py:function:: selfseed.kernels.{name}{inspect.signature(plain)}"
    return [head, "   :no-index-entry:", "", *(f"   {line}" for line in told), ""]


def setup(app) -> dict[str, bool]:
    """Tell Sphinx of the directive."""
    app.add_directive("law", Law)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
