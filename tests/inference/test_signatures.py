"""What a matrix of expression says of the five genes and of three signatures, when the answer is known."""

import gzip
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from selfseed.base.errors import ScenarioError
from selfseed.inference.clones import Profile, clones_text, folds, make_clones, scenario_text
from selfseed.inference.expression import express, group_of
from selfseed.inference.gene_lists import identify, signatures
from selfseed.inference.signatures import score
from selfseed.interchange.expression import read_groups, read_matrix
from selfseed.processes import GENES
from selfseed.scenario import read, resolve

FOLDS = {"IL6": 1.5, "CXCL8": 2.0, "FSCN1": 3.0, "MMP1": 5.0, "CXCL1": 8.0}
KNOWN = sorted({*GENES, *(gene for signature in signatures() for gene in signature.direction)})
OTHERS = [f"GENE{number}" for number in range(600)]
SAMPLES = ["parental", "LM2", "BoM", "BrM2", "other"]


def log2_matrix(seed=1):
    """Return logarithms (gene, sample) in which LM2 expresses the five genes at the folds of ``FOLDS``."""
    rng = np.random.default_rng(seed)
    genes = [*KNOWN, *OTHERS]
    level = rng.normal(8.0, 1.5, len(genes))
    table = pd.DataFrame(level[:, None] + 0.3 * rng.standard_normal((len(genes), 5)), index=genes, columns=SAMPLES)
    for gene, fold in FOLDS.items():
        table.loc[gene, "LM2"] = table.loc[gene, "parental"] + np.log2(fold)
    return table


def express_table(table, folder, *, sep="\t", name="matrix.tsv", **how):
    path = folder / name
    table.to_csv(path, sep=sep)
    return express(read_matrix(path), **how)


def profile_of(expression, method="zscore"):
    five = np.full((len(expression.samples), len(GENES)), np.nan)
    for number, gene in enumerate(GENES):
        if gene in expression.genes:
            five[:, number] = expression.log2[:, expression.genes.index(gene)]
    scores = score(expression, method)
    organs = tuple(signature.organ for signature in scores.signatures)
    return Profile(expression.source, expression.samples, five, scores.values, np.ones(3), organs)


def found_folds(expression, sample="LM2"):
    profile = profile_of(expression)
    return folds(profile, "parental")[profile.names.index(sample)]


def wanted_folds():
    return [FOLDS[gene] for gene in GENES if gene in FOLDS]


def column(scores, name):
    return scores.values[:, [signature.name for signature in scores.signatures].index(name)]


def test_planted_folds_come_out_exactly(tmp_path):
    assert found_folds(express_table(log2_matrix(), tmp_path)) == pytest.approx(wanted_folds(), rel=1e-9)


@pytest.mark.parametrize("gene", FOLDS)
def test_a_fold_one_tenth_too_high_would_be_noticed(tmp_path, gene):
    table = log2_matrix()
    table.loc[gene, "LM2"] += np.log2(1.1)
    assert found_folds(express_table(table, tmp_path)) != pytest.approx(wanted_folds(), rel=1e-9)


def test_a_matrix_lying_on_its_side_is_turned_and_that_is_said(tmp_path):
    upright = express_table(log2_matrix(), tmp_path)
    turned = express_table(log2_matrix().T, tmp_path, name="turned.csv", sep=",")
    assert turned.samples == upright.samples and turned.genes == upright.genes
    assert np.allclose(turned.log2, upright.log2)
    assert any("genes in rows, 5 samples in columns" in note for note in upright.notes)
    assert any("genes in columns, 5 samples in rows" in note for note in turned.notes)


def test_a_packed_matrix_is_the_same(tmp_path):
    log2_matrix().to_csv(tmp_path / "matrix.tsv.gz", sep="\t")
    assert found_folds(express(read_matrix(tmp_path / "matrix.tsv.gz"))) == pytest.approx(wanted_folds())


@pytest.mark.parametrize(
    ("name", "gene"),
    [
        ("IL8", "CXCL8"), ("Il-8", "CXCL8"), ("GRO1", "CXCL1"), ("fascin", "FSCN1"), ("Mmp1", "MMP1"),
        ("OPN", "SPP1"), ("CTGF", "CCN2"), ("C10orf116", "ADIRF"), ("RARRES3", "PLAAT4"),
        ("ENSG00000169429.11", "CXCL8"), ("ensg00000136244", "IL6"), ("ENSG00000163739.4_PAR_Y", "CXCL1"),
        ("CXCL8|3576", "CXCL8"), ("ENSG00000196611_MMP1", "MMP1"), ('"IL6"', "IL6"),
        ("COX2", None), ("TP53", None), ("IL6R", None), ("", None),
    ],
)  # fmt: skip
def test_genes_are_known_by_all_their_names(name, gene):
    assert identify(name) == gene


