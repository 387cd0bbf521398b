"""What a file says of clones, sites and reads is what is read from it."""

import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from selfseed.history.counts import Frequencies, ReadCounts
from selfseed.history.read import read, read_colours, read_counts, read_frequencies, read_primaries, read_tree
from selfseed.history.tree import CloneTree

SHARED = Path(os.environ.get("SELFSEED_SHARED", Path(__file__).parents[3] / "shared"))
PATIENTS = SHARED / "data" / "clone_trees" / "patients"
SIMULATED = SHARED / "data" / "clone_trees" / "simulated"

OVARY = "A A1\nA A2\nA B\nB B1\nB C1\nC1 D12\n"
OVARY_SITES = "A1 Om\nA2 ovary\nB1 Om\nD12 colon\n"
PYCLONE = "mutation_id\tsample_id\tref_counts\talt_counts\tmajor_cn\tminor_cn\tnormal_cn\ttumour_content\n"
METIENT = (
    "anatomical_site_index\tanatomical_site_label\tcharacter_index\tcharacter_label\tcluster_index\tref\tvar\t"
    "var_read_prob\tsite_category\n"
    "0\tlung\t0\tTP53\t3\t60\t40\t0.4\tprimary\n"
    "1\tliver\t0\tTP53\t3\t50\t50\t0.5\tmetastasis\n"
    "0\tlung\t1\tKRAS\t1\t90\t10\t0.4\tprimary\n"
)


