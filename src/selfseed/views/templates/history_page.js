// What the reader does: choose, point, take away.
let shown = { places: [], history: null, found: null };

function choose(arc, choice) {
  if (choice === "free") choices.delete(arc); else choices.set(arc, choice);
  remember();
  refresh();
}

const nextChoice = (arc) => ({ undefined: "require", require: "forbid", forbid: "free" })[choices.get(arc)];

// The choices stand in the address, as #require=P>M1,P>M2&forbid=M1>P, so that a question can be passed on.
function remember() {
  const names = (choice) => [...choices].filter(([, made]) => made === choice)
    .map(([arc]) => `${encodeURIComponent(data.arcs[arc].from)}>${encodeURIComponent(data.arcs[arc].to)}`).join(",");
  const parts = ["require", "forbid"].filter((choice) => names(choice)).map((choice) => `${choice}=${names(choice)}`);
  try { history.replaceState(null, "", "#" + parts.join("&")); } catch { /* some browsers refuse this for files */ }
}

function recall() {
  choices.clear();
  for (const part of location.hash.slice(1).split("&")) {
    const [choice, names] = part.split("=");
    if (!["require", "forbid"].includes(choice) || !names) continue;
    for (const name of names.split(",")) {
      let ends;
      try { ends = name.split(/>|%3E/i).map(decodeURIComponent); } catch { continue; }
      const arc = arcBetween(siteIndex.get(ends[0]), siteIndex.get(ends[1]));
      if (arc !== undefined) choices.set(arc, choice);
    }
  }
}

function showPanel(found) {
  const panel = byId("panel");
  panel.replaceChildren();
  if (!found.active) {
    panel.append(element("p", {}, ["No arc is required or forbidden: the numbers are those of the whole posterior."]));
    return;
  }
  for (const choice of ["require", "forbid"]) {
    const names = [...choices].filter(([, made]) => made === choice).map(([arc]) => arcName(arc));
    if (names.length) panel.append(element("p", {}, [element("b", {}, [choice === "require" ? "Required: " : "Forbidden: "]), names.join(", ")]));
  }
  if (!found.fitting.length) {
    panel.append(element("p", { id: "fits" }, ["No history that this page carries fits: together they are very improbable, or cannot be."]));
  } else {
    panel.append(element("p", { id: "fits" }, [`${chance(found.share)} of the posterior fits. Were it so:`]));
    const rows = ["Any reseeding", "Into the primary", "Between metastases"].map((name, at) => element("tr", {}, [
      element("th", { scope: "row" }, [name]), element("td", { class: "n" }, [chance(data.p[at])]),
      element("td", { class: "n", "data-given": at }, [chance(found.p[at])]),
    ]));
    const head = ["", "All", "If so"].map((name) => element("th", { scope: "col", class: name ? "n" : "" }, [name]));
    panel.append(element("table", {}, [element("thead", {}, [element("tr", {}, head)]), element("tbody", {}, rows)]));
  }
  const free = element("button", { type: "button" }, ["Free all arcs"]);
  free.addEventListener("click", () => { choices.clear(); remember(); refresh(); });
  panel.append(free);
}

function showTable(found) {
  for (const row of document.querySelectorAll("#arc-table tr[data-arc]")) {
    const arc = Number(row.dataset.arc), choice = choices.get(arc) || "free";
    const given = { require: "required", forbid: "forbidden" }[choice] || (found.fitting.length ? chance(found.arcs[arc].p) : "–");
    row.querySelector(".given").textContent = found.active ? given : "–";
    for (const button of row.querySelectorAll("button")) button.setAttribute("aria-pressed", button.dataset.choice === choice);
  }
}

