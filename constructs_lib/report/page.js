"use strict";
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// A link to a step opens its details, and the browser goes there.
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
}
addEventListener("hashchange", reveal);
reveal();

const folding = document.getElementById("folding");
folding.hidden = false;
folding.addEventListener("click", (event) => {
  if (event.target.dataset.open === undefined) return;
  for (const step of all("details.step")) step.open = event.target.dataset.open === "1";
});

const table = document.getElementById("steps");
const body = table.tBodies[0];
const rows = [...body.rows];
const filter = document.getElementById("filter");
const [search, state, shown] = filter.children;
function select() {
  const wanted = search.value.trim().toLowerCase();
  let count = 0;
  for (const row of rows) {
    const fits = row.textContent.toLowerCase().includes(wanted)
      && (!state.value || row.querySelector("[data-state]").dataset.state === state.value);
    row.hidden = !fits;
    count += fits;
  }
  shown.value = count === rows.length ? "" : `${count} of ${rows.length}`;
}
filter.hidden = false;
search.addEventListener("input", select);
state.addEventListener("change", select);

const value = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent;
all("thead th", table).forEach((head, column) => {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => {
    const down = head.ariaSort === "ascending";
    for (const other of all("thead th", table)) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const order = (a, b) => String(value(a, column)).localeCompare(value(b, column), "en", { numeric: true });
    rows.sort((a, b) => {
      const [x, y] = [Number(value(a, column)), Number(value(b, column))];
      const found = Number.isNaN(x) || Number.isNaN(y) ? order(a, b) : x - y;
      return down ? -found : found;
    });
    body.append(...rows);
  });
});
