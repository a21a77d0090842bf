// One page for two uses: the review of a file (`enrich review`), and the page of a service.

import { $, counted, fill, h, refill, say } from "./dom.js";
import { Desk } from "./desk.js";
import { List } from "./list.js";
import { RecordView } from "./record.js";
import { Store, DIFFERS } from "./store.js";
import { ask, askJson, lines } from "./talk.js";
import { label } from "./values.js";

const KEYS = [
  ["j / k", "next, previous field"], ["n / p", "next, previous record"], ["a", "accept, take theirs"], ["r", "reject, keep mine"],
  ["e", "edit (Ctrl+Enter uses the value)"], ["f", "keep for ever"], ["u", "undecided again"], ["Shift+A", "accept all changes of this record"],
  ["z", "take the last decision back"], ["/", "find"], ["s", "save or download"], ["?", "this help"],
];
const store = new Store();
let session = null;
let view = null;
let list = null;
let complete = false;
let desk = null;

function place() {
  return view.record ? store.shown.indexOf(view.record.place) : -1;
}

function choose(number, item = 0, focus = false, open = true) {
  const record = store.records[number];
  if (!record) return;
  view.show(record, item);
  list.show(number);
  if (open) {
    $("#panes").classList.add("open");
    if (narrow()) enter(2);
    if (document.documentElement.scrollHeight > window.innerHeight) view.box.scrollIntoView();
  }
  drawSteps();
  if (focus) land();
}

// Where the focus is at home: on the field in hand, or on what else is shown.
function land() {
  if (!view.box.checkVisibility()) $("#list").focus();
  else if (!view.point(view.item)) ($("#title") ?? $("#list")).focus();
}

// Draws, and takes the focus home if what had it is gone.
function steadily(draw) {
  const held = document.activeElement;
  draw();
  if (held && held !== document.body && (held.matches(":disabled") || !held.checkVisibility())) land();
}

const narrow = () => window.innerWidth < 900;

function step(by, item = 0) {
  const to = place() + by;
  if (place() < 0 && store.shown.length) choose(store.shown[0], 0, true);
  else if (to >= 0 && to < store.shown.length) choose(store.shown[to], item, true);
  else say(by > 0 ? "That was the last record" : "That was the first record");
}

function move(by) {
  if (!view.record) step(1);
  else if (!view.point(view.item + by)) step(by, by < 0 ? Infinity : 0);
}

function act(choice) {
  if (view.record && view.items.length) {
    view.act(choice);
    if (choice === "accept" || choice === "reject") move(1);
  }
}

const COMMANDS = {
  j: () => move(1), k: () => move(-1), n: () => step(1), p: () => step(-1), J: () => step(1), K: () => step(-1),
  a: () => act("accept"), r: () => act("reject"), e: () => act("edit"), f: () => act("keep"),
  u: () => view.record && view.items[view.item] && view.decide(view.items[view.item].field, null),
  A: () => acceptRecord(), z: () => takeBack(), s: () => finish(), "?": () => help(),
  "/": () => { $("#filters").open = true; $("#text").focus(); },
};

// In the list: the record changes and the focus stays, until Enter.
const walk = (to) => () => choose(store.shown[Math.max(0, Math.min(to(place()), store.shown.length - 1))], 0, false, false);
const WALKS = {
  ArrowDown: walk((at) => at + 1), ArrowUp: walk((at) => at - 1), PageDown: walk((at) => at + 10), PageUp: walk((at) => at - 10),
  Home: walk(() => 0), End: walk(() => Infinity), Enter: () => choose(store.shown[Math.max(0, place())], 0, true),
};

document.addEventListener("keydown", (event) => {
  const inText = event.target.closest?.("input, textarea, select");
  if (event.key === "Escape" && inText) { event.target.blur(); if (view?.record) view.point(view.item); }
  if (inText || event.ctrlKey || event.metaKey || event.altKey || $("#dialog").open || $("#review").hidden) return;
  const command = (event.target.id === "list" && WALKS[event.key]) || COMMANDS[event.key];
  if (command) {
    event.preventDefault();
    command();
  }
});

function acceptRecord() {
  if (!view.record) return;
  const open = store.undecided(view.record).filter((item) => item.kind === "change");
  store.decide(open.map((item) => [view.record, item.field, { choice: "accept" }]));
  view.draw();
  say(`${counted(open.length, "change")} accepted`);
  view.point(view.item);
}

function takeBack() {
  const number = store.takeBack();
  say(number ? `${counted(number, "decision")} taken back` : "There is nothing to take back");
  view.draw();
  view.point(view.item);
}

