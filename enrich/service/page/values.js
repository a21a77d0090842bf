// A field's value, of CSL-JSON's shape, as text to read and to edit; and back.

export const NAMES = new Set(["author", "editor", "translator", "collection-editor"]);
const DATES = new Set(["issued", "accessed"]);
export const LONG = new Set(["abstract", "note", "title", ...NAMES]);
const LABELS = {
  "container-title": "journal or book", "container-title-short": "journal, short", "collection-title": "series",
  "event-title": "event", "issued": "date", "page": "pages", "publisher-place": "place", "number-of-pages": "number of pages",
  "number-of-volumes": "number of volumes", "title-short": "short title", "original-title": "original title",
  "collection-editor": "series editor", "call-number": "call number", "license": "licence", "keyword": "keywords",
};

export const label = (field) => LABELS[field] ?? field.replaceAll("-", " ");

export function hint(field) {
  if (NAMES.has(field)) return "One name on each line: Family, Given. A body stands as it is.";
  if (DATES.has(field)) return "2012, 2012-03 or 2012-03-14";
  if (["ISSN", "ISBN", "keyword"].includes(field)) return "Several are parted by commas.";
  return field === "type" ? "A type of CSL: article-journal, book, chapter, thesis ..." : "";
}

export function nameText(name) {
  if (typeof name === "string") return name;
  if (!name || typeof name !== "object") return String(name ?? "");
  if (name.literal) return String(name.literal);
  const family = [name["non-dropping-particle"], name.family].filter(Boolean).join(" ");
  const given = [name.given, name["dropping-particle"]].filter(Boolean).join(" ");
  return [family, given, name.suffix].filter(Boolean).join(", ");
}

function dateText(date) {
  const parts = Array.isArray(date["date-parts"]) ? date["date-parts"][0] : null;
  const day = Array.isArray(parts) ? parts.map((part, place) => String(part).padStart(place ? 2 : 4, "0")).join("-") : "";
  const season = date.season ? ["", "spring", "summer", "autumn", "winter"][date.season] ?? "" : "";
  return [season, day].filter(Boolean).join(" ") || String(date.literal ?? "");
}

export function toText(value, separator = "; ") {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(nameText).join(separator);
  if (typeof value === "object") return "date-parts" in value || "literal" in value ? dateText(value) : nameText(value);
  return String(value);
}

// `known` are values the field had or was offered: a name written as there keeps its ORCID.
export function fromText(field, text, known = []) {
  const bare = text.trim();
  if (!bare) return null;
  if (NAMES.has(field)) {
    const names = new Map(known.flatMap((value) => (Array.isArray(value) ? value : [])).map((name) => [nameText(name), name]));
    return bare.split("\n").map((line) => line.trim()).filter(Boolean).map((line) => names.get(line) ?? nameFrom(line));
  }
  if (DATES.has(field)) {
    const same = known.find((value) => value && toText(value) === bare);
    return same ?? (/^\d{4}(-\d{1,2}(-\d{1,2})?)?$/.test(bare) ? { "date-parts": [bare.split("-").map(Number)] } : { literal: bare });
  }
  return bare;
}

function nameFrom(line) {
  const [family, given, suffix] = line.split(",").map((part) => part.trim());
  if (!given) return { literal: line };
  return suffix ? { family, given, suffix } : { family, given };
}