function treeWords(found, history, places) {
  if (!history) return found.fitting.length ? "Of the histories that fit, none is among those that this page carries to draw." : "No history fits.";
  const tree = data.trees[history.tree], words = [];
  if (!found.active) words.push("The history expected to agree most with the truth");
  else words.push(found.ahead ? `The ${found.ahead + 1}th most probable that fits (the better ones are not carried to draw)` : "The most probable history that fits");
  const moves = history.parent.filter((above, vertex) => above >= 0 && history.site[above] !== history.site[vertex]).length;
  words.push(`${history.clone.length} ${history.clone.length === 1 ? "place" : "places"}, ${moves} ${moves === 1 ? "migration" : "migrations"}`);
  if (found.active) words.push(`its migration graph has ${chance(found.graph[0] / found.total)} of what fits`);
  if (data.trees.length > 1) words.push(`clone tree ${history.tree + 1} of ${data.trees.length} (${chance(tree.p)})`);
  if (places.length < history.clone.length) words.push(`drawn folded, as ${places.length} rows`);
  return words.join(" · ") + ".";
}

function showTree(found) {
  const target = byId("tree"), folding = byId("collapse").checked;
  target.replaceChildren();
  let places = [];
  if (found.history) {
    const drawn = drawTree(found.history, target.clientWidth - 2, folding);
    places = drawn.places;
    byId("scale").textContent = drawn.words;
    if (drawn.svg) target.append(drawn.svg);
    else target.append(element("p", {}, [`${places.length} places are too many to draw; the TSV has them all.`]));
  }
  byId("tree-state").textContent = treeWords(found, found.history, places);
  shown = { places, history: found.history, found };
}

function refresh() {
  const found = condition(), graph = byId("graph"), focused = document.activeElement?.dataset?.arc;
  const inGraph = graph.contains(document.activeElement);
  showTree(found);
  const { svg, drawn } = drawGraph(found, Math.max(330, Math.min(660, graph.clientWidth - 2)), byId("all-arcs").checked);
  graph.replaceChildren(svg);
  byId("graph-state").textContent = drawn < data.arcs.length ? `The ${drawn} most probable of ${data.arcs.length} arcs are drawn.` : "All arcs are drawn.";
  showPanel(found);
  showTable(found);
  if (inGraph && focused) graph.querySelector(`.arc[data-arc="${focused}"]`)?.focus({ preventScroll: true });
}

// Point at an arc, at one of its migrations, or at its row: all three light up.
function light(arc) {
  for (const one of document.querySelectorAll(".on")) one.classList.remove("on");
  for (const svg of document.querySelectorAll(".drawing svg")) svg.classList.toggle("linked", arc !== undefined);
  if (arc === undefined) return;
  for (const one of document.querySelectorAll(`[data-arc="${arc}"]`)) one.classList.add("on");
}

const arcOf = (target) => target.closest?.("[data-arc]")?.dataset.arc;

function text(rows) {
  const clean = (cell) => String(cell).replace(/[\t\r\n]+/g, " ");
  return rows.map((row) => row.map(clean).join("\t")).join("\n") + "\n";
}

function arcRows() {
  const { found } = shown;
  const rows = data.arcs.map((arc, index) => [arc.from, arc.to, arc.p, arc.mean, arc.poly, arc.back,
    choices.get(index) || "free", found.fitting.length ? found.arcs[index].p.toFixed(6) : ""]);
  return [["from", "to", "probability", "mean_migrations", "p_polyclonal_if_any", "p_leads_back", "choice", "probability_if_so_chosen"], ...rows];
}

function vertexRows() {
  const places = shown.history ? placesOf(shown.history) : [];
  const name = (place) => (place.entry ? place.name : `${place.name}^${data.sites[place.site].name}`);
  const rows = places.map((place) => [name(place), place.name, data.sites[place.site].name,
    place.parent >= 0 ? name(places[place.parent]) : "", place.entry ? place.gained : 0, place.seen ? 1 : 0,
    place.arc === undefined ? "" : data.sites[place.from].name, place.back ? 1 : 0, (place.support / 100).toFixed(2)]);
  return [["vertex", "clone", "site", "parent", "new_mutations", "observed", "migrated_from", "came_back", "support"], ...rows];
}

