// [data-segment-counter]: counts a text as the server does (one encoding for all parts, no character cut in two).
const LIMITS = { "GSM-7": [160, 153], Unicode: [70, 67] };
let tables;

function load(url) {
  tables ??= fetch(url).then((response) => response.json()).then(({ basic, extension }) => {
    const cost = new Map([...basic].map((character) => [character, 1]));
    for (const character of extension) cost.set(character, 2);
    return cost;
  });
  return tables;
}

export function segment(raw, gsm) {
  const text = raw.normalize("NFC").replace(/\r\n?/g, "\n");
  const characters = [...text];
  const foreign = [...new Set(characters.filter((character) => !gsm.has(character)))];
  const encoding = foreign.length ? "Unicode" : "GSM-7";
  const costs = characters.map((character) => (foreign.length ? character.length : gsm.get(character)));
  const units = costs.reduce((sum, cost) => sum + cost, 0);
  const [single, limit] = LIMITS[encoding];
  if (units <= single) return { characters: characters.length, encoding, foreign, units, parts: [units], room: single - units };
  // A character of two units may leave a hole of one, so the parts are filled, not divided.
  const parts = [0];
  for (const cost of costs) {
    if (parts.at(-1) + cost > limit) parts.push(0);
    parts[parts.length - 1] += cost;
  }
  return { characters: characters.length, encoding, foreign, units, parts, room: limit - parts.at(-1) };
}

function named(character) {
  const code = `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  // A letter speaks for itself; of a quote or a dash one must say which, and a blank shows nothing.
  if (/\p{L}|\p{Extended_Pictographic}/u.test(character)) return `“${character}”`;
  return /\s|\p{C}|\p{M}/u.test(character) ? code : `“${character}” (${code})`;
}

function explain(foreign) {
  const more = foreign.length - 3;
  const list = foreign.slice(0, 3).map(named).join(", ");
  const verb = foreign.length === 1 ? "makes" : "make";
  return `${list}${more > 0 ? ` and ${more} more` : ""} ${verb} this Unicode: 70 in one segment, not 160`;
}

function show(counter, result) {
  const put = (name, value) => {
    const place = counter.querySelector(`[data-counter="${name}"]`);
    if (place) place.textContent = value;
  };
  const count = result.parts.length;
  put("characters", result.characters);
  put("segments", count);
  put("segments-word", count === 1 ? "segment" : "segments");
  put("encoding", result.encoding);
  put("room-left", `${result.room} left in ${count === 1 ? "this one" : "the last"}`);
  counter.querySelector('[data-counter="foreign"]').hidden = !result.foreign.length;
  if (result.foreign.length) put("foreign-text", explain(result.foreign));
  const { priceMicros, currency } = counter.dataset;
  if (priceMicros) {
    const money = new Intl.NumberFormat("en-IN", { style: "currency", currency, maximumFractionDigits: 4 });
    put("cost", money.format((count * Number(priceMicros)) / 1e6));
  }
}

async function bind(counter) {
  const source = document.getElementById(counter.dataset.source);
  const gsm = await load(counter.dataset.table);
  const update = () => show(counter, segment(source.value ?? source.textContent, gsm));
  source.addEventListener("input", update);
  source.addEventListener("dakiya:text", update);
  update();
  counter.dataset.ready = "";
}

document.addEventListener("htmx:load", (event) => {
  for (const counter of event.detail.elt.querySelectorAll("[data-segment-counter]")) {
    if (!counter.dataset.bound) bind(counter);
    counter.dataset.bound = "yes";
  }
});
