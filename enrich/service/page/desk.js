// Where a library is put: pasted, dropped or chosen; and where one DOI is looked up.

import { $, counted, doiLink, fill, h, say } from "./dom.js";
import { ask, authorise } from "./talk.js";
import { label, toText } from "./values.js";

const EXAMPLE = `%0 Journal Article
%A Ioannidis, John P. A.
%T WHY MOST PUBLISHED RESEARCH FINDINGS ARE FALSE
%J PLoS Medicine
%D 2005
%R doi:10.1371/journal.pmed.0020124

%0 Journal Article
%A LeCun, Y.
%A Bengio, Y.
%A Hinton, G.
%T Deep learning
%J Nature
%D 2015
%R 10.1038/nature14539

%0 Journal Article
%A Altschul, Stephen F.
%A Gish, Warren
%A Miller, Webb
%A Myers, Eugene W.
%A Lipman, David J.
%T BASIC LOCAL ALIGNMENT SEARCH TOOL
%J Journal of Molecular Biology
%D 1990
%P 403-10
%R http://dx.doi.org/10.1016/S0022-2836(05)80360-2
`;
const ORDER = ["title", "author", "container-title", "issued", "volume", "issue", "page", "publisher", "type", "ISSN", "DOI", "URL"];

export class Desk {
  // `open(name, path, options)` reviews what the server answers.
  constructor(box, session, open) {
    this.session = session;
    this.open = open;
    this.file = null;
    fill(box, this.paste(), this.lookup());
    this.catchDrops();
  }

  paste() {
    const policies = this.session.policies.map((policy) => h("option", { value: policy.name }, policy.name));
    return h("section.card.paste", { "aria-labelledby": "paste-title" },
      h("h1", { id: "paste-title" }, "Clean a library"),
      h("p.lead", {}, "Each record is looked up by its DOI at the agency that registered it. You see what would change, and decide."),
      h("div.drop", { id: "drop" },
        h("label", { for: "library" }, "Paste records, or drop a file"),
        h("textarea", { id: "library", rows: 8, spellcheck: "false", autocomplete: "off", placeholder: "%0 Journal Article\n%T Deep learning\n%R 10.1038/nature14539", oninput: () => this.take(null) }),
        h("p.chosen", { id: "chosen", role: "status" })),
      h("div.actions", {},
        h("label.file", {}, "Choose a file", h("input.unseen", { id: "file", type: "file", onchange: (event) => this.take(event.target.files[0] ?? null) })),
        h("button.quiet", { id: "example", onclick: () => this.example() }, "Use an example"),
        h("label.choice", {}, "Policy", h("select", { id: "policy", "aria-describedby": "policy-text", onchange: () => this.explain() }, policies))),
      h("p.hint", { id: "policy-text" }, this.session.policies[0].text, "."),
      h("p.hint", {}, `refer/EndNote, RIS, BibTeX, CSL-JSON, EndNote XML, PubMed, Web of Science; up to ${Math.round(this.session.limit / 2 ** 20)} MB. The content tells which. Nothing is kept.`),
      this.session.protected ? h("label.choice.token", {}, "Access token", h("input", { id: "token", type: "password", autocomplete: "off", oninput: (event) => authorise(event.target.value) })) : null,
      h("p.fault", { id: "desk-fault", role: "alert", hidden: true }),
      h("div.actions", {}, h("button.primary", { id: "start", onclick: () => this.start() }, "Look up and review")));
  }

  lookup() {
    return h("section.card.lookup", { "aria-labelledby": "lookup-title" },
      h("h2", { id: "lookup-title" }, "Look up one DOI"),
      h("form", { id: "lookup", onsubmit: (event) => { event.preventDefault(); this.resolve(); } },
        h("label", { for: "doi" }, "DOI, in any spelling"),
        h("div.together", {}, h("input", { id: "doi", type: "text", autocomplete: "off", spellcheck: "false", placeholder: "10.1038/nature14539" }),
          h("button.primary", { type: "submit" }, "Look up"))),
      h("div", { id: "found", "aria-live": "polite" }, h("p.empty", {}, "What its agency says of it will stand here.")));
  }

  example() {
    $("#library").value = EXAMPLE;
    this.take(null);
    say("An example of three records is filled in");
    $("#start").focus();
  }

  explain() {
    fill($("#policy-text"), this.session.policies.find((policy) => policy.name === $("#policy").value).text, ".");
  }

  take(file) {
    this.file = file;
    if (file) $("#library").value = "";
    fill($("#chosen"), file ? [h("span", {}, h("bdi", {}, file.name), `, ${sized(file.size)}`),
      h("button.quiet", { id: "other", onclick: () => { $("#file").value = ""; this.take(null); $("#library").focus(); } }, "Paste instead")] : "");
    this.fault("");
  }

  catchDrops() {
    const zone = $("#desk");
    zone.addEventListener("dragover", (event) => { event.preventDefault(); $("#drop").classList.add("over"); });
    zone.addEventListener("dragleave", () => $("#drop").classList.remove("over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      $("#drop").classList.remove("over");
      if (event.dataTransfer.files.length) this.take(event.dataTransfer.files[0]);
      else $("#library").value = event.dataTransfer.getData("text/plain");
    });
  }

  fault(text) {
    $("#desk-fault").hidden = !text;
    fill($("#desk-fault"), text);
  }

