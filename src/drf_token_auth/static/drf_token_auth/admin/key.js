"use strict";

const key = document.getElementById("key");
const button = document.getElementById("copy-key");
const status = document.getElementById("copy-status");

// Browsers offer the clipboard on https and on localhost only.
if (navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(key.textContent);
      status.textContent = button.dataset.copied;
    } catch {
      status.textContent = button.dataset.failed;
    }
  });
}

// A page that the browser keeps for its Back button must not keep the key.
window.addEventListener("pagehide", () => {
  key.textContent = "";
});
