// The migration graph: the primary amid the other sites, arcs bent so that they pass by what they do not touch.
const LEAST_DRAWN = 0.1, MOST_ARCS = 24;

function around(count, weights) {
  const order = [...Array(count).keys()];
  const cost = () => {
    let sum = 0;
    for (let one = 0; one < count; one += 1)
      for (let other = one + 1; other < count; other += 1) {
        const apart = Math.min(other - one, count - other + one);
        sum += (weights[order[one]][order[other]] + weights[order[other]][order[one]]) * apart;
      }
    return sum;
  };
  for (let least = cost(), better = true; better;) {
    better = false;
    for (let one = 0; one < count; one += 1)
      for (let other = one + 1; other < count; other += 1) {
        [order[one], order[other]] = [order[other], order[one]];
        const now = cost();
        if (now < least - 1e-9) { least = now; better = true; }
        else [order[one], order[other]] = [order[other], order[one]];
      }
  }
  return order;
}

function nodesOf(width) {
  const others = data.sites.map((_, site) => site).filter((site) => site !== data.primary);
  const weights = others.map((one) => others.map((other) => data.arcs[arcBetween(one, other)]?.p || 0));
  const most = width < 440 ? 11 : 17;
  const nodes = data.sites.map((site, index) => {
    const text = shorten(site.name, most), primary = index === data.primary;
    const wide = widthOf(text, 13, primary ? "bold" : "normal") + 34;
    return { text, primary, wide: primary ? Math.max(wide, 62) : wide, high: primary ? 40 : 28 };
  });
  const count = others.length, widest = Math.max(...nodes.map((node) => node.wide));
  const rx = Math.max(70, Math.min(270, width / 2 - widest / 2 - 8));
  let ry = Math.max(count > 3 ? 165 : 110, Math.min(290, (width < 440 ? 30 : 22) * count));
  const middle = { x: width / 2, y: ry + 34 };
  const place = (site, x, y) => Object.assign(nodes[site], { x, y });
  if (count < 3) {
    ry = 75;
    place(data.primary, count === 0 ? width / 2 : count === 1 ? nodes[data.primary].wide / 2 + 10 : width / 2, count === 2 ? 40 : 95);
    if (count === 1) place(others[0], Math.min(width - nodes[others[0]].wide / 2 - 10, 420), 95);
    if (count === 2) others.forEach((site, side) => place(site, width / 2 + (side ? 1 : -1) * Math.min(rx, 190), 220));
    return { nodes, height: count === 2 ? 265 : 190 };
  }
  place(data.primary, middle.x, middle.y);
  around(count, weights).forEach((which, step) => {
    const angle = (2 * Math.PI * step) / count - Math.PI / 2 + (count % 2 ? 0 : Math.PI / count);
    place(others[which], middle.x + rx * Math.cos(angle), middle.y + ry * Math.sin(angle));
  });
  part(nodes, width);
  const low = Math.min(...nodes.map((node) => node.y - node.high / 2)), high = Math.max(...nodes.map((node) => node.y + node.high / 2));
  for (const node of nodes) node.y += 20 - low;
  return { nodes, height: high - low + 40 };
}

// Push sites apart that cover each other, along the shorter way, until none do.
function part(nodes, width, gap = 30) {
  for (let turns = 0; turns < 200; turns += 1) {
    let met = false;
    nodes.forEach((one, first) => nodes.slice(first + 1).forEach((other) => {
      const dx = other.x - one.x, dy = other.y - one.y;
      const overX = (one.wide + other.wide) / 2 + gap - Math.abs(dx), overY = (one.high + other.high) / 2 + gap - Math.abs(dy);
      if (overX <= 0.5 || overY <= 0.5) return;
      met = true;
      const axis = overX < overY ? "x" : "y", by = ((axis === "x" ? overX : overY) / 2) * (Math.sign(axis === "x" ? dx : dy) || 1);
      one[axis] -= by;
      other[axis] += by;
      for (const node of [one, other]) node.x = Math.max(node.wide / 2 + 4, Math.min(width - node.wide / 2 - 4, node.x));
    }));
    if (!met) return;
  }
}

