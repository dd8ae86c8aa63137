// Makes a form of each part of a record that is JSON. The text area stays what is sent: each edit
// writes into it, and nothing else does, so that what is not touched stays to the letter.

import { button, disclosure, element, newId } from "./elements.js";
import { Numeral, copy, isNumber, parse, print } from "./json.js";
import { search } from "./search.js";
import { isObject, kept, misfit, objectsOf, project, shown, titleOf, within } from "./value.js";

const HINTS = {
  time: "UTC, as in 2026-11-01 09:30 or 2026-11-01T09:30:00Z",
  date: "As in 2026-11-01",
  duration: "As in P60DT9H30M",
  url: "https://…",
};
const MODES = { integer: "numeric", number: "decimal", url: "url" };
const SHORT_TIME = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d)?$/;
const ROWS_OPEN = 20; // a longer list comes closed
const FILLED = ["given", "object", "list"]; // inputs that are not shown as one

const parts = [];

class Part {
  constructor(root) {
    this.url = root.dataset.search;
    this.area = root.querySelector("textarea");
    const description = JSON.parse(root.querySelector("script").textContent);
    Object.assign(this, description);
    this.label = document.querySelector(`label[for="${this.area.id}"]`)?.textContent ?? "";
    this.label = this.label.replace(/:$/, "");
    this.form = element("div", {
      className: "part-form",
      attributes: { role: "group", "aria-label": this.label },
    });
    this.note = element("p", { className: "part-note", hidden: true, attributes: { role: "status" } });
    this.views = ["Form", "JSON"].map((view) =>
      button(view, `${this.label}: ${view}`, () => this.show(view === "Form")),
    );
    const views = { className: "part-views", attributes: { role: "group", "aria-label": "View" } };
    root.prepend(element("div", views, ...this.views), this.note, this.form);
    this.area.addEventListener("input", () => (this.isStale = true));
    this.isStale = true;
    this.show(true);
    this.tellErrors(root);
  }

  show(asForm) {
    const problem = asForm && this.isStale ? this.load() : "";
    const isForm = asForm && !problem;
    this.form.hidden = !isForm;
    this.area.hidden = isForm;
    this.note.hidden = !problem;
    this.note.textContent = problem && `The form can't show this: ${problem}.`;
    this.views.forEach((view, number) => view.setAttribute("aria-pressed", isForm === !number));
  }

  // What the text area holds, as a form. Returns why it can't be shown, or "".
  load() {
    const text = this.area.value.trim();
    let value = null;
    try {
      value = text ? parse(text) : null;
    } catch (error) {
      return `it is no JSON (${error.message})`;
    }
    this.made = new WeakMap(); // what is not written while it is empty, and what is in its place
    if (value === null) {
      value = this.many ? [] : new Map();
      this.made.set(value, undefined);
    }
    const problem = misfit(value, this.shapes, this.shape, this.many);
    if (problem) return problem;
    this.value = value;
    this.isStale = false;
    this.refreshers = []; // what the titles say
    this.places = new Map();
    this.form.replaceChildren();
    const whole = { peek: () => this.value, take: () => this.value, drop: () => this.empty() };
    const key = { label: this.label, shape: this.shape, input: this.many ? "list" : "object" };
    const isOpen = this.many ? value.length <= ROWS_OPEN : false;
    this.form.append(this.group(key, whole, "", isOpen));
    return "";
  }

  empty() {
    this.value = this.many ? [] : new Map();
    this.made.set(this.value, undefined);
  }

  emptied(holder) {
    if (!this.made.has(holder)) this.made.set(holder, undefined);
  }

