// Asks before a page is left on which something was typed and not saved. A page that came back with
// errors holds what was typed before.
window.addEventListener("load", () => {
  const form = document.querySelector("body.change-form #content-main form[id$='_form']");
  if (!form) {
    return;
  }
  const typed = () =>
    JSON.stringify([...new FormData(form)].map(([name, value]) => [name, value.name ?? value]));
  const saved = form.querySelector(".errornote, .errorlist") ? null : typed();
  let saving = false;
  form.addEventListener("submit", () => {
    saving = true;
  });
  window.addEventListener("pageshow", () => {
    saving = false; // back from where the form was sent
  });
  window.addEventListener("beforeunload", (event) => {
    if (!saving && typed() !== saved) {
      event.preventDefault();
    }
  });
});
