"use strict";

// Makes the grid of figures swift: paste from a spreadsheet, keys from cell to cell, findings while
// somebody types, a draft that survives a closed browser. Without it the page is a form that is
// filled in, checked and posted by its buttons.
(() => {
  const ENTRY = ["value", "numerator", "denominator", "note", "reason", "observation_status"];
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (id) => document.getElementById(id);

  // Private windows may have no store: then there is no draft, and all else goes on.
  const store = {
    get: (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
    set: (key, value) => { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* full, or none */ } },
    drop: (key) => { try { localStorage.removeItem(key); } catch { /* none */ } },
  };

  const form = one("figures");
  if (!form) {
    return;
  }
  const said = form.dataset;
  const key = `dabiao-draft:${said.draft}`;
  const rows = all("tr[data-row]", form);
  const field = (row, name) => one(`c-${row.dataset.row}-${name}`);
  const answer = (row) => one(`a-${row.dataset.row}`);
  const shown = ENTRY.filter((name) => one(`h-${name}`));
  const codes = ["kpi", "department", "period"];
  const names = (row) => (row.dataset.figure ? ENTRY : [...codes, ...ENTRY]);
  const cells = (row) =>
    Object.fromEntries(names(row).map((name) => [name, field(row, name)?.value ?? ""]).filter(([, text]) => text.trim()));
  const filled = (row) => Object.keys(cells(row)).length > 0;
  const put = (template, count) => template.replace("{count}", count);

  // --- draft ---------------------------------------------------------------------------------
  const save = () => {
    const kept = rows.filter(filled).map((row) => ({ figure: row.dataset.figure ?? null, cells: cells(row), answer: answer(row).value }));
    const draft = { at: new Date().toISOString(), sheet: form.elements.sheet.value, rows: kept };
    return kept.length > 0 ? store.set(key, draft) : store.drop(key);
  };

  const restore = () => {
    const draft = store.get(key);
    if (!draft?.rows?.length) {
      return;
    }
    const left = [];
    for (const kept of draft.rows) {
      const row = rows.find((candidate) => candidate.dataset.figure === kept.figure);
      const places = row ? Object.entries(kept.cells).filter(([name]) => field(row, name)) : [];
      places.forEach(([name, text]) => { field(row, name).value = text; });
      if (row && kept.answer) {
        answer(row).value = kept.answer;
        one(`answer-${row.dataset.row}`).hidden = false;
      }
      if (places.length === 0) {
        left.push(kept);
      }
    }
    const notice = one("draft");
    const at = new Date(draft.at).toLocaleString(document.documentElement.lang);
    const told = put(notice.dataset.told.replace("{at}", at), draft.rows.length - left.length);
    notice.querySelector("p").textContent = told;
    notice.hidden = false;
    notice.querySelector("[data-do=discard]").addEventListener("click", () => {
      store.drop(key);
      location.reload();
    });
    const more = notice.querySelector("[data-do=more]");
    if (left.length > 0) {
      notice.querySelector("p").textContent += " " + put(notice.dataset.more, left.length);
      more.hidden = false;
      more.addEventListener("click", () => send(left.map((kept) => {
        const [kpi, department, period] = (kept.figure ?? "||").split("|");
        return { kpi, department, period, ...kept.cells };
      })));
    }
  };

  // --- findings ------------------------------------------------------------------------------
  const show = (findings) => {
    all("ul.said", form).forEach((list) => list.replaceChildren());
    all("[aria-invalid]", form).forEach((input) => input.removeAttribute("aria-invalid"));
    const asked = new Set();
    for (const found of findings) {
      const list = one(`said-${found.row}-${found.field}`) ?? one(`said-${found.row}-kpi`);
      const item = document.createElement("li");
      item.className = found.severity;
      item.textContent = found.message;
      list?.append(item);
      if (found.severity === "error") {
        one(`c-${found.row}-${found.field}`)?.setAttribute("aria-invalid", "true");
      } else {
        asked.add(String(found.row));
      }
    }
    const isAsked = (row) => asked.has(row.dataset.row) || answer(row).value !== "";
    rows.forEach((row) => { one(`answer-${row.dataset.row}`).hidden = !isAsked(row); });
  };

  let asking = null;
  const check = async () => {
    asking?.abort();
    asking = new AbortController();
    const body = new URLSearchParams({ form_token: form.elements.form_token?.value ?? "" });
    const inputs = rows.filter(filled).flatMap((row) => all("input, select", row));
    inputs.forEach((input) => body.append(input.name, input.value));
    try {
      const options = { method: "POST", body, headers: { Accept: "application/json" }, signal: asking.signal };
      const reply = await fetch(said.check, options);
      const found = reply.ok ? await reply.json() : { told: said.lost, findings: null };
      one("checked").textContent = found.told;
      if (found.findings) {
        show(found.findings);
      }
    } catch (error) {
      if (error.name !== "AbortError") {
        one("checked").textContent = said.lost;
      }
    }
  };

  let timer = 0;
  const changed = () => {
    save();
    clearTimeout(timer);
    timer = setTimeout(check, 500);
  };
  form.addEventListener("input", (event) => event.target.name !== "pasted" && changed());

  // --- paste ---------------------------------------------------------------------------------
  const parse = (text) => {
    const table = [[""]];
    let quoted = false;
    for (let at = 0; at < text.length; at += 1) {
      const letter = text[at];
      const line = table.at(-1);
      if (quoted && letter === '"') {
        quoted = text[at + 1] === '"';
        line[line.length - 1] += quoted ? '"' : "";
        at += quoted ? 1 : 0;
      } else if (!quoted && letter === '"' && line.at(-1) === "") {
        quoted = true;
      } else if (!quoted && letter === "\t") {
        line.push("");
      } else if (!quoted && letter === "\n") {
        table.push([""]);
      } else if (letter !== "\r") {
        line[line.length - 1] += letter;
      }
    }
    return table.filter((line, place) => place < table.length - 1 || line.some((cell) => cell !== ""));
  };

  // What the server reads as a table with headers: it knows every spelling of codes and names.
  const send = (given) => {
    const columns = [...codes, ...ENTRY];
    const quote = (text) => `"${(text ?? "").replaceAll('"', '""')}"`;
    const lines = given.map((row) => columns.map((name) => quote(row[name])).join("\t"));
    hand([columns.join("\t"), ...lines].join("\n"));
  };
  const hand = (text) => {
    one("table").value = text;
    form.requestSubmit(one("table").parentElement.querySelector("button"));
  };

  let before = null;
  form.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text/plain");
    const start = event.target.closest("tr[data-row]");
    const [, name] = /^c-\d+-(\w+)$/.exec(event.target.id) ?? [];
    if (!start || !name || !/[\t\n]/.test(text.replace(/[\r\n]+$/, ""))) {
      return;
    }
    event.preventDefault();
    const table = parse(text);
    const headers = JSON.parse(said.headers);
    const titles = table[0].map((cell) => headers[cell.trim().toLowerCase()] ?? headers[cell.trim()]);
    if (titles.includes("kpi")) {
      hand(text);
      return;
    }
    const titled = titles.some((title) => title !== undefined);
    const columns = titled ? titles : shown.slice(Math.max(0, shown.indexOf(name)));
    const body = titled ? table.slice(1) : table;
    before = new Map();
    let left = 0;
    body.forEach((line, down) => {
      const row = rows[rows.indexOf(start) + down];
      line.forEach((cell, across) => {
        const input = row && columns[across] ? field(row, columns[across]) : null;
        const old = input?.value;
        if (input) {
          input.value = cell.trim(); // a choice takes only what it offers
        }
        if (input && input.value === cell.trim()) {
          before.set(input, old);
        } else if (cell.trim() && columns[across] !== "") {
          left += 1;
        }
      });
    });
    const notice = one("pasted");
    notice.hidden = false;
    notice.querySelector("span").textContent =
      put(said.pasted, before.size) + (left > 0 ? ` ${put(said.left, left)}` : "");
    changed();
  });
  one("pasted").querySelector("button").addEventListener("click", () => {
    before?.forEach((text, input) => { input.value = text; });
    one("pasted").hidden = true;
    changed();
  });

  // --- keys ----------------------------------------------------------------------------------
  form.addEventListener("keydown", (event) => {
    const [, number, name] = /^c-(\d+)-(\w+)$/.exec(event.target.id) ?? [];
    if (event.key === "Enter" && event.target.id.startsWith("a-")) {
      event.preventDefault(); // an answer is given with the figures, and posts nothing by itself
    }
    if (!name || event.isComposing || event.altKey) {
      return;
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector(".primary"));
      return;
    }
    const isChoice = event.target.tagName === "SELECT";
    const step = event.key === "Enter" ? (event.shiftKey ? -1 : 1) : isChoice ? 0 : { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) {
      return;
    }
    event.preventDefault();
    let place = rows.findIndex((row) => row.dataset.row === number) + step;
    while (rows[place] && !field(rows[place], name)) {
      place += step;
    }
    const next = rows[place] && field(rows[place], name);
    next?.focus();
    next?.select?.();
  });

  form.addEventListener("submit", save);
  if (said.fresh !== undefined) {
    restore();
    if (rows.some(filled)) {
      check();
    }
  } else {
    save();
    (one("fault") ?? form.querySelector("[aria-invalid]"))?.scrollIntoView({ block: "nearest" });
  }
})();
