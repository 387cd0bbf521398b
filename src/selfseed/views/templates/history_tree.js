// The clone tree: every place (a clone in a site) has a row of its own, so that no two labels meet.
const MOST_OPEN = 400, MOST_DRAWN = 3000;

function placesOf(history) {
  const tree = data.trees[history.tree], back = new Set(history.back), entered = new Set();
  const places = history.clone.map((clone, vertex) => {
    const site = history.site[vertex], parent = history.parent[vertex];
    const entry = !entered.has(clone);
    entered.add(clone);
    const from = parent >= 0 ? history.site[parent] : site;
    return {
      vertex, clone, site, parent, from, entry, name: tree.names[clone], gained: entry ? tree.gained[clone] : 0,
      seen: tree.seen[clone].includes(site), support: history.support[vertex], back: back.has(vertex),
      arc: from === site ? undefined : arcBetween(from, site), kids: [], folded: 0,
    };
  });
  for (const place of places) if (place.parent >= 0) places[place.parent].kids.push(place);
  return places;
}

// Fold what lies below the last migration of a line into its uppermost place, and a line that neither branches nor
// moves into its first place; parents come before children.
function fold(places) {
  const moves = places.map(() => 0), into = places.map(() => null);
  for (const place of [...places].reverse())
    if (place.parent >= 0) moves[place.parent] += moves[place.vertex] + (place.arc === undefined ? 0 : 1);
  for (const place of places) {
    const kept = place.parent < 0 || place.arc !== undefined || moves[place.vertex] > 0;
    into[place.vertex] = kept ? place : into[place.parent];
    if (!kept) into[place.vertex].folded += 1;
  }
  for (const place of places) place.kids = place.kids.filter((kid) => into[kid.vertex] === kid);
  for (const place of places) {
    while (into[place.vertex] === place && place.kids.length === 1 && place.kids[0].arc === undefined) {
      const [kid] = place.kids;
      into[kid.vertex] = place;
      place.folded += 1 + kid.folded;
      place.kids = kid.kids;
      for (const below of kid.kids) below.parent = place.vertex;
    }
  }
  return places.filter((place) => into[place.vertex] === place);
}

// Number the rows from above: a place stands amid its branches. No recursion: lines may be thousands of clones long.
function rowsOf(root) {
  const rows = [], waiting = [[root, false]];
  while (waiting.length) {
    const [place, open] = waiting.pop();
    if (open) { place.row = rows.length; rows.push(place); continue; }
    const half = Math.floor(place.kids.length / 2);
    for (const kid of place.kids.slice(half).reverse()) waiting.push([kid, false]);
    waiting.push([place, true]);
    for (const kid of place.kids.slice(0, half).reverse()) waiting.push([kid, false]);
  }
  return rows;
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] || 0;

function scaling(places) {
  const gained = places.filter((place) => place.entry && place.gained > 0 && place.parent >= 0).map((place) => place.gained);
  if (!gained.length) return { known: false, words: "Branches are one step long each: numbers of mutations are not known.", of: () => 0 };
  const uneven = Math.max(...gained) > 12 * median(gained);
  return {
    known: true, of: uneven ? Math.sqrt : (value) => value,
    words: `Beyond a shortest length, a branch is as long as ${uneven ? "the square root of " : ""}the number of its new mutations.`,
  };
}

// Set the x of each place, parents first, as wide as the labels leave room for; return the width needed.
function spread(places, scale, left, room) {
  const byVertex = new Map(places.map((place) => [place.vertex, place]));
  const lay = (step, stretch) => {
    for (const place of places) {
      const above = byVertex.get(place.parent);
      const shortest = place.arc === undefined ? step : Math.max(step, place.back ? 40 : 26);
      place.x = above ? above.x + shortest + stretch * scale.of(place.gained) : left;
    }
    return Math.max(...places.map((place) => place.x + place.wide));
  };
  let step = scale.known ? 22 : 60;
  while (step > 8 && lay(step, 0) > room) step -= 2;
  const bare = lay(step, 0);
  if (bare >= room) return bare;
  let low = 0, high = room;
  for (let turns = 0; turns < 40; turns += 1) {
    const middle = (low + high) / 2;
    if (lay(step, middle) > room) high = middle; else low = middle;
  }
  const used = lay(step, low);
  return scale.known ? Math.max(used, room) : Math.max(bare, room);
}

function tipAt(x, y, colour) {
  return shape("path", { d: `M ${x + 5} ${y} L ${x - 4} ${y - 5} L ${x - 4} ${y + 5} Z`, fill: colour });
}

function labelOf(place, most) {
  const folded = place.folded ? ` + ${place.folded} more` : "";
  return [shorten(place.name, most), shorten(data.sites[place.site].name, Math.min(most, 20)) + folded];
}

function placeLabel(place, y, most) {
  const [name, site] = labelOf(place, most);
  return shape("text", { x: place.x + 11, y: y + 4.5 }, [
    shape("tspan", { "font-weight": "bold" }, [name]),
    shape("tspan", { fill: "#57606a", dx: 6 }, [site]),
  ]);
}

function labelWidth(place, most) {
  const [name, site] = labelOf(place, most);
  return 22 + widthOf(name, 13, "bold") + 6 + widthOf(site);
}

