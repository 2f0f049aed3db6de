// Puts a signing request on the clipboard.
"use strict";

document.getElementById("copy")?.addEventListener("click", async () => {
  const text = document.getElementById("csr-text");
  try {
    await navigator.clipboard.writeText(text.value);
    document.getElementById("copied").textContent = "Copied.";
  } catch {
    text.select();
    document.getElementById("copied").textContent = "Press Ctrl-C: the text is selected.";
  }
});
