"use strict";
const $ = (id) => document.getElementById(id);
const view = $("view"), svg = view.querySelector("svg"), data = JSON.parse($("data").textContent);
const all = (selector) => [...document.querySelectorAll(selector)];
const nodes = new Map(all("#view .node").map((node) => [node.dataset.step, node]));
const entries = new Map(all("#steps button").map((entry) => [entry.dataset.step, entry]));
const edges = all("#view .edge");
const natural = { width: svg.width.baseVal.value, height: svg.height.baseVal.value };
let scale = 1, chosen = null;

// Zoom: about a point of the view, so that what is under it stays there.
function zoom(to, x = view.clientWidth / 2, y = view.clientHeight / 2) {
  const before = svg.getBoundingClientRect(), at = view.getBoundingClientRect();
  const left = (at.left + x - before.left) / scale, top = (at.top + y - before.top) / scale;
  scale = Math.min(3, Math.max(0.05, to));
  svg.setAttribute("width", natural.width * scale);
  svg.setAttribute("height", natural.height * scale);
  const now = svg.getBoundingClientRect();
  view.scrollLeft += now.left + left * scale - at.left - x;
  view.scrollTop += now.top + top * scale - at.top - y;
  $("scale").textContent = `${Math.round(scale * 100)}%`;
}
const whole = () => Math.min(1, view.clientWidth / natural.width, view.clientHeight / natural.height);
// All of it if it can still be read so, else as wide as can be read, from the top.
function begin() {
  const wide = Math.min(1, view.clientWidth / natural.width);
  zoom(whole() >= 0.6 ? whole() : Math.max(wide, 0.6));
  view.scrollTop = 0;
  view.scrollLeft = (view.scrollWidth - view.clientWidth) / 2;
}
$("larger").onclick = () => zoom(scale * 1.25);
$("smaller").onclick = () => zoom(scale / 1.25);
$("natural").onclick = () => zoom(1);
$("fit").onclick = () => zoom(whole());
view.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  const at = view.getBoundingClientRect();
  zoom(scale * Math.exp(-event.deltaY / 300), event.clientX - at.left, event.clientY - at.top);
}, { passive: false });

// Drag to move; a press that hardly moves is a click.
let held = null, moved = false;
view.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || event.pointerType === "touch") return;
  held = { x: event.clientX, y: event.clientY, left: view.scrollLeft, top: view.scrollTop };
  moved = false;
});
window.addEventListener("pointermove", (event) => {
  if (!held) return;
  const x = event.clientX - held.x, y = event.clientY - held.y;
  if (!moved && Math.hypot(x, y) < 4) return;
  moved = true;
  view.classList.add("held");
  view.scrollLeft = held.left - x;
  view.scrollTop = held.top - y;
});
window.addEventListener("pointerup", () => { held = null; view.classList.remove("held"); });
view.addEventListener("click", (event) => {
  if (moved) return;
  const node = event.target.closest(".node");
  choose(node ? node.dataset.step : null);
});

function choose(name, { show = false } = {}) {
  chosen = name !== null && Object.hasOwn(data, name) ? name : null;
  for (const [step, node] of nodes) node.classList.toggle("selected", step === chosen);
  for (const [step, entry] of entries) entry.ariaCurrent = step === chosen ? "true" : null;
  const same = (other) => other === chosen || (data[chosen].frame !== null && data[other].frame === data[chosen].frame);
  for (const edge of edges) {
    const { source, target } = edge.dataset;
    const inside = data[source].frame !== null && data[source].frame === data[target].frame;
    const lit = chosen !== null && (source === chosen || target === chosen || (!inside && (same(source) || same(target))));
    edge.classList.toggle("lit", lit);
  }
  svg.classList.toggle("choosing", chosen !== null);
  $("details").hidden = chosen === null;
  history.replaceState(null, "", chosen === null ? "#" : `#${encodeURIComponent(chosen)}`);
  if (chosen === null) return;
  tell(chosen);
  entries.get(chosen).scrollIntoView({ block: "nearest" });
  if (show) nodes.get(chosen).scrollIntoView({ block: "center", inline: "center" });
}

function element(tag, text, kind) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}
function links(names) {
  const made = element("p", "");
  for (const name of names) {
    const link = element("button", name, "link");
    link.onclick = () => choose(name, { show: true });
    made.append(link);
  }
  return made;
}
function tell(name) {
  const step = data[name], told = $("told");
  told.replaceChildren(element("h2", name), element("p", step.second));
  if (step.state) told.append(element("p", step.state));
  if (step.after.length) told.append(element("h3", "After"), links(step.after));
  if (step.before.length) told.append(element("h3", "Before"), links(step.before));
  for (const [title, text] of step.details) {
    const block = element("pre", "");
    block.tabIndex = 0;
    for (const line of text.split("\n")) {
      const sign = title === data[name].difference ? { "+": "plus", "-": "minus" }[line[0]] : "";
      block.append(element("span", `${line}\n`, sign));
    }
    told.append(element("h3", title), block);
  }
  $("details").scrollTop = 0;
}
$("close").onclick = () => choose(null);

$("search").addEventListener("input", () => {
  const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const [name, entry] of entries) {
    const text = `${name} ${data[name].second} ${data[name].state}`.toLowerCase();
    const fits = words.every((word) => text.includes(word));
    entry.parentElement.hidden = !fits;
    found += fits;
  }
  $("none").hidden = found > 0;
});
$("search").addEventListener("keydown", (event) => {
  const first = [...entries.values()].find((entry) => !entry.parentElement.hidden);
  if (event.key === "Enter" && first) choose(first.dataset.step, { show: true });
});
$("steps").addEventListener("click", (event) => {
  const entry = event.target.closest("button");
  if (entry) choose(entry.dataset.step, { show: true });
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { choose(null); return; }
  if (event.target.matches("input") || event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = { "/": () => $("search").focus(), "+": () => zoom(scale * 1.25), "=": () => zoom(scale * 1.25), "-": () => zoom(scale / 1.25), "0": () => zoom(1), f: () => zoom(whole()) };
  if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
});

begin();
let asked = "";
try { asked = decodeURIComponent(location.hash.slice(1)); } catch { asked = ""; }
if (Object.hasOwn(data, asked)) choose(asked, { show: true });
