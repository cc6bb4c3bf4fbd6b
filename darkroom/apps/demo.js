"use strict";
// Sends a picture to this machine's own program and shows its answer. All text is set as text, never as HTML.
(() => {
const at = (id) => document.getElementById(id);
const make = (tag, text, attributes = {}) => {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};
const percent = (share) => `${(100 * share).toFixed(1)}%`;
const show = (answer) => {
  at("classes").replaceChildren(...answer.classes.map(([name, probability]) => {
    const line = make("p", `${name} ${percent(probability)}`);
    line.append(make("meter", "", { value: probability, "aria-label": name }));
    return line;
  }));
  at("picture").src = answer.picture;
  at("heat").hidden = !answer.heat;
  if (answer.heat) at("heat").src = answer.heat;
  at("no-heat").textContent = answer.no_heat ?? "";
  at("no-nearest").textContent = answer.no_nearest ??
    "By the angle between what the last layer but one makes of each: 1 is the same.";
  at("neighbours").replaceChildren(...(answer.nearest ?? []).map((one) => {
    const figure = make("figure", "");
    figure.append(make("img", "", { src: one.picture, alt: one.class }),
      make("figcaption", `${one.class} ${one.likeness.toFixed(2)}`), make("p", one.file, { class: "soft path" }));
    return figure;
  }));
  at("found").hidden = at("nearest").hidden = false;
};
let asked = 0;
const ask = async (file) => {
  if (!file) return;
  const number = ++asked;
  at("state").textContent = "…";
  let answer;
  try {
    answer = await (await fetch("/predict", { method: "POST", body: file, headers: { [document.body.dataset.mark]: "1" } })).json();
  } catch {
    answer = { problem: "no answer: the program has ended, or the picture is too large" };
  }
  if (number !== asked) return;
  at("state").textContent = answer.problem ?? "";
  if (answer.problem) at("found").hidden = at("nearest").hidden = true;
  else show(answer);
};
at("file").addEventListener("change", (event) => ask(event.target.files[0]));
addEventListener("paste", (event) => ask(event.clipboardData.files[0]));
for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  addEventListener(kind, (event) => {
    event.preventDefault();
    at("drop").classList.toggle("over", kind === "dragenter" || kind === "dragover");
    if (kind === "drop") ask(event.dataTransfer.files[0]);
  });
}
})();
