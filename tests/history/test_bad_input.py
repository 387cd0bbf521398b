"""Whatever stands in a file, the answer is what it says or a list of what is wrong, never a traceback."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from selfseed.base.errors import ScenarioError
from selfseed.history.problems import check_primary
from selfseed.history.read import (
    read,
    read_colours,
    read_counts,
    read_frequencies,
    read_history,
    read_primaries,
    read_tree,
)

TREE = "A B\nA C\n"
LABELS = "B lung\nC liver\n"
COLUMNS = "sample_index\tsample_label\tanatomical_site_index\tanatomical_site_label\tcharacter_index\tcharacter_label"
HEAD = f"2 #anatomical sites\n2 #samples\n1 #mutations\n#{COLUMNS}\tref\tvar\n"
READS = HEAD + "0\tp\t0\tlung\t0\tm\t90\t10\n1\tq\t1\tliver\t0\tm\t80\t20\n"
BOUNDS = READS.replace("ref\tvar", "f_lb\tf_ub").replace("90\t10", "0.1\t0.2").replace("80\t20", "0\t1")
PYCLONE = "mutation_id\tsample_id\tref_counts\talt_counts\tmajor_cn\tminor_cn\tnormal_cn\ttumour_content\n"
METIENT = (
    "anatomical_site_label\tcharacter_label\tcluster_index\tref\tvar\tvar_read_prob\tsite_category\n"
    "lung\ta\t0\t9\t1\t0.4\tprimary\nlung\tb\t1\t9\t1\t0.3\tprimary\nliver\tb\t2\t9\t1\t0.7\tnode\n"
)

TREES = {
    "is empty": (b"", "file  is empty  check that it was written in full"),
    "is an image": (b"\x89PNG\r\n\0", "file  is not text  give a plain text file, not compressed, no spreadsheet"),
    "is not UTF-8": (
        b"A B\nA M\xe4us\n",
        "line 2  byte 0xe4 is not UTF-8  save the file as UTF-8 text, not compressed",
    ),
    "has two roots": ("A B\nD E\n", "line 2  'D' is a second root, beside 'A'  a tree has one vertex without a parent"),
    "is a circle": ("A B\nB A\n", "line 1  a circle: 'B' under 'A' under 'B'  no vertex stands under itself"),
    "has a circle beside it": (
        "A B\nX Y\nY Z\nZ X\n",
        "line 2  a circle: 'Y' under 'X' under 'Z' under 'Y'  no vertex stands under itself",
    ),
    "has a second parent": (
        "A B\nA C\nB C\n",
        "line 3  'C' has a second parent 'B'  its parent is 'A', line 2",
    ),
    "repeats an edge": ("A B\nA C\nA B\n", "line 3  repeats line 1  one line an edge"),
    "is its own parent": ("A B\nB B\n", "line 2  'B' is its own parent  an edge joins two vertices"),
    "has too few columns": ("A B\nA\n", "line 2  1 column  an edge is 'parent child'"),
    "has too many columns": ("A B\nA C 1 2\n", "line 2  4 columns  an edge is 'parent child'"),
    "has names with blanks": (
        "A\tB\nA\tleft C\n",
        "line 2  mixes tabs and blanks  names without white space, one way to part them",
    ),
    "has a bracket too few": ("((B,C),\nA", "line 2  the tree ends without ')'  check that it was written in full"),
    "has a bracket too many": ("(B,C))A;", "line 1  ')' out of place  check the brackets"),
    "has two trees": ("(B,C)A;\n(D,E);", "line 2  '(' out of place  one tree a file"),
    "has a name twice": ("(B,\nB)A;", "line 2  two vertices are called 'B'  names differ; support goes into [&...]"),
    "has a nameless leaf": ("(B,)A;", "line 1  a leaf has no name  each leaf is a named clone"),
    "has an open quote": ("('B,C)A;", "line 1  ''' out of place  close every quote and every comment"),
    "has a length that is none": ("(B:x,C)A;", "line 1  branch length 'x'  a number"),
    "is NEXUS without a tree": ("#NEXUS begin trees; end;", "file  holds no tree  one tree a file"),
    "is NEXUS with two trees": (
        "#NEXUS begin trees;\ntree a=(B,C)A;\ntree b=(B,C)A;\nend;",
        "line 3  holds 2 trees  one tree a file",
    ),
}

LABELINGS = {
    "labels no vertex": (
        "B lung\nC liver\nBB lung\n",
        "line 3  'BB' is not in the tree  did you mean 'B'?",
    ),
    "leaves out a leaf": ("B lung\n", "file  leaf 'C' has no site  each leaf was seen in one site or more"),
    "gives a leaf no site": ("B lung\nC\n", "line 2  leaf 'C' has no site  each leaf was seen in one site or more"),
    "contradicts itself": (
        "B lung\nC liver\nB liver\n",
        "line 3  'B' has other sites than in line 1  all sites on one line",
    ),
    "has too many sites": ("B lung\nC " + " ".join(map(str, range(64))) + "\n", "file  65 sites  at most 64"),
}

TABLES = {
    "has no rows": (HEAD, "file  has no rows below its header  check that it was written in full"),
    "has unknown columns": (
        "a\tb\n1\t2\n",
        "line 1  unknown columns 'a, b'  known: MACHINA, Metient, PyClone-VI, CONIPHER; or name them with 'columns'",
    ),
    "lacks one column": (
        PYCLONE.replace("alt_counts", "alt") + "m\ts\t9\t1\t1\t1\t2\t1\n",
        "line 1  PyClone-VI without alt_counts  add the column, or name yours with 'columns'",
    ),
    "has a column twice": (
        READS.replace("ref\tvar", "ref\tvar\tvar").replace("10\n", "10\t1\n").replace("20\n", "20\t1\n"),
        "line 4  two columns are called 'var'  column names must differ",
    ),
    "has a short row": (READS + "1\tq\n", "line 7  2 columns  the header has 8"),
    "has negative and broken reads": (
        READS.replace("90\t10", "-9\t1.5"),
        "line 5  reference reads '-9'  a whole number, 0 or more; 0 where not covered\n"
        "line 5  variant reads '1.5'   a whole number, 0 or more; 0 where not covered",
    ),
    "has reads that are no number": (
        READS.replace("10\n", "nan\n").replace("\t80", "\t"),
        "line 5  variant reads 'nan'  a whole number, 0 or more; 0 where not covered\n"
        "line 6  no reference reads   a whole number, 0 or more; 0 where not covered",
    ),
    "has more reads than can be": (
        READS.replace("90", "9" * 11),
        "line 5  reference reads '99999999999'  a whole number from 0 to 1000000000",
    ),
    "counts a pair twice": (
        READS + "1\tq\t1\tliver\t0\tm\t80\t20\n",
        "line 7  'm' in sample 'q' again  first in line 6; one row for each mutation and sample",
    ),
    "moves a sample": (
        READS + "1\tq\t0\tlung\t1\tn\t1\t1\n",
        "line 3  '1' mutations                     the table below has 2\n"
        "line 7  sample 'q' in 'lung' and 'liver'  a sample was taken from one site",
    ),
    "counts its parts wrongly": (
        READS.replace("2 #samples", "3 #samples").replace("1 #mut", "one #mut"),
        "line 2  '3' samples      the table below has 2\nline 3  'one' mutations  the table below has 1",
    ),
    "has altered copies": (
        PYCLONE + "m\ts\t9\t1\t2\t1\t2\t0.5\n",
        "line 2  major_cn '2'  must be 1: copy-number neutral only; leave such mutations out, or 'drop_altered'",
    ),
    "has no tumour cells": (
        PYCLONE + "m\ts\t9\t1\t1\t1\t2\t0\n",
        "line 2  tumour_content '0'  above 0, at most 1; or say 'purity'",
    ),
    "has two purities and clusters": (
        METIENT,
        "line 3  purity 0.6 of sample 'lung'  "
        "0.8 in line 2; one a sample: leave out mutations with altered copy number, or say 'purity'\n"
        "line 4  var_read_prob '0.7'          above 0, at most 0.5; or say 'purity'\n"
        "line 4  'b' in cluster 2             cluster 1 in line 3; one cluster a mutation",
    ),
    "holds two patients": (
        "CASE_ID\tSAMPLE\tCHR\tPOS\tREF\tALT\tREF_COUNT\tVAR_COUNT\n1\ts\t1\t1\tA\tT\t1\t1\n2\ts\t1\t2\tA\tT\t1\t1\n",
        "line 3  patient '2' after '1'  one patient a file (CASE_ID)",
    ),
}


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def put(name, content):
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return name


def refusal(reader, *sources, **options):
    with pytest.raises(ScenarioError) as caught:
        reader(*sources, **options)
    assert caught.value.exit_code == 2
    return str(caught.value)


def message(name, lines):
    found = lines.splitlines()
    return "\n".join([f"{len(found)} problem{'s' * (len(found) > 1)} in {name}", *(f"  {line}" for line in found)])


def test_the_files_that_the_tables_spoil_are_without_mistakes():
    assert len(read(put("T.tree", TREE), put("T.labeling", LABELS))) == 3
    assert read(put("reads.tsv", READS)).variant.sum() == 30
    assert read(put("bounds.tsv", BOUNDS)).upper.sum() == pytest.approx(1.2)


@pytest.mark.parametrize(("content", "lines"), TREES.values(), ids=TREES.keys())
def test_a_file_that_is_no_tree_is_refused_at_its_lines(content, lines):
    assert refusal(read_tree, put("T.tree", content), put("T.labeling", LABELS)) == message("T.tree", lines)


@pytest.mark.parametrize(("content", "lines"), LABELINGS.values(), ids=LABELINGS.keys())
def test_a_labeling_that_does_not_fit_is_refused_at_its_lines(content, lines):
    assert refusal(read_tree, put("T.tree", TREE), put("T.labeling", content)) == message("T.labeling", lines)


@pytest.mark.parametrize(("content", "lines"), TABLES.values(), ids=TABLES.keys())
def test_a_table_that_cannot_be_true_is_refused_at_its_lines(content, lines):
    assert refusal(read_counts, put("reads.tsv", content)) == message("reads.tsv", lines)


def test_bounds_that_are_no_shares_are_refused_at_their_lines():
    spoiled = BOUNDS.replace("0.1\t0.2", "0.3\t0.2").replace("0\t1\n", "NaN\t1.1\n")
    assert refusal(read_frequencies, put("F.tsv", spoiled)) == message(
        "F.tsv",
        "line 5  f_lb 0.3 is above f_ub 0.2  the lower bound comes first\n"
        "line 6  f_lb 'NaN'                  a number from 0 to 1\n"
        "line 6  f_ub '1.1'                  a number from 0 to 1",
    )


def test_a_tree_alone_needs_sites():
    assert refusal(read, put("T.tree", TREE)) == message(
        "T.tree", "file  names no sites  give a labeling of the leaves"
    )


def test_a_purity_that_is_none_is_refused_for_its_sample():
    asked = {"p": 1.5, "Q": 0.5}
    assert refusal(read_counts, put("reads.tsv", READS), purity=asked) == message(
        "reads.tsv",
        "purity  no sample 'Q'           did you mean 'q'?\n"
        "purity  1.5 of sample 'p'       above 0, at most 1\n"
        "purity  nothing for sample 'q'  a number for each sample",
    )


def test_a_map_of_columns_is_checked_against_the_header():
    asked = {"mutation": "character_lable", "smple": "sample_label"}
    assert refusal(read_counts, put("reads.tsv", READS), columns=asked) == message(
        "reads.tsv",
        "columns  unknown 'smple'                        did you mean 'sample'?\n"
        "columns  mutation: no column 'character_lable'  did you mean 'character_label'?",
    )


def test_a_colour_map_names_the_sites_and_all_of_them():
    assert refusal(read_colours, put("c.txt", "lung 1\nlver 2\n"), ["lung", "liver"]) == message(
        "c.txt", "line 2  'lver' is not a site  did you mean 'liver'?"
    )
    assert "no colour for 'liver'" in refusal(read_colours, put("c.txt", "lung 1\n"), ["lung", "liver"])


def test_a_primary_is_one_of_the_sites():
    assert refusal(check_primary, "brest", ["breast", "lung"]) == message(
        "primary", "primary  'brest' is not a site  did you mean 'breast'?"
    )


def test_a_presence_table_says_present_or_not_and_names_its_columns():
    header = "anatomical_site_label\tcluster_index\tpresent\tsite_category\n"
    tree = put("T.tree", "0 1\n")
    assert refusal(read_tree, tree, put("P.tsv", header + "lung\t0\tyes\tx\nlung\t1\t1\tprimary\n")) == message(
        "P.tsv", "line 2  present 'yes'  0 or 1"
    )
    assert "no column 'present'" in refusal(
        read_tree, tree, put("P.tsv", header.replace("\tpresent", "\tpresents") + "a\t1\t1\tx\n")
    )
    assert "line 2  site_category 'x'  primary or metastasis" in refusal(
        read_primaries, put("Q.tsv", header + "a\t1\t1\tx\n")
    )


def test_the_vertices_of_a_clone_hang_together():
    files = [put("m.tree", "a b\nb c\n"), put("m.labeling", "a P\nb M\nc P\n"), put("m.nodes", "a X\nb Y\nc X\n")]
    assert refusal(read_history, *files) == message(
        "m.nodes", "file  clone 'X' begins at 'a' and 'c'  the vertices of a clone hang together"
    )


def test_a_missing_file_is_named_with_the_nearest_one_there():
    put("T.tree", TREE)
    assert refusal(read, "T.tre") == message("T.tre", "file  does not exist  did you mean 'T.tree'?")
    assert "is a directory" in refusal(read, ".")


def test_a_hundred_mistakes_are_cut_to_the_first_twenty():
    put("T.tree", "".join(f"A B{number}\n" for number in range(100)))
    lines = refusal(read_tree, "T.tree", put("T.labeling", "A lung\n")).splitlines()
    assert lines[0] == "21 problems in T.labeling" and len(lines) == 22
    assert lines[-1].split() == ["...", "80", "more", "correct", "those", "above", "first"]


def test_a_table_too_large_for_the_memory_is_refused_before_it_is_made():
    rows = "".join(f"m{number}\ts{number}\t1\t1\n" for number in range(4_600))
    columns = dict(zip(("mutation", "sample", "ref", "var"), "abcd", strict=True))
    told = refusal(read_counts, put("reads.tsv", "a\tb\tc\td\n" + rows), columns=columns)
    assert "4600 mutations in 4600 samples  at most 20000000 cells in all" in told


PIECES = st.sampled_from(
    [
        "(",
        ")",
        ";",
        ",",
        ":",
        "'",
        "[",
        "]",
        "[&site=",
        "\t",
        "\n",
        "A",
        "B",
        "lung",
        "#NEXUS",
        "tree a=",
        "\u00b2",
        "nan",
        "-1",
    ]
)
FILES = [
    ("T.tree", TREE),
    ("T.nwk", "((B[&site=lung]:1,'C'[&site={liver,lung}]:2)A,D|lung)R;"),
    ("T.nex", "#NEXUS\nbegin trees;\ntranslate 1 B, 2 C;\ntree a = [&R] (1[&site=lung],2[&site=liver])A;\nend;\n"),
    ("reads.tsv", READS),
    ("bounds.tsv", BOUNDS),
    ("metient.tsv", METIENT),
    ("presence.tsv", "anatomical_site_label\tcluster_index\tpresent\nlung\tB\t1\nliver\tC\t1\nlung\tA\t0\n"),
    ("pyclone.tsv", PYCLONE + "m\ts\t9\t1\t1\t1\t2\t0.5\n"),
]


@pytest.mark.parametrize(("name", "text"), FILES, ids=[name for name, _ in FILES])
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(0, 400), length=st.integers(0, 30), pieces=st.lists(PIECES | st.text(max_size=4), max_size=4))
def test_any_change_of_a_file_gives_what_it_says_or_its_problems(name, text, start, length, pieces):
    start %= len(text) + 1
    content = (text[:start] + "".join(pieces) + text[start + length :]).encode("utf-8", errors="surrogatepass")
    put(name, content)
    for sources in ([name], [name, put("T.labeling", LABELS)], [put("A.tree", TREE), name]):
        try:
            read(*sources)
        except ScenarioError as error:
            assert error.problems
            assert all(problem.where and problem.what and problem.remedy for problem in error.problems)
