// The Commit changes box hears at once that it looks different. Without this its polls find out.
"use strict";

(() => {
  const url = document.currentScript.dataset.stream;
  const REST = 5_000; // between two polls while the stream tells what is new
  const AGAIN = 30_000; // until another try, after the server had no stream for us
  let stream = null;
  let later;
  let job = 0; // the last one that was told of
  let asking = false; // a request of the box is under way
  let rung = false; // the box looks different since that was sent
  let asked = 0;

  const box = () => document.getElementById("commit-box");
  const isBox = (event) => event.detail.requestConfig.elt.id === "commit-box";

  function refresh() {
    if (asking) rung = true;
    else htmx.trigger(box(), "rung");
  }

  function hear(event) {
    job = Math.max(job, parseInt(event.data, 10) || 0);
    refresh();
  }

  // --- the stream: while somebody looks ----------------------------------------------------------
  function close() {
    clearTimeout(later);
    stream?.close();
    stream = null;
  }

  function open() {
    close();
    if (document.hidden) return;
    stream = new EventSource(url);
    stream.onopen = refresh; // nobody listened until now
    stream.onmessage = hear;
    stream.addEventListener("end", open);
    stream.onerror = () => {
      if (stream?.readyState === EventSource.CLOSED) later = setTimeout(open, AGAIN);
    };
  }

  document.addEventListener("visibilitychange", open);
  open();

  // --- the box: polls rest while the stream is open; a job that somebody else began is shown too --
  document.body.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.id === "commit-box" && job > Number(box().dataset.job)) event.detail.parameters.job = job;
  });
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (!isBox(event)) return;
    const isPoll = event.detail.requestConfig.triggeringEvent?.type !== "rung";
    if (isPoll && stream?.readyState === EventSource.OPEN && Date.now() - asked < REST) {
      event.preventDefault();
      return;
    }
    asking = true;
    rung = false;
    asked = Date.now();
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (!isBox(event)) return;
    asking = false;
    if (rung) refresh();
  });
})();
