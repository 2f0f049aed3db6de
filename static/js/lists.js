// Lists: choosing all rows of a page at once. Each page works without this.
"use strict";

(() => {
  const form = document.querySelector("form[data-bulk]");
  if (!form) return;
  const boxes = () => [...form.querySelectorAll('input[name="item"]')];

  function tell() {
    const all = form.querySelector("[data-all]");
    if (!all) return;
    const every = form.querySelector('[name="every"]');
    const rows = boxes();
    const chosen = rows.filter((box) => box.checked).length;
    all.checked = rows.length > 0 && chosen === rows.length;
    all.indeterminate = chosen > 0 && chosen < rows.length;
    form.querySelector("[data-chosen]").textContent = every.checked ? "all chosen" : chosen ? `${chosen} chosen` : "";
  }

  form.addEventListener("change", (event) => {
    if (event.target.matches("[data-all]")) for (const box of boxes()) box.checked = event.target.checked;
    if (event.target.matches('[data-all], [name="item"]') && !event.target.checked) form.querySelector('[name="every"]').checked = false;
    if (event.target.matches('[name="every"]')) for (const box of boxes()) box.checked = event.target.checked;
    tell();
  });
  addEventListener("pageshow", tell); // a browser that goes back keeps what was ticked
})();
