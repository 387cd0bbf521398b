"""The genes of the law and three signatures of metastasis, with their names, sources and how sure the lists are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from selfseed.processes import GENE_ALIASES, GENES

_VERSION = re.compile(r"(ENSG\d{11})(?:[._]\d+)*(?:_PAR_Y)?")


@dataclass(frozen=True)
class Signature:
    """Hold a list of genes that marks tumours which settle in one organ.

    Attributes
    ----------
    name, organ : str
    source, doi, about : str
        Who found it; what of the list is known here.
    direction : mapping of str to int
        For each gene 1, or -1 where the cells that settle there make less of it.
    sure : mapping of str to str
        For each gene "read" in the paper, "quoted" by a text that was read, or "memory".
    """

    name: str
    organ: str
    source: str
    doi: str
    about: str
    direction: Mapping[str, int]
    sure: Mapping[str, str]


@lru_cache
def signatures() -> tuple[Signature, ...]:
    """Return the signatures.

    Examples
    --------
    >>> [(signature.name, len(signature.direction)) for signature in signatures()]
    [('lung', 18), ('bone', 9), ('brain', 12)]
    """
    return tuple(
        Signature(
            name=name,
            organ=entry["organ"],
            source=entry["source"],
            doi=entry["doi"],
            about=entry["about"].strip(),
            direction={gene: said.get("direction", 1) for gene, said in entry["genes"].items()},
            sure={gene: said["sure"] for gene, said in entry["genes"].items()},
        )
        for name, entry in _document()["signatures"].items()
    )


@lru_cache(maxsize=100_000)
def identify(name: str) -> str | None:
    """Return the approved symbol of a gene of the law or of a signature; None for any other gene.

    Older names, any case, Ensembl ids with their version, and pairs such as ``CXCL8|3576`` are understood.

    Examples
    --------
    >>> identify("Il8"), identify("ENSG00000196611.12"), identify("C10orf116"), identify("TP53")
    ('CXCL8', 'MMP1', 'ADIRF', None)
    """
    known = _names()
    for part in (name, *re.split(r"[|;/]", name, maxsplit=1), name.rpartition("_")[2]):
        word = plain(part)
        if word in known:
            return known[word]
    return None


def plain(name: str) -> str:
    """Return a name in capitals, without quotes, and without the version of an Ensembl id.

    >>> plain(' "ensg00000169429.11" ')
    'ENSG00000169429'
    """
    word = name.strip().strip("\"'").strip().upper()
    ensembl = _VERSION.fullmatch(word)
    return ensembl[1] if ensembl else word


@lru_cache
def _names() -> dict[str, str]:
    """Return every name of every known gene, in capitals, and the symbol it stands for."""
    names = {gene: gene for gene in GENES} | dict(GENE_ALIASES)
    for gene, said in _document()["genes"].items():
        names |= {word.upper(): gene for word in (gene, said["ensembl"], *said["aliases"])}
    return names


@lru_cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(files(__package__).joinpath("signatures.yaml").read_text("utf-8"))
    return document