def test_every_name_means_one_gene_only():
    for signature in signatures():
        for gene in signature.direction:
            assert identify(gene) == gene
        assert set(signature.sure.values()) <= {"read", "quoted", "memory"}
        assert signature.doi.startswith("10.")


def test_old_names_and_ensembl_ids_give_the_same_folds(tmp_path):
    names = {"CXCL8": "IL8", "CXCL1": "ENSG00000163739.11", "FSCN1": "Fascin", "MMP1": "mmp1", "IL6": "ENSG00000136244"}
    assert found_folds(express_table(log2_matrix().rename(index=names), tmp_path)) == pytest.approx(wanted_folds())


def test_a_z_score_is_the_mean_of_the_standardised_genes(tmp_path):
    table = log2_matrix()
    scores = score(express_table(table, tmp_path))
    lung = signatures()[0]
    z = stats.zscore(table.loc[list(lung.direction)].to_numpy(), axis=1, ddof=1)
    wanted = (np.array(list(lung.direction.values()))[:, None] * z).mean(axis=0)
    assert column(scores, "lung") == pytest.approx(wanted, abs=1e-12)
    assert column(scores, "lung") != pytest.approx(abs(z).mean(axis=0), abs=0.01)


def test_a_univariate_linear_model_gives_the_t_of_the_textbook(tmp_path):
    pytest.importorskip("decoupler")
    table = log2_matrix()
    found = column(score(express_table(table, tmp_path, all_genes=True), "ulm"), "bone")
    weight = table.index.isin(list(signatures()[1].direction)).astype(float)
    for sample, t in zip(SAMPLES, found, strict=True):
        line = stats.linregress(weight, table[sample])
        assert t == pytest.approx(line.slope / line.stderr, rel=1e-6)


@pytest.mark.parametrize("method", ["zscore", "ssgsea", "ulm", "score_genes"])
@pytest.mark.parametrize("organ", ["lung", "bone", "brain"])
def test_the_sample_that_shows_a_signature_has_its_highest_score(method, organ, tmp_path):
    pytest.importorskip({"ssgsea": "gseapy", "ulm": "decoupler", "score_genes": "scanpy"}.get(method, "numpy"))
    table = log2_matrix(seed=3)
    signature = next(signature for signature in signatures() if signature.name == organ)
    for gene, direction in signature.direction.items():
        table.loc[gene, "other"] += 3.0 * direction
    expression = express_table(table, tmp_path, all_genes=method != "zscore")
    found = dict(zip(SAMPLES, column(score(expression, method), organ), strict=True))
    assert max(found, key=found.get) == "other"


def test_counts_become_counts_per_million_of_their_own_sample(tmp_path):
    rng = np.random.default_rng(5)
    share = rng.dirichlet(np.full(len(KNOWN) + len(OTHERS), 5.0))
    table = pd.DataFrame({"parental": share * 1e9, "LM2": share * 3e9}, index=[*KNOWN, *OTHERS])
    for gene, fold in FOLDS.items():
        table.loc[gene, "LM2"] *= fold
    raised = table["LM2"].sum() / 3e9
    expression = express_table(table.round(), tmp_path, pseudocount=1e-6)
    assert expression.scale == "counts"
    assert found_folds(expression) * raised == pytest.approx(wanted_folds(), rel=1e-4)
    assert found_folds(expression) * raised * 1.1 != pytest.approx(wanted_folds(), rel=1e-4)


@pytest.mark.parametrize(
    ("change", "scale", "why"),
    [
        (lambda table: table, "log2", "none is above 50"),
        (lambda table: table - 9.0, "log2", "some are negative"),
        (lambda table: 2.0**table, "linear", "not all are whole"),
        (lambda table: (2.0**table).round(), "counts", "all are whole"),
        (lambda table: table.round(), "counts", "all are whole"),
    ],
)
def test_what_the_numbers_are_is_judged_and_said(change, scale, why, tmp_path):
    expression = express_table(change(log2_matrix()), tmp_path)
    assert expression.scale == scale
    assert any(note.startswith("numbers are taken for") and why in note for note in expression.notes)


