// Heartbeat Configuration: how long until the other unit takes over follows the choice. Without it, what is saved.
"use strict";

const keepalive = document.getElementById("id_keepalive");
const deadTime = document.getElementById("dead-time");
const times = JSON.parse(deadTime.dataset.times);
keepalive.addEventListener("change", () => { deadTime.value = times[keepalive.value]; });
