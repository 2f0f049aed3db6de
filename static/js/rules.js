// Rules: conditions come and go, rules are dragged to their place. Each page works without this.
"use strict";

(() => {
  // --- the conditions of an ACL rule -------------------------------------------------------------
  const editor = document.querySelector("[data-conditions]");
  const rows = () => [...editor.querySelectorAll(".lb-cond")];
  const MOST = 20;

  function isBlank(row) {
    return ["match", "name", "text"].every((name) => !row.querySelector(`[name="${name}"]`).value.trim());
  }

  function number(row, to) {
    for (const part of [row, ...row.querySelectorAll("*")]) {
      for (const name of ["id", "for", "aria-describedby"]) {
        const value = part.getAttribute(name);
        if (value) part.setAttribute(name, value.replace(/-\d+\b/g, `-${to}`));
      }
    }
    row.querySelector("legend").textContent = `Condition ${to}`;
  }

  function follow() {
    const found = rows();
    for (const row of found) {
      row.querySelector(".name").hidden = row.querySelector('[name="match"]').value !== "header";
      row.querySelector("[data-remove]").hidden = found.length === 1;
    }
    editor.querySelector("[data-more]").hidden = found.length >= MOST;
    const action = document.getElementById("id_action");
    document.getElementById("id_value").setAttribute("list", `targets-${action.value}`);
  }

  function add() {
    const last = rows().at(-1);
    const row = last.cloneNode(true);
    for (const said of row.querySelectorAll(".lb-err")) said.remove();
    for (const control of row.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
    row.classList.remove("bad");
    for (const input of row.querySelectorAll("input")) input.value = "";
    for (const name of ["join", "negate"]) row.querySelector(`[name="${name}"]`).selectedIndex = 0;
    row.querySelector('[name="match"]').value = last.querySelector('[name="match"]').value;
    number(row, rows().length + 1);
    last.after(row);
    follow();
    row.querySelector('[name="match"]').focus();
  }

  function remove(row) {
    const next = row.nextElementSibling?.matches(".lb-cond") ? row.nextElementSibling : row.previousElementSibling;
    row.remove();
    rows().forEach((other, place) => number(other, place + 1));
    follow();
    next.querySelector('[name="match"]').focus();
    editor.dispatchEvent(new Event("input", { bubbles: true }));
  }

  if (editor) {
    for (const row of rows().filter(isBlank)) row.remove(); // the spare rows of who has no script
    editor.addEventListener("click", (event) => {
      if (event.target.closest("[data-more]")) { event.preventDefault(); add(); }
      if (event.target.closest("[data-remove]")) remove(event.target.closest(".lb-cond"));
    });
    editor.closest("form").addEventListener("change", follow);
    follow();
  }

  // --- dragging a rule to its place --------------------------------------------------------------
  let dragged = null;

  function clear() {
    for (const row of document.querySelectorAll(".lb-rules tr")) row.classList.remove("is-dragged", "is-before", "is-after");
  }

  function target(event) {
    const row = event.target.closest?.(".lb-rules tr[data-rule]");
    if (!dragged || !row) return null;
    const box = row.getBoundingClientRect();
    return { row, after: event.clientY > box.top + box.height / 2 };
  }

  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.(".lb-grip")?.closest("tr") ?? null;
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.rule);
    event.dataTransfer.setDragImage(dragged, 0, 0);
    dragged.classList.add("is-dragged");
  });

  document.addEventListener("dragover", (event) => {
    const over = target(event);
    if (!over) return;
    event.preventDefault();
    for (const row of document.querySelectorAll(".lb-rules tr")) row.classList.remove("is-before", "is-after");
    over.row.classList.add(over.after ? "is-after" : "is-before");
  });

  document.addEventListener("drop", (event) => {
    const over = target(event);
    if (!over) return;
    event.preventDefault();
    const from = Number(dragged.dataset.rule);
    const gap = Number(over.row.dataset.rule) + (over.after ? 1 : 0);
    const form = dragged.querySelector("form");
    const to = Object.assign(document.createElement("input"), { type: "hidden", name: "to", value: gap > from ? gap - 1 : gap });
    form.append(to);
    form.requestSubmit();
  });

  document.addEventListener("dragend", () => { clear(); dragged = null; });
})();