@pytest.fixture
def file(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def shared(folder):
    if not folder.is_dir():
        pytest.skip("the clone trees of MACHINA are not beside the project (SELFSEED_SHARED)")
    return folder


def sites_by_name(tree):
    return dict(zip(tree.names, map(set, tree.observed), strict=True))


def sites_by_carried_mutations(tree):
    """Return where cells with each set of mutations were seen, whatever the vertices are called."""
    carried, found = [], defaultdict(set)
    for gained, above, observed in zip(tree.mutations, tree.parent, tree.observed, strict=True):
        carried.append((carried[above] if above >= 0 else frozenset()) | set(gained))
        found[carried[-1]] |= observed
    return dict(found)


def test_leaves_named_as_their_parent_and_a_number_say_where_it_was_seen(file):
    tree = read_tree(file("T.tree", OVARY), file("T.labeling", OVARY_SITES))
    assert sites_by_name(tree) == {"A": {"Om", "ovary"}, "B": {"Om"}, "C1": set(), "D12": {"colon"}}


def test_the_same_leaves_are_clones_if_asked_for(file):
    tree = read_tree(file("T.tree", OVARY), file("T.labeling", OVARY_SITES), clones_by_name=False)
    assert len(tree) == 7 and sites_by_name(tree)["A2"] == {"ovary"}


def test_a_leaf_that_gained_a_mutation_is_a_clone_however_it_is_called(file):
    tree = read_tree(
        file("T.tree", "1;2 2_lung\n1;2 1;2^liver\n1;2 12\n"), file("T.labeling", "2_lung a\n1;2^liver liver\n12 b\n")
    )
    assert sites_by_name(tree) == {"1;2": {"a", "liver"}, "12": {"b"}}
    assert tree.mutations == (("1", "2"), ("12",))


def test_a_name_stands_for_its_mutations_where_no_name_lists_any(file):
    tree = read_tree(file("T.tree", OVARY), file("T.labeling", OVARY_SITES))
    assert tree.mutations == (("A",), ("B",), ("C1",), ("D12",))


def test_sites_of_inner_vertices_count_only_in_an_observed_labeling(file):
    everywhere = OVARY_SITES + "A ovary\nB colon\nC1 colon\n"
    tree = read_tree(file("T.tree", OVARY), file("T.labeling", everywhere))
    assert tree == read_tree(file("U.tree", OVARY), file("U.labeling", OVARY_SITES))
    observed = read_tree(file("V.tree", "1 2\n2 3\n"), file("V.labeling", "1 lung\n2 lung liver\n3 liver\n"))
    assert sites_by_name(observed) == {"1": {"lung"}, "2": {"lung", "liver"}, "3": {"liver"}}


def test_a_third_column_of_a_tree_is_a_time_stamp_and_left_out(file):
    labeling = file("T.labeling", "2 lung\n3 liver\n")
    assert read_tree(file("T.tree", "1 2 -1\n1 3 4\n"), labeling) == read_tree(file("U.tree", "1 2\n1 3\n"), labeling)


@pytest.mark.parametrize(
    "text",
    [
        "((b[&site=lung]:1,c[&site={liver,bone}]:2)a:0,d[&site=lung])r;",
        "((b|lung,'c'[a comment][&&NHX:location={liver,bone}:x=1])a,d|lung)r;",
        "#NEXUS\nBegin trees;\n Translate\n 1 b,\n 2 'c';\n"
        " Tree one = [&R] ((1[&site=lung],2[&site={bone,liver}])a,d|lung)r;\nEnd;",
    ],
)
def test_newick_and_nexus_carry_sites_in_comments_or_behind_a_bar(file, text):
    tree = read(file("T.nwk", text))
    assert sites_by_name(tree) == {"r": set(), "a": set(), "b": {"lung"}, "c": {"liver", "bone"}, "d": {"lung"}}
    assert dict(zip(tree.names, tree.parent, strict=True))["c"] == tree.names.index("a")


def test_newick_takes_its_sites_from_a_labeling_if_there_is_one(file):
    tree = read(file("T.nwk", "((b,c),d);"), file("T.labeling", "b lung\nc liver bone\nd lung\nv2 bone\n"))
    assert sites_by_name(tree) == {"v1": set(), "v2": {"bone"}, "b": {"lung"}, "c": {"liver", "bone"}, "d": {"lung"}}


def test_a_tree_ten_thousand_clones_deep_is_read_in_every_format(file):
    deep = 10_000
    edges = "".join(f"{above} {above + 1}\n" for above in range(deep))
    tree = read_tree(file("T.tree", edges), file("T.labeling", f"{deep} lung\n"))
    newick = "(" * deep + f"{deep}[&site=lung]" + "".join(f"){name}" for name in reversed(range(deep))) + ";"
    assert len(tree) == deep + 1
    assert read(file("T.nwk", newick)) == tree


def test_presence_tables_of_metient_label_a_tree_of_clusters(file):
    columns = (
        "anatomical_site_index anatomical_site_label cluster_index cluster_label present site_category num_mutations"
    )
    rows = [
        "0 lung 0 a 1 primary 9",
        "1 liver 0 a 0 metastasis 9",
        "0 lung 1 b 1 primary 4",
        "1 liver 1 b 1 metastasis 4",
    ]
    table = "\n".join(row.replace(" ", "\t") for row in [columns, *rows]).replace("liver", "left liver")
    path = file("P.tsv", table)
    assert sites_by_name(read_tree(file("T.txt", "0 1\n"), path)) == {"0": {"lung"}, "1": {"lung", "left liver"}}
    assert read_primaries(path) == ("lung",)


def test_reads_of_metient_keep_their_clusters_and_give_the_purity(file):
    counts = read(file("R.tsv", METIENT))
    assert isinstance(counts, ReadCounts)
    assert counts.mutations == ("TP53", "KRAS") and counts.site == ("lung", "liver")
    np.testing.assert_array_equal(counts.variant, [[40, 10], [50, 0]])
    np.testing.assert_allclose(counts.purity, [0.8, 1.0])
    np.testing.assert_array_equal(counts.cluster, [3, 1])


def test_a_pair_without_a_row_was_not_covered(file):
    counts = read_counts(file("R.tsv", METIENT))
    assert counts.depth[1, 1] == 0 and counts.depth[1, 0] == 100


def test_mutations_with_altered_copies_are_dropped_in_every_sample_if_asked_for(file):
    rows = "a\tx\t9\t1\t1\t1\t2\t0.5\na\ty\t9\t1\t2\t1\t2\t0.5\nb\tx\t8\t2\t1\t1\t2\t0.5\n"
    counts = read_counts(file("R.tsv", PYCLONE + rows), drop_altered=True)
    assert counts.mutations == ("b",) and counts.samples == ("x",)
    assert counts.purity == pytest.approx([0.5])


def test_raw_copy_numbers_of_conipher_are_rounded_and_its_mutations_named_by_place(file):
    header = "CASE_ID SAMPLE CHR POS REF ALT REF_COUNT VAR_COUNT DEPTH CLUSTER ACF PLOIDY COPY_NUMBER_A COPY_NUMBER_B\n"
    row = "C1 C1_R1 7 140453136 A T 70 30 100 NA 0.6 2.1 1.2 0.9\n"
    counts = read(file("R.tsv", (header + row).replace(" ", "\t")))
    assert counts.mutations == ("7:140453136:A:T",) and counts.cluster is None
    assert counts.purity == pytest.approx([0.6]) and counts.variant[0, 0] == 30


def test_any_table_is_read_through_a_map_of_its_columns(file):
    text = 'gene,tube,organ,without,with,other\n"TP53, exon 5",t1,lung,5,6,x\n"TP53, exon 5",t2,lung,7,8,y\n'
    columns = {"mutation": "gene", "sample": "tube", "site": "organ", "ref": "without", "var": "with"}
    counts = read_counts(file("R.csv", text), columns=columns, purity={"t1": 0.5, "t2": 1.0})
    assert counts.mutations == ("TP53, exon 5",) and counts.sites == ("lung",) and counts.samples == ("t1", "t2")
    np.testing.assert_array_equal(counts.reference[:, 0], [5, 7])
    np.testing.assert_array_equal(counts.purity, [0.5, 1.0])


def test_a_map_of_columns_replaces_only_what_it_names(file):
    text = PYCLONE.replace("\n", "\torgan\n") + "a\tx\t9\t1\t1\t1\t2\t0.5\tlung\na\ty\t9\t1\t1\t1\t2\t0.7\tlung\n"
    counts = read_counts(file("R.tsv", text), columns={"site": "organ"})
    assert counts.site == ("lung", "lung") and counts.purity == pytest.approx([0.5, 0.7])


def test_bounds_of_frequencies_stand_where_their_sample_and_cluster_are(file):
    header = "#sample_label\tanatomical_site_label\tcharacter_label\tf_lb\tf_ub\n"
    found = read(file("F.tsv", header + "s\tlung\t1\t0.1\t0.2\nt\tlung\t2\t0.3\t1\n"))
    assert isinstance(found, Frequencies)
    np.testing.assert_array_equal(found.lower, [[0.1, 0.0], [0.0, 0.3]])
    np.testing.assert_array_equal(found.upper, [[0.2, 1.0], [1.0, 1.0]])


def test_empty_cells_at_the_end_of_a_row_are_cells(file):
    text = "m\ts\tr\tv\tcluster\tnote\na\tx\t5\t6\t\t\nb\tx\t7\t8\t2\t\t\n"
    columns = {"mutation": "m", "sample": "s", "ref": "r", "var": "v", "cluster": "cluster"}
    np.testing.assert_array_equal(read_counts(file("R.tsv", text), columns=columns).cluster, [-1, 2])


def test_lines_may_end_as_windows_ends_them(file):
    tree = read_tree(file("T.tree", OVARY.replace("\n", "\r\n")), file("T.labeling", OVARY_SITES.replace("\n", "\r\n")))
    assert tree == read_tree(file("U.tree", OVARY), file("U.labeling", OVARY_SITES))
    windows, unix = file("R.tsv", METIENT.replace("\n", "\r\n")), file("S.tsv", METIENT)
    np.testing.assert_array_equal(read_counts(windows).variant, read_counts(unix).variant)


def test_a_colour_map_gives_each_site_its_colour(file):
    assert read_colours(file("c.txt", "lung 1\nliver #ff0000\n"), ["lung", "liver"]) == {
        "lung": "1",
        "liver": "#ff0000",
    }


def test_a_tree_and_its_labeling_come_in_either_order(file):
    tree, labeling = file("T.tree", OVARY), file("T.labeling", OVARY_SITES)
    assert read(labeling, tree) == read(tree, labeling)


@pytest.mark.parametrize("kind", ["mS", "S", "M", "R"])
def test_true_trees_of_machina_tell_the_same_clones_as_the_contracted_ones(kind):
    trees = sorted(shared(SIMULATED).glob(f"*/{kind}/C_*.tree"))
    assert trees
    for path in trees:
        contracted = read_tree(path, path.with_name(f"{path.stem}.observed.labeling"))
        true = path.with_name(path.name.replace("C_", "T_"))
        leaves = read_tree(true, true.with_suffix(".labeling"))
        assert sites_by_carried_mutations(leaves) == sites_by_carried_mutations(contracted)
        assert leaves == read_tree(true, true.with_suffix(".vertex.labeling"))


def test_every_tree_of_a_patient_loses_its_occurrences_but_no_observation():
    trees = [*shared(PATIENTS).glob("*/*.tree"), *PATIENTS.glob("*/*/*.tree")]
    assert len(trees) == 12
    for path in trees:
        labels = {tuple(line.split()) for line in path.with_suffix(".labeling").read_text().splitlines()}
        merged = read_tree(path, path.with_suffix(".labeling"))
        whole = read_tree(path, path.with_suffix(".labeling"), clones_by_name=False)
        assert sum(map(len, merged.observed)) == len(labels) == sum(map(len, whole.observed))
        assert len(merged) < len(whole)
        reported = path.with_suffix(".reported.labeling")
        assert not reported.exists() or read_tree(path, reported) == merged


def test_every_table_of_a_patient_is_read_whole():
    tables = [*shared(PATIENTS).glob("*/*.tsv")]
    assert len(tables) == 10
    for path in tables:
        found = read(path)
        rows = [line.split("\t") for line in path.read_text().splitlines() if line.count("\t") == 7][1:]
        assert not isinstance(found, CloneTree)
        if isinstance(found, ReadCounts):
            assert found.depth.sum() == sum(int(row[6]) + int(row[7]) for row in rows)
        else:
            assert found.upper.sum() == pytest.approx(sum(float(row[7]) for row in rows))
            assert found.lower.sum() == pytest.approx(sum(float(row[6]) for row in rows))
            assert isinstance(read_frequencies(path), Frequencies)