function placeTitle(place) {
  const lines = [`clone ${place.name} in ${data.sites[place.site].name}`, place.seen ? "observed there" : "not observed there"];
  if (place.arc !== undefined) lines.push(`migration ${data.sites[place.from].name} → ${data.sites[place.site].name}` + (place.back ? ", back" : ""));
  if (place.folded) lines.push(`with ${place.folded} more places below it, in the same site`);
  if (place.entry && place.gained) lines.push(`new mutations: ${place.gained}`);
  lines.push(`support ${(place.support / 100).toFixed(2)}`);
  return lines.join("\n");
}

function drawBranch(svg, place, above, yOf) {
  const y = yOf(place), colour = data.sites[place.site].colour;
  const group = shape("g", place.arc === undefined ? { class: "link" } : { class: "link", "data-arc": place.arc });
  const line = { x1: above.x, y1: y, x2: place.x, y2: y, stroke: place.back ? BACK : colour, "stroke-width": place.back ? 2.6 : 2 };
  if (place.back) line["stroke-dasharray"] = "5 3";
  group.append(shape("line", line));
  if (place.arc !== undefined) group.append(tipAt(place.x - 11, y, place.back ? BACK : colour));
  if (place.back) group.append(turn((above.x + place.x - 14) / 2, y, 0.95));
  svg.append(group);
}

function drawKey(svg, y, width) {
  const entries = [
    [(x) => [shape("line", { x1: x, y1: y, x2: x + 18, y2: y, stroke: GREY, "stroke-width": 2 }), tipAt(x + 16, y, GREY)], 22, "migration"],
    [(x) => [shape("line", { x1: x, y1: y, x2: x + 26, y2: y, stroke: BACK, "stroke-width": 2.6, "stroke-dasharray": "5 3" }), turn(x + 13, y, 0.85)], 28, "cells came back"],
    [(x) => [shape("circle", { cx: x + 6, cy: y, r: 5, fill: "#fff", stroke: GREY, "stroke-width": 2 })], 14, "not observed"],
  ];
  let x = 8, line = 0;
  for (const [make, size, words] of entries) {
    const next = size + 6 + widthOf(words, 11) + 18;
    if (x > 8 && x + next > width) { x = 8; line += 1; }
    svg.append(shape("g", { transform: `translate(0 ${18 * line})` }, [
      ...make(x), shape("text", { x: x + size + 6, y: y + 4, "font-size": 11, fill: "#57606a" }, [words]),
    ]));
    x += next;
  }
}

function drawTree(history, width, folding) {
  let places = placesOf(history);
  if (folding) places = fold(places);
  if (places.length > MOST_DRAWN) return { svg: null, places, words: "" };
  const scale = scaling(places);
  const high = places.length > 80 ? 19 : 23, top = 30, most = width < 440 ? 12 : 24;
  const counted = scale.known && width >= 440, reserved = counted ? 100 : width < 440 ? 40 : 54;
  for (const place of places) place.wide = labelWidth(place, most);
  const rows = rowsOf(places[0]);
  const needed = spread(places, scale, 12, Math.max(width, 300) - reserved - 6);
  const whole = Math.ceil(needed + reserved + 6), tall = top + high * rows.length + 48;
  const svg = drawing(whole, tall, `Clone tree of ${places.length} places`);
  const yOf = (place) => top + high * (place.row + 0.5);
  const heads = counted ? [["New", whole - 62], ["Support", whole - 6]] : [[width < 440 ? "Supp." : "Support", whole - 6]];
  for (const [text, x] of heads) svg.append(shape("text", { x, y: 16, "text-anchor": "end", "font-size": 11, fill: "#57606a" }, [text]));
  svg.append(shape("line", { x1: 0, y1: top - 6, x2: whole, y2: top - 6, stroke: PALE }));
  for (const place of rows) {
    const y = yOf(place), linked = place.arc === undefined ? {} : { "data-arc": place.arc };
    const cell = (text, x) => shape("text", { x, y: y + 4.5, "text-anchor": "end", fill: "#57606a", "font-size": 12 }, [text]);
    svg.append(shape("g", { class: "place link", "data-vertex": place.vertex, ...linked }, [
      shape("rect", { class: "row", x: 0, y: y - high / 2, width: whole, height: high, fill: "#fff" }),
      placeLabel(place, y, most),
      ...(counted ? [cell(place.entry ? `+${place.gained}` : "", whole - 62)] : []),
      cell((place.support / 100).toFixed(2), whole - 6),
      shape("title", {}, [placeTitle(place)]),
    ]));
  }
  for (const place of rows) {
    if (!place.kids.length) continue;
    const ends = [yOf(place), ...place.kids.map(yOf)];
    svg.append(shape("line", {
      class: "link", x1: place.x, x2: place.x, y1: Math.min(...ends) - 1, y2: Math.max(...ends) + 1,
      stroke: data.sites[place.site].colour, "stroke-width": 2,
    }));
  }
  for (const place of rows) for (const kid of place.kids) drawBranch(svg, kid, place, yOf);
  for (const place of rows) svg.append(mark(place.site, place.x, yOf(place), !place.seen));
  drawKey(svg, tall - 36, whole);
  return { svg, places, words: scale.words };
}
