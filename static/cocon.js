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
    else if (lost() && root.id !== "actions-presence") focus(root);
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
    if (!form) return;
    if (form.elements.turn) form.elements.turn.value = Number(form.elements.turn.value) + 1;
    if (!form.hasAttribute("hx-post") || form.dataset.autosave !== undefined) dirty.delete(form);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt && event.detail.elt.closest("form[data-guard]:not([data-autosave])");
    if (form && event.detail.successful && event.detail.requestConfig.verb !== "get") dirty.delete(form);
  });
  window.addEventListener("beforeunload", (event) => {
    if ([...dirty].some((form) => form.isConnected)) event.preventDefault();
  });

  /* ---- A table to fill: cells copied from a spreadsheet spread over its own, Enter goes down while there is a row ---- */
  const cellsOf = (row) => [...row.querySelectorAll("input:not([type=hidden])")];
  const rowsOf = (input) => [...input.closest("[data-grid]").rows].map(cellsOf).filter((cells) => cells.length);
  const placeOf = (input, rows) => {
    const row = rows.findIndex((cells) => cells.includes(input));
    return [row, rows[row].indexOf(input)];
  };

  document.addEventListener("paste", (event) => {
    const input = event.target instanceof Element && event.target.closest("[data-grid] input");
    const text = input && event.clipboardData.getData("text/plain").replace(/\r?\n$/, "");
    if (!text || !/[\t\n]/.test(text)) return;
    event.preventDefault();
    const found = placed(text, rowsOf(input), input);
    const note = input.form.querySelector("[data-surplus]");
    if (note) note.hidden = true;
    if (!found) return void setTimeout(() => { if (note) note.hidden = false; }); // shown anew, so that it is said anew
    for (const [cell, value] of found) cell.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  /* A first row of years says where amounts go, words are labels, an empty cell changes nothing; null: some fit nowhere. */
  const yearOf = (cell) => (/^(?:(?:exercice|année|annee|budget) )?([12]\d{3})$/i.exec(cell) || [])[1];
  const isWord = (cell) => /^\p{L}/u.test(cell), isAmount = (cell) => /^[\p{N}\s.,+\-\u2212€kKmMEUReuros\u200b\ufeff]+$/u.test(cell) && /\d/.test(cell);
  const headsOf = (lines, years) => {
    const named = lines.length > 1 ? lines[0].map(yearOf) : [];
    const near = named.filter(Boolean).every((year) => year >= years[0] - 10 && year <= Number(years[years.length - 1]) + 10);
    if (!named.some(Boolean) || !near || !lines[0].every((cell, at) => !cell || named[at] || isWord(cell))) return null;
    return lines.shift().map((cell, at) => named[at] || cell);
  };
  const placed = (text, rows, input) => {
    const [top, left] = placeOf(input, rows), found = new Map();
    const lines = text.split(/\r?\n/).map((line) => line.split("\t").map((cell) => cell.trim())).filter((line) => line.some(Boolean));
    const heads = headsOf(lines, rows[0].map((one) => one.name.slice(-4)));
    const fits = lines.every((line, down) => {
      const row = rows[top + down] || [];
      if (!heads && line.length > 1 && isWord(line[0])) line.shift();
      return line.every((value, right) => {
        const head = heads && (heads[right] || "");
        if (!value || (heads && !yearOf(head) && (head || isWord(value)))) return true;
        const cell = heads ? row.find((one) => head && one.name.endsWith(`-${head}`)) : row[left + right];
        return Boolean(cell) && isAmount(value) && !found.has(cell) && Boolean(found.set(cell, value));
      });
    });
    return fits ? found : null;
  };
  document.addEventListener("input", (event) => {
    const grid = event.target instanceof Element && event.target.closest("[data-grid]");
    const note = grid && grid.closest("form").querySelector("[data-surplus]");
    if (note) note.hidden = true;
  });
  document.addEventListener("keydown", (event) => {
    const input = event.key === "Enter" && event.target instanceof Element && event.target.closest("[data-grid] input");
    if (!input) return;
    const rows = rowsOf(input), [row, column] = placeOf(input, rows);
    if (!rows[row + 1]) return;
    event.preventDefault();
    rows[row + 1][column].focus();
  });

  /* ---- Autosave: each request has its turn; what is not saved shouts, with the hour of the first lost key ---- */
  const autosaved = (event) => event.detail.elt?.closest?.("form[data-autosave]");
  const typed = new WeakMap(), since = new WeakMap(), renewed = new WeakSet(), failing = new WeakSet();
  const hour = (moment) => `${moment.getHours()}\u00a0h\u00a0${String(moment.getMinutes()).padStart(2, "0")}`;

  document.addEventListener("input", (event) => {
    const form = event.target instanceof Element && event.target.closest("form[data-autosave]");
    if (!form) return;
    typed.set(form, (typed.get(form) || 0) + 1);
    if (!since.has(form)) since.set(form, new Date());
  });
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "post") return;
    const token = document.getElementById("actions-token"); // renewed with the session, for every form of the page
    if (token) event.detail.parameters.csrf_token = token.value;
    const form = autosaved(event);
    if (!form) return;
    form.elements.turn.value = Number(form.elements.turn.value) + 1;
    event.detail.parameters.turn = form.elements.turn.value;
    // htmx sends the button pressed last even with what is saved by itself: its answer would land in the wrong place.
    if (event.detail.elt === form) for (const name of ["ajouter", "suite"]) delete event.detail.parameters[name];
    form.dataset.sent = String(typed.get(form) || 0);
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const form = autosaved(event);
    if (!form || event.detail.requestConfig.verb !== "post") return;
    const { status } = event.detail.xhr, shown = document.getElementById("actions-unsaved");
    const told = event.detail.xhr.getResponseHeader("HX-Retarget") === "#actions-unsaved";
    event.detail.shouldSwap = status === 200 || told;
    event.detail.isError = !event.detail.shouldSwap;
    if (event.detail.isError) mute();
    // Pressing a button of the banner leaves the field, which saves again: the button must not be replaced under the finger.
    const same = { 401: "session", 404: "gone", 409: "clash", 429: "often", 503: "later" }[status] === shown.dataset.reason;
    if (told && same && !shown.hidden) event.detail.shouldSwap = false;
  });
  // What no answer told is told by the banner of the page as it came.
  const first = document.getElementById("actions-unsaved")?.cloneNode(true);
  const mute = () => first && document.getElementById("actions-unsaved").replaceWith(first.cloneNode(true));
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, (event) => autosaved(event) && mute());

  /* ---- Who else is there: asked in the background, which neither moves the focus nor says that it failed ---- */
  const polled = (event) => event.detail.elt?.closest?.("#actions-presence");
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (polled(event) && event.detail.xhr.status !== 200) event.detail.shouldSwap = event.detail.isError = false;
  });

  const shout = (form) => {
    const banner = document.getElementById("actions-unsaved");
    const told = banner && banner.querySelector("[data-since]");
    if (!told) return;
    told.textContent = told.dataset.text.replace("{heure}", hour(since.get(form) || new Date()));
    banner.hidden = !failing.has(form);
  };
  // htmx puts a swapped banner's own attributes back when it settles, maybe after the answer that hid it.
  document.addEventListener("htmx:afterSettle", () => {
    const form = document.querySelector("form[data-autosave]");
    const banner = document.getElementById("actions-unsaved");
    if (form && banner) banner.hidden = !failing.has(form);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = autosaved(event);
    if (!form || event.detail.requestConfig?.verb !== "post") return;
    const status = event.detail.xhr.status; // an answer that is swapped counts as a success for htmx
    if (status < 200 || status > 299) {
      dirty.add(form);
      failing.add(form);
      if (status === 401) renewed.delete(form); // the session to come will have a token of its own
      const again = status === 403 && !renewed.has(form);
      if (again) renewed.add(form);
      return setTimeout(() => (again ? htmx.trigger(form, "reessayer") : shout(form)), 50);
    }
    renewed.delete(form);
    failing.delete(form);
    document.getElementById("actions-unsaved").hidden = true;
    since.delete(form);
    if (form.dataset.sent === String(typed.get(form) || 0)) dirty.delete(form);
    else since.set(form, new Date());
  });
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-retry]");
    const form = button && byId(button.dataset.retry);
    if (form) htmx.trigger(form, "reessayer");
  });

  /* ---- A failed htmx request says so, and keeps what was typed ---- */
  const say = (text) => {
    const status = document.getElementById("statut");
    if (status) status.textContent = text;
  };
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(name, (event) => {
      if (!autosaved(event) && !polled(event)) say("L’envoi a échoué\u00a0: rien n’est enregistré, votre texte est toujours dans la page. Réessayez.");
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
    root.querySelectorAll("[data-autosaved]").forEach((note) => { note.textContent = note.dataset.autosaved; });
    if (matchMedia("(min-width: 64rem)").matches) root.querySelectorAll("details[data-open-wide]").forEach((all) => { all.open = true; });
  };

  /* ---- At load ---- */
  prepare(document);
  const summary = document.querySelector(".error-summary");
  if (summary) focus(summary);
  const status = document.getElementById("statut");
  if (status && status.firstChild) setTimeout(() => status.append(...status.childNodes), 300);
})();