  // Each edit ends here.
  write() {
    const value = kept(this.value, this.shapes, this.shape, this.made);
    this.area.value = value === undefined ? "" : print(value);
    this.area.dispatchEvent(new Event("change", { bubbles: true }));
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      this.refreshers.forEach((refresh) => refresh());
    });
  }

  // The value under a key of an object, which is made when something is written into it.
  below(parent, key, make) {
    return {
      peek: () => parent.peek()?.get(key),
      take: () => {
        const holder = parent.take();
        if (!holder.get(key)) {
          const before = holder.get(key); // null, or nothing
          holder.set(key, make());
          this.made.set(holder.get(key), before);
        }
        return holder.get(key);
      },
      drop: () => {
        const holder = parent.peek();
        if (!holder) return;
        holder.delete(key);
        this.emptied(holder);
      },
    };
  }

  // An object or a list under its label.
  group(key, access, path, isOpen = false) {
    const isList = key.input === "list";
    const made = disclosure("part-group", (body) =>
      isList ? this.list(body, key, access, path) : this.object(body, key, access, path),
    );
    const name = element("span", { className: "part-name" }, key.label);
    const about = element("span", { className: "part-about" });
    made.summary.append(name, key.needed ? needed() : "", " ", about);
    const clear = isList ? null : button("Clear", `Clear: ${key.label}`, () => {
      access.drop();
      made.refill();
      this.write();
      made.summary.focus();
    });
    const refresh = () => {
      const value = access.peek();
      const isEmpty = !value || !(value.size ?? value.length);
      about.textContent = isList
        ? countOf(value ?? [], this.shapes, key.shape)
        : titleOf(value, this.shapes, key.shape) || (isEmpty ? "none" : "");
      if (clear) clear.hidden = isEmpty;
    };
    refresh();
    this.refreshers.push(refresh);
    this.places.set(path, { open: made.open, body: made.body, refill: made.refill });
    if (isOpen) made.open();
    return element("div", { className: "part-line" }, made.details, clear);
  }

  // The inputs of an object: what is needed or filled in first, the rest under "More".
  object(body, { label, shape: name }, access, path, isNew = false) {
    const shape = this.shapes[name];
    const refill = () => {
      body.replaceChildren();
      this.object(body, { label, shape: name }, access, path);
    };
    if (shape.pick) body.append(this.search(label, name, access, refill));
    const value = access.peek();
    const first = element("div", { className: "part-inputs" });
    const rest = element("div", { className: "part-inputs" });
    for (const key of shape.keys.filter(({ input }) => !FILLED.includes(input))) {
      const isFirst =
        key.key !== "id" &&
        (key.needed || key.key === shape.title || shown(value?.get(key.key)) !== "");
      (isFirst ? first : rest).append(this.input(key, shape, access, path));
    }
    const isTitle = ({ dataset }) => dataset.key === shape.title;
    first.prepend(...[...first.children].filter(isTitle));
    body.append(first);
    for (const key of shape.keys.filter(({ shape }) => shape)) {
      const holder = this.below(access, key.key, () => (key.input === "list" ? [] : new Map()));
      const isOpen = isNew && key.needed && key.input === "object";
      body.append(this.group(key, holder, within(path, key.key), isOpen));
    }
    if (rest.children.length) {
      const more = element("summary", {}, element("span", { className: "part-name" }, "More"));
      const count = element("span", { className: "part-about" }, ` ${rest.children.length}`);
      more.append(count);
      body.append(element("details", { className: "part-group part-more" }, more, rest));
    }
  }

  search(label, name, access, refill) {
    const wanted = this.shapes[name];
    return search({
      label: label.toLowerCase(),
      url: this.url,
      shape: name,
      onPage: (text) => onThisPage(wanted, text, access.peek()),
      onPick: (value) => {
        const target = access.take();
        target.clear();
        for (const [key, item] of project(value, this.shapes, name)) target.set(key, item);
        refill();
        this.write();
      },
    });
  }

  input(key, shape, access, path) {
    const id = newId();
    const was = access.peek()?.get(key.key);
    const control = controlOf(key, shown(was));
    const before = control.value; // a text area has its own ends of lines
    const help = element("span", { className: "part-help", id: `${id}-help` }, helpOf(key, shape));
    Object.assign(control, { id });
    control.setAttribute("aria-describedby", help.id);
    control.addEventListener("input", () => {
      const typed = control.value;
      if (typed === before && was !== undefined) access.take().set(key.key, was);
      else if (typed === "") {
        const holder = access.peek();
        holder?.delete(key.key); // what is left out, the server fills in
        if (holder) this.emptied(holder);
      } else access.take().set(key.key, read(key, typed));
      this.write();
    });
    const label = element("label", { htmlFor: id }, key.label, key.needed ? needed() : "");
    const line = element(
      "div",
      { className: `part-input part-${key.input}`, attributes: { "data-key": key.key } },
      label,
      control,
      help,
    );
    this.places.set(within(path, key.key), { control, line });
    return line;
  }

  // Rows that can be added, removed and moved.
  list(body, key, access, path) {
    const rows = element("ol", { className: "part-rows" });
    const name = key.label.toLowerCase();
    const fill = () => {
      const items = access.peek() ?? [];
      rows.replaceChildren(...items.map((item, number) => this.row(key, access, item, number, path, fill)));
    };
    const add = button(`Add to ${name}`, `Add to ${name}`, () => {
      const item = new Map();
      this.made.set(item, undefined);
      access.take().push(item);
      fill();
      const last = rows.lastElementChild;
      this.openRow(last, key, item, within(path, access.peek().length - 1));
      last.querySelector("input, textarea, select")?.focus();
      this.write();
    });
    add.className = "part-add";
    body.append(rows, add);
    fill();
  }

  row(key, access, item, number, path, refill) {
    const here = within(path, number);
    const itself = {
      peek: () => item,
      take: () => item,
      drop: () => item.clear(),
    };
    const made = disclosure("part-row", (body) => this.object(body, key, itself, here));
    const title = () =>
      titleOf(item, this.shapes, key.shape) || (item.size ? "without a name" : "new");
    const text = element("span", { className: "part-name" });
    made.summary.append(`${number + 1}. `, text);
    const move = (step) => {
      const items = access.peek();
      items.splice(number, 1);
      items.splice(number + step, 0, item);
      refill();
      this.write();
      const moved = this.places.get(within(path, number + step)).tools;
      (moved.find((tool) => tool.dataset.step === String(step) && !tool.disabled) ?? moved[2]).focus();
    };
    const items = access.peek();
    const tools = [
      button("↑", "", () => move(-1)),
      button("↓", "", () => move(1)),
      button("Remove", "", () => {
        access.peek().splice(number, 1);
        this.emptied(access.peek());
        const list = line.closest(".part-body");
        refill();
        this.write();
        list.querySelector(":scope > .part-add").focus();
      }),
    ];
    [tools[0].disabled, tools[1].disabled] = [number === 0, number === items.length - 1];
    [tools[0].dataset.step, tools[1].dataset.step] = ["-1", "1"];
    const refresh = () => {
      text.textContent = title();
      const words = ["Move up", "Move down", "Remove"];
      tools.forEach((tool, each) =>
        tool.setAttribute("aria-label", `${words[each]}: ${number + 1}, ${title()}`),
      );
    };
    refresh();
    this.refreshers.push(refresh);
    this.places.set(here, { open: made.open, body: made.body, tools });
    const line = element(
      "li",
      { className: "part-line" },
      made.details,
      element("div", { className: "part-tools" }, ...tools),
    );
    return line;
  }

  // A new row comes with what it needs open.
  openRow(line, key, item, path) {
    const { body, open } = this.places.get(path);
    open();
    body.replaceChildren();
    this.object(body, key, { peek: () => item, take: () => item }, path, true);
  }

  // What the server says is wrong stands at the input that it names, too.
  tellErrors(root) {
    const list = root.closest(".form-row")?.querySelector("ul.errorlist");
    for (const { textContent } of list?.children ?? []) {
      const [path, ...rest] = textContent.split(": ");
      const place = rest.length && !this.form.hidden ? this.reveal(path) : null;
      if (!place) continue;
      const id = newId();
      const said = element("p", { className: "part-error", id }, rest.join(": "));
      (place.line ?? place.body)?.prepend(said);
      if (!place.control) continue;
      place.control.setAttribute("aria-invalid", "true");
      const about = place.control.getAttribute("aria-describedby");
      place.control.setAttribute("aria-describedby", `${id} ${about}`);
    }
  }

  // Opens what stands around the place that a path names, from the outside in.
  reveal(path) {
    const steps = path.match(/[^.[\]]+|\[\d+\]/g) ?? [];
    this.places.get("").open();
    let at = "";
    let place = null;
    for (const step of steps) {
      at = step[0] === "[" ? at + step : within(at, step);
      place = this.places.get(at);
      if (!place) return null;
      place.open?.();
    }
    const around = place?.control?.closest("details");
    if (around) around.open = true;
    return place;
  }
}

