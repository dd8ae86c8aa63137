// JSON that keeps what JSON.parse loses: the digits of a number, and the order of keys like "1".
// An object is a Map, a number a Numeral; the rest is as JSON.parse has it.

export class Numeral {
  constructor(digits) {
    this.digits = digits;
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

export const isNumber = (text) => NUMBER.test(text);

// Throws a SyntaxError that says where.
export function parse(text) {
  JSON.parse(text);
  // Every text with an "s" before it, and every number as a text with an "n".
  const marked = text.replace(TOKEN, (token) =>
    token[0] === '"' ? `"s${token.slice(1)}` : `"n${token}"`,
  );
  return unmark(JSON.parse(marked));
}

function unmark(value) {
  if (typeof value === "string") {
    return value[0] === "s" ? value.slice(1) : new Numeral(value.slice(1));
  }
  if (Array.isArray(value)) return value.map(unmark);
  if (value === null || typeof value !== "object") return value;
  return new Map(Object.entries(value).map(([key, item]) => [key.slice(1), unmark(item)]));
}

// Indented by two, as the page comes with it.
export function print(value, margin = "") {
  if (value instanceof Numeral) return value.digits;
  if (!(value instanceof Map) && !Array.isArray(value)) return JSON.stringify(value);
  const inner = `${margin}  `;
  const lines = Array.isArray(value)
    ? value.map((item) => print(item, inner))
    : [...value].map(([key, item]) => `${JSON.stringify(key)}: ${print(item, inner)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  if (!lines.length) return open + close;
  return `${open}\n${inner}${lines.join(`,\n${inner}`)}\n${margin}${close}`;
}

export function copy(value) {
  if (Array.isArray(value)) return value.map(copy);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, copy(item)]));
  return value;
}
