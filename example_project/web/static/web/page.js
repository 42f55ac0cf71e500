"use strict";

// The key lives in this variable and nowhere else: what a page stores, any script of the page can
// read later, and a reload is a small price.
let key = null;

const $ = (id) => document.getElementById(id);
const words = $("status").dataset;
const when = (text) => (text ? new Date(text).toLocaleString() : "–");

function say(text, bad = false) {
  $("status").textContent = text;
  $("status").classList.toggle("bad", bad);
}

class Refused extends Error {}

async function call(method, path, data) {
  const headers = {};
  if (key !== null) headers.Authorization = `Token ${key}`;
  if (data !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method, headers, body: JSON.stringify(data), credentials: "omit" });
  } catch {
    throw new Refused(words.away);
  }
  if (response.ok) return response.status === 204 ? null : response.json();
  if (response.status === 401) {
    leave();
    throw new Refused(words.ended);
  }
  if (response.status === 429) throw new Refused(words.often);
  if (response.status >= 500) throw new Refused(words.away);
  const body = await response.json().catch(() => ({}));
  if (body.non_field_errors) throw new Refused(words.wrong);
  throw new Refused(`${words.failed} ${Object.values(body).flat().join(" ")}`);
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
  $("notes").replaceChildren(...(rows.length ? rows : [row($("notes").dataset.none)]));
}

async function showDevices() {
  const text = $("devices").dataset;
  const page = await call("GET", "/auth/tokens/");
  $("devices").replaceChildren(
    ...page.results.map((token) => {
      const name = token.name || text.unnamed;
      const used = `${text.used}: ${when(token.last_used_at)}`;
      if (token.current) return row(`${name} (${text.this}), ${used}`);
      const end = document.createElement("button");
      end.type = "button";
      end.textContent = text.end;
      end.setAttribute("aria-label", `${text.end}: ${name}`);
      end.addEventListener("click", attempt(async () => {
        await call("DELETE", `/auth/tokens/${token.id}/`);
        await showDevices();
        say(words.removed);
      }));
      return row(`${name}, ${used}`, end);
    }),
  );
}

function leave() {
  key = null;
  $("token").textContent = "";
  $("inside").hidden = true;
  $("login").hidden = false;
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
  };
}

$("login").addEventListener("submit", attempt(async (form) => {
  const token = await call("POST", "/auth/login/", Object.fromEntries(new FormData(form)));
  key = token.token;
  form.reset();
  $("token").textContent = key;
  $("expires").textContent = when(token.expires_at);
  $("expires").dateTime = token.expires_at || "";
  $("login").hidden = true;
  $("inside").hidden = false;
  await showNotes();
  await showDevices();
  say(words.in);
}));

$("add").addEventListener("submit", attempt(async (form) => {
  await call("POST", "/api/notes/", Object.fromEntries(new FormData(form)));
  form.reset();
  await showNotes();
  say(words.added);
}));

$("refresh").addEventListener("click", attempt(async () => {
  await showNotes();
  await showDevices();
  say(words.in);
}));

for (const [id, path] of [["logout", "/auth/logout/"], ["logout-all", "/auth/logout/all/"]]) {
  $(id).addEventListener("click", attempt(async () => {
    await call("POST", path);
    leave();
    say(words.out);
  }));
}
