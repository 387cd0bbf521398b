"""Write docs/drugs.md from the drugs that come with selfseed: ``python tools/drugs_page.py``."""

from pathlib import Path

from selfseed.base.units import number_text
from selfseed.scenario.drugs import Drug, built_in_drugs

PAGE = Path(__file__).parents[1] / "docs" / "drugs.md"
HEAD = """# Drugs that come with selfseed

<!-- made by tools/drugs_page.py from src/selfseed/processes/drugs.yaml; do not edit -->

`give: NAME` gives one as is usual for it; [treatment](treatment.md) says what it then does. Concentrations are those of
the unbound drug in the tumour. `volume` is the dose over the concentration that it makes, so bioavailability is within
it. Confidence: *read* in the source, *quoted* by another that was read, from *memory*, *derived*, *assumed*.
"""
UNITS = {
    "potency": "nM", "most_kill": "", "molar_mass": "kDa", "volume": "l/kg", "half_life": "day",
    "absorption_half_life": "day", "free_share": "", "tissue_share": "", "dose": "mg/kg",
}  # fmt: skip


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join([HEAD, *(_section(name, drug) for name, drug in built_in_drugs().items())])


def _section(name: str, drug: Drug) -> str:
    usual = f"every {number_text(round(drug.every, 4))} days, {drug.doses} times, {drug.route}"
    rows = ["| number | value | source | confidence |", "|---|---|---|---|"]
    for key, source in drug.sources.items():
        link = f" ([doi](https://doi.org/{source.doi}))" if source.doi else ""
        value = f"{number_text(float(f'{getattr(drug, key):.4g}'))} {UNITS[key]}".strip()
        rows.append(f"| {key} | {value} | {source.says}{link} | {source.confidence} |")
    return f"## {name}\n\n{drug.title.capitalize()}. Acts on {drug.acts_on}; {usual}.\n\n" + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
