// Elements of a page. What comes from records is only ever text.

let made = 0;

export const newId = () => `part-${++made}`;

export function element(tag, properties = {}, ...children) {
  const { attributes = {}, on = {}, ...rest } = properties;
  const made = Object.assign(document.createElement(tag), rest);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  for (const [name, listener] of Object.entries(on)) made.addEventListener(name, listener);
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

export function button(text, label, onClick) {
  return element(
    "button",
    { type: "button", attributes: { "aria-label": label }, on: { click: onClick } },
    text,
  );
}

// A group that opens; its content is made when it does, or when `build()` is called.
export function disclosure(className, fill) {
  const summary = element("summary");
  const body = element("div", { className: "part-body" });
  const details = element("details", { className }, summary, body);
  let isFilled = false;
  const build = () => {
    if (isFilled) return;
    isFilled = true;
    fill(body);
  };
  const open = () => {
    build();
    details.open = true;
  };
  details.addEventListener("toggle", () => details.open && build());
  const refill = () => {
    body.replaceChildren();
    isFilled = true;
    fill(body);
  };
  return { details, summary, body, open, refill };
}
