"""The page of a migration history is one file, says what the posterior says, and carries enough to ask it further."""

import json
import re
from dataclasses import replace
from html import escape
from html.parser import HTMLParser

import numpy as np
import pytest

from selfseed.history.answer import Answer, LeftOut, Pool, Trust, returned
from selfseed.history.model import Ground
from selfseed.history.tree import CloneTree, History
from selfseed.views.history import looks_of, write_history_page
from selfseed.views.history_data import returning, weighed_graphs
from selfseed.views.history_words import headline

PARENTS = (-1, 0, 1, 2, 0, 4)
SEEN = (("P",), ("L",), (), ("P",), ("M",), ("L",))
# Each history: clone, site, parent of every place.
BACK_TO_PRIMARY = ((0, 1, 2, 3, 4, 5), "PLLPMM", (-1, 0, 1, 2, 0, 4))
BETWEEN_METASTASES = ((0, 1, 1, 2, 3, 4, 4, 5), "PPLPPLML", (-1, 0, 1, 1, 3, 0, 5, 6))
NONE_BACK = ((0, 1, 1, 2, 3, 4, 5), "PPLPPMM", (-1, 0, 1, 1, 3, 0, 5))
WEIGHTS = {BACK_TO_PRIMARY: 0.5, BETWEEN_METASTASES: 0.3, NONE_BACK: 0.2}


def clone_tree(names, sites, known=True):
    seen = tuple(frozenset(sites[site] for site in where) for where in SEEN)
    gained = tuple(tuple(f"{clone}.{number}" for number in range(clone + 1)) for clone in range(6)) if known else ()
    return CloneTree(names, PARENTS, seen, gained)


def pool_of(histories, weights, which=None):
    """Return a pool of histories, which must be in the order of their trees."""
    trees = list(dict.fromkeys(history.tree for history in histories))
    further = tuple({site for history in histories for site in history.site})
    grounds = tuple(Ground(tree, histories[0].site[0], further) for tree in trees)
    tree = np.array([trees.index(history.tree) for history in histories])
    place = {site: number for number, site in enumerate(grounds[0].sites)}
    arcs = np.zeros((len(histories), len(place), len(place)), dtype=np.int64)
    for number, history in enumerate(histories):
        for (source, target), migrations in history.graph.arcs.items():
            arcs[number, place[source], place[target]] = migrations
    return Pool(
        grounds,
        tree,
        [grounds[at].code(history)[0] for at, history in zip(tree, histories, strict=True)],
        np.array(weights),
        arcs,
        np.array([history.graph.reseeding for history in histories]),
        np.array([history.graph.metastases_reseeded for history in histories]),
    )


def answer_of(pool, **more):
    """Return the answer at the prior 0.25, at which the pool is."""
    reseeding = float(pool.weight[pool.cycle].sum())
    settled = {"prior": 0.25, "base_rate": 0.25, "trust": Trust(850.0, 1.02, 3.4)} | more
    return Answer(pool, reseeding, **settled)


def usual(names=("A", "B", "C", "D", "E", "F"), sites=None, **more):
    sites = sites or {"P": "P", "L": "L", "M": "M"}
    tree = clone_tree(names, sites)
    histories = [
        History(tree, clone, tuple(sites[site] for site in site_letters), parent)
        for clone, site_letters, parent in WEIGHTS
    ]
    return answer_of(pool_of(histories, list(WEIGHTS.values())), **more)


def without_return():
    """An answer of which no history has reseeding."""
    tree = clone_tree(("A", "B", "C", "D", "E", "F"), {"P": "P", "L": "L", "M": "M"}, known=False)
    return answer_of(pool_of([History(tree, NONE_BACK[0], tuple(NONE_BACK[1]), NONE_BACK[2])], [1.0]))


def one_site():
    tree = CloneTree(("A", "B"), (-1, 0), (frozenset(["breast"]), frozenset(["breast"])))
    return answer_of(pool_of([History(tree, (0, 1), ("breast", "breast"), (-1, 0))], [1.0]))


