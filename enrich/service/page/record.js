// One record: what the registry says beside what the library has, field by field.

import { counted, doiLink, h, say, visible } from "./dom.js";
import { hint, label, LONG, fromText, toText } from "./values.js";
import { compared } from "./words.js";

const MEANINGS = {
  "enriched": "The registry describes this work; something can be added or repaired.",
  "unchanged": "The registry describes this work; nothing to add.",
  "no-doi": "No DOI, and none found.",
  "elsewhere": "Registered with an agency that publishes no metadata.",
  "unconfirmed": "There is an answer, but too little to tell that it is the same work. Only what is safe is proposed.",
  "contradicted": "The DOI belongs to another work, so nothing is proposed. Is the DOI right?",
  "not-found": "The agencies say that there is no such DOI. Edit it below if you know better.",
  "invalid-doi": "No valid DOI could be read. Edit it below if you know it.",
  "refused": "The agency refused to answer.",
  "unreadable": "The record could not be parsed; it is kept as it is.",
  "unavailable": "Nobody could be asked. Look the library up again later.",
};
const SAID = { accept: "accepted", reject: "left as it is", edit: "edited", keep: "kept for ever" };
const ORIGINS = { crossref: "Crossref", datacite: "DataCite", jalc: "JaLC", medra: "mEDRA", local: "the record itself", user: "you" };
const name = (origin) => ORIGINS[origin] ?? origin;

export class RecordView {
  constructor(box, store, abilities) {
    this.box = box;
    this.store = store;
    this.abilities = abilities; // {keep: bool, next(): void}
    this.record = null;
    this.item = 0;
    this.editing = null;
    box.addEventListener("focusin", (event) => {
      const card = event.target.closest("[data-item]");
      if (card) this.point(Number(card.dataset.item), false);
    });
  }

  get items() {
    return this.record ? this.record.items : [];
  }

  show(record, item = 0) {
    this.record = record;
    this.item = Math.max(0, Math.min(item, record ? record.items.length - 1 : 0));
    this.editing = null;
    this.box.replaceChildren();
    this.draw();
    this.box.scrollTop = 0;
  }

  draw() {
    if (!this.record) {
      this.box.replaceChildren();
      return;
    }
    const record = this.record;
    this.opened = this.box.querySelector(".whole")?.open ?? false;
    this.box.replaceChildren(
      h("header.about", {}, h("p.where", {}, `Record ${(record.index + 1).toLocaleString("en")}`,
        record.source?.line ? ` · line ${record.source.line.toLocaleString("en")}` : null),
      h("h2", { id: "title", tabindex: "-1" }, h("bdi", {}, record.title || "Record without a title")),
      h("p.meta", {}, h(`span.badge.s-${record.status}`, {}, record.status.replace("-", " ")),
        record.doi ? doiLink(record.doi) : h("span", {}, record.doi_text || "no DOI"),
        record.agency ? h("span", {}, name(record.agency)) : null),
      h("p.meaning", {}, MEANINGS[record.status] ?? ""), this.updates(), this.verdict(), this.notes()),
      this.fields(), this.whole());
  }

  updates() {
    return (this.record.updates ?? []).map((update) => h("p.update", {}, h("strong", {}, update.type.replaceAll(/[_-]/g, " ")), " ",
      update.doi ? doiLink(update.doi) : null, ` ${[update.date, update.source].filter(Boolean).join(", ")}`));
  }

  verdict() {
    const verdict = this.record.verdict;
    if (!verdict) return null;
    const evidence = Object.entries(verdict.evidence ?? {});
    const [first, ...others] = verdict.reasons ?? [];
    const more = h("div.evidence", {}, others.map((reason) => h("p", {}, h("bdi", {}, reason))),
      evidence.length ? h("ul", { "aria-label": "How far each field agrees" }, evidence.map(([field, score]) =>
        h("li", {}, h("span", {}, label(field)), h("meter", { min: 0, max: 1, low: 0.5, high: 0.85, optimum: 1, value: score, "aria-label": label(field) }),
          h("b", {}, Number(score).toFixed(2))))) : null);
    return h("details.verdict", { open: verdict.state !== "confirmed" },
      h("summary", {}, "Same work? ", h("strong", {}, verdict.state), first ? [" · ", h("bdi", {}, first)] : null), more);
  }

  notes() {
    const notes = this.record.notes ?? [];
    return notes.length ? h("ul.notes", { "aria-label": "Notes" }, notes.map((note) =>
      h(`li.${note.severity}`, {}, h("code", {}, note.code), " ", h("bdi", {}, note.text)))) : null;
  }

