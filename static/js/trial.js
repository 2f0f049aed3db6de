// A change on trial: the seconds count down, and the page follows the WebUI to where it moves. Works without it.
"use strict";

const MOVING = 10; // seconds until a change is in force
const RETURNING = 20; // seconds until it is back after its time
const STARTING = 5; // seconds from the end of the WebUI in one place to its start in the other

const trial = document.getElementById("trial");

function countDown(seconds) {
  const shown = document.getElementById("trial-seconds");
  const end = Date.now() + seconds * 1000;
  setInterval(() => {
    if (shown) shown.textContent = `${Math.max(0, Math.ceil((end - Date.now()) / 1000))} seconds`;
  }, 1000);
}

function follow(url) {
  // No other address may be asked from here; but when this one falls silent, the WebUI is on its way.
  const icon = document.querySelector('link[rel="icon"]').href;
  const watch = setInterval(async () => {
    try {
      await fetch(icon, { cache: "no-store" });
    } catch {
      clearInterval(watch);
      setTimeout(() => location.assign(url), STARTING * 1000);
    }
  }, 1000);
}

if (trial) {
  const seconds = Number(trial.dataset.seconds);
  const next = trial.dataset.next;
  countDown(seconds);
  if (next && new URL(next).origin !== location.origin) follow(next);
  else setTimeout(() => location.assign(next || location.pathname), (trial.dataset.proven ? seconds + RETURNING : MOVING) * 1000);
}
