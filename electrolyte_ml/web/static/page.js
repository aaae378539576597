// What HTML and htmx do not do by themselves: choices kept as cookies, and examples put into fields.
"use strict";
const keep = (name, value) => {
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=31536000; SameSite=Strict`;
};
document.addEventListener("change", (event) => {
  const chosen = event.target;
  if (chosen.dataset.unit) {
    keep(`unit_${chosen.dataset.unit}`, chosen.value);
    const form = document.querySelector("form[data-answers]");
    const answer = document.getElementById("answer");
    if (form && answer && answer.childElementCount) form.requestSubmit();
    else if (!form) location.reload();
  } else if ("themeChoice" in chosen.dataset) {
    keep("theme", chosen.value);
    if (chosen.value) document.documentElement.dataset.theme = chosen.value;
    else delete document.documentElement.dataset.theme;
  }
});
document.addEventListener("click", (event) => {
  const example = event.target.closest("[data-example]");
  if (!example) return;
  const field = document.getElementById(example.dataset.into);
  const several = field.tagName === "TEXTAREA" && field.value.trim();
  field.value = several ? `${field.value.trimEnd()}\n${example.dataset.example}` : example.dataset.example;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});
document.addEventListener("keydown", (event) => {
  const form = event.target.form;
  if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
// Buttons that fetch a file submit the form as browsers do, not as htmx does.
document.addEventListener("click", (event) => {
  const native = event.target.closest("[data-native]");
  if (!native) return;
  event.preventDefault();
  const form = native.form;
  const before = form.action;
  form.action = native.formAction;
  form.submit();
  form.action = before;
}, true);
// What a point of the map is, while one points at it.
document.addEventListener("mouseover", (event) => {
  const point = event.target.closest("[data-about]");
  const about = document.getElementById("about");
  if (point && about) about.textContent = point.dataset.about;
});
// A request that was not answered: the page was ended, or a chosen file was changed meanwhile.
document.addEventListener("htmx:sendError", (event) => {
  const told = document.createElement("p");
  told.className = "faults";
  told.setAttribute("role", "alert");
  told.textContent = "There was no answer. If you changed the file since you chose it, choose it again; " +
    "else see whether electrolyte-ml web still runs.";
  event.detail.target?.replaceChildren(told);
});