  fields() {
    if (!this.items.length) {
      return h("p.empty", {}, this.record.readable === false ? "Nothing can be decided about what could not be read."
        : "Nothing to decide here. Any field can be edited below.");
    }
    return h("section.items", { "aria-label": `${counted(this.items.length, "field")} to decide about` },
      this.items.map((item, place) => this.card(item, place)));
  }

  card(item, place) {
    const decision = this.store.decision(this.record, item.field);
    const fault = this.store.faults.get(`${this.record.index} ${item.field}`);
    const [left, right] = this.sides(item);
    const origin = item.rules.every((rule) => rule.startsWith("repair")) && item.origin === "local" ? "repaired" : name(item.origin);
    const state = decision ? SAID[decision.choice] : "undecided";
    return h(`article.item.${decision?.choice ?? "open"}`, {
      "data-item": place, tabindex: "-1", "aria-current": place === this.item ? "true" : false, "aria-label": `${label(item.field)}, ${state}`,
    },
    h("header", {}, h("h3", {}, label(item.field)), h("span.why", {}, this.why(item)), h("span.state", {}, state)),
    fault ? h("p.fault", { role: "alert" }, fault) : null,
    h("div.pair", {}, this.side("Yours", "del", left, item.local, decision?.choice === "accept"),
      decision?.choice === "edit" ? this.side("Your edit", "ins", [[toText(decision.value), false]], decision.value)
        : this.side(item.kind === "change" ? `Proposed · ${origin}` : name(item.origin), "ins", right, item.proposed)),
    item.also?.length ? h("p.hint", {}, `Together with ${item.also.map(label).join(", ")}: the abbreviation moves there.`) : null,
    this.differing(item),
    this.editing === item.field ? this.editor(item.field, item) : this.actions(item, place, decision));
  }

  // What is wholly new, or wholly gone, needs no marks.
  sides(item) {
    const texts = [toText(item.local), toText(item.proposed)];
    return texts[0] && texts[1] ? compared(...texts) : texts.map((text) => [[text, false]]);
  }

  why(item) {
    if (item.kind === "conflict") return "differs, yours is kept unless you say otherwise";
    const date = item.retrieved_at ? ` · ${item.retrieved_at.slice(0, 10)}` : "";
    return `${[...new Set(item.rules)].join(", ")} · ${name(item.origin)}${date}`;
  }

  differing(item) {
    if (item.kind !== "change" || item.remote === null || item.remote === undefined) return null;
    return h("p.hint", {}, `${name(this.record.agency ?? "")} has: `, h("bdi", {}, toText(item.remote)), " ",
      h("button.quiet", { onclick: () => this.decide(item.field, { choice: "edit", value: item.remote }) }, "Use this"));
  }

  side(title, tag, stretches, value, struck = false) {
    const nothing = value === null || value === undefined;
    return h(`div.side${struck ? ".struck" : ""}`, {}, h("h4", {}, title),
      h("div.value", { tabindex: toText(value).length > 900 ? "0" : false, role: "group", "aria-label": title },
        nothing ? h("i.none", {}, "nothing") : h("bdi", {}, stretches.map(([text, marked]) => {
          const blank = text.match(/^\s*/)[0];
          return marked ? [blank, h(tag, {}, text.slice(blank.length))] : text;
        }))));
  }

  actions(item, place, decision) {
    const press = (choice, text, key, about) => h(`button.act.${choice}`, {
      "aria-pressed": String(decision?.choice === choice), "aria-keyshortcuts": key, title: `${about} (${key})`,
      onclick: () => (decision?.choice === choice && choice !== "edit" ? this.decide(item.field, null) : this.act(choice, place)),
    }, text, h("kbd", { "aria-hidden": "true" }, key));
    const rule = item.rules.at(-1);
    const more = rule ? this.store.left(rule) : 0;
    return h("div.actions", { role: "group", "aria-label": `Decide about ${label(item.field)}` },
      press("accept", item.kind === "change" ? "Accept" : "Take theirs", "a", item.kind === "change" ? "Write what is proposed" : "Write the registry's value"),
      press("reject", item.kind === "change" ? "Reject" : "Keep mine", "r", "Leave what the library has"),
      press("edit", "Edit", "e", "Write something else"),
      this.abilities.keep ? press("keep", "Keep for ever", "f", "Leave it, in this and every later run") : null,
      more > 1 ? h("button.quiet.rule", { onclick: () => this.acceptRule(rule) }, `Accept all ${more.toLocaleString("en")} of ${rule}`) : null);
  }

