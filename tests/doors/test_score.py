"""`selfseed score`, from an expression matrix to a table and to clones that can be simulated."""

import csv
import io

import numpy as np
import pandas as pd
import pytest

from selfseed.inference.gene_lists import signatures
from selfseed.processes import GENES

FOLDS = {"IL6": 1.5, "CXCL8": 2.0, "FSCN1": 3.0, "MMP1": 5.0, "CXCL1": 8.0}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Stand in a folder with a matrix of four samples, of two groups."""
    rng = np.random.default_rng(4)
    genes = [*{*GENES, *(gene for signature in signatures() for gene in signature.direction)}, "TP53", "GAPDH"]
    table = pd.DataFrame(rng.normal(8.0, 1.0, (len(genes), 1)) + np.zeros((1, 4)), index=genes)
    table.columns = ["parental", "LM2", "parental again", "LM2 again"]
    table += 0.2 * rng.standard_normal(table.shape)
    for gene, fold in FOLDS.items():
        table.loc[gene] = table.loc[gene, "parental"]
        table.loc[gene, ["LM2", "LM2 again"]] += np.log2(fold)
    table.to_csv(tmp_path / "matrix.tsv", sep="\t")
    (tmp_path / "groups.tsv").write_text(
        "sample\tgroup\nparental\tp\nparental again\tp\nLM2\tm\nLM2 again\tm\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def say(folder, say):
    """Ask beside the files of these tests."""
    return say


def rows(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def test_stdout_is_a_table_and_stderr_says_what_was_decided(say):
    answer = say("score", "matrix.tsv")
    assert answer.code == 0, answer.err
    table = rows(answer.out)
    assert [row["sample"] for row in table] == ["parental", "LM2", "parental again", "LM2 again"]
    assert set(table[0]) == {"sample", *GENES, "lung", "bone", "brain"}
    assert "genes in rows, 4 samples" in answer.err and "logarithms to base 2" in answer.err
    assert "lung: 18 of 18 genes" in answer.err
    assert say("score", "matrix.tsv", "-q").err == ""


@pytest.mark.parametrize("fold", [1.0, 1.1])
def test_folds_against_the_reference_are_those_that_were_planted(say, fold):
    table = rows(say("score", "matrix.tsv", "--reference", "parental").out)
    found = [float(table[1][f"fold_{gene}"]) for gene in FOLDS]
    assert (found == pytest.approx([fold * value for value in FOLDS.values()], rel=1e-4)) == (fold == 1.0)


def test_samples_of_a_group_are_put_together(say):
    table = rows(say("score", "matrix.tsv", "--group-by", "groups.tsv", "--reference", "p").out)
    assert [(row["group"], row["samples"]) for row in table] == [("p", "2"), ("m", "2")]
    assert float(table[1]["fold_MMP1"]) == pytest.approx(5.0, rel=1e-4)


def test_clones_and_a_scenario_are_written_that_pass_the_check(say, folder):
    words = ("score", "matrix.tsv", "--group-by", "groups.tsv", "--reference", "p")
    answer = say(*words, "--clones", "clones.yaml", "--scenario", "mine.yaml", "--out", "table.tsv")
    assert answer.code == 0 and answer.out == "", answer.err
    assert "an assumption" in answer.err
    assert len(rows((folder / "table.tsv").read_text())) == 2
    assert say("check", "mine.yaml").out == "mine.yaml: no problems\n"
    assert "FSCN1: 3.0" in (folder / "clones.yaml").read_text()
    assert say(*words, "--clones", "clones.yaml").err.startswith("OutputError: clones.yaml exists; --force")
    assert say(*words, "--clones", "clones.yaml", "--force").code == 0


def test_cells_of_an_h5ad_are_put_together_by_a_column(say, folder):
    anndata = pytest.importorskip("anndata")
    table = pd.read_csv("matrix.tsv", sep="\t", index_col=0).T
    cells = anndata.AnnData(table.to_numpy(), obs=pd.DataFrame({"line": ["p", "m", "p", "m"]}, index=table.index))
    cells.var_names = table.columns
    cells.write_h5ad(folder / "cells.h5ad")
    plain = rows(say("score", "matrix.tsv", "--group-by", "groups.tsv").out)
    assert rows(say("score", "cells.h5ad", "--group-by", "line").out) == plain
    assert "did you mean 'line'" in say("score", "cells.h5ad", "--group-by", "lines").err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("matrix.tvs",), "did you mean 'matrix.tsv'?"),
        (("matrix.tsv", "--method", "zscor"), "did you mean 'zscore'?"),
        (("matrix.tsv", "--scale", "log10", "--genes", "up"), "2 problems in the command"),
        (("matrix.tsv", "--pseudocount", 0), "must be above 0"),
        (("matrix.tsv", "--tropism-per-sd", 0.5), "must be from 1 to 1000"),
        (("matrix.tsv", "--clones", "c.yaml"), "name the sample that every fold is taken against: --reference"),
        (("matrix.tsv", "--reference", "parentl"), "did you mean 'parental'?"),
        (("matrix.tsv", "--group-by", "groops.tsv"), "did you mean 'groups.tsv'?"),
        (("matrix.tsv", "--group-by", "matrix.tsv"), "needs two columns"),
        (("matrix.tsv", "--layer", "raw"), "only h5ad files have layers"),
    ],
)
def test_a_mistake_is_told_with_its_remedy(say, words, told):
    answer = say("score", *words)
    assert answer.code == 2 and told in answer.err and "Traceback" not in answer.err


def test_a_method_whose_package_is_absent_names_the_line_that_installs_it(say, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    answer = say("score", "matrix.tsv", "--method", "ulm")
    assert answer.code == 2 and 'pip install "decoupler>=2"' in answer.err