def test_natural_logarithms_give_the_folds_only_when_they_are_said_to_be_natural(tmp_path):
    natural = log2_matrix() * np.log(2.0)
    assert found_folds(express_table(natural, tmp_path, scale="ln")) == pytest.approx(wanted_folds())
    assert found_folds(express_table(natural, tmp_path)) != pytest.approx(wanted_folds(), rel=0.1)


def test_missing_and_constant_genes_are_left_out_and_named(tmp_path):
    table = log2_matrix().drop(index=["VCAM1", "CXCL1"])
    table.loc["ID1"] = 7.0
    table.loc["TNC"] = np.nan
    table.loc["KYNU", "BoM"] = np.nan
    expression = express_table(table, tmp_path)
    scores = score(expression)
    said = next(note for note in scores.notes if note.startswith("lung"))
    assert "14 of 18 genes; missing: CXCL1, VCAM1; the same in all samples: ID1, TNC" in said
    assert np.isfinite(column(scores, "lung")).all()
    assert np.isnan(found_folds(expression)[GENES.index("CXCL1")])


def test_a_signature_of_which_two_genes_are_there_has_no_score(tmp_path):
    kept = ["MMP1", "FSCN1", "IL6", "CXCL8", "CXCL1", "ID1", *OTHERS]
    scores = score(express_table(log2_matrix().loc[kept], tmp_path))
    assert np.isnan(column(scores, "bone")).all() and np.isfinite(column(scores, "lung")).all()
    assert any("no score from fewer than 3" in note for note in scores.notes)


def test_rows_that_mean_the_same_gene_are_added_up_if_counts_and_the_highest_kept_if_logarithms(tmp_path):
    table = log2_matrix()
    weak = (table.loc[["CXCL8"]] - 4.0).rename(index={"CXCL8": "IL8"})
    expression = express_table(pd.concat([weak, table]), tmp_path)
    assert found_folds(expression) == pytest.approx(wanted_folds())
    assert any("stand several times: 1, such as CXCL8" in note for note in expression.notes)
    counts = (2.0**table).round()
    double = express_table(pd.concat([counts, counts.loc[["CXCL8"]].rename(index={"CXCL8": "IL8"})]), tmp_path)
    place = double.genes.index("CXCL8")
    assert double.measured[:, place] == pytest.approx(2.0 * counts.loc["CXCL8"].to_numpy())


def test_cells_of_a_group_are_pooled_before_the_logarithm_is_taken(tmp_path):
    rng = np.random.default_rng(2)
    cells = pd.DataFrame(rng.poisson(2.0, (40, len(KNOWN) + 600)), columns=[*KNOWN, *OTHERS])
    cells.index = [f"cell{number}" for number in range(40)]
    expression = express_table(cells, tmp_path, scale="counts")
    groups = {f"cell{number}": "a" if number < 25 else "b" for number in range(39)}
    kept, group = group_of(expression, groups)
    names, log2 = kept.of_groups(group)
    pooled = cells.iloc[25:39].sum()
    wanted = np.log2(pooled["MMP1"] / pooled.sum() * 1e6 + 1.0)
    assert names == ("a", "b") and log2[1, kept.genes.index("MMP1")] == pytest.approx(wanted)
    assert any("without a group, left out: 1" in note for note in kept.notes)


def test_tropism_rises_by_the_stated_fold_for_each_standard_deviation():
    scores = np.array([[0.0, 1.0, -1.0], [1.0, 1.0, -2.0], [2.0, np.nan, 0.5]])
    profile = Profile("m", ("p", "a", "b"), np.zeros((3, len(GENES))), scores, np.ones(3), ("lung", "bone", "brain"))
    clones = make_clones(profile, "p", tropism_per_sd=4.0)
    assert clones.block["a"]["tropism"] == pytest.approx({"lung": 4.0, "bone": 1.0, "brain": 0.25})
    assert clones.block["b"]["tropism"] == pytest.approx({"lung": 16.0, "brain": 8.0})
    steeper = make_clones(profile, "p", tropism_per_sd=4.4)
    assert steeper.block["a"]["tropism"]["lung"] != pytest.approx(4.0, rel=0.05)


