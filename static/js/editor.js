// An editor for scripts: numbers beside the lines, and a new line begins below the one before. Works without it.
"use strict";

for (const text of document.querySelectorAll(".lb-editor textarea")) {
  const box = document.createElement("div");
  const numbers = document.createElement("pre");
  box.className = "lb-code";
  numbers.setAttribute("aria-hidden", "true");
  text.replaceWith(box);
  box.append(numbers, text);
  let shown = 0;

  const number = () => {
    const lines = text.value.split("\n").length;
    if (lines !== shown) numbers.textContent = Array.from({ length: lines }, (_, at) => at + 1).join("\n");
    shown = lines;
    numbers.scrollTop = text.scrollTop;
  };
  text.addEventListener("input", number);
  text.addEventListener("scroll", number);
  text.addEventListener("keydown", (event) => {
    // Tab goes on to the next control, as everywhere.
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey) return;
    const before = text.value.slice(0, text.selectionStart);
    const indentation = before.slice(before.lastIndexOf("\n") + 1).match(/^[ \t]*/)[0];
    if (!indentation) return;
    event.preventDefault();
    text.setRangeText(`\n${indentation}`, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });
  number();
}
