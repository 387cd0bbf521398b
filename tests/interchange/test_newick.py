"""A tree keeps its shape and its words through Newick."""

from hypothesis import given, settings
from hypothesis import strategies as st

from selfseed.interchange import newick, nexus
from selfseed.interchange.mistakes import Mistakes

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8)


@st.composite
def trees(draw):
    parent = [-1, *(draw(st.integers(0, below)) for below in range(draw(st.integers(0, 12))))]
    names = draw(st.lists(WORDS, min_size=len(parent), max_size=len(parent), unique=True))
    sites = draw(st.lists(st.sampled_from(["lung", "left lung", "M1_0"]), min_size=len(parent), max_size=len(parent)))
    return names, parent, sites


def edges(names, parent):
    return {(names[above], name) for name, above in zip(names, parent, strict=True) if above >= 0}


@settings(max_examples=200, deadline=None)
@given(tree=trees())
def test_any_tree_with_any_names_is_read_as_it_was_written(tree):
    names, parent, sites = tree
    text = newick.text(names, parent, [1.5] * len(names), [{"site": site} for site in sites])
    for found in (newick.parse(text, Mistakes("T")), nexus.parse(nexus.text(text), Mistakes("T"))):
        assert edges([vertex.name for vertex in found], [vertex.parent for vertex in found]) == edges(names, parent)
        assert {vertex.name: vertex.notes["site"] for vertex in found} == dict(zip(names, sites, strict=True))


def test_a_tree_as_deep_as_it_is_large_is_written_and_read():
    deep = 20_000
    text = newick.text([str(name) for name in range(deep)], list(range(-1, deep - 1)))
    assert [vertex.name for vertex in newick.parse(text, Mistakes("T"))][-1] == str(deep - 1)


def test_lines_are_counted_through_comments_and_quotes():
    mistakes = Mistakes("T")
    newick.parse("(A[two\nlines],'B\n'\n,)R;", mistakes)
    assert mistakes.found[0].where == "line 4"