  async start() {
    if (this.file ? !this.file.size : !$("#library").value.trim()) {
      this.fault(this.file ? "This file is empty." : "Paste a record first, drop a file, or use the example.");
      $(this.file ? "#start" : "#library").focus();
      return;
    }
    let body = this.file ?? new Blob([$("#library").value]);
    if (body.size > this.session.limit) {
      this.fault(`This file is too large for the page (${Math.round(this.session.limit / 2 ** 20)} MB). Use the command: enrich review`);
      return;
    }
    this.fault("");
    try {
      body = new Blob([await body.arrayBuffer()]); // what is reviewed is what comes back, whatever becomes of the file meanwhile
    } catch {
      this.fault("The file cannot be read; choose it again.");
      return;
    }
    this.body = body;
    const name = this.file?.name ?? "pasted records";
    const query = new URLSearchParams({ policy: $("#policy").value });
    const options = { method: "POST", body, headers: { "Content-Type": "application/octet-stream", Accept: "application/x-ndjson" } };
    try {
      await this.open(name, `${this.session.rows}?${query}`, options);
    } catch (error) {
      this.fault(this.remedy(error));
      $("#start").focus();
    }
  }

  remedy(error) {
    if (error.status === 401) return "This service wants an access token; write it into its field.";
    if (error.status === 413) return "This is too large for the page. Use the command: enrich review";
    if (error.status === 429) return "The service is busy. Wait a minute and try again.";
    if (error.status === 503) return `Nobody could be asked just now; try again in a minute. (${error.message})`;
    return error.body?.code === "unreadable" ? `${error.body.title}: ${error.message}.` : error.message;
  }

  // Why there is nothing to show of a DOI.
  absence(error) {
    const { code, doi } = error.body ?? {};
    if (code === "not-found") return "The agencies know no such DOI. Look for an O in the place of a 0, or a lost end.";
    if (code === "elsewhere") return ["The DOI is ", error.message, "; its own page: ", doiLink(doi)];
    return this.remedy(error);
  }

  async resolve() {
    const doi = $("#doi").value.trim().replace(/^(?:doi:\s*|https?:\/\/(?:dx\.)?doi\.org\/)/i, "");
    if (!doi) {
      fill($("#found"), h("p.empty", {}, "Write a DOI first, such as 10.1038/nature14539."));
      return;
    }
    fill($("#found"), h("p.empty", {}, "Looking up …"));
    try {
      const path = `works/%20${encodeURIComponent(doi)}`; // the space, which nobody reads, keeps "..", which is no DOI, from being an address
      const item = await (await ask(path, { headers: { Accept: "application/vnd.citationstyles.csl+json" } })).json();
      const work = Array.isArray(item) ? item[0] ?? {} : item;
      const fields = ORDER.filter((field) => work[field] !== undefined && work[field] !== null);
      fill($("#found"), h("dl.work", {}, fields.map((field) => [h("dt", {}, label(field)), h("dd", {}, field === "DOI" ? doiLink(work.DOI) : h("bdi", {}, toText(work[field])))])));
    } catch (error) {
      fill($("#found"), h("p.fault", {}, this.absence(error)));
    }
  }

  // The library with what was decided, in a format of choice.
  finish(store, counts, decided, openDialog, showFaults, told) {
    const formats = this.session.formats.map((format) => h("option", { value: format.name, "data-extension": format.extension }, format.label));
    const select = h("select", { id: "format" }, h("option", { value: "" }, "as it came"), formats);
    const close = () => $("#dialog").close();
    openDialog("Download the library", h("p", {}, decided),
      counts.written ? null : h("p.hint", {}, "Nothing is accepted yet, so the records stay as they are; another format can be had nonetheless."),
      h("label.choice", {}, "Format", select),
      h("div.actions", {}, h("button.primary", { id: "download", onclick: async (event) => {
        event.target.disabled = true;
        fill(event.target, "Writing …");
        try {
          const lost = await this.download(store, select);
          told(`${counted(counts.written, "change")} written; the download has begun.${lost ? ` This format has no place for ${counted(lost, "value")}, which were left out.` : ""}`);
        } catch (error) {
          showFaults(error);
        }
        close();
      } }, "Download"), h("button.quiet", { onclick: close }, "Cancel")));
  }

  async download(store, select) {
    const library = await encoded(this.body);
    const answer = await ask("apply", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ library, to: select.value || null, decisions: values(store) }),
    });
    const extension = select.selectedOptions[0].dataset.extension;
    const stem = (this.file?.name ?? "library").replace(/\.[^.]*$/, "");
    const own = this.file?.name.match(/\.[^.]*$/)?.[0] ?? answer.headers.get("X-Extension") ?? ".txt";
    const url = URL.createObjectURL(await answer.blob());
    h("a", { href: url, download: `${stem}-clean${extension ?? own}` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    return Number(answer.headers.get("X-Lost") ?? 0);
  }
}

const sized = (bytes) => (!bytes ? "empty" : bytes < 1000 ? counted(bytes, "byte") : `${Math.round(bytes / 1000).toLocaleString("en")} kB`);

// What each record gets: [{record, fields: {field: value}}]; the server keeps nothing, so the values go along.
function values(store) {
  return store.records.map((record) => {
    const fields = {};
    for (const [field, { choice, value }] of store.decisions.get(record.index) ?? []) {
      const item = record.items.find((each) => each.field === field);
      if (choice === "edit") fields[field] = value;
      else if (choice === "accept" && item) {
        fields[field] = item.proposed;
        for (const also of item.also ?? []) fields[also] = record.changes.find((change) => change.field === also)?.after ?? null;
      }
    }
    return { record: record.index, fields };
  }).filter(({ fields }) => Object.keys(fields).length);
}

function encoded(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Error("The file cannot be read; choose it again."));
    reader.readAsDataURL(blob);
  });
}
