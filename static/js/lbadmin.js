// Makes pages smoother; each of them works without it.
"use strict";

// --- theme ---------------------------------------------------------------------------------------
document.getElementById("theme")?.addEventListener("click", () => {
  const root = document.documentElement;
  root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
  localStorage.setItem("lbadmin-theme", root.dataset.bsTheme);
});

// --- options that apply only with certain values of others ---------------------------------------
function valueOf(form, name) {
  const control = form.elements[name];
  if (!control) return undefined;
  return control.type === "checkbox" ? (control.checked ? "True" : "False") : control.value;
}

function holds(form, condition) {
  return Object.entries(JSON.parse(condition)).every(([name, values]) => {
    const value = valueOf(form, name);
    return value === undefined || values.includes(value);
  });
}

function follow(form) {
  // Rows in document order: one that goes out takes those that depend on it along.
  for (const row of form.querySelectorAll(".lb-row[data-when]")) {
    const on = holds(form, row.dataset.when);
    row.hidden = !on;
    for (const control of row.querySelectorAll("input, select, textarea")) control.disabled = !on;
  }
  for (const select of form.querySelectorAll("select")) {
    for (const choice of select.querySelectorAll("option[data-when]")) {
      choice.hidden = choice.disabled = !holds(form, choice.dataset.when);
    }
    if (select.selectedOptions[0]?.disabled) useDefault(form, select);
  }
}

function useDefault(form, select) {
  const [[name, values]] = Object.entries(JSON.parse(select.dataset.defaultBy || '{"": {}}'));
  const value = values[valueOf(form, name)];
  if (value !== undefined) select.value = value;
}

for (const form of document.querySelectorAll("form[data-options]")) {
  const before = {};
  form.addEventListener("change", (event) => {
    // A default that follows the changed option follows it, as long as it still was the default.
    for (const select of form.querySelectorAll("select[data-default-by]")) {
      const [[name, values]] = Object.entries(JSON.parse(select.dataset.defaultBy));
      if (event.target.name === name && select.value === values[before[name]]) useDefault(form, select);
    }
    follow(form);
    follow(form); // a followed default may itself switch rows
    remember();
  });
  const remember = () => {
    for (const select of form.querySelectorAll("select")) before[select.name] = select.value;
  };
  follow(form);
  remember();
  let dirty = Boolean(document.querySelector("#errors")); // what was refused is not saved either
  form.addEventListener("input", () => { dirty = true; });
  form.addEventListener("submit", () => { dirty = false; });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
}

// --- durations read back in full words while they are typed --------------------------------------
document.addEventListener("input", (event) => {
  const words = event.target.closest(".lb-row")?.querySelector("[data-units]");
  if (!words) return;
  const [, number, unit] = /^\s*0*(\d{1,12})\s*([a-z]*)\s*$/i.exec(event.target.value) ?? [];
  const name = JSON.parse(words.dataset.units)[unit?.toLowerCase()];
  words.textContent = name ? `${number} ${number === "1" ? name.slice(0, -1) : name}. ` : "";
});

// --- the list of sections marks the one that is read ---------------------------------------------
const sections = [...document.querySelectorAll(".lb-toc a")];
function markSection() {
  const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
  const passed = sections.filter((link) => document.getElementById(link.hash.slice(1)).getBoundingClientRect().top < 160);
  const asked = sections.slice(Math.max(passed.length - 1, 0)).find((link) => link.hash === location.hash);
  const current = atEnd && scrollY ? asked ?? sections.at(-1) : passed.at(-1) ?? sections[0];
  for (const link of sections) {
    if (link === current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}
if (sections.length) {
  addEventListener("scroll", markSection, { passive: true });
  addEventListener("hashchange", markSection);
  markSection();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-default]");
  if (!button) return;
  const control = button.closest(".lb-row").querySelector("input, select, textarea");
  if (control.type === "checkbox") control.checked = button.dataset.default === "True";
  else control.value = button.dataset.default;
  control.dispatchEvent(new Event("input", { bubbles: true }));
  control.dispatchEvent(new Event("change", { bubbles: true }));
});

document.getElementById("errors")?.focus();

// --- a link to an option behind [Advanced +] opens its section -----------------------------------
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  const target = link && document.getElementById(link.hash.slice(1));
  const section = target?.closest("details.lb-adv");
  if (section) section.open = true;
  if (target?.matches("input, select, textarea")) { event.preventDefault(); target.focus(); }
});

// --- header: the seconds count down to the next refresh ------------------------------------------
const countdown = document.getElementById("countdown");
if (countdown) {
  let left = Number(countdown.dataset.seconds);
  setInterval(() => {
    left -= 1;
    if (left <= 0) {
      left = Number(countdown.dataset.seconds);
      document.body.dispatchEvent(new CustomEvent("refresh"));
    }
    if (!countdown.dataset.silent) countdown.textContent = `${left} Seconds`;
  }, 1000);
}

// --- no answer: the seconds say since when -------------------------------------------------------
let lastAnswer = Date.now();
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.xhr?.status) {
    lastAnswer = Date.now();
    if (countdown) delete countdown.dataset.silent;
    document.body.classList.remove("lb-silent");
  } else if (countdown) {
    countdown.dataset.silent = "yes";
    countdown.textContent = `No answer for ${Math.round((Date.now() - lastAnswer) / 1000)} s`;
    document.body.classList.add("lb-silent");
  }
});