const inside = (node, x, y, margin = 0) => Math.abs(x - node.x) < node.wide / 2 + margin && Math.abs(y - node.y) < node.high / 2 + margin;
const along = (curve, t) => [0, 1].map((d) => (1 - t) ** 2 * curve[0][d] + 2 * t * (1 - t) * curve[1][d] + t * t * curve[2][d]);

// Return the curve from rim to rim that first keeps clear of all other sites, and as points.
function route(nodes, from, to, size) {
  const a = nodes[from], b = nodes[to], dx = b.x - a.x, dy = b.y - a.y;
  let chosen = null;
  for (const bend of [0.11, 0.18, 0.26, 0.36, 0.48, -0.2, -0.34, 0.62]) {
    const curve = [[a.x, a.y], [(a.x + b.x) / 2 + bend * dy, (a.y + b.y) / 2 - bend * dx], [b.x, b.y]];
    const points = [];
    for (let t = 0; t <= 1.0001; t += 0.0125) {
      const [x, y] = along(curve, t);
      if (!inside(a, x, y, 1) && !inside(b, x, y, 3)) points.push([x, y]);
    }
    const bad = points.filter(([x, y]) => x < 3 || y < 3 || x > size[0] - 3 || y > size[1] - 3
      || nodes.some((node) => node !== a && node !== b && inside(node, x, y, 5))).length;
    if (!chosen || bad < chosen.bad) chosen = { points, bad };
    if (bad === 0) break;
  }
  return chosen.points;
}

function boxesMeet(one, other) {
  return Math.max(0, Math.min(one[2], other[2]) - Math.max(one[0], other[0])) * Math.max(0, Math.min(one[3], other[3]) - Math.max(one[1], other[1]));
}

// Choose where on its arc each label stands: off the sites, off other labels, and off other arcs.
function labelPlaces(arcs, nodes, size) {
  const taken = nodes.map((node) => [node.x - node.wide / 2 - 2, node.y - node.high / 2 - 2, node.x + node.wide / 2 + 2, node.y + node.high / 2 + 2]);
  for (const arc of [...arcs].sort((one, other) => other.p - one.p)) {
    let least = Infinity;
    const last = arc.points.length - 1, [dx, dy] = [0, 1].map((d) => arc.points[last][d] - arc.points[0][d]);
    const long = Math.hypot(dx, dy) || 1, offsets = [0, 1, -1, 1.7, -1.7].map((step) => step * (10 + (arc.wide / 2) * Math.abs(dy / long)));
    for (const off of offsets) for (const at of [0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73, 0.2, 0.8]) {
      const [px, py] = arc.points[Math.round(at * last)];
      const x = Math.max(arc.wide / 2, Math.min(size[0] - arc.wide / 2, px - (off * dy) / long)), y = Math.max(9, Math.min(size[1] - 9, py + (off * dx) / long));
      const box = [x - arc.wide / 2, y - 8, x + arc.wide / 2, y + 8];
      let cost = Math.abs(at - 0.5) * 40 + 4 * Math.abs(off) + (long < 60 && !off ? 150 : 0);
      for (const other of taken) cost += 3 * boxesMeet(box, other);
      for (const other of arcs) if (other !== arc)
        for (const [u, v] of other.points) if (u > box[0] && u < box[2] && v > box[1] && v < box[3]) cost += 14;
      if (cost < least) { least = cost; arc.label = [x, y]; arc.box = box; }
    }
    taken.push(arc.box);
  }
}

function arcWords(arc, choice, now) {
  if (choice === "forbid") return "forbidden";
  const several = now.mean >= 1.25 * now.p && now.p > 0 ? ` ×${(now.mean / now.p).toFixed(1)}` : "";
  return (choice === "require" ? "required" : chance(now.p)) + several;
}