function save(name, blob) {
  const address = URL.createObjectURL(blob), link = element("a", { href: address, download: `${data.file}-${name}` });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

function svgText(figure) {
  const svg = byId(figure).querySelector("svg");
  if (!svg) return null;
  const copy = svg.cloneNode(true), [, , width, height] = svg.getAttribute("viewBox").split(" ");
  copy.classList.remove("linked");
  copy.prepend(shape("rect", { width, height, fill: "#fff" }));
  return { text: new XMLSerializer().serializeToString(copy), width: Number(width), height: Number(height) };
}

function savePicture(figure, kind) {
  const made = svgText(figure), name = `${figure}.${kind}`;
  if (!made) return;
  const blob = new Blob([made.text], { type: "image/svg+xml" });
  if (kind === "svg") { save(name, blob); return; }
  const image = new Image(), most = 16000 / Math.max(made.width, made.height);
  image.onload = () => {
    const canvas = element("canvas"), scale = Math.min(3, most);
    canvas.width = Math.round(made.width * scale);
    canvas.height = Math.round(made.height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((png) => save(name, png), "image/png");
  };
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(made.text);
}

function download(name) {
  const [figure, kind] = name.split(".");
  if (kind === "tsv") save(name, new Blob([text(figure === "arcs" ? arcRows() : vertexRows())], { type: "text/tab-separated-values" }));
  else savePicture(figure, kind);
}

function prepareTable() {
  for (const cell of document.querySelectorAll("#arc-table td.choice")) {
    const arc = Number(cell.parentNode.dataset.arc), group = element("span", { class: "three", role: "group", "aria-label": arcName(arc) });
    for (const choice of ["free", "require", "forbid"]) {
      const button = element("button", { type: "button", "data-choice": choice, "aria-pressed": choice === "free" }, [choice]);
      button.addEventListener("click", () => choose(arc, choice));
      group.append(button);
    }
    cell.append(group);
  }
  const table = byId("arc-table"), rare = document.querySelectorAll("#arc-table tr.rare").length, button = byId("rare");
  if (!rare) return;
  const label = () => (table.classList.contains("hide-rare") ? `Show ${rare} arcs below 0.05` : "Hide arcs below 0.05");
  table.classList.add("hide-rare");
  button.hidden = false;
  button.textContent = label();
  button.addEventListener("click", () => { table.classList.toggle("hide-rare"); button.textContent = label(); });
}

function start() {
  document.body.classList.remove("no-script");
  prepareTable();
  byId("collapse").checked = Math.max(...data.histories.map((one) => one.clone.length)) > MOST_OPEN;
  for (const box of ["collapse", "all-arcs"]) byId(box).addEventListener("change", refresh);
  for (const button of document.querySelectorAll("[data-download]")) button.addEventListener("click", () => download(button.dataset.download));
  for (const kind of ["mouseover", "focusin"]) document.addEventListener(kind, (event) => light(arcOf(event.target)));
  document.addEventListener("mouseleave", () => light(undefined));
  byId("graph").addEventListener("click", (event) => { const arc = event.target.closest(".arc"); if (arc) choose(Number(arc.dataset.arc), nextChoice(Number(arc.dataset.arc))); });
  byId("graph").addEventListener("keydown", (event) => {
    const arc = event.target.closest(".arc");
    if (!arc || !["Enter", " "].includes(event.key)) return;
    event.preventDefault();
    choose(Number(arc.dataset.arc), nextChoice(Number(arc.dataset.arc)));
  });
  window.addEventListener("hashchange", () => { recall(); refresh(); });
  let width = window.innerWidth;
  window.addEventListener("resize", () => { if (window.innerWidth !== width) { width = window.innerWidth; refresh(); } });
  recall();
  refresh();
}

start();
