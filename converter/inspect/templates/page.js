"use strict";
// The page's own script. Documents arrive as HTML that the templates escaped; here text is only ever text.
const $ = (id) => document.getElementById(id);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const count = Number(document.body.dataset.count);
const overview = $("overview"), view = $("document"), search = $("search"), found = $("found"), confidence = $("confidence");
const title = document.title;

// Opening: `#d3` is document 3, `#d3L12` its line 12, anything else the overview.
let open; // the document that is shown, -1 for the overview
let lines = [], records = [];

async function unpack(number) {
  const bytes = Uint8Array.from(atob($(`packed-${number}`).textContent), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new DOMParser().parseFromString(await new Response(stream).text(), "text/html").body;
}

async function route() {
  if (location.hash === "#main") return; // the link that skips the bar
  const asked = location.hash;
  const [, number, line] = asked.match(/^#d(\d+)(?:L(\d+))?$/) ?? [];
  const wanted = number < count ? Number(number) : count === 1 ? 0 : -1;
  if (wanted !== open) {
    const body = wanted < 0 ? null : await unpack(wanted);
    if (location.hash !== asked) return; // another one was asked for meanwhile
    const before = open;
    open = wanted;
    view.replaceChildren(...(body ? body.childNodes : []));
    view.hidden = !body;
    overview.hidden = Boolean(body);
    index();
    search.value = "";
    confidence.value = "";
    search.placeholder = body ? "Search this document" : "Search titles and names";
    document.title = body ? `${view.querySelector("h1").textContent} · Parquetry` : title;
    all("[data-go]").forEach((button) => (button.disabled = !target(button.dataset.go)));
    document.body.classList.toggle("is-open", Boolean(body));
    document.querySelector(".steps").hidden = !body || count < 2;
    filter();
    scrollTo(0, 0);
    if (before >= 0 || number !== undefined) (body ? view.querySelector("h1") : $("main")).focus({ preventScroll: true });
  }
  if (line && lines[line - 1]) select(lines[line - 1]);
}

function target(step) {
  if (step === "overview") return open < 0 ? "" : "#all";
  const order = all("#documents tbody tr").map((row) => Number(row.dataset.document));
  const next = order[order.indexOf(open) + (step === "next" ? 1 : -1)];
  return next === undefined ? "" : `#d${next}`;
}

function go(step) {
  const hash = target(step);
  if (hash) location.hash = hash;
}

// Lines and records find each other by line numbers.
const first = (element) => Number(element.dataset.first ?? element.dataset.line);
const last = (element) => Number(element.dataset.last ?? element.dataset.line);
const isLine = (element) => element.dataset.line !== undefined;

function index() {
  lines = all("[data-line]", view);
  records = all(".record[data-first]", view);
  for (const group of [lines, records]) if (group.length) handle(group[0]).tabIndex = 0;
}

function handle(element) {
  return element.querySelector(isLine(element) ? ".number" : ".lines") ?? element;
}

function counterparts(element) {
  if (!isLine(element)) return lines.slice(first(element) - 1, last(element));
  const number = first(element);
  const holding = records.filter((record) => first(record) <= number && number <= last(record));
  return holding.filter((record) => !holding.some((other) => other !== record && record.contains(other)));
}

function mark(element, name) {
  all(`.${name}`, view).forEach((marked) => marked.classList.remove(name));
  if (element) [element, ...counterparts(element)].forEach((marked) => marked.classList.add(name));
}

// Where there is room for one pane, the other one is shown before something in it is.
function reveal(element) {
  const pane = element.closest(".pane");
  if (!pane) return;
  show(pane.classList.contains("pane-source") ? "source" : "records");
  bring(element, pane.scrollHeight > pane.clientHeight ? "center" : "nearest");
}

// What was never in view has an estimated height: for some frames, an element that moves as that is drawn is followed.
function bring(element, block, frames = 20) {
  element.scrollIntoView({ block });
  const { top } = element.getBoundingClientRect();
  const follow = () => {
    if (Math.abs(element.getBoundingClientRect().top - top) > 1) return bring(element, block, frames);
    if (frames--) requestAnimationFrame(follow);
  };
  if (frames--) requestAnimationFrame(follow);
}

function show(pane) {
  view.querySelector(".panes").dataset.pane = pane;
  all(".switch button", view).forEach((button) => button.setAttribute("aria-pressed", button.dataset.pane === pane));
}

function select(element) {
  mark(element, "is-selected");
  const other = counterparts(element).find((candidate) => !candidate.hidden && candidate.closest("#panel-content, .pane-source"));
  const shown = view.querySelector(".panes").dataset.pane;
  if (other) reveal(other);
  reveal(element);
  if (other && getComputedStyle(view.querySelector(".switch")).display !== "none") show(shown);
  history.replaceState(null, "", `#d${open}L${first(element)}`);
}

function focus(element) {
  const group = isLine(element) ? lines : records;
  group.forEach((other) => (handle(other).tabIndex = -1));
  handle(element).tabIndex = 0;
  handle(element).focus({ preventScroll: true });
}

const owner = (node) => node.closest?.("[data-line], .record[data-first]");

view.addEventListener("pointerover", (event) => mark(owner(event.target), "is-marked"));
view.addEventListener("pointerleave", () => mark(null, "is-marked"));
view.addEventListener("focusin", (event) => event.target.matches(".number, .lines") && mark(owner(event.target), "is-marked"));
view.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.filter) {
    button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") !== "true");
    return filter();
  }
  if (button?.dataset.pane) return show(button.dataset.pane);
  if (button?.dataset.jump) {
    bring($(`panel-${button.dataset.jump}`), "start");
    return $(`title-${button.dataset.jump}`).focus({ preventScroll: true });
  }
  const element = owner(event.target);
  if (!element || event.target.closest("a, summary") || (!button && String(getSelection()))) return;
  focus(element);
  select(element);
  // A press on a number, by key or finger, goes over to the other side.
  if (button) {
    const other = counterparts(element).find((candidate) => !candidate.hidden);
    if (other) {
      focus(other);
      reveal(other);
    }
  }
});

