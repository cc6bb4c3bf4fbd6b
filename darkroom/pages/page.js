"use strict";
// Sorts and filters the tables, reads the curves, opens the images behind a cell and those of galleries. All text is set as text, never as HTML.
(() => {
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const data = JSON.parse(document.getElementById("data").textContent);
const isAlone = document.documentElement.hasAttribute("data-alone"); // sent as one file: nothing lies beside it
const make = (tag, text, attributes = {}) => {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};

// A path breaks where its folders end.
const makePath = (file) => {
  const path = make("p", "", { class: "soft path" });
  path.append(...file.split("/").flatMap((part, place) => (place ? ["/", make("wbr", ""), part] : [part])));
  return path;
};

// What training took, from the file that costs wrote; a page without it shows a dash.
const fillCosts = (costs) => {
  const places = Object.fromEntries(costs.columns.map(([key], place) => [key, place]));
  const rows = new Map(costs.rows.map((row) => [row[places.model][0], row]));
  for (const cell of all("[data-cost]")) {
    const [value, text] = rows.get(cell.dataset.of)?.[places[cell.dataset.cost]] ?? [null, "–"];
    cell.dataset.value = value ?? "";
    cell.textContent = text;
  }
  const table = document.getElementById("costs-table");
  const head = table.createTHead().insertRow();
  const kinds = costs.columns.map((_, place) => costs.rows.some((row) => typeof row[place][0] === "string") ? "text" : "number");
  costs.columns.forEach(([, heading], place) => {
    const cell = make("th", "", { scope: "col", "data-kind": kinds[place] });
    cell.append(make("button", heading, { type: "button" }));
    head.append(cell);
  });
  const body = table.createTBody();
  for (const row of costs.rows) {
    const line = body.insertRow();
    row.forEach(([value, text], place) => {
      const about = { "data-value": value ?? "", class: kinds[place], ...(place ? {} : { scope: "row" }) };
      line.append(make(place ? "td" : "th", text, about));
    });
  }
  table.hidden = false;
};

// A heading sorts its table, numbers from the highest on at first; what is missing stays last.
const sort = (heading) => {
  const table = heading.closest("table");
  const place = heading.cellIndex;
  const isNumber = heading.dataset.kind === "number";
  const was = heading.getAttribute("aria-sort");
  const falls = was ? was === "ascending" : isNumber;
  all("th[aria-sort]", table).forEach((other) => other.removeAttribute("aria-sort"));
  heading.setAttribute("aria-sort", falls ? "descending" : "ascending");
  const value = (row) => row.cells[place].dataset.value;
  const order = (a, b) => (isNumber ? Number(a) - Number(b) : a.localeCompare(b, "en", { numeric: true }));
  const compare = (one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === "" || b === "") return (a === "") - (b === "");
    return falls ? order(b, a) : order(a, b);
  };
  table.tBodies[0].append(...[...table.tBodies[0].rows].sort(compare));
};

const filter = (input) => {
  const rows = all(`#${input.dataset.filter}-table tbody tr`);
  const words = input.value.toLowerCase().split(/\s+/);
  for (const row of rows) row.hidden = !words.every((word) => row.cells[0].textContent.toLowerCase().includes(word));
  const shown = rows.filter((row) => !row.hidden).length;
  document.querySelector(`[data-count="${input.dataset.filter}"]`).textContent = `${shown} of ${rows.length} shown`;
};

// Learning curves: which are shown, on which axis, and the values of the epoch that is pointed at.
const curves = document.getElementById("curves");
const chosen = (name) => new Set(all(`input[data-${name}]`, curves).filter((one) => one.checked).map((one) => one.dataset[name]));
const showLines = () => {
  const [models, kinds] = [chosen("model"), chosen("kind")];
  for (const line of all(".line", curves)) {
    line.classList.toggle("hidden", !models.has(line.dataset.model) || !kinds.has(line.dataset.kind));
  }
  curves.classList.toggle("bent", all("input[data-axis]", curves).some((one) => one.checked));
};
const showValues = (chart, epoch) => {
  const [models, kinds] = [chosen("model"), chosen("kind")];
  const svg = chart.querySelector("svg");
  const [left, right, last] = [svg.dataset.left, svg.dataset.right, chart.dataset.last].map(Number);
  const at = Math.min(last, Math.max(1, epoch));
  const x = last > 1 ? left + ((at - 1) / (last - 1)) * (right - left) : (left + right) / 2;
  const cursor = chart.querySelector(".cursor");
  cursor.classList.remove("hidden");
  cursor.setAttribute("transform", `translate(${x} 0)`);
  chart.dataset.at = at;
  const lines = data.curves.lines[chart.dataset.measure].filter(
    (line) => models.has(String(line.model)) && kinds.has(line.kind) && line.values[at] != null);
  lines.sort((one, other) => other.values[at] - one.values[at]);
  const list = make("ul", "");
  for (const line of lines) {
    const item = make("li", `${line.values[at].toPrecision(3)} ${data.curves.models[line.model]}, ${line.kind}`);
    const swatch = svg.querySelector(`[data-model="${line.model}"][data-kind="${line.kind}"]`);
    item.style.setProperty("--of-line", getComputedStyle(swatch).stroke);
    list.append(item);
  }
  const values = chart.querySelector(".values");
  values.className = `values ${x > (left + right) / 2 ? "left" : "right"}`;
  values.replaceChildren(make("p", `Epoch ${at}`), list);
};
const hideValues = (chart) => {
  chart.querySelector(".cursor").classList.add("hidden");
  chart.querySelector(".values").replaceChildren();
  delete chart.dataset.at;
};
const readCurves = (chart) => {
  const svg = chart.querySelector("svg");
  const [left, right, last] = [svg.dataset.left, svg.dataset.right, chart.dataset.last].map(Number);
  chart.addEventListener("pointermove", (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    showValues(chart, Math.round(1 + ((point.x - left) / (right - left)) * (last - 1)));
  });
  chart.addEventListener("pointerleave", () => hideValues(chart));
  chart.addEventListener("blur", () => hideValues(chart));
  chart.addEventListener("keydown", (event) => {
    const at = Number(chart.dataset.at ?? 0);
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 1, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    showValues(chart, next);
  });
};

// A test image from the folder of its data set; where that is not beside the page, as a gallery has it, if one does.
const inGalleries = new Map(all("[data-file]").map((one) => [one.dataset.file, one.firstElementChild]));
const makeImage = (folder, file, words) => {
  const small = inGalleries.get(file)?.cloneNode();
  if (small) small.alt = words;
  if (isAlone) return small ?? "";
  const path = `${folder}/${file.split("/").map(encodeURIComponent).join("/")}`;
  const picture = make("img", "", { alt: words, loading: "lazy" });
  const around = make("a", "", { href: path });
  const instead = make("p", "not shown: not on this disk, or in a format that the browser does not read", { class: "soft" });
  picture.addEventListener("error", () => around.replaceWith(small ?? instead));
  picture.src = path;
  around.append(picture);
  return around;
};

const openDialog = (title, note, figures) => {
  const dialog = document.getElementById("images");
  document.getElementById("images-title").textContent = title;
  document.getElementById("images-note").replaceChildren(...note);
  const place = dialog.querySelector(".thumbnails");
  place.classList.toggle("single", figures.length === 1);
  place.replaceChildren(...figures);
  dialog.showModal();
};
const folderOf = (model) => (data.confusion[model] ?? Object.values(data.confusion)[0]).folder;
const lead = (words, file) => (isAlone ? words : make("a", words, { href: file }));

// The images behind a cell of a confusion matrix.
const openCell = (cell) => {
  const model = cell.closest("table").dataset.of;
  const matrix = data.confusion[model];
  const [actual, predicted] = cell.dataset.cell.split("-").map((place) => matrix.classes[place]);
  const images = matrix.behind[cell.dataset.cell];
  const figures = images.map(([file, probability]) => {
    const figure = make("figure", "");
    const words = `${predicted}, ${(100 * probability).toFixed(1)}%`;
    figure.append(makeImage(folderOf(model), file, `${actual} predicted as ${words}`), make("figcaption", words), makePath(file));
    return figure;
  });
  const note = `${images.length} of ${cell.dataset.images}, the most certain first; from `;
  const from = lead("predictions.csv", `${matrix.pages}/predictions.csv`);
  openDialog(`${actual} predicted as ${predicted} by ${model}`, [note, from, "."], figures);
};

// An image of a gallery by itself, with all that stands beside it, and its path.
const openImage = (button) => {
  const model = button.closest(".gallery").dataset.of;
  const words = button.firstElementChild.alt;
  const figure = make("figure", "");
  const beside = [...button.parentElement.children].slice(1).map((one) => one.cloneNode(true));
  figure.append(makeImage(folderOf(model), button.dataset.file, words), ...beside, makePath(button.dataset.file));
  openDialog(`${words} by ${model}`, [], [figure]);
};

// What a link leads to unfolds, and all does for a printer.
const unfold = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let one = target; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
  target?.scrollIntoView();
};

if (globalThis.trainingCosts) fillCosts(globalThis.trainingCosts);
all("th[data-kind] button").forEach((button) => button.addEventListener("click", () => sort(button.parentElement)));
all("input[data-filter]").forEach((input) => input.addEventListener("input", () => filter(input)));
if (curves) {
  curves.addEventListener("change", showLines);
  all(".chart", curves).forEach(readCurves);
  showLines();
}
document.addEventListener("click", (event) => {
  const cell = event.target.closest?.("[data-cell]");
  if (cell) openCell(cell);
  const button = event.target.closest?.("[data-file]");
  if (button) openImage(button);
});
addEventListener("beforeprint", () => all("details").forEach((one) => { one.open = true; }));
addEventListener("hashchange", unfold);
if (location.hash) unfold();
})();
