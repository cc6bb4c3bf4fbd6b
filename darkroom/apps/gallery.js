"use strict";
// Shows the pictures of one class, or the unsure alone, and turns their order round.
(() => {
const pictures = document.getElementById("pictures");
const [chosen, order, unsure] = ["class", "order", "unsure"].map((name) => document.getElementById(name));
const falling = [...pictures.children];
const show = () => {
  let shown = 0;
  for (const picture of falling) {
    picture.hidden = (chosen.value !== "" && picture.dataset.class !== chosen.value) ||
      (unsure !== null && unsure.checked && !("unsure" in picture.dataset));
    shown += picture.hidden ? 0 : 1;
  }
  document.getElementById("count").textContent = `${shown} shown`;
};
const arrange = () => pictures.append(...(order.value === "falling" ? falling : [...falling].reverse()));
for (const control of [chosen, unsure]) control?.addEventListener("change", show);
order.addEventListener("change", arrange);
// A browser may have kept what was chosen before the page was loaded anew.
show();
if (order.value !== "falling") arrange();
})();
