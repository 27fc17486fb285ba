/* What a page may do beyond HTML and htmx: place the focus, protect typed text, copy, print. Everything works without it. */
(() => {
  "use strict";

  const byId = (selector) => (selector && selector.startsWith("#") ? document.getElementById(selector.slice(1)) : null);

  /* ---- Focus: never left on <body> after a swap ---- */
  const focus = (element) => {
    if (!element.matches("a[href], button, input, select, textarea, summary, [tabindex]")) element.tabIndex = -1;
    element.focus();
  };

  const lost = () => !document.activeElement || document.activeElement === document.body;

  const markTitle = () => {
    const plain = document.title.replace(/^Erreur\u00a0: /, "");
    document.title = document.querySelector(".error-summary") ? `Erreur\u00a0: ${plain}` : plain;
  };

  const settle = (root) => {
    if (!root || !root.isConnected) return;
    const asked = root.matches("[data-focus]") ? root : root.querySelector("[data-focus]");
    if (asked) focus(asked);
    else if (lost()) focus(root);
    markTitle();
    prepare(root);
  };

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target && event.detail.target.id !== "statut") settle(event.detail.elt);
  });

  /* ---- Unsaved text: leaving asks, sending does not ---- */
  const dirty = new Set();

  const guarded = (event) => event.target instanceof Element && event.target.closest("form[data-guard]");

  document.addEventListener("input", (event) => {
    const form = guarded(event);
    if (form) dirty.add(form);
  });
  document.addEventListener("submit", (event) => {
    const form = guarded(event);
    if (form && !form.hasAttribute("hx-post")) dirty.delete(form);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt && event.detail.elt.closest("form[data-guard]");
    if (form && event.detail.successful) dirty.delete(form);
  });
  window.addEventListener("beforeunload", (event) => {
    if ([...dirty].some((form) => form.isConnected)) event.preventDefault();
  });

  /* ---- A failed htmx request says so, and keeps what was typed ---- */
  const say = (text) => {
    const status = document.getElementById("statut");
    if (status) status.textContent = text;
  };
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(name, () => {
      say("L’envoi a échoué\u00a0: rien n’est enregistré, votre texte est toujours dans la page. Réessayez.");
    });
  }
  document.addEventListener("htmx:beforeRequest", (event) => event.detail.target?.setAttribute("aria-busy", "true"));
  document.addEventListener("htmx:afterRequest", (event) => event.detail.target?.removeAttribute("aria-busy"));

  /* ---- Copy, print, characters left ---- */
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-copy], [data-print]");
    if (!button) return;
    if (button.hasAttribute("data-print")) return window.print();
    const source = byId(button.dataset.copy);
    if (!source) return;
    const text = source.value ?? source.href ?? source.textContent;
    navigator.clipboard.writeText(text.trim()).then(
      () => say("Copié."),
      () => say("La copie est refusée par le navigateur\u00a0: sélectionnez le texte."),
    );
  });

  const count = (note) => {
    const field = byId(note.dataset.count);
    if (!field) return;
    const show = () => {
      note.textContent = note.dataset.left.replace("{n}", String(field.maxLength - field.value.length));
    };
    field.addEventListener("input", show);
    show();
  };

  const prepare = (root) => {
    root.querySelectorAll("[data-copy][hidden], [data-print][hidden]").forEach((button) => { button.hidden = false; });
    root.querySelectorAll("[data-count]").forEach(count);
    if (matchMedia("(min-width: 64rem)").matches) root.querySelectorAll("details[data-open-wide]").forEach((all) => { all.open = true; });
  };

  /* ---- At load ---- */
  prepare(document);
  const summary = document.querySelector(".error-summary");
  if (summary) focus(summary);
  const status = document.getElementById("statut");
  if (status && status.firstChild) setTimeout(() => status.append(...status.childNodes), 300);
})();