function drawArc(svg, arc) {
  const { index, points, now, choice } = arc, back = comesBack(index);
  const colour = choice === "forbid" ? PALE : back ? BACK : "#3d6b8f", wide = choice === "forbid" ? 1.5 : 1.2 + 5 * now.p;
  const head = 6 + 1.3 * wide, [x2, y2] = points[points.length - 1];
  let last = points.length - 1;
  while (last > 1 && Math.hypot(points[last][0] - x2, points[last][1] - y2) < head * 0.8) last -= 1;
  const [x1, y1] = points[last], turned = Math.atan2(y2 - y1, x2 - x1);
  const corner = (side) => `${(x2 - head * Math.cos(turned + side)).toFixed(1)} ${(y2 - head * Math.sin(turned + side)).toFixed(1)}`;
  const path = "M" + points.slice(0, last + 1).map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L");
  const line = { d: path, fill: "none", stroke: colour, "stroke-width": wide.toFixed(2) };
  if (back) line["stroke-dasharray"] = `${(4 + wide).toFixed(1)} ${(2 + wide / 1.6).toFixed(1)}`;
  svg.append(shape("g", {
    class: "arc link", "data-arc": index, tabindex: 0, role: "button",
    "aria-label": `${arcName(index)}, probability ${chance(now.p)}${back ? ", cells come back" : ""}, ${choice || "free"}`,
  }, [
    shape("path", { class: "hit", d: path, fill: "none", stroke: "#fff", "stroke-opacity": 0, "stroke-width": 16 }),
    shape("path", line),
    shape("path", { d: `M ${x2.toFixed(1)} ${y2.toFixed(1)} L ${corner(0.42)} L ${corner(-0.42)} Z`, fill: colour }),
    shape("title", {}, [`${arcName(index)}\nprobability ${chance(now.p)}, ${now.mean.toFixed(2)} migrations on average`]),
  ]));
}

function drawLabel(svg, arc) {
  const [x, y] = arc.label, back = comesBack(arc.index), bold = arc.choice === "require" ? "bold" : "normal";
  const group = shape("g", { class: "link label", "data-arc": arc.index, "pointer-events": "none" });
  group.append(shape("rect", { x: x - arc.wide / 2, y: y - 8, width: arc.wide, height: 16, rx: 4, fill: "#fff", "fill-opacity": 0.88 }));
  if (back) group.append(turn(x - arc.wide / 2 + 8, y, 0.8));
  const start = x - arc.wide / 2 + (back ? 17 : 3);
  group.append(shape("text", { x: start, y: y + 4.2, "font-size": 12, "font-weight": bold }, [arc.words]));
  svg.append(group);
}

function drawNode(svg, node, site) {
  const colour = data.sites[site].colour, left = node.x - node.wide / 2;
  const box = { x: left, y: node.y - node.high / 2, width: node.wide, height: node.high, rx: 9, fill: "#fff", stroke: colour, "stroke-width": node.primary ? 3 : 2 };
  const y = node.primary ? node.y - 6 : node.y;
  svg.append(shape("g", { class: "node" }, [
    shape("rect", box), mark(site, left + 14, y),
    shape("text", { x: left + 25, y: y + 4.5, "font-weight": node.primary ? "bold" : "normal" }, [node.text]),
    ...(node.primary ? [shape("text", { x: node.x, y: node.y + 15, "font-size": 11, fill: "#57606a", "text-anchor": "middle" }, ["primary"])] : []),
    shape("title", {}, [data.sites[site].name]),
  ]));
}

function drawGraph(found, width, all) {
  const { nodes, height } = nodesOf(width);
  const svg = drawing(width, height, `Migration graph of ${nodes.length} sites`);
  const arcs = [], leading = new Set([...data.arcs.keys()].sort((one, other) => found.arcs[other].p - found.arcs[one].p).slice(0, MOST_ARCS));
  data.arcs.forEach((arc, index) => {
    const choice = choices.get(index), now = found.arcs[index];
    if (!choice && (all ? now.p <= 0 : now.p < LEAST_DRAWN || !leading.has(index))) return;
    const points = route(nodes, siteIndex.get(arc.from), siteIndex.get(arc.to), [width, height]);
    if (points.length < 3) return;
    const words = arcWords(arc, choice, now);
    arcs.push({ index, choice, now, p: now.p, points, words, wide: widthOf(words, 12, choice ? "bold" : "normal") + 6 + (comesBack(index) ? 14 : 0) });
  });
  labelPlaces(arcs, nodes, [width, height]);
  for (const arc of [...arcs].reverse()) drawArc(svg, arc);
  nodes.forEach((node, site) => drawNode(svg, node, site));
  for (const arc of arcs) drawLabel(svg, arc);
  return { svg, drawn: arcs.length };
}