def test_a_fold_beyond_what_a_scenario_takes_is_clipped_and_said():
    log2 = np.zeros((2, len(GENES)))
    log2[1, 0] = 12.0
    profile = Profile("m", ("p", "a"), log2, np.zeros((2, 3)), np.ones(3), ("lung", "bone", "brain"))
    clones = make_clones(profile, "p")
    assert clones.block["a"]["expression"]["IL6"] == 1000.0
    assert any("4.1e+03-fold, clipped to 1000" in note for note in clones.notes)


@pytest.mark.parametrize("names", [SAMPLES, ["1e6", "true", "a:b", "é - x", "no"], ["x" * 90, "x" * 95, "/", ".", "p"]])
def test_clones_of_any_samples_make_a_scenario_that_is_valid(names, tmp_path):
    expression = express_table(log2_matrix().set_axis(names, axis=1), tmp_path)
    clones = make_clones(profile_of(expression), names[0])
    scenario = read(scenario_text(clones, "matrix.tsv", "by hand"))
    assert len(scenario.arms) == 5 and len(resolve(scenario)) == 5
    block = clones_text(clones, "matrix.tsv", "by hand")
    own = "selfseed: 1\nhost: human\nsites: {breast: {organ: mammary_gland}}\nduration: 9 day\nreplicates: 1\n"
    own += f"procedures: [{{implant: '{clones.reference}', site: breast, cells: 10}}]\n"
    assert len(read(f"{own}measurements: [{{volume: breast, at: 9 day}}]\n{block}").clones) == 5


def test_folds_stand_in_the_scenario_as_they_were_planted(tmp_path):
    clones = make_clones(profile_of(express_table(log2_matrix(), tmp_path)), "parental")
    arm = resolve(read(scenario_text(clones, "matrix.tsv", "")))[0]
    grown = next(clone for clone in arm.clones if clone.name == "LM2")
    assert grown.expression == pytest.approx(wanted_folds(), rel=1e-5)


def test_an_h5ad_gives_what_the_table_gives(tmp_path):
    anndata = pytest.importorskip("anndata")
    sparse = pytest.importorskip("scipy.sparse")
    table = (2.0 ** log2_matrix()).round().T
    cells = anndata.AnnData(
        sparse.csr_matrix(table.to_numpy()), obs=pd.DataFrame({"line": ["p", "m", "m", "m", "p"]}, index=SAMPLES),
        var=pd.DataFrame(index=table.columns),
    )  # fmt: skip
    cells.layers["logs"] = np.log1p(table.to_numpy())
    cells.write_h5ad(tmp_path / "cells.h5ad")
    plain = express_table(table, tmp_path)
    matrix = read_matrix(tmp_path / "cells.h5ad")
    assert matrix.labels["line"] == ("p", "m", "m", "m", "p")
    assert np.allclose(express(matrix).log2, plain.log2)
    assert np.allclose(score(express(matrix)).values, score(plain).values)
    logs = express(read_matrix(tmp_path / "cells.h5ad", layer="logs"), scale="ln")
    assert logs.log2[0, 0] == pytest.approx(np.log2(1.0 + table.iloc[0, 0]))
    with pytest.raises(ScenarioError, match="did you mean 'logs'"):
        read_matrix(tmp_path / "cells.h5ad", layer="log")


def test_an_h5ad_whose_logarithm_scanpy_took_is_known_for_it(tmp_path):
    anndata = pytest.importorskip("anndata")
    table = log2_matrix().T
    cells = anndata.AnnData(table.to_numpy() * np.log(2.0), obs=pd.DataFrame(index=SAMPLES))
    cells.var_names = [f"ENSG{number:011d}" for number in range(table.shape[1])]
    cells.var["gene_symbols"] = table.columns.to_numpy()
    cells.uns["log1p"] = {"base": None}
    cells.write_h5ad(tmp_path / "cells.h5ad")
    expression = express(read_matrix(tmp_path / "cells.h5ad"))
    assert expression.scale == "ln" and found_folds(expression) == pytest.approx(wanted_folds())
    assert any("gene_symbols" in note for note in expression.notes)


