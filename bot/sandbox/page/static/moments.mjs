// Moments are shown in the time zone of who one is, after Slack's date patterns, and kept ticking.

const DAY = 86_400_000;
const UNITS = [["year", 365 * DAY], ["month", 30 * DAY], ["day", DAY], ["hour", 3_600_000], ["minute", 60_000]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });

const timeZone = document.body.dataset.zone;

function formatted(moment, options, language = "en") {
  return new Intl.DateTimeFormat(language, { timeZone, ...options }).format(moment);
}

function dateNumber(moment) {
  return formatted(moment, { year: "numeric", month: "2-digit", day: "2-digit" }, "en-CA");
}

function nearDay(moment) {
  const days = Math.round((Date.parse(dateNumber(moment)) - Date.parse(dateNumber(new Date()))) / DAY);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days];
}

function ago(moment) {
  const distance = moment - Date.now();
  const [unit, length] = UNITS.find(([, size]) => Math.abs(distance) >= size) ?? [];
  if (unit) return relative.format(Math.trunc(distance / length), unit);
  return Math.abs(distance) < 10_000 ? "just now" : relative.format(Math.trunc(distance / 1000), "second");
}

const PLAIN = {
  date_num: dateNumber,
  date: (moment) => formatted(moment, { month: "long", day: "numeric", year: "numeric" }),
  date_short: (moment) => formatted(moment, { month: "short", day: "numeric", year: "numeric" }),
  date_long: (moment) => formatted(moment, { weekday: "long", month: "long", day: "numeric", year: "numeric" }),
  time: (moment) => formatted(moment, { hour: "numeric", minute: "2-digit" }),
  time_secs: (moment) => formatted(moment, { hour: "numeric", minute: "2-digit", second: "2-digit" }),
  ago,
};

function shown(moment, pattern, at) {
  const text = pattern.replace(/\{(\w+)\}/g, (whole, token) => {
    const name = token.replace(/_pretty$/, "");
    if (!PLAIN[name]) return whole;
    return (name !== token && nearDay(moment)) || PLAIN[name](moment);
  });
  if (at === "gutter") return text.replace(/\s[AP]M$/, "");
  return at === "start" ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

export function showMoments() {
  for (const element of document.querySelectorAll("time[data-pattern]")) {
    const moment = new Date(element.dateTime);
    const at = element.closest(".day-line") ? "start" : element.closest(".gutter") ? "gutter" : "";
    const text = shown(moment, element.dataset.pattern, at);
    if (element.textContent !== text) element.textContent = text;
  }
}

export function keepTicking() {
  setInterval(showMoments, 1000);
}
