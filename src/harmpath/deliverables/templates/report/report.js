"use strict";
(() => {
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const value = (cell) => cell ? (cell.dataset.v ?? cell.textContent.trim()) : "";
  const compare = (a, b) => {
    const x = Number(a), y = Number(b);
    return a !== "" && b !== "" && !Number.isNaN(x) && !Number.isNaN(y) ? x - y : collator.compare(a, b);
  };

  const sortBy = (table, index, header) => {
    const down = header.getAttribute("aria-sort") === "ascending";
    table.querySelectorAll("thead th").forEach((th) => th.removeAttribute("aria-sort"));
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [value(row.cells[index]), row]);
    rows.sort((a, b) => (down ? compare(b[0], a[0]) : compare(a[0], b[0])));
    body.append(...rows.map((pair) => pair[1]));
  };

  const makeSortable = (table) => {
    [...table.tHead.rows[0].cells].forEach((header, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-label", `Sort by ${header.textContent.trim()}`);
      header.append(button);
      header.addEventListener("click", () => sortBy(table, index, header));
    });
  };

  const makeFilter = (table) => {
    const rows = [...table.tBodies[0].rows];
    const box = document.createElement("p");
    box.className = "filter";
    const label = document.createElement("label");
    label.append("Filter rows ");
    const input = document.createElement("input");
    input.type = "search";
    input.autocomplete = "off";
    const said = document.createElement("output");
    label.append(input);
    box.append(label, said);
    table.parentElement.before(box);
    let texts = null;
    let timer = 0;
    const apply = () => {
      texts ??= rows.map((row) => row.textContent.toLowerCase());
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, n) => {
        const fits = words.every((word) => texts[n].includes(word));
        row.hidden = !fits;
        shown += fits ? 1 : 0;
      });
      said.value = words.length ? `${shown} of ${rows.length} rows` : "";
    };
    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(apply, 120); });
    input.addEventListener("keydown", (event) => { if (event.key === "Escape") { input.value = ""; apply(); } });
  };

  document.querySelectorAll("table.data").forEach((table) => {
    makeSortable(table);
    if (table.tBodies[0].rows.length > 7) makeFilter(table);
  });

  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const row = target.closest("tr[hidden]");
    if (row) row.hidden = false;
    for (let node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
    }
    target.scrollIntoView({ block: "start" });
  };
  window.addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details.path:not([open]):not(.brief)")];
    closed.forEach((one) => { one.open = true; });
  });
  window.addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));

  const links = new Map([...document.querySelectorAll("nav a")].map((a) => [a.hash.slice(1), a]));
  const watcher = new IntersectionObserver((entries) => {
    entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
      links.forEach((link) => link.removeAttribute("aria-current"));
      links.get(entry.target.id)?.setAttribute("aria-current", "true");
    });
  }, { rootMargin: "0px 0px -75% 0px" });
  links.forEach((_, id) => { const section = document.getElementById(id); if (section) watcher.observe(section); });
})();