// -- what stands around the record ------------------------------------------------------------------------------------

function drawFilters() {
  for (const [id, all] of [["status", "any status"], ["field", "any field"], ["rule", "any rule"]]) {
    const select = $(`#${id}`);
    const options = store.tally(id);
    const signature = JSON.stringify(options);
    if (select.dataset.drawn === signature || document.activeElement === select) continue;
    select.dataset.drawn = signature;
    const shown = (key) => (id === "field" ? label(key) : key === DIFFERS ? "differs, kept" : key);
    fill(select, h("option", { value: "" }, all), options.map(([key, number]) => h("option", { value: key }, `${shown(key)} (${number.toLocaleString("en")})`)));
    select.value = store.filter[id];
  }
}

function drawBulk() {
  const number = store.bulk().length.toLocaleString("en");
  const differs = store.filter.rule === DIFFERS;
  const all = store.shown.length === store.records.length;
  const decide = (choice, said) => () => {
    const found = store.bulk();
    store.decide(found.map(([record, field]) => [record, field, { choice }]));
    view.draw();
    say(`${counted(found.length, differs ? "difference" : "change")} ${said}`);
  };
  refill($("#bulk"), h("p", {}, all ? counted(store.records.length, "record") : `${store.shown.length.toLocaleString("en")} of ${counted(store.records.length, "record")}`),
    number !== "0" ? h("button.quiet", { id: "accept-all", onclick: decide("accept", "accepted") },
      differs ? `Take theirs in all ${number} shown` : `Accept all ${number} ${all ? "changes" : "shown"}`) : null,
    number !== "0" ? h("button.quiet", { id: "reject-all", onclick: decide("reject", "left as they are") }, differs ? "Keep mine in all" : "Reject all") : null,
    store.history.length ? h("button.quiet", { onclick: takeBack }, "Take back", h("kbd", { "aria-hidden": "true" }, "z")) : null);
}

function drawEnds() {
  const counts = store.counts();
  const files = session.mode === "review";
  const text = files ? (counts.written ? `Save ${counted(counts.written, "change")}` : "Save") : "Download";
  refill($("#ends"), h("button.quiet", { id: "help", onclick: help, "aria-keyshortcuts": "?", "aria-label": "Help with keys" }, "?"),
    files ? null : h("button.quiet", { id: "restart", onclick: () => history.go(-level()) }, "Start over"),
    h("button.primary", { id: "finish", disabled: !complete || (files && session.saved), "aria-keyshortcuts": "s", onclick: finish }, text));
}

function drawSteps() {
  const at = place();
  refill($("#steps"), h("button.quiet.back", { onclick: () => (level() > 1 ? history.back() : showList()) }, "All records"),
    h("button.quiet", { onclick: () => step(-1), disabled: at <= 0 }, "Previous", h("kbd", { "aria-hidden": "true" }, "p")),
    h("button.quiet", { onclick: () => step(1), disabled: at < 0 || at + 1 >= store.shown.length }, "Next", h("kbd", { "aria-hidden": "true" }, "n")));
}

let waiting = false;
function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    if ($("#review").hidden) return;
    steadily(drawAround);
    if (!view.record && store.shown.length) {
      view.show(store.records[store.shown[0]]);
      list.show(store.shown[0]);
      drawSteps();
    }
  });
  if (session.mode === "review") remember();
}

function drawAround() {
  list.draw();
  drawFilters();
  drawBulk();
  drawEnds();
  drawSteps();
  const empty = !store.shown.length && (complete || store.records.length > 0);
  $("#nothing").hidden = !empty;
  refill($("#nothing"), store.records.length ? ["No record fits these filters. ", h("button.quiet", { onclick: clearFilters }, "Show all")]
    : "There are no records in this library.");
}

function showList() {
  $("#panes").classList.remove("open");
  if (view.record) list.show(view.record.place);
  if (narrow()) $("#list").focus();
}

function clearFilters() {
  $("#filter").reset();
  store.narrow({ show: "all", status: "", field: "", rule: "", text: "" });
}

function banner(kind, ...children) {
  const box = $("#banner");
  box.hidden = !children.length;
  box.className = `banner ${kind}`;
  box.setAttribute("role", kind === "bad" ? "alert" : "status");
  steadily(() => fill(box, children));
}

// -- dialogs ----------------------------------------------------------------------------------------------------------

function openDialog(title, ...children) {
  const dialog = $("#dialog");
  fill(dialog, h("h2", { id: "dialog-title" }, title), children);
  if (!dialog.open) dialog.showModal();
  return dialog;
}

