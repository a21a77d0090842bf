// The list of records: as many rows as fit the window, however many records there are.

import { become, h } from "./dom.js";

const ROW = 66;
const BEYOND = 4;

export class List {
  constructor(box, store, choose) {
    this.box = box;
    this.store = store;
    this.rows = h("div.rows", { role: "presentation" });
    this.current = null;
    box.append(this.rows);
    box.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(box);
    box.addEventListener("click", (event) => {
      const row = event.target.closest("[role=option]");
      if (row) choose(Number(row.dataset.place));
    });
  }

  draw() {
    const { shown, records } = this.store;
    this.rows.style.height = `${shown.length * ROW}px`;
    const first = Math.max(0, Math.floor(this.box.scrollTop / ROW) - BEYOND);
    const last = Math.min(shown.length, Math.ceil((this.box.scrollTop + this.box.clientHeight) / ROW) + BEYOND);
    this.put(shown.slice(first, last).map((place, offset) => this.row(records[place], first + offset, shown.length)), first);
    const active = `row-${this.current}`;
    if (document.getElementById(active)) this.box.setAttribute("aria-activedescendant", active);
    else this.box.removeAttribute("aria-activedescendant");
  }

  // Rows that are shown already stay the same elements, so that a press outlasts what comes in meanwhile.
  put(rows, first) {
    let old = this.rows.firstElementChild;
    rows.forEach((fresh, offset) => {
      while (old && Number(old.dataset.place) < Number(fresh.dataset.place)) old = this.gone(old);
      const row = old?.id === fresh.id ? old : this.rows.insertBefore(fresh, old);
      if (row === old) {
        become(row, fresh);
        old = row.nextElementSibling;
      }
      row.style.transform = `translateY(${(first + offset) * ROW}px)`;
    });
    while (old) old = this.gone(old);
  }

  gone(row) {
    const next = row.nextElementSibling;
    row.remove();
    return next;
  }

  row(record, position, total) {
    const left = this.store.undecided(record).length;
    const decided = this.store.decisions.has(record.index);
    const what = left ? `${left} to decide` : record.items.length || decided ? "decided" : "nothing to decide";
    const selected = record.place === this.current;
    return h("div.row", {
      id: `row-${record.place}`, role: "option", "data-place": record.place, "aria-selected": String(selected),
      "aria-setsize": total, "aria-posinset": position + 1,
    },
    h("span.no", {}, (record.index + 1).toLocaleString("en")),
    h("span.what", {}, h("bdi.name", {}, record.title || "Record without a title"),
      h("span.sub", {}, h(`span.dot.s-${record.status}`, { "aria-hidden": "true" }), `${record.status.replace("-", " ")} · ${what}`)),
    left ? h("span.left", { "aria-hidden": "true" }, left) : decided ? h("span.left.done", { "aria-hidden": "true" }, "✓") : null);
  }

  show(place) {
    this.current = place;
    const position = this.store.shown.indexOf(place);
    if (position >= 0) {
      const top = position * ROW;
      if (top < this.box.scrollTop) this.box.scrollTop = top;
      else if (top + ROW > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + ROW - this.box.clientHeight;
    }
    this.draw();
  }
}
