// System Overview: a poll must never disturb what the user does. The page works without this.
"use strict";

// --- polls stand back ----------------------------------------------------------------------------
let busy = 0; // requests of the user under way
let held = false; // a button is pressed: replacing its row now would lose the click
let stale = false; // the user did something since the poll was sent: its answer is too old

function isPoll(event) {
  return event.detail.elt?.id === "poll";
}

const ASKING = ["commit-box", "pair-status", "undertaking"]; // these poll for themselves

function isUsers(event) {
  return !isPoll(event) && !ASKING.includes(event.detail.elt?.id);
}

document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (isUsers(event)) {
    busy += 1;
    stale = true;
  } else if (isPoll(event)) {
    if (busy || held || document.hidden) event.preventDefault();
    else stale = false;
  }
});
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (isUsers(event)) busy -= 1;
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.requestConfig.elt.id === "poll" && (stale || held)) event.detail.shouldSwap = false;
});
for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, () => { held = stale = true; });
for (const name of ["pointerup", "pointercancel", "keyup", "blur"]) addEventListener(name, () => { held = false; });

// --- Halt cuts connections: ask first ------------------------------------------------------------
document.body.addEventListener("htmx:confirm", (event) => {
  const question = event.detail.triggeringEvent?.submitter?.dataset.confirm;
  if (!question) return;
  event.preventDefault();
  if (confirm(question)) event.detail.issueRequest(true);
});

// --- the appliance's clock goes on between answers -----------------------------------------------
let clock, shownAt, told;
setInterval(() => {
  const now = document.getElementById("clock");
  if (now !== clock) {
    clock = now;
    shownAt = Date.now();
    told = now.textContent.trim();
  }
  const moment = new Date(Date.parse(`${told.slice(0, 19).replace(" ", "T")}Z`) + Date.now() - shownAt);
  clock.textContent = `${moment.toISOString().slice(0, 19).replace("T", " ")}${told.slice(19)}`;
}, 1000);