function help() {
  openDialog("Keys", h("dl.keys", {}, KEYS.filter(([key]) => key !== "f" || session.mode === "review").map(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)])),
    h("p.hint", {}, "What nobody decides about stays as the library has it."),
    h("div.actions", {}, h("button.primary", { onclick: () => $("#dialog").close() }, "Close")));
}

function decided(counts) {
  const parts = [["accept", "accepted"], ["edit", "edited"], ["reject", "rejected"], ["keep", "kept for ever"]]
    .filter(([key]) => counts[key]).map(([key, text]) => `${counts[key].toLocaleString("en")} ${text}`);
  return `${parts.join(", ") || "Nothing decided yet"}. ${counts.open ? `${counted(counts.open, "field")} undecided: left as they are.` : ""}`;
}

function finish() {
  if (!complete || session.saved) return;
  const counts = store.counts();
  if (session.mode !== "review") {
    desk.finish(store, counts, decided(counts), openDialog, showFaults, (text) => banner("good", h("p", {}, text)));
    return;
  }
  const nothing = !counts.written && !counts.keep;
  openDialog(nothing ? "Nothing to write" : `Write to ${session.library}?`, h("p", {}, decided(counts)),
    h("p.hint", {}, nothing ? "Accept or edit something first. To make a rejection last, keep it for ever."
      : `${counted(counts.written, "change")} in ${counted(counts.records, "record")}. enrich undo ${session.library} takes it back, byte for byte.`),
    h("div.actions", {}, nothing ? null : h("button.primary", { id: "write", onclick: save }, "Write"),
      h("button.quiet", { onclick: () => $("#dialog").close() }, nothing ? "Close" : "Cancel")));
}

async function save() {
  $("#write").disabled = true;
  try {
    const done = await askJson("page/save", { decisions: store.sent() });
    session.saved = true;
    const kept = done.kept ? ` ${counted(done.kept, "field")} kept for ever in ${done.keep_file}.` : "";
    banner("good", h("p", {}, done.changes ? `Saved: ${counted(done.changes, "change")} in ${counted(done.records, "record")}.${kept}` : `Nothing in the file had to change.${kept}`),
      h("div.actions", {}, done.changes ? h("button.quiet", { id: "undo", onclick: undo }, "Undo") : null,
        h("button.quiet", { id: "again", onclick: again }, "Review what is left"), h("button.quiet", { id: "close", onclick: close }, "Done")));
    forget();
  } catch (error) {
    showFaults(error);
  }
  $("#dialog").close();
  redraw();
}

function showFaults(error) {
  const faults = error.body?.faults ?? [];
  for (const { record, field, text } of faults) store.faults.set(`${record} ${field}`, text);
  const record = faults.length ? store.records.find((each) => each.index === faults[0].record) : null;
  const again_ = error.status === 409 && session.mode === "review" ? h("div.actions", {}, h("button.quiet", { id: "again", onclick: again }, "Review the file as it is now")) : null;
  banner("bad", h("p", {}, faults.length ? `Nothing was written: ${counted(faults.length, "decision")} cannot be carried out. The first is shown.` : error.message), again_);
  if (record) choose(record.place, Math.max(0, record.items.findIndex((item) => item.field === faults[0].field)), true);
}

async function undo() {
  try {
    await askJson("page/undo", {});
    session.saved = false;
    banner("good", h("p", {}, `${session.library} is as it was. Your decisions are still here.`));
  } catch (error) {
    banner("bad", h("p", {}, error.message));
  }
  redraw();
}

async function again() {
  try {
    await askJson("page/again", {});
    forget();
    session.saved = false;
    banner("");
    await run("page/rows");
    requestAnimationFrame(land);
  } catch (error) {
    banner("bad", h("p", {}, error.message));
  }
}

async function close() {
  await askJson("page/close", {}).catch(() => null);
  forget();
  fill(document.body, h("main.farewell", {}, h("h1", {}, "Done"), h("p", {}, "enrich has ended. You can close this window.")));
}

// -- reloading the page does not lose decisions -----------------------------------------------------------------------

const memory = () => `enrich ${session.run}`;
let remembered = 0;
function remember() {
  clearTimeout(remembered);
  remembered = setTimeout(write, 1000);
}
function write() {
  clearTimeout(remembered);
  if (session?.mode !== "review" || session.saved || !complete) return;
  try {
    sessionStorage.setItem(memory(), JSON.stringify(store.sent()));
  } catch {
    // no room: decisions live as long as the page
  }
}
window.addEventListener("pagehide", write);
function forget() {
  clearTimeout(remembered);
  try {
    sessionStorage.removeItem(memory());
  } catch {
    // nothing was kept
  }
}
window.addEventListener("beforeunload", (event) => {
  if (session?.mode !== "review" && store.decisions.size) event.preventDefault();
});

