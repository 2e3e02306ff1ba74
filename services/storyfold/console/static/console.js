// Keeps the page current: asks three times /api, changes only what differs, and rests while nobody looks.
// Titles and messages come from other people's servers: they are only ever set as text, and links only to http(s).
"use strict";

const EVERY_MS = 2000;
const byId = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en");
const plural = (count, one, many) => `${number.format(count)} ${count === 1 ? one : many}`;
let skew = 0; // server's clock minus this one's, so that ages are right on a machine whose clock is not

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setClass(node, name) {
  if (node.className !== name) node.className = name;
}

function age(iso) {
  const seconds = Math.round((Date.now() + skew - Date.parse(iso)) / 1000);
  const [size, ahead] = [Math.abs(seconds), seconds < 0];
  if (size < 1) return "just now";
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const [unit, name] = units.find(([unit]) => size >= unit);
  const text = `${Math.floor(size / unit)} ${name}`;
  return ahead ? `in ${text}` : `${text} ago`;
}

function moment(iso) {
  return new Date(iso).toLocaleString([], { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
}

// One row a key, in order; rows that stay keep their node, so that nothing flickers and what is open stays open.
function syncRows(list, items, template, fill) {
  const rows = new Map([...list.children].map((row) => [row.dataset.key, row]));
  const first = rows.size === 0;
  let previous = null;
  for (const item of items) {
    let row = rows.get(item.id);
    rows.delete(item.id);
    if (!row) {
      row = byId(template).content.firstElementChild.cloneNode(true);
      row.dataset.key = item.id;
      row.querySelector("details")?.addEventListener("toggle", () => fillStory(row));
      if (!first) row.classList.add("fresh");
    }
    fill(row, item);
    const place = previous ? previous.nextElementSibling : list.firstElementChild;
    if (place !== row) list.insertBefore(row, place);
    previous = row;
  }
  for (const row of rows.values()) row.remove();
}

function fillEvent(row, event) {
  if (row.dataset.version && row.dataset.version !== String(event.version)) {
    row.classList.remove("fresh");
    void row.offsetWidth; // restarts the animation
    row.classList.add("fresh");
  }
  row.dataset.version = event.version;
  setText(row.querySelector(".title"), event.title);
  const status = row.querySelector(".status");
  setText(status, event.status);
  setClass(status, `badge status ${event.status}`);
  setText(row.querySelector(".count"),
    `${plural(event.articles, "article", "articles")} from ${plural(event.publishers, "publisher", "publishers")}`);
  const one = event.first_published_at === event.last_published_at;
  setText(row.querySelector(".span"),
    one ? moment(event.first_published_at) : `${moment(event.first_published_at)} – ${moment(event.last_published_at)}`);
  const latest = event.latest;
  setText(row.querySelector(".latest"), latest
    ? `v${event.version}, ${age(latest.published_at)}: ${latest.kind} by ${latest.publisher}` +
      (latest.headline === event.title ? "" : `, “${latest.headline}”`)
    : `v${event.version}`);
  const articles = event.newest_articles.map((article) => ({ ...article, id: article.url }));
  syncRows(row.querySelector(".articles"), articles, "article-row", fillArticle);
  const more = event.articles - articles.length;
  fillStory(row);
  setText(row.querySelector(".id"), (more > 0 ? `and ${plural(more, "more article", "more articles")} · ` : "") + event.id);
}

// What an event knows is asked for when a person opens it, and again when it has moved on.
async function fillStory(row) {
  const key = `${row.dataset.key} ${row.dataset.version}`;
  if (!row.querySelector("details").open || row.dataset.told === key) return;
  row.dataset.told = key;
  try {
    showStory(row.querySelector(".story"), await ask(`/api/events/${row.dataset.key}`));
  } catch (error) {
    row.dataset.told = "";
  }
}

function showStory(list, story) {
  const day = (iso) => new Date(iso).toLocaleDateString([], { weekday: "short", month: "short", day: "numeric" });
  const by = (source) => (source ? ` (${source.publisher})` : "");
  const when = story.occurred;
  const rows = [
    ["What", story.summary.map((each) => each.text + by(each.source))],
    ["When", when ? [(day(when.start) === day(when.end) ? day(when.start) : `${day(when.start)} – ${day(when.end)}`) + `, from “${when.evidence}”`] : []],
    ["Where", story.places.map((place) => place.name + (place.country ? `, ${place.country}` : "")), "tags"],
    ["Who", story.actors.slice(0, 12).map((actor) => actor.name + (actor.kind ? ` · ${actor.kind}` : "")), "tags"],
    ["Figures", story.figures.slice(-8).map((each) => `${number.format(each.value)} ${each.what}, ${moment(each.at)}${by(each.source)}`)],
    ["Said", story.quotes.slice(-4).map((quote) => `“${quote.text}”${quote.speaker ? ` – ${quote.speaker}` : ""}`)],
    ["Rests on", story.cited_sources, "tags"],
    ["Told by", [`${plural(story.independent_publishers, "publisher", "publishers")} in own words; ${plural(story.reports, "report", "reports")}, ${plural(story.duplicates, "copy", "copies")}`]],
    ["Changes", story.steps.slice(0, 10).map((step) => `v${step.version} ${step.kind}, ${moment(step.at)}${by(step.source)}${step.evidence.length ? ` – ${step.evidence.join("; ")}` : ""}`)],
  ];
  list.replaceChildren(...rows.filter(([, texts]) => texts.length).flatMap(([name, texts, look]) => {
    const term = document.createElement("dt");
    term.textContent = name;
    const facts = document.createElement("dd");
    facts.className = look || "lines";
    facts.append(...texts.map((text) => Object.assign(document.createElement("span"), { textContent: text })));
    return [term, facts];
  }));
  list.hidden = false;
}

function fillArticle(row, article) {
  const kind = row.querySelector(".kind");
  setText(kind, article.kind);
  setClass(kind, `badge kind ${article.kind}`);
  const link = row.querySelector("a");
  setText(link, article.headline || article.url);
  if (/^https?:\/\//i.test(article.url) && link.href !== article.url) link.href = article.url;
  setText(row.querySelector(".note"), `${article.publisher}, ${age(article.published_at)}`);
}

function fillFeed(row, feed) {
  setClass(row.querySelector(".light"), `light ${feed.health}`);
  row.querySelector(".light").title = feed.health;
  setText(row.querySelector(".name"), feed.title || feed.url);
  row.title = feed.url;
  const facts = [feed.outcome ? `${feed.outcome} ${age(feed.last_poll_at)}` : "not polled yet"];
  if (feed.failures) {
    facts.push(`${plural(feed.failures, "failure", "failures")} in a row`);
    facts.push(feed.last_success_at ? `last success ${age(feed.last_success_at)}` : "no success yet");
  }
  const due = Date.parse(feed.next_poll_at) <= Date.now() + skew;
  facts.push(due ? "next poll due" : `next poll ${age(feed.next_poll_at)}`);
  setText(row.querySelector(".when"), facts.join(" · "));
  setText(row.querySelector(".message"), feed.message || "");
}

function showEvents({ events }) {
  byId("no-events").hidden = events.length > 0;
  syncRows(byId("events"), events, "event-row", fillEvent);
}

function showFeeds(view) {
  setText(byId("feeds_ok"), `${number.format(view.ok)} / ${number.format(view.total)}`);
  const notes = ["healthy"];
  for (const state of ["failing", "new", "retired"]) if (view[state]) notes.push(`${number.format(view[state])} ${state}`);
  setText(byId("feeds_note"), notes.join(", "));
  byId("no-feeds").hidden = view.total > 0;
  syncRows(byId("feeds"), view.feeds, "feed-row", fillFeed);
  const more = view.total - view.feeds.length;
  byId("more-feeds").hidden = more <= 0;
  setText(byId("more-feeds"), `and ${plural(more, "more feed", "more feeds")}: storyfold feeds list`);
}

function showStatus(status) {
  skew = Date.parse(status.now) - Date.now();
  for (const name of ["taken_up", "done", "rejected", "waiting"]) setText(byId(name), number.format(status.ledger[name]));
  setText(byId("balance"), status.ledger.balanced ? "reconciles" : "does not reconcile: a defect, please report it");
  setClass(byId("balance"), `verdict ${status.ledger.balanced ? "good" : "bad"}`);
  setText(byId("outbox"), number.format(status.outbox.rows));
  setText(byId("outbox_age"), status.outbox.rows ? `not on Kafka yet, oldest ${age(status.outbox.oldest_at)}` : "all records are on Kafka");
  setText(byId("broker"), status.broker);
  byId("embedded").hidden = !status.embedded;
  setText(byId("version"), status.version);
  setText(byId("uptime"), `started ${age(status.started_at)}, runs ${status.roles.join(", ")}`);
  const list = byId("checks");
  const checks = status.checks.map((check) => ({ ...check, id: check.name }));
  while (list.children.length > checks.length) list.lastElementChild.remove();
  checks.forEach((check, index) => {
    const row = list.children[index] || list.appendChild(checkRow());
    setClass(row.firstElementChild, `light ${check.ok ? "ok" : "failing"}`);
    setText(row.lastElementChild, check.ok ? check.name : `${check.name}: ${check.detail}`);
  });
}

function checkRow() {
  const row = document.createElement("li");
  row.append(document.createElement("span"), document.createElement("span"));
  return row;
}

async function ask(path) {
  const response = await fetch(path, { signal: AbortSignal.timeout(10000) });
  const body = await response.json();
  if (!response.ok) throw new Error(body.trouble || `${path} answers ${response.status}`);
  return body;
}

async function refresh() {
  try {
    const [status, events, feeds] = await Promise.all([ask("/api/status"), ask("/api/events"), ask("/api/feeds")]);
    showStatus(status);
    showEvents(events);
    showFeeds(feeds);
    const ready = status.checks.every((check) => check.ok);
    setClass(byId("light"), `light ${ready ? "ok" : "failing"}`);
    setText(byId("live"), ready ? "live" : "live, not ready");
    byId("alarm").hidden = true;
  } catch (error) {
    setClass(byId("light"), "light failing");
    setText(byId("live"), "not current");
    const gone = error instanceof TypeError || error.name === "TimeoutError";
    setText(byId("alarm"), gone ? "storyfold does not answer. This page shows what it last said and keeps asking." : error.message);
    byId("alarm").hidden = false;
  }
}

let timer = null;
let opened = false;
async function round() {
  clearTimeout(timer);
  timer = null;
  if (document.hidden) return setText(byId("live"), "paused");
  await refresh();
  if (!opened && location.hash) openNamed();
  opened = true;
  if (timer === null) timer = setTimeout(round, EVERY_MS);
}
// A link to #ID opens that event.
function openNamed() {
  const row = [...byId("events").children].find((each) => each.dataset.key === location.hash.slice(1));
  if (row) {
    row.querySelector("details").open = true;
    row.scrollIntoView();
  }
}
window.addEventListener("hashchange", openNamed);
document.addEventListener("visibilitychange", () => { if (!document.hidden) round(); });
round();
