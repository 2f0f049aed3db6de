// A Secondary's pages only show: their forms cannot be filled in. Without this the server refuses them.
"use strict";

if (document.querySelector("[data-read-only]")) {
  for (const form of document.querySelectorAll('main form[method="post"]:not([data-on-secondary])')) {
    if (form.closest("#commit-box, #trial")) continue; // what runs on this unit is this unit's own
    for (const control of form.querySelectorAll("input, select, textarea, button")) control.disabled = true;
  }
}
