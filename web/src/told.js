// Years, lengths, countries and kinds of names in the language that is spoken.
import { language, t } from "./words.js";

const EXACT = new Set(["day", "month", "season", "year"]); // The year itself is sure.
const OPEN = { open_start: "or_earlier", open_end: "or_later" };
const OVER = new Set(["disused", "decommissioned", "unknown"]); // Not "since": it need not go on.
const LANGUAGE = /^[a-z]{2,3}$/;
const KINDS = new Set(["alt", "old", "official", "short"]);

/** When a site began and ended, each as exact as it is; null is not known. */
export function years(start, end, precision, endPrecision, status) {
  if (start === null && end === null) return null;
  if (start === null) return loosened(t("until", { n: opened(year(end), endPrecision) }), endPrecision);
  if (end !== null) return `${moment(start, precision)} – ${moment(end, endPrecision)}`;
  const begun = opened(year(start), precision);
  const goesOn = !OVER.has(status) && start <= new Date().getFullYear(); // Nothing is so "since 2035" yet.
  return loosened(goesOn ? t("since", { n: begun }) : `${begun} – ?`, precision);
}

/** The year of one event, and how exact it is. */
export function moment(value, precision) {
  return loosened(opened(year(value), precision), precision);
}

function opened(text, precision) {
  return Object.hasOwn(OPEN, precision) ? t(OPEN[precision], { n: text }) : text;
}

function loosened(said, precision) {
  const exact = precision === null || EXACT.has(precision) || Object.hasOwn(OPEN, precision);
  return exact ? said : `${said} (${t("exact_to", { n: t(`precision_${precision}`) })})`;
}

function year(value) {
  return value < 0 ? `${-value} ${t("bc")}` : String(value);
}

/** An accuracy in the digits that it is good for, rounded up: less would promise too much. */
export function accuracy(meters) {
  const step = meters <= 10 ? 0.1 : meters <= 1000 ? 1 : meters <= 10_000 ? 10 : 100;
  const rounded = Math.ceil(meters / step - 1e-6) * step;
  const [number, unit] = rounded >= 1000 ? [rounded / 1000, "km"] : [rounded, "m"];
  return `${new Intl.NumberFormat(language(), { useGrouping: false }).format(number)} ${unit}`;
}

/** A country by its name, its code where the browser knows none. */
export function country(code) {
  return named("region", code, /^[A-Z]{2}$/);
}

/** What a name is: of "de" German, of "old_2" an earlier one; nothing of a second name in no language. */
export function kindOfName(key) {
  const [kind] = key.replace(/^name(?![a-z])[:_]?/, "").split(/[_-]?\d+$/);
  return KINDS.has(kind) ? t(`name_${kind}`) : named("language", kind, LANGUAGE);
}

/** The language of a name, null where its key tells none. */
export function languageOfName(key) {
  const code = key.replace(/^name[:_]/, "");
  if (!LANGUAGE.test(code) || KINDS.has(code)) return null;
  // A screen reader that is told of a language that there is none of may say nothing.
  return new Intl.DisplayNames(["en"], { type: "language", fallback: "none" }).of(code) ? code : null;
}

function named(type, code, pattern) {
  if (!pattern.test(code)) return code;
  try {
    return new Intl.DisplayNames([language()], { type }).of(code) ?? code;
  } catch {
    return code;
  }
}
