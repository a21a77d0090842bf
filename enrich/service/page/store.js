// The records of a review, what was decided about them, and what is shown of them.

import { toText } from "./values.js";

export const DIFFERS = "(differs)";
const PERSON = new Set(["unconfirmed", "contradicted", "not-found", "invalid-doi", "refused", "unreadable"]);

export class Store extends EventTarget {
  constructor() {
    super();
    this.clear();
  }

  clear() {
    this.records = [];
    this.decisions = new Map(); // index -> Map(field -> {choice, value})
    this.faults = new Map();
    this.history = [];
    this.shown = [];
    this.filter = { show: "all", status: "", field: "", rule: "", text: "" };
    this.version = (this.version ?? 0) + 1;
    this.tallies = new Map();
  }

  add(records) {
    for (const record of records) {
      record.place = this.records.length;
      this.records.push(record);
      if (this.fits(record)) this.shown.push(record.place);
    }
    this.changed();
  }

  changed() {
    this.version += 1;
    this.dispatchEvent(new Event("change"));
  }

  decision(record, field) {
    return this.decisions.get(record.index)?.get(field);
  }

  // Each decision is [record, field, {choice, value} or null]; all of them are taken back together.
  decide(list) {
    this.history.push(list.map(([record, field]) => [record, field, this.decision(record, field) ?? null]));
    if (this.history.length > 200) this.history.shift();
    this.put(list);
  }

  put(list) {
    for (const [record, field, decision] of list) {
      if (!this.decisions.has(record.index)) this.decisions.set(record.index, new Map());
      const fields = this.decisions.get(record.index);
      if (decision) fields.set(field, decision);
      else fields.delete(field);
      if (!fields.size) this.decisions.delete(record.index);
      this.faults.delete(`${record.index} ${field}`);
    }
    this.changed();
  }

  takeBack() {
    const last = this.history.pop();
    if (last) this.put(last);
    return last?.length ?? 0;
  }

  undecided(record) {
    return record.items.filter((item) => !this.decision(record, item.field));
  }

  narrowed(item) {
    const { field, rule } = this.filter;
    if (field && item.field !== field) return false;
    return !rule || (rule === DIFFERS ? item.kind === "conflict" : item.rules.includes(rule));
  }

  fits(record) {
    const { show, status, field, rule, text } = this.filter;
    if (status && record.status !== status) return false;
    if ((field || rule) && !record.items.some((item) => this.narrowed(item))) return false;
    if (show === "open" && !record.items.some((item) => this.narrowed(item) && !this.decision(record, item.field))) return false;
    if (show === "decided" && !this.decisions.has(record.index)) return false;
    if (show === "changes" && !record.items.some((item) => item.kind === "change")) return false;
    if (show === "differs" && !record.items.some((item) => item.kind === "conflict")) return false;
    if (show === "person" && !PERSON.has(record.status)) return false;
    if (show === "notices" && !record.updates?.length) return false;
    return !text || this.words(record).includes(text);
  }

  words(record) {
    record.words ??= [record.title, record.doi, toText(record.fields?.author), toText(record.fields?.issued)]
      .filter(Boolean).join(" ").toLowerCase();
    return record.words;
  }

  narrow(filter) {
    Object.assign(this.filter, filter);
    this.shown = this.records.filter((record) => this.fits(record)).map((record) => record.place);
    this.changed();
  }

  // What a decision about everything shown would be about: undecided changes, or differences where these are asked for.
  bulk() {
    const differs = this.filter.rule === DIFFERS;
    const found = [];
    for (const place of this.shown) {
      const record = this.records[place];
      for (const item of record.items) {
        if ((item.kind === "change") !== differs && this.narrowed(item) && !this.decision(record, item.field)) found.push([record, item.field]);
      }
    }
    return found;
  }

  // How many undecided changes a rule made; counted once for all rules after each decision.
  left(rule) {
    if (this.leftAt !== this.version) {
      this.leftAt = this.version;
      this.leftBy = new Map();
      for (const record of this.records) {
        for (const item of this.undecided(record)) new Set(item.rules).forEach((name) => this.leftBy.set(name, (this.leftBy.get(name) ?? 0) + 1));
      }
    }
    return this.leftBy.get(rule) ?? 0;
  }

  ofRule(rule) {
    return this.records.flatMap((record) => record.items
      .filter((item) => item.rules.includes(rule) && !this.decision(record, item.field)).map((item) => [record, item.field]));
  }

  counts() {
    const counts = { accept: 0, reject: 0, edit: 0, keep: 0, items: 0, written: 0, records: 0, open: 0 };
    for (const record of this.records) {
      counts.items += record.items.length;
      counts.open += this.undecided(record).length;
      const chosen = [...(this.decisions.get(record.index)?.values() ?? [])];
      for (const { choice } of chosen) counts[choice] += 1;
      if (chosen.some(({ choice }) => choice === "accept" || choice === "edit")) counts.records += 1;
    }
    counts.written = counts.accept + counts.edit;
    return counts;
  }

  tally(key) {
    this.tallies ??= new Map();
    const [size, known] = this.tallies.get(key) ?? [];
    if (size === this.records.length) return known;
    const tally = new Map();
    const count = (name) => tally.set(name, (tally.get(name) ?? 0) + 1);
    for (const record of this.records) {
      if (key === "status") count(record.status);
      else for (const item of record.items) {
        if (key === "field") count(item.field);
        else if (item.kind === "conflict") count(DIFFERS);
        else new Set(item.rules).forEach(count);
      }
    }
    const sorted = [...tally].sort((one, other) => other[1] - one[1]);
    this.tallies.set(key, [this.records.length, sorted]);
    return sorted;
  }

  // As it is sent: [{record, fields: {field: {choice, value}}}]
  sent() {
    return [...this.decisions].sort(([one], [other]) => one - other)
      .map(([record, fields]) => ({ record, fields: Object.fromEntries(fields) }));
  }

  receive(sent) {
    for (const { record, fields } of sent) this.decisions.set(record, new Map(Object.entries(fields)));
    this.changed();
  }
}
