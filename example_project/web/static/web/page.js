"use strict";

// Keep the keys in memory only: in these variables, and in the text that shows the key. If a page
// stored a key in the browser, any script of the page could read it later.
let key = null;
let shortKey = null;
let seen = 0;

const $ = (id) => document.getElementById(id);
const when = (text) => (text ? new Date(text).toLocaleString() : "never");
const clock = (text) => new Date(text).toLocaleTimeString();

function say(text, bad = false) {
  $("status").textContent = text;
  $("status").classList.toggle("bad", bad);
}

class Refused extends Error {}

async function ask(method, path, data, credential) {
  const headers = {};
  if (credential) headers.Authorization = `Token ${credential}`;
  if (data !== undefined) headers["Content-Type"] = "application/json";
  const body = JSON.stringify(data);
  try {
    return await fetch(path, { method, headers, body, credentials: "omit" });
  } catch {
    throw new Refused("The server does not answer. Try again later.");
  }
}

async function call(method, path, data, credential = key) {
  const response = await ask(method, path, data, credential);
  if (response.ok) return response.status === 204 ? null : response.json();
  if (response.status === 401) {
    leave();
    throw new Refused("Your token does not work any more. Please log in again.");
  }
  if (response.status === 429) throw new Refused("Too many attempts. Try again in a minute.");
  if (response.status >= 500) throw new Refused("The server has failed. Its console says why.");
  const body = await response.json().catch(() => ({}));
  if (body.non_field_errors) throw new Refused("E-mail or password is wrong.");
  throw new Refused(`That did not work: ${Object.values(body).flat().join(" ")}`);
}

function row(text, button) {
  const item = document.createElement("li");
  const span = document.createElement("span");
  span.textContent = text;
  item.append(span);
  if (button) item.append(button);
  return item;
}

async function showNotes() {
  const page = await call("GET", "/api/notes/");
  const rows = page.results.map((note) => row(note.text));
  $("notes").replaceChildren(...(rows.length ? rows : [row("No notes yet.")]));
  $("answer").textContent = `${clock(Date.now())}: 200, ${page.count} notes`;
}

function logOutButton(token) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "danger";
  button.textContent = "Log out";
  button.setAttribute("aria-label", `Log out: ${token.name}`);
  button.addEventListener("click", attempt(async () => {
    await call("DELETE", `/auth/tokens/${token.id}/`);
    await showDevices();
    say("That device is logged out.");
  }));
  return button;
}

async function showDevices() {
  const page = await call("GET", "/auth/tokens/");
  $("devices").replaceChildren(
    ...page.results.map((token) => {
      const used = `last used: ${when(token.last_used_at)}`;
      if (token.current) return row(`${token.name} (this one), ${used}`);
      return row(`${token.name}, ${used}`, logOutButton(token));
    }),
  );
}

async function showEvents() {
  const response = await fetch("/events/", { credentials: "omit" }).catch(() => null);
  if (response === null || !response.ok) return;
  const { events } = await response.json();
  const last = events.length ? events[events.length - 1].number : 0;
  if (last === seen && $("events").children.length) return;
  seen = last;
  const rows = events.reverse().map(({ at, what, token, why }) =>
    row([clock(at), what, token, why && `(${why})`].filter(Boolean).join(" · ")),
  );
  $("events").replaceChildren(...(rows.length ? rows : [row($("events").dataset.none)]));
}

function leave() {
  key = shortKey = null;
  $("token").textContent = $("answer").textContent = $("short-answer").textContent = "";
  $("ask-short").disabled = true;
  $("inside").hidden = true;
  $("login").hidden = false;
  sessionStorage.removeItem("was-logged-in");
}

function attempt(action) {
  return async (event) => {
    event.preventDefault();
    const form = event.target instanceof HTMLFormElement ? event.target : null;
    try {
      await action(form);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      say(error.message, true);
    }
    await showEvents();
  };
}

const on = (id, action) => $(id).addEventListener("click", attempt(action));
const credentials = () => Object.fromEntries(new FormData($("login")));

$("login").addEventListener("submit", attempt(async () => {
  const token = await call("POST", "/auth/login/", credentials());
  key = token.token;
  sessionStorage.setItem("was-logged-in", "yes");
  $("token").textContent = key;
  $("expires").textContent = when(token.expires_at);
  $("expires").dateTime = token.expires_at || "";
  $("login").hidden = true;
  $("inside").hidden = false;
  $("token-title").focus();
  await showNotes();
  await showDevices();
  say("You are logged in.");
}));

$("add").addEventListener("submit", attempt(async (form) => {
  await call("POST", "/api/notes/", Object.fromEntries(new FormData(form)));
  form.reset();
  await showNotes();
  say("The note is added.");
}));

on("copy", async () => {
  try {
    await navigator.clipboard.writeText(key);
    say("The key is copied.");
  } catch {
    getSelection().selectAllChildren($("token"));
    say("Press Ctrl+C to copy the selected key.");
  }
});

on("refresh", async () => {
  await showNotes();
  await showDevices();
  say("The API has answered.");
});

on("second", async () => {
  await call("POST", "/auth/login/", { ...credentials(), name: "old phone" }, null);
  await showDevices();
  say("The old phone is logged in.");
});

on("short", async () => {
  const token = await call("POST", "/auth/login/one-minute/", { ...credentials(), name: "one minute" }, null);
  shortKey = token.token;
  $("ask-short").disabled = false;
  $("short-answer").textContent = `It expires at ${clock(token.expires_at)}.`;
  await showDevices();
  say("The one-minute token is created.");
});

on("ask-short", async () => {
  const response = await ask("GET", "/api/notes/", undefined, shortKey);
  const { detail = "it is usable" } = await response.json();
  $("short-answer").textContent = `${clock(Date.now())}: ${response.status}, ${detail}`;
});

for (const [id, path] of [["logout", "/auth/logout/"], ["logout-all", "/auth/logout/all/"]]) {
  on(id, async () => {
    await call("POST", path);
    leave();
    say("You are logged out. The token is refused from now on.");
    $("login").querySelector("input").focus();
  });
}

if (sessionStorage.getItem("was-logged-in")) {
  sessionStorage.removeItem("was-logged-in");
  say("The page was reloaded and has forgotten the key. Log in again.");
}
showEvents();
setInterval(showEvents, 2000);
