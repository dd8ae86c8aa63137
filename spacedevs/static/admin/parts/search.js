// Searches for what is here already: on this page, and in the records (parts/picks.py).

import { element, newId } from "./elements.js";
import { parse } from "./json.js";

const PAUSE = 250; // milliseconds after the last key

// `onPage(text)`: what the page itself has, as the server's results: objects with title and value.
export function search({ label, url, shape, onPage, onPick }) {
  const id = newId();
  const status = element("span", { className: "part-found", attributes: { role: "status" } });
  const results = element("ul", { className: "part-results", hidden: true });
  const input = element("input", {
    type: "search",
    id,
    autocomplete: "off",
    on: {
      focus: () => ask(0),
      input: () => ask(PAUSE),
      keydown: (event) => {
        if (event.key === "Enter") event.preventDefault(); // which would save the page
        if (event.key === "ArrowDown") move(event, results.querySelector("button"));
        if (event.key === "Escape") close();
      },
    },
  });
  const box = element(
    "div",
    { className: "part-search" },
    element("label", { htmlFor: id }, `Search: ${label}`),
    input,
    status,
    results,
  );
  box.addEventListener("focusout", ({ relatedTarget }) => {
    if (!box.contains(relatedTarget)) close();
  });
  let waiting = 0;
  let asked = null;

  function ask(pause) {
    clearTimeout(waiting);
    waiting = setTimeout(find, pause);
  }

  function close() {
    clearTimeout(waiting);
    asked?.abort();
    results.hidden = true;
    status.textContent = "";
  }

  async function find() {
    asked?.abort();
    asked = new AbortController();
    const text = input.value.trim();
    const here = onPage(text);
    try {
      const query = new URLSearchParams({ shape, q: text });
      const answer = await fetch(`${url}?${query}`, {
        signal: asked.signal,
        headers: { Accept: "application/json" },
      });
      if (answer.status === 403) throw new Error("You may not look at these.");
      if (!answer.ok || answer.redirected) throw new Error("The search failed.");
      const found = parse(await answer.text()).get("results");
      show(here, found.map((each) => ({ title: each.get("title"), value: each.get("value") })));
    } catch (error) {
      if (error.name === "AbortError") return;
      show(here, []);
      status.textContent = error instanceof TypeError ? "The server was not reached." : error.message;
    }
  }

  function show(here, elsewhere) {
    const known = new Set(elsewhere.map(({ value }) => idOf(value)));
    const all = [...here.filter(({ value }) => !known.has(idOf(value)) || !idOf(value)), ...elsewhere];
    results.replaceChildren(...all.map(choice));
    results.hidden = !all.length;
    status.textContent = all.length ? `${all.length} found` : "None found: type a new one below.";
  }

  const idOf = (value) => value.get("id")?.digits ?? value.get("id") ?? "";

  function choice({ title, value }) {
    const about = idOf(value) ? ` (${idOf(value)})` : " (on this page)";
    const one = element(
      "button",
      {
        type: "button",
        on: {
          click: () => {
            close();
            onPick(value);
          },
          keydown: (event) => {
            const item = one.parentElement;
            if (event.key === "ArrowDown") move(event, item.nextSibling?.firstChild);
            if (event.key === "ArrowUp") move(event, item.previousSibling?.firstChild ?? input);
            if (event.key === "Escape") {
              move(event, input);
              close();
            }
          },
        },
      },
      title,
      element("small", {}, about),
    );
    return element("li", {}, one);
  }

  function move(event, target) {
    event.preventDefault();
    target?.focus();
  }

  return box;
}