// -- the run ----------------------------------------------------------------------------------------------------------

let halt = new AbortController();
export async function run(path, options = {}) {
  halt.abort(); // no record of an earlier run comes among these
  halt = new AbortController();
  const { signal } = halt;
  complete = false;
  store.clear();
  view.show(null);
  $("#review").hidden = false;
  $("#panes").classList.remove("open");
  drawFilters();
  let summary = null;
  let told = Date.now();
  fill($("#progress"), "Looking up …");
  await lines(await ask(path, { ...options, signal }), (values) => {
    const records = values.filter((value) => "status" in value);
    summary = values.find((value) => value.summary || value.error) ?? summary;
    if (records.length) store.add(records);
    fill($("#progress"), `Looking up … ${counted(store.records.length, "record")}`);
    if (Date.now() - told > 10_000) {
      told = Date.now();
      say($("#progress").textContent);
    }
  });
  if (signal.aborted) return;
  fill($("#progress"), "");
  if (summary?.error || !summary) {
    banner("bad", h("p", {}, summary?.error ?? "The answer broke off, so the library is not complete here. Look it up again; what was found is remembered."));
    redraw();
    return;
  }
  complete = true;
  const asked = store.records.filter((record) => record.status === "unavailable").length;
  if (asked) banner("bad", h("p", {}, `${counted(asked, "record")} could not be looked up: nobody could be asked. Try again later; answers received so far are remembered.`));
  restore();
  redraw();
  say(`${counted(store.records.length, "record")}, ${counted(store.counts().items, "field")} to decide about`);
}

function restore() {
  if (session.mode !== "review") return;
  try {
    const kept = JSON.parse(sessionStorage.getItem(memory()) ?? "[]");
    if (kept.length) store.receive(kept);
    view.draw();
  } catch {
    // nothing was kept
  }
}

// -- the browser's Back leads from a record to the list (in a narrow window), and from a review to the desk ----------------

const level = () => history.state?.level ?? 0;
function enter(to) {
  if (level() < to) history.pushState({ level: to }, "");
}
window.addEventListener("popstate", () => {
  if ($("#review").hidden) return;
  if (level() < 2) showList();
  if (level() < 1 && session.mode !== "review") startOver();
});

function startOver() {
  if (store.decisions.size && !window.confirm("Give up your decisions?")) {
    enter(1);
    return;
  }
  halt.abort();
  store.clear();
  view.show(null);
  banner("");
  $("#review").hidden = true;
  fill($("#progress"));
  fill($("#ends"));
  fill($("#name"));
  $("#desk").hidden = false;
  $("#library").focus();
}

async function begin() {
  session = await askJson("page/session");
  document.body.dataset.mode = session.mode;
  view = new RecordView($("#record"), store, { keep: session.mode === "review" });
  list = new List($("#list"), store, (number) => choose(number, 0, narrow()));
  store.addEventListener("change", redraw);
  $("#filter").addEventListener("submit", (event) => event.preventDefault());
  for (const id of ["show", "status", "field", "rule"]) $(`#${id}`).addEventListener("change", (event) => sieve({ [id]: event.target.value }));
  $("#text").addEventListener("input", (event) => sieve({ text: event.target.value.trim().toLowerCase() }));
  if (narrow()) $("#filters").open = false;
  history.replaceState(null, "");
  if (session.mode === "review") {
    document.title = `${session.library} · enrich review`;
    fill($("#name"), h("bdi", { title: session.library }, session.library));
    await run("page/rows");
  } else {
    desk = new Desk($("#desk"), session, async (name, path, options) => {
      banner("");
      fill($("#name"), h("bdi", { title: name }, name));
      $("#desk").hidden = true;
      $("#name").focus();
      enter(1);
      try {
        await run(path, options);
      } catch (error) {
        if (error.name === "AbortError") return;
        history.back();
        $("#review").hidden = true;
        $("#desk").hidden = false;
        fill($("#name"));
        fill($("#progress"));
        throw error;
      }
    });
    $("#desk").hidden = false;
  }
}

function sieve(filter) {
  store.narrow(filter);
  $("#list").scrollTop = 0;
  if (store.shown.length && place() < 0) {
    view.show(store.records[store.shown[0]]);
    list.show(store.shown[0]);
  }
}

begin().catch((error) => banner("bad", h("p", {}, error.message)));
