// What the page knows, what the reader asked, and what follows from both.
const data = JSON.parse(document.getElementById("data").textContent);
const INK = "#1b1f24", GREY = "#6e7781", PALE = "#d8dde3", BACK = "#c24e00";
const FONTS = "'DejaVu Sans', Verdana, Helvetica, Arial, sans-serif";
const TURN = "M 4.6 -1.8 A 5 5 0 1 0 4.9 1.6";
const TURN_TIP = "M 7.4 -3.6 L 1.7 -2.4 L 5.9 1.6 Z";
const choices = new Map();

const byId = (id) => document.getElementById(id);
const chance = (p) => (p < 0.005 ? "< 0.01" : p > 0.995 ? "> 0.99" : p.toFixed(2));
const arcName = (arc) => `${data.arcs[arc].from} → ${data.arcs[arc].to}`;
const shorten = (text, most) => (text.length > most ? text.slice(0, most - 1) + "…" : text);
const siteIndex = new Map(data.sites.map((site, index) => [site.name, index]));
const arcIndex = new Map(data.arcs.map((arc, index) => [siteIndex.get(arc.from) * data.sites.length + siteIndex.get(arc.to), index]));
const arcBetween = (from, to) => arcIndex.get(from * data.sites.length + to);
const comesBack = (arc) => data.arcs[arc].back >= data.arcs[arc].p / 2;

function element(name, attributes = {}, children = []) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function shape(name, attributes = {}, children = []) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function drawing(width, height, label) {
  return shape("svg", {
    xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}`,
    "font-family": FONTS, "font-size": 13, fill: INK, role: "img", "aria-label": label,
  });
}

const pen = document.createElement("canvas").getContext("2d");
function widthOf(text, size = 13, weight = "normal") {
  pen.font = `${weight} ${size}px ${FONTS}`;
  return pen.measureText(text).width;
}

function mark(site, x, y, hollow = false, scale = 1) {
  const look = data.sites[site];
  return shape("path", {
    d: data.shapes[look.shape], transform: `translate(${x} ${y}) scale(${scale})`,
    fill: hollow ? "#fff" : look.colour, stroke: look.colour, "stroke-width": 2,
  });
}

function turn(x, y, scale = 1) {
  return shape("g", { transform: `translate(${x} ${y}) scale(${scale})` }, [
    shape("circle", { r: 8.2, fill: "#fff" }),
    shape("path", { d: TURN, fill: "none", stroke: BACK, "stroke-width": 1.9 }),
    shape("path", { d: TURN_TIP, fill: BACK }),
  ]);
}

function has(graph, arc) {
  const counts = graph[3];
  for (let at = 0; at < counts.length; at += 2) if (counts[at] === arc) return true;
  return false;
}

// Return the posterior among the graphs that have what is required and lack what is forbidden.
function condition() {
  const asked = [...choices];
  const fitting = data.graphs.filter((graph) => asked.every(([arc, choice]) => has(graph, arc) === (choice === "require")));
  const found = { active: asked.length > 0, total: 0, p: [0, 0, 0], arcs: data.arcs.map(() => [0, 0]), fitting };
  for (const [weight, , flags, counts] of fitting) {
    found.total += weight;
    for (const flag of [0, 1, 2]) if (flags & (1 << flag)) found.p[flag] += weight;
    for (let at = 0; at < counts.length; at += 2) {
      found.arcs[counts[at]][0] += weight;
      found.arcs[counts[at]][1] += weight * counts[at + 1];
    }
  }
  const share = found.total || 1;
  found.p = found.p.map((value) => value / share);
  found.arcs = found.arcs.map(([p, mean]) => ({ p: p / share, mean: mean / share }));
  found.share = found.total / data.share;
  if (!found.active) {
    found.p = data.p;
    found.arcs = data.arcs;
  }
  const best = fitting.findIndex((graph) => graph[4] >= 0);
  found.graph = best >= 0 ? fitting[best] : null;
  found.ahead = best > 0 ? best : 0;
  found.history = found.active ? (found.graph ? data.histories[found.graph[4]] : null) : data.histories[0];
  return found;
}