BAD = {
    "empty": (b"", "is empty"),
    "one column": (b"gene\nIL6\n", "holds no table"),
    "ragged": (b"gene\ta\tb\nIL6\t1\nMMP1\t1\t2\t3\n", "line 2"),
    "words": (b"gene\ta\tb\nIL6\t1\tmany\nMMP1\t1\t2\n", "line 2 +'many'"),
    "words alone": (b"gene\ta\nIL6\tfew\nMMP1\tmany\n", "no column of numbers"),
    "comma": (b"gene\ta\tb\nMMP1\t1\t2\nIL6\t1\t2,5\n", "write 1.5, not 1,5"),
    "infinite": (b"gene\ta\tb\nIL6\t1\tinf\n", "an infinite number"),
    "no gene": (b"gene\ta\tb\nTP53\t1\t2\n", "no known gene"),
    "no name": (b"gene\ta\tb\nIL6\t1\t2\n\t1\t2\n", "line 3 +has no name"),
    "binary": (b"gene\ta\0\nIL6\t1\n", "is not text"),
    "latin": (b"gene\ta\xff\nIL6\t1\n", "is not UTF-8"),
    "spreadsheet": (b"PK\x03\x04 and more", "is a spreadsheet"),
    "damaged pack": (gzip.compress(b"gene\ta\tb\nIL6\t1\t2\n" * 999)[:60], "cannot be unpacked"),
    "damaged h5ad": (b"\x89HDF\r\n\x1a\n" + b"\1" * 99, "is no h5ad that anndata reads|anndata is not installed"),
    "nothing known": (b"gene\ta\tb\nIL6\tNA\t\n", "holds no number"),
    "both ways": (b"gene\tIL6\tMMP1\nCXCL8\t1\t2\nCXCL1\t1\t2\n", "genes in rows and in columns"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_its_place(name, tmp_path):
    data, told = BAD[name]
    (tmp_path / "bad.tsv").write_bytes(data)
    with pytest.raises(ScenarioError) as refused:
        express(read_matrix(tmp_path / "bad.tsv"))
    assert re.search(told, str(refused.value))


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path):
    (tmp_path / "bad.tsv").write_text("gene\ta\tb\nIL6\t1\t2\nMMP1\t1\nFSCN1\t1\tx\nCXCL1\tinf\t1\n")
    with pytest.raises(ScenarioError) as refused:
        read_matrix(tmp_path / "bad.tsv")
    assert [problem.where for problem in refused.value.problems] == ["line 3", "line 4", "line 5"]


def test_negative_counts_are_refused(tmp_path):
    with pytest.raises(ScenarioError, match="negative numbers are logarithms"):
        express_table(log2_matrix() - 9.0, tmp_path, scale="counts")


def test_one_sample_has_no_z_score(tmp_path):
    with pytest.raises(ScenarioError, match="z-scores compare samples"):
        score(express_table(log2_matrix()[["LM2"]], tmp_path))


def test_a_table_without_a_name_above_its_rows_is_read_as_R_writes_it(tmp_path):
    lines = log2_matrix().to_csv(sep="\t").splitlines()
    (tmp_path / "r.tsv").write_text("\n".join([lines[0].lstrip("\t"), *lines[1:]]))
    assert found_folds(express(read_matrix(tmp_path / "r.tsv"))) == pytest.approx(wanted_folds())


def test_columns_of_text_are_used_for_names_or_left_out(tmp_path):
    table = log2_matrix()
    table.insert(0, "biotype", "protein_coding")
    table.insert(0, "gene_name", table.index)
    table.index = [f"ENSG9{number:010d}" for number in range(len(table))]
    expression = express_table(table, tmp_path)
    assert found_folds(expression) == pytest.approx(wanted_folds())
    assert any("named by column 'gene_name'" in note and "biotype" in note for note in expression.notes)


@pytest.mark.parametrize("text", ["", "a\n", "a\tx\na\ty\n", "a\tx\tz\n"])
def test_a_bad_table_of_groups_is_refused(text, tmp_path):
    (tmp_path / "groups.tsv").write_text(text)
    with pytest.raises(ScenarioError):
        read_groups(tmp_path / "groups.tsv")


def test_a_group_of_a_sample_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ScenarioError, match="'LM3' *is no sample"):
        group_of(express_table(log2_matrix(), tmp_path), {"LM3": "a"})


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=200) | st.text(st.sampled_from('IL6MP1\t,;"\n\r#|.-e0Na'), max_size=200))
def test_whatever_the_file_holds_the_answer_is_a_matrix_or_its_problems(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("any") / "any.tsv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    try:
        score(express(read_matrix(path)))
    except ScenarioError as error:
        assert error.problems and all(problem.where and problem.remedy for problem in error.problems)
