/* The pages work without this script. It saves clicks, and it removes the key from a page that the
   user leaves. */
"use strict";

(() => {
  const key = document.getElementById("token-key");
  const copy = document.getElementById("copy-key");
  const status = document.getElementById("copy-status");

  if (key && copy && navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      let text = copy.dataset.copied;
      try {
        await navigator.clipboard.writeText(key.textContent);
      } catch {
        text = copy.dataset.failed;
      }
      status.textContent = "";
      status.textContent = text;
    });
  }

  // Browsers, htmx and Turbo may keep a page that the user leaves. Remove the key from it.
  const forget = () => document.getElementById("token-key")?.replaceChildren();
  for (const event of ["pagehide", "turbo:before-cache", "htmx:beforeHistorySave"]) {
    addEventListener(event, forget);
  }

  // A second click on a button must not send its form again.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches(".dta form[method=post]")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll(".dta form[data-sent]")) delete form.dataset.sent;
  });

  // One box ticks or clears all the others of the list.
  for (const all of document.querySelectorAll("[data-all]")) {
    const boxes = [...all.form.querySelectorAll(`[name="${all.dataset.all}"]`)];
    all.hidden = boxes.length < 2;
    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
    });
  }

  // Show a field only while the user has chosen the radio button that it belongs to.
  const follow = (radio, choice, name) => {
    const radios = [...document.querySelectorAll(`.dta-form [name="${radio}"]`)];
    const field = document.querySelector(`.dta-field[data-field="${name}"]`);
    if (!radios.length || !field) return;
    const update = () => {
      const chosen = radios.some((one) => one.checked && one.value === choice);
      field.hidden = !chosen;
      for (const input of field.querySelectorAll("input")) input.disabled = !chosen;
    };
    for (const one of radios) one.addEventListener("change", update);
    update();
  };
  follow("lifetime", "date", "expires_on");
  follow("access", "only", "scopes");
})();