// Filters hide lines, and the records that stand on none of those left.
function filter() {
  const limit = confidence.value ? Number(confidence.value) : Infinity;
  if (open < 0) {
    const words = search.value.trim().toLowerCase();
    const rows = all("#documents tbody tr");
    for (const row of rows) {
      const sure = row.dataset.confidence === undefined ? Infinity : Number(row.dataset.confidence);
      row.hidden = !row.cells[0].textContent.toLowerCase().includes(words) || (limit < Infinity && sure >= limit);
    }
    return report(rows.filter((row) => !row.hidden).length, rows.length, "documents");
  }
  const kinds = new Set(all("[data-filter][aria-pressed=true]", view).map((button) => button.dataset.filter));
  const kept = lines.map((line) => {
    const sure = line.dataset.confidence;
    const kind = !kinds.size || kinds.has(line.dataset.kind) || (kinds.has("repaired") && sure !== undefined);
    return kind && (limit === Infinity || (sure !== undefined && Number(sure) < limit));
  });
  lines.forEach((line, place) => (line.hidden = !kept[place]));
  for (const record of records) record.hidden = !kept.slice(first(record) - 1, last(record)).includes(true);
  for (const section of all(".section", view)) section.hidden = !section.querySelector(".record:not([hidden])");
  report(kept.filter(Boolean).length, lines.length, "lines");
  if (search.value) look();
}

function report(shown, total, noun) {
  $("filtered").hidden = shown === total;
  $("filtered").firstElementChild.textContent = `${shown.toLocaleString("en")} of ${total.toLocaleString("en")} ${noun} shown.`;
}

function clear() {
  search.value = confidence.value = "";
  all("[data-filter]", view).forEach((button) => button.setAttribute("aria-pressed", "false"));
  look();
  filter();
}

confidence.addEventListener("change", filter);
$("filtered").querySelector("button").addEventListener("click", clear);

// Search: finds are ranges, drawn by the browser, so that the document stays as it is.
let finds = [], current = -1;

function look() {
  if (open < 0) return filter();
  finds = [];
  const words = search.value.toLowerCase();
  for (const pane of words ? all(".pane", view) : []) {
    const walker = document.createTreeWalker(pane, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.parentElement.closest("[hidden], .number, .lines, .kind, h2, .jump")) continue;
      const text = node.data.toLowerCase();
      for (let at = text.indexOf(words); at >= 0 && text.length === node.length; at = text.indexOf(words, at + words.length)) {
        const range = new Range();
        range.setStart(node, at);
        range.setEnd(node, at + words.length);
        finds.push(range);
      }
    }
  }
  current = -1;
  paint();
}