  editor(field, item) {
    const known = [item?.local, item?.proposed, item?.remote, this.record.fields?.[field]];
    const edited = this.store.decision(this.record, field);
    const start = edited?.choice === "edit" ? edited.value : item ? item.proposed ?? item.local : this.record.fields?.[field];
    const text = toText(start, "\n");
    const id = `edit-${field}`;
    const box = LONG.has(field) ? h("textarea", { id, rows: Math.min(12, Math.max(2, text.split("\n").length, Math.ceil(text.length / 80))), spellcheck: "true" })
      : h("input", { id, type: "text", autocomplete: "off" });
    box.value = text;
    const done = () => this.decide(field, { choice: "edit", value: fromText(field, box.value, known) });
    const cancel = () => { this.editing = null; this.draw(); this.settle(field); };
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { event.stopPropagation(); cancel(); }
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey || box.tagName === "INPUT")) { event.preventDefault(); done(); }
    });
    queueMicrotask(() => {
      box.focus();
      box.parentElement.scrollIntoView({ block: "nearest" }); // with the buttons below it
    });
    return h("div.editor", {}, h("label", { for: id }, `New value of ${label(field)}`), box,
      h("p.hint", {}, [hint(field), "Empty takes the field out."].filter(Boolean).join(" ")),
      h("div.actions", {}, h("button.act", { onclick: done }, "Use this value"), h("button.quiet", { onclick: cancel }, "Cancel")));
  }

  whole() {
    const fields = Object.entries(this.record.fields ?? {});
    if (!fields.length && this.record.readable === false) return null;
    const items = new Set(this.items.map((item) => item.field));
    const missing = ["DOI"].filter((field) => !(field in (this.record.fields ?? {})) && !items.has(field)).map((field) => [field, null]);
    const rows = [...fields, ...missing].map(([field, value]) => {
      const decision = items.has(field) ? null : this.store.decision(this.record, field);
      const fault = this.store.faults.get(`${this.record.index} ${field}`);
      const text = decision ? toText(decision.value) : toText(value);
      return h("tr", { class: decision ? "edited" : false, "data-field": field }, h("th", { scope: "row" }, label(field)),
        h("td", {}, fault ? h("p.fault", { role: "alert" }, fault) : null,
          this.editing === field && !items.has(field) ? this.editor(field, null) : h("bdi", {}, text || "—")),
        h("td.tools", {}, items.has(field) ? null : decision
          ? h("button.quiet", { onclick: () => this.decide(field, null), "aria-label": `Take the edit of ${label(field)} back` }, "Undo edit")
          : h("button.quiet", { onclick: () => this.edit(field), "aria-label": `Edit ${label(field)}` }, "Edit")));
    });
    return h("details.whole", { open: this.opened || !this.items.length || rows.some((row) => row.className === "edited") || (this.editing && !items.has(this.editing)) },
      h("summary", {}, "The whole record"), h("table", {}, h("tbody", {}, rows)));
  }

  edit(field) {
    this.editing = field;
    this.draw();
  }

  act(choice, place = this.item) {
    const item = this.items[place];
    if (!item) return;
    this.item = place;
    if (choice === "edit") this.edit(item.field);
    else if (choice === "keep" && !this.abilities.keep) say("A page of a service cannot keep anything for ever; review the file itself.");
    else if (choice === "keep" && this.record.lockable === false) {
      this.store.faults.set(`${this.record.index} ${item.field}`, "This record has neither a DOI nor a label, so nothing could be kept under its name. Reject leaves it as it is this time.");
      this.draw();
      this.point(place);
    } else this.decide(item.field, { choice });
  }

  decide(field, decision) {
    this.editing = null;
    this.store.decide([[this.record, field, decision]]);
    this.draw();
    say(`${label(field)} ${decision ? SAID[decision.choice] : "undecided"}`);
    this.settle(field);
  }

  acceptRule(rule) {
    const list = this.store.ofRule(rule);
    this.store.decide(list.map(([record, field]) => [record, field, { choice: "accept" }]));
    this.draw();
    say(`${counted(list.length, "change")} of ${rule} accepted`);
    this.point(this.item);
  }

  // After an edit of the whole record the focus is where it was opened; else on the field.
  settle(field) {
    const button = this.items.some((item) => item.field === field) ? null : this.box.querySelector(`[data-field="${CSS.escape(field)}"] button`);
    if (button) button.focus();
    else this.point(this.item);
  }

  // Marks one item as the current one; false where there is none at that place.
  point(place, focus = true) {
    if (place < 0 || place >= this.items.length) return false;
    this.item = place;
    for (const card of this.box.querySelectorAll("[data-item]")) {
      const current = Number(card.dataset.item) === place;
      if (current) card.setAttribute("aria-current", "true");
      else card.removeAttribute("aria-current");
      if (current && focus) {
        card.focus({ preventScroll: true });
        if (place) card.scrollIntoView({ block: "nearest" });
        else this.box.scrollTop = 0;
      }
    }
    return true;
  }
}

export const shownTitle = (record) => visible(record?.title ?? "Record without a title");
