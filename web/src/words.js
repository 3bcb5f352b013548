// The languages of the page: its own words, and the labels of values (inducult_geo/publish/pagewords.py writes them).

let languages = { en: { name: "English", words: {}, values: {} } };
let chosen = "en";

/** Take the words of the page, and the first language of the reader that it has. */
export function learn(told) {
  languages = told;
  const wished = navigator.languages ?? [navigator.language];
  chosen = wished.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in languages) ?? "en";
}

/** Code and own name of each language. */
export function known() {
  return Object.entries(languages).map(([code, { name }]) => [code, name]);
}

export function language() {
  return chosen;
}

/** Speak another language; false where the page does not know it. */
export function speak(code) {
  if (!Object.hasOwn(languages, code)) return false;
  chosen = code;
  return true;
}

/** A word of the page, English where the language has none; `{n}` and the like are filled in. */
export function t(key, values = {}) {
  const text = languages[chosen].words[key] ?? languages.en.words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** The labels of a value in all languages of the page, `english` among them. */
export function labels(column, value, english) {
  const told = Object.values(languages).map(({ values }) => values[column]).filter((words) => words && Object.hasOwn(words, value));
  return [english, ...told.map((words) => words[value])];
}

/** The label of a value, `english` where the language has no other. */
export function label(column, value, english) {
  const told = languages[chosen].values[column];
  return told && Object.hasOwn(told, value) ? told[value] : english;
}