class Parts(HTMLParser):
    """Collect what a page would load, its text outside scripts, its buttons, and how its elements nest."""

    def __init__(self):
        super().__init__()
        self.loaded, self.open, self.tags, self.downloads, self.words = [], [], [], [], []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append(tag)
        self.downloads += [attributes["data-download"]] if "data-download" in attributes else []
        self.loaded += [attributes[name] for name in ("src", "srcset", "href", "action") if name in attributes]
        if tag not in ("meta", "link", "br", "img", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.words.append(data)


def parts_of(text):
    parts = Parts()
    parts.feed(text)
    return parts


@pytest.fixture
def page(tmp_path):
    def written(answer, **more):
        return write_history_page(answer, tmp_path / "page.html", **more).read_text(encoding="utf-8")

    return written


def data_of(text):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


def words_of(text):
    return " ".join(" ".join(parts_of(text).words).split())


def answers():
    return {"usual": usual(), "without return": without_return(), "one site": one_site()}


@pytest.mark.parametrize("kind", ["usual", "without return", "one site"])
def test_the_page_is_one_well_formed_file_that_loads_nothing(page, kind):
    text = page(answers()[kind])
    parts = parts_of(text)
    assert parts.open == []
    assert [address for address in parts.loaded if not address.startswith(("#", "data:"))] == []
    assert set(re.findall(r"https?://[^\"'\s]+", text)) <= {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in text
    assert len(text.encode()) < 200_000


def test_the_first_sentence_says_the_probability_and_what_moved_it(page):
    left_out = (LeftOut("L", 0.55, 0.4), LeftOut("tube 3", 0.78, 0.5))
    words = words_of(page(usual(left_out=left_out)))
    assert "Reseeding of some site: probability 0.80 (prior 0.25, Bayes factor 12): likely." in words
    assert "Reseeding of the primary (P): probability 0.50." in words
    assert "It rests on clone D; without site L it falls to 0.55." in words


def test_clones_that_are_often_among_those_that_came_back_are_named_together():
    pool = replace(usual().pool, weight=np.array([0.4, 0.4, 0.2]))
    left_out = (LeftOut("sample 3", 0.9, 0.8),)
    assert (
        headline(answer_of(pool, left_out=left_out))[1]
        == "It rests on clones D and F; without sample 3 it rises to 0.90."
    )


def test_the_primary_alone_is_named_where_only_it_can_be_reseeded():
    answer = usual()
    pool = replace(answer.pool, weight=np.array([0.87, 0.0, 0.13]))
    sentence = headline(answer_of(pool, left_out=(LeftOut("sample 3", 0.89, 0.89),)))
    assert sentence[0] == "Reseeding of the primary (P): probability 0.87 (prior 0.25, Bayes factor 20): likely."
    assert sentence[1].endswith("without any one it moves by less than 0.05.")


def test_data_that_hardly_move_the_prior_are_called_undecidable(page):
    answer = usual()
    answer = answer_of(replace(answer.pool, weight=np.array([0.2, 0.1, 0.7])))
    text = words_of(page(answer))
    assert ": undecidable." in text
    assert "Undecidable: the Bayes factor lies between 1/3 and 3" in text


def test_the_three_probabilities_stand_apart(page):
    text = page(usual())
    shown = dict(re.findall(r'id="tile-(\w+)".*?class="number">([^<]*)<', text, re.DOTALL))
    assert shown == {"any": "0.80", "primary": "0.50", "metastases": "0.30"}


def test_the_weights_in_the_page_sum_to_the_share_it_claims(page):
    data = data_of(page(usual()))
    assert sum(graph[0] for graph in data["graphs"]) == pytest.approx(data["share"], abs=1e-6)
    assert data["share"] == pytest.approx(1.0, abs=1e-6)


def test_a_posterior_too_wide_for_the_page_is_cut_and_the_page_says_where(page, monkeypatch):
    monkeypatch.setattr("selfseed.views.history_data.MOST_GRAPHS", 1)
    text = page(usual())
    data = data_of(text)
    carried = sum(graph[0] for graph in data["graphs"])
    assert carried == pytest.approx(data["share"], abs=1e-6)
    assert f"{100 * carried:.0f} % of its mass" in words_of(text)
    present = {arc for graph in data["graphs"] for arc in graph[3][::2]}
    assert present == set(range(len(data["arcs"])))  # each arc can still be required


def test_what_the_page_carries_recomputes_the_answer(page):
    answer = usual()
    data = data_of(page(answer))
    for bit, probability in (
        (1, answer.p_reseeding),
        (2, answer.p_primary_reseeded),
        (4, answer.p_metastases_reseeded),
    ):
        assert sum(graph[0] for graph in data["graphs"] if graph[2] & bit) == pytest.approx(probability, abs=1e-6)
    for number, arc in enumerate(data["arcs"]):
        having = [graph for graph in data["graphs"] if number in graph[3][::2]]
        assert sum(graph[0] for graph in having) == pytest.approx(arc["p"], abs=1e-6)
        assert arc["p"] == pytest.approx(answer.p_migration[arc["from"], arc["to"]], abs=1e-6)
        mean = sum(graph[0] * dict(zip(graph[3][::2], graph[3][1::2], strict=True))[number] for graph in having)
        assert mean == pytest.approx(answer.expected_migrations[arc["from"], arc["to"]], abs=1e-6)


def test_histories_of_one_graph_are_one_entry():
    answer = usual()
    histories = [answer.pool.history(at) for at in (0, 0, 1, 2)]
    graphs = weighed_graphs(pool_of(histories, [0.3, 0.2, 0.3, 0.2]))
    assert [round(graph.weight, 9) for graph in graphs] == [0.5, 0.3, 0.2]


def test_a_drawn_history_is_that_of_the_answer_and_marks_its_returns(page):
    answer = usual()
    first = data_of(page(answer))["histories"][0]
    history = answer.history
    assert [answer.sites[site] for site in first["site"]] == list(history.site)
    assert first["parent"] == list(history.parent)
    marked = {history.tree.names[first["clone"][vertex]] for vertex in first["back"]}
    assert marked == returned(history) == {"D"}


def test_returning_branches_are_those_of_the_clones_that_returned():
    for history in (usual().pool.history(at) for at in range(3)):
        marked = {history.tree.names[history.clone[at]] for at, back in enumerate(returning(history)) if back}
        assert marked == returned(history)


def test_support_says_how_much_of_the_posterior_hangs_a_place_so(page):
    data = data_of(page(usual()))
    best = data["histories"][0]
    supports = {(best["clone"][at], data["sites"][best["site"][at]]["name"]): best["support"][at] for at in range(6)}
    assert supports[0, "P"] == 100
    assert supports[3, "P"] == 50  # clone D in the primary, come from L: only where it went back
    assert supports[4, "M"] == 70  # clone E in M, come from P: not where it lived in L first


def test_only_arcs_that_lead_back_are_marked(page):
    back = {(arc["from"], arc["to"]): arc["back"] for arc in data_of(page(usual()))["arcs"]}
    assert back == {
        ("P", "L"): 0.0,
        ("P", "M"): 0.0,
        ("L", "P"): pytest.approx(0.5),
        ("L", "M"): pytest.approx(0.3),
        ("M", "L"): pytest.approx(0.3),
    }


def test_names_are_text_and_never_markup(page):
    evil = "<script>alert(1)</script>"
    breakout = '</script><img src=x onerror="alert(2)">'
    sites = {"P": evil, "L": breakout, "M": "M & 'N' \"O\""}
    names = ("A", "B", "C", breakout, "E", evil)
    left_out = (LeftOut(evil, 0.1, 0.1),)
    text = page(usual(names, sites, left_out=left_out, notes=(evil,)), patient=evil)
    plain = page(usual(left_out=left_out, notes=("note",)), patient="someone")
    assert evil not in text
    assert breakout not in text
    assert parts_of(text).tags.count("script") == parts_of(plain).tags.count("script") == 2
    assert "img" not in parts_of(text).tags
    assert escape(evil) in text
    assert {site["name"] for site in data_of(text)["sites"]} == set(sites.values())
    assert breakout in data_of(text)["trees"][0]["names"]


def test_figures_and_tables_can_be_taken_away(page):
    assert parts_of(page(usual())).downloads == [
        "tree.svg",
        "tree.png",
        "vertices.tsv",
        "graph.svg",
        "graph.png",
        "arcs.tsv",
    ]


def test_one_site_is_said_to_say_nothing(page):
    words = words_of(page(one_site()))
    assert "nlikely" not in words
    assert "tile-any" not in page(one_site())
    assert "Only one site, breast, was sampled" in words
    assert "No history has a migration." in words


def test_a_posterior_without_return_does_not_claim_that_it_cannot_be(page):
    words = words_of(page(without_return()))
    assert "probability < 0.01" in words
    assert "No history with reseeding was met." in words
    assert "unlikely" in words


def test_an_unknown_primary_is_said_with_all_probabilities(page):
    words = words_of(page(usual(primaries={"L": 0.3, "P": 0.62, "M": 0.08})))
    assert "The primary was not given. P is the most probable" in words
    assert "Probabilities: P 0.62, L 0.30, M 0.08." in words
    assert "The primary was not given" not in words_of(page(usual(primaries={"P": 1.0})))


def test_candidate_clone_trees_stand_with_their_probabilities(page):
    first, second = usual(), usual(names=("a", "b", "c", "d", "e", "f"))
    histories = [first.pool.history(0), second.pool.history(2)]
    text = page(answer_of(pool_of(histories, [0.7, 0.3])))
    assert "2 candidate clone trees" in words_of(text)
    assert [tree["p"] for tree in data_of(text)["trees"]] == pytest.approx([0.7, 0.3])
    assert {graph[1] for graph in data_of(text)["graphs"]} == {0, 1}


def test_a_walk_that_has_not_converged_is_not_passed_over(page):
    words = words_of(page(usual(trust=Trust(40.0, 1.3, 60.0, truncated=True), notes=("Two samples were merged.",))))
    assert "Not converged: the time allowed ended the work early, the walks do not agree (R-hat 1.30" in words
    assert "worth only 40 independent ones" in words
    assert "Two samples were merged." in words


def test_another_prior_gives_the_posterior_that_bayes_says(page):
    answer = usual()
    odds = 0.01 / 0.99 * answer.bayes_factor
    row = re.search(r"<th[^>]*>0\.01</th><td[^>]*>([^<]*)</td>", page(answer))
    assert row[1] == f"{odds / (1 + odds):.2f}"


def test_no_two_of_24_sites_look_alike():
    sites = [f"site {number:02d}" for number in range(24)]
    tree = CloneTree(tuple(sites), (-1, *[0] * 23), tuple(frozenset([site]) for site in sites))
    history = History(tree, tuple(range(24)), tuple(sites), (-1, *[0] * 23))
    looks = looks_of(answer_of(pool_of([history], [1.0])))
    assert len({(look["colour"], look["shape"]) for look in looks.values()}) == 24


def test_a_page_that_is_there_is_replaced_whole(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("old", encoding="utf-8")
    assert write_history_page(usual(), path) == path
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert list(tmp_path.iterdir()) == [path]