function paint() {
  if (globalThis.Highlight) {
    CSS.highlights.set("found", new Highlight(...finds));
    CSS.highlights.set("current", new Highlight(...(current < 0 ? [] : [finds[current]])));
  }
  const place = current < 0 ? "" : `${current + 1} of `;
  found.textContent = search.value && open >= 0 ? (finds.length ? `${place}${finds.length}` : "none") : "";
}

function step(by) {
  if (!finds.length) return;
  current = current < 0 && by < 0 ? finds.length - 1 : (current + by + finds.length) % finds.length;
  const element = finds[current].startContainer.parentElement;
  reveal(element);
  mark(owner(element), "is-marked");
  paint();
}

let waiting = 0;
search.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(look, 120);
});
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter") {
    clearTimeout(waiting);
    if (open < 0) return;
    if (!finds.length) look();
    step(event.shiftKey ? -1 : 1);
  } else if (event.key === "Escape") {
    search.value = "";
    look();
    search.blur();
  }
});

// Keys.
const keys = {
  "/": () => search.focus(),
  "?": () => $("keys").showModal(),
  "[": () => go("previous"),
  "]": () => go("next"),
  u: () => go("overview"),
  r: () => {
    const after = lines.indexOf(view.querySelector(".line.is-selected"));
    const repaired = lines.filter((line) => line.dataset.confidence !== undefined && !line.hidden);
    const next = repaired.find((line) => lines.indexOf(line) > after) ?? repaired[0];
    if (next) {
      focus(next);
      select(next);
    }
  },
  ArrowDown: (event) => move(event, 1),
  ArrowUp: (event) => move(event, -1),
  j: (event) => move(event, 1),
  k: (event) => move(event, -1),
};

function move(event, by) {
  const pane = event.target.matches?.(".pane") ? event.target : null;
  const element = owner(event.target) ?? pane?.querySelector("[data-line], .record[data-first]");
  const letters = event.key.length === 1;
  if (!element && !letters) return; // arrows scroll where nothing is chosen
  const group = (element && !isLine(element) ? records : lines).filter((other) => !other.hidden && handle(other) !== other);
  const next = element ? group[group.indexOf(element) + by] : group[0];
  if (!next) return;
  event.preventDefault();
  focus(next);
  select(next);
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, select, dialog *")) return;
  const press = keys[event.key];
  if (!press) return;
  if (event.key.length === 1) event.preventDefault();
  press(event);
});

all("[data-go]").forEach((button) => button.addEventListener("click", () => go(button.dataset.go)));
$("help").addEventListener("click", () => $("keys").showModal());

// Light or dark: what the reader's system says, unless they said otherwise here.
const theme = matchMedia("(prefers-color-scheme: dark)");
$("theme").addEventListener("click", () => {
  const dark = (document.documentElement.dataset.theme ?? (theme.matches ? "dark" : "light")) === "dark";
  document.documentElement.dataset.theme = dark ? "light" : "dark";
});

// The overview's table sorts by the column whose header is pressed; numbers from the largest, confidence from the least.
all("#documents thead th").forEach((header, column) => {
  header.addEventListener("click", () => {
    const numeric = header.classList.contains("number") && header.textContent.trim() !== "Confidence";
    const turned = header.ariaSort === "none" ? numeric : header.ariaSort === "ascending";
    all("#documents thead th").forEach((other) => (other.ariaSort = "none"));
    header.ariaSort = turned ? "descending" : "ascending";
    const body = $("documents").tBodies[0];
    const key = (row) => row.cells[column].textContent.trim().replaceAll(",", "");
    const order = (a, b) => (a === "" || b === "" ? (a === "") - (b === "") : column ? a - b : a.localeCompare(b));
    const rows = [...body.rows].map((row) => [key(row), row]);
    rows.sort(([a], [b]) => (turned && a !== "" && b !== "" ? -order(a, b) : order(a, b)));
    body.replaceChildren(...rows.map(([, row]) => row));
  });
});

addEventListener("hashchange", route);
route();
