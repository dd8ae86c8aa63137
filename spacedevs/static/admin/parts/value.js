// What a form edits: the value of a part, whose shape is described (parts/description.py).

import { Numeral, copy } from "./json.js";

export const isList = Array.isArray;
export const isObject = (value) => value instanceof Map;

export function within(path, step) {
  if (typeof step === "number") return `${path}[${step}]`;
  return path ? `${path}.${step}` : step;
}

// Where a value is of another kind than its shape says, so that no form can show it; or "".
export function misfit(value, shapes, name, many, path = "") {
  if (value === null && path) return "";
  if (many) {
    if (!isList(value)) return `${path || "the whole"} is no list`;
    for (const [number, item] of value.entries()) {
      const found = isObject(item)
        ? misfit(item, shapes, name, false, within(path, number))
        : `${within(path, number)} is no object`;
      if (found) return found;
    }
    return "";
  }
  if (!isObject(value)) return `${path || "the whole"} is no object`;
  for (const { key, input, shape } of shapes[name].keys) {
    const item = value.get(key);
    if (item === undefined || item === null) continue;
    const below = within(path, key);
    const found = shape
      ? misfit(item, shapes, shape, input === "list", below)
      : isList(item) || isObject(item)
        ? `${below} is no single value`
        : "";
    if (found) return found;
  }
  return "";
}

// What an object is called: its own name, or those of what it holds.
export function titleOf(value, shapes, name, depth = 3) {
  if (!isObject(value) || !depth) return "";
  const { title, keys } = shapes[name];
  const own = value.get(title);
  if (typeof own === "string" && own) return own;
  const inner = keys
    .filter(({ input }) => input === "object")
    .map(({ key, shape }) => titleOf(value.get(key), shapes, shape, depth - 1));
  const time = keys.find(({ key, input }) => input === "time" && value.get(key));
  const words = [...new Set(inner.filter(Boolean))].slice(0, 2);
  if (time) words.push(String(value.get(time.key)).slice(0, 10));
  return words.join(", ");
}

// The value as JSON is written of it, its keys in the shape's order. Of what the form made or
// emptied (`made`) and is empty stands what was there before: null, or nothing (undefined).
export function kept(value, shapes, name, made) {
  if (isList(value)) {
    const items = value.map((item) => kept(item, shapes, name, made)).filter(isSaid);
    return items.length || !made.has(value) ? items : made.get(value);
  }
  if (!isObject(value)) return value;
  const order = new Map(shapes[name].keys.map((each, number) => [each.key, { ...each, number }]));
  const place = (key) => order.get(key)?.number ?? order.size;
  const entries = [...value]
    .map(([key, item]) => {
      const below = order.get(key)?.shape;
      return [key, below ? kept(item, shapes, below, made) : item];
    })
    .filter(([, item]) => isSaid(item))
    .sort(([one], [other]) => place(one) - place(other));
  return entries.length || !made.has(value) ? new Map(entries) : made.get(value);
}

const isSaid = (value) => value !== undefined;

// What of an object another shape of its kind has keys for. The mode is said by the shape.
export function project(value, shapes, name) {
  if (isList(value)) return value.map((item) => project(item, shapes, name));
  if (!isObject(value)) return value;
  const entries = shapes[name].keys
    .filter(({ key }) => key !== "response_mode" && value.has(key))
    .map(({ key, shape }) => {
      const item = value.get(key);
      return [key, shape ? project(item, shapes, shape) : copy(item)];
    });
  return new Map(entries);
}

// Each object in a value that is of this kind and has all keys of the shape, with its own shapes.
export function* objectsOf(value, shapes, name, wanted) {
  if (isList(value)) {
    for (const item of value) yield* objectsOf(item, shapes, name, wanted);
    return;
  }
  if (!isObject(value)) return;
  const { kind, keys } = shapes[name];
  const known = new Set(keys.map(({ key }) => key));
  if (kind === wanted.kind && wanted.keys.every(({ key }) => known.has(key))) yield value;
  for (const { key, shape } of keys) {
    if (shape) yield* objectsOf(value.get(key), shapes, shape, wanted);
  }
}

export function shown(value) {
  if (value === undefined || value === null) return "";
  return value instanceof Numeral ? value.digits : String(value);
}