function needed() {
  return element("span", { className: "part-needed" }, " (needed)");
}

function countOf(items, shapes, name) {
  const titles = items.map((item) => titleOf(item, shapes, name)).filter(Boolean);
  const shownTitles = titles.slice(0, 3).join("; ") + (titles.length > 3 ? "; …" : "");
  return items.length ? `${items.length}${shownTitles ? `: ${shownTitles}` : ""}` : "none";
}

function helpOf({ key, help, input }, { row }) {
  if (key === "id") return row ? "Of a record: search for it above." : "Empty in a new one: it gets one.";
  return help || HINTS[input] || "";
}

function controlOf({ input, choices = [] }, text) {
  if (input === "boolean" || input === "choice") {
    const offered =
      input === "boolean"
        ? [["true", "Yes"], ["false", "No"]]
        : choices.map(([value, label]) => [String(value), label]);
    if (text && !offered.some(([value]) => value === text)) offered.push([text, text]);
    const options = [["", "Not known"], ...offered].map(([value, label]) =>
      element("option", { value, selected: value === text }, label),
    );
    return element("select", {}, ...options);
  }
  const isLong = input === "long" || text.includes("\n");
  const control = element(isLong ? "textarea" : "input", isLong ? { rows: 3 } : { type: "text" });
  if (MODES[input]) control.inputMode = MODES[input];
  control.autocomplete = "off";
  control.value = text;
  return control;
}

// What was typed, as JSON has it. What is no number stays a text, of which the server says so.
function read({ input }, typed) {
  if (input === "boolean") return { true: true, false: false }[typed] ?? typed;
  if (input === "integer" || input === "number") {
    return isNumber(typed.trim()) ? new Numeral(typed.trim()) : typed;
  }
  const short = input === "time" && typed.trim().match(SHORT_TIME);
  return short ? `${short[1]}T${short[2]}${short[3] ?? ":00"}Z` : typed;
}

// Objects of a kind that stand on this page, typed or picked and not saved yet.
function onThisPage(wanted, text, itself) {
  const found = new Map();
  for (const { value, shapes, shape, form } of parts) {
    if (form.hidden) continue;
    for (const object of objectsOf(value, shapes, shape, wanted)) {
      const title = object.get(wanted.title);
      const matches = typeof title === "string" && title.toLowerCase().includes(text.toLowerCase());
      if (object === itself || !title || !matches || (wanted.row && !object.has("id"))) continue;
      found.set(title, { title, value: copy(object) });
    }
  }
  return [...found.values()].slice(0, 6);
}

for (const root of document.querySelectorAll(".part")) parts.push(new Part(root));
