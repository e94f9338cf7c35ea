// The script of the simulator's page. Once a second it asks the control path's route watch for
// everything that the page shows, and its forms post to the routes that curl posts to. Names and
// tags come from users, so text gets into the page as text only, never as markup.

const controlPath = "/_kecsim/";
const id = (name) => document.getElementById(name);

// shown is what the user has chosen to see; the type is the first one of the market until then.
const shown = { type: "", hours: 6 };

// ---- Asking and steering

// send calls a route. It returns the answer, or throws the simulator's own words for a refusal.
async function send(method, route, body) {
  const response = await fetch(controlPath + route, { method, body: body && JSON.stringify(body), cache: "no-store" });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

let asked = 0; // numbers the questions, so that an answer that comes late does not replace a newer one

// refresh shows the world as it is now.
async function refresh() {
  const mine = ++asked;
  try {
    const world = await send("GET", "watch/" + encodeURIComponent(shown.type));
    if (mine === asked) show(world);
  } catch (problem) {
    if (mine === asked) put(id("live"), "no answer: " + problem.message, "bad");
    console.error(problem);
  }
}

let steered = Promise.resolve(); // settles when all that was steered so far has its answer

// steer posts to a route and says what came of it, then shows the world after it. One thing is
// steered after the other, so that the world and the page end with what was asked for last. It
// returns whether the simulator has done it.
function steer(route, body, done) {
  return (steered = steered.then(async () => {
    let problem = null;
    await send("POST", route, body).catch((refusal) => (problem = refusal));
    put(id("result"), problem ? problem.message : done, problem ? "bad" : "good");
    await refresh();
    return !problem;
  }));
}

// ---- Elements

// make is a new element with attributes.
function make(tag, attributes = {}, text = "") {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}

// button is a new button that does something.
function button(text, label, act) {
  const element = make("button", { type: "button", "aria-label": label }, text);
  element.addEventListener("click", act);
  return element;
}

// put sets an element's text and mood. It leaves an unchanged one alone, so that a selection stays
// and a screen reader says nothing twice.
function put(element, text, mood = "") {
  if (element.textContent !== String(text)) element.textContent = text;
  if ((element.dataset.mood ?? "") !== mood) element.dataset.mood = mood;
}

// list shows items as children of parent. The child of a key stays the same element as long as
// there is an item of that key, so that focus and half-typed input survive a refresh.
function list(parent, items, key, create, update) {
  const focused = document.activeElement;
  const keys = new Set(items.map(key));
  for (const child of [...parent.children]) if (!keys.has(child.dataset.key)) child.remove();
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let next = parent.firstElementChild;
  for (const item of items) {
    const child = old.get(key(item)) ?? create(item);
    child.dataset.key = key(item);
    update(child, item);
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
  if (focused === document.activeElement) return;
  // What had the focus was moved, or has gone with its row: then its table's heading takes over, so
  // that the next Tab does not begin at the top of the page.
  const heir = focused.isConnected ? focused : parent.closest("section").querySelector("h2");
  heir.focus({ preventScroll: true });
}

// table shows items as rows. A cell is a text, or a list of text, smaller text and mood. Rows with
// buttons have them in the last column.
function table(name, items, key, cells, buttons) {
  const labels = [...id(name).tHead.rows[0].cells].map((cell) => cell.textContent);
  const create = (item) => {
    const row = make("tr", { role: "row" });
    for (const label of labels) {
      const cell = make("td", { role: "cell", "data-label": label });
      const inner = make("div");
      if (buttons && label === labels.at(-1)) inner.append(...buttons(item));
      else inner.append(make("span"), make("small"));
      cell.append(inner);
      row.append(cell);
    }
    return row;
  };
  list(id(name).tBodies[0], items, key, create, (row, item) => {
    cells(item).forEach((cell, i) => {
      const [text, more = "", mood = ""] = [cell].flat();
      const [large, small] = row.cells[i].firstElementChild.children;
      put(large, text, mood);
      put(small, more);
    });
  });
}

// options offers texts in a select element.
function options(select, texts) {
  list(select, texts, (text) => text, (text) => make("option", { value: text }, text), () => {});
}

// ---- Times

const clock = (time) => time.slice(11, 19);
const moment = (time) => time.slice(0, 10) + " " + clock(time);

// span writes a length of time: 9:05, or 1:09:05 with hours. Times of the past are 0:00.
function span(from, to) {
  const seconds = Math.max(0, Math.ceil((Date.parse(to) - Date.parse(from)) / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

// ---- What is shown of the world

function show(world) {
  put(id("live"), "live", "good");
  put(id("now"), moment(world.now));
  put(id("quota"), `${world.used} of ${world.quota}`);
  put(id("balance"), world.balance);
  showMachines(world);
  showOffers(world);
  showMarkets(world);
  showFaults(world);
  showOrders(world);
  showRequests(world);
  if (world.type === "" && shown.type !== "") refresh();
}

const moods = { active: "good", error: "bad", stopped: "" };

function showMachines({ now, instances, instanceCount }) {
  put(id("machines-note"), instanceCount === 0 ? "There is no machine yet."
    : instances.length < instanceCount ? `${instances.length} of ${instanceCount}: those to be released first, then the latest` : "");
  const release = (machine) => {
    if (machine.recyclingTime) return [`in ${span(now, machine.recyclingTime)}`, `by the system at ${clock(machine.recyclingTime)}`, "bad"];
    if (machine.autoDeleteTime) return [`in ${span(now, machine.autoDeleteTime)}`, `by its timer at ${moment(machine.autoDeleteTime)}`, "warn"];
    return "–";
  };
  const protectedHour = ({ protectedUntil: until }) => !until ? "–" : until > now ? [`${span(now, until)} left`, `until ${clock(until)}`] : "over";
  table("machines", instances, (machine) => machine.id, (machine) => [
    [machine.name, machine.id],
    [machine.type, machine.zone],
    [machine.chargeType, machine.spotPriceLimit ? `bid ${machine.spotPriceLimit}` : machine.chargeType === "Spot" ? "no limit" : ""],
    [machine.state, machine.failReason, moods[machine.state] ?? "warn"],
    protectedHour(machine),
    release(machine),
    machine.fleet ?? "–",
  ], (machine) => [
    button("Reclaim", `Reclaim ${machine.name}: released in ten minutes`, () =>
      steer("reclaim", { id: machine.id }, `${machine.name} will be released in ten minutes`)),
    button("Release", `Release ${machine.name} now`, () => steer("release", { id: machine.id }, `${machine.name} is released`)),
  ]);
}

// showOffers shows every type and zone with price and stock. A type's button shows its charts.
function showOffers({ offers }) {
  const zones = [...new Set(offers.map((offer) => offer.zone))];
  const types = [...new Set(offers.map((offer) => offer.type))];
  shown.type ||= types[0] ?? "";
  const same = (text) => text;
  list(id("offers").tHead.rows[0], ["Type", ...zones], same, () => make("th", { scope: "col" }), put);
  list(id("offers").tBodies[0], types, same, (type) => {
    const row = make("tr");
    const head = make("th", { scope: "row" });
    head.append(button(type, `Show the prices of ${type}`, () => {
      shown.type = type;
      refresh();
    }));
    row.append(head, ...zones.map(() => make("td")));
    return row;
  }, (row, type) => {
    row.querySelector("button").setAttribute("aria-pressed", type === shown.type);
    zones.forEach((zone, i) => {
      const offer = offers.find((o) => o.type === type && o.zone === zone);
      const price = offer?.offered ? offer.spot : "no spot";
      put(row.cells[i + 1], !offer ? "–" : offer.stock > 0 ? `${price} · ${offer.stock}` : `${price} · sold out`, offer?.stock > 0 ? "" : "bad");
    });
  });
}

function showFaults({ faults, faultNames, actions }) {
  options(id("fault").elements.action, ["*", ...actions]);
  options(id("fault").elements.name, faultNames);
  put(id("faults-note"), faults.length === 0 ? "None is left: every request gets its own answer." : "");
  list(id("faults"), faults.map((fault, i) => ({ ...fault, key: String(i) })), (fault) => fault.key, () => make("li"), (item, fault) => {
    const many = fault.share ? `a share of ${fault.share}` : `the next ${fault.left}`;
    put(item, `${fault.action}: ${many} with ${fault.name ?? `${fault.status ?? ""} ${fault.code ?? ""}`.trim()}`);
  });
}

function showOrders({ orders, orderCount }) {
  put(id("orders-note"), orderCount === 0 ? "There is no order yet." : `${orderCount} in all, the latest first`);
  table("orders", orders, (line) => line.subOrderID, (line) => [
    [line.orderID, [line.createdAt && moment(line.createdAt), line.status].filter(Boolean).join(", ")],
    [line.product, `${line.price} CNY`],
    [line.service, line.endedAt ? `ended ${moment(line.endedAt)}` : line.instanceID, { opened: "good", creating: "warn" }[line.service] ?? "bad"],
    line.cause ?? "–",
  ]);
}

function showRequests({ requests }) {
  put(id("requests-note"), requests.length === 0 ? "Nothing was asked of the API yet." : "the latest first; those alike are one line");
  table("requests", requests, (line) => line.firstID, (line) => [
    clock(line.at),
    [line.action || "(none)", [line.service, line.times > 1 && `${line.times} times`].filter(Boolean).join(", ")],
    [line.status || "no answer", line.code, line.status === 200 ? "good" : "bad"],
  ]);
}

// ---- The charts

// The plot of a chart, in the units of its viewBox.
const plot = { left: 54, right: 350, top: 10, bottom: 148 };

// scaleOf finds the prices that the charts of a type span, the same for all its zones: all prices
// and bids in sight, and a round step between the lines of the grid.
function scaleOf(markets, from) {
  const values = markets.flatMap((market) => [...stepsOf(market, from).map((step) => step.price), ...market.bids.map((bid) => Number(bid.limit))]);
  if (values.length === 0) return null;
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const rough = Math.max(highest - lowest, highest / 20, 0.0001) / 4;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * [1, 2, 5, 10].find((n) => n * unit >= rough);
  const low = Math.max(0, Math.floor(lowest / step - 0.5) * step);
  return { low, high: Math.ceil(highest / step + 0.5) * step, step };
}

// stepsOf lists the prices of a market in sight: the one in force at the beginning, then each change.
function stepsOf({ prices }, from) {
  const steps = prices.map((point) => ({ at: Date.parse(point.at), price: Number(point.spot) }));
  const first = steps.findLastIndex((step) => step.at <= from);
  return steps.slice(Math.max(first, 0)).map((step) => ({ ...step, at: Math.max(step.at, from) }));
}

function showMarkets({ now, type, markets, offers }) {
  put(id("type"), type);
  const until = Date.parse(now);
  const from = until - shown.hours * 3600e3;
  const scale = scaleOf(markets, from);
  list(id("markets"), markets, (market) => `${type} ${market.zone}`, (market) => newMarket(type, market.zone), (card, market) => {
    const offer = offers.find((o) => o.type === type && o.zone === market.zone);
    const stock = offer.stock > 0 ? `${offer.stock} left` : "sold out";
    put(card.querySelector("p"), `${offer.offered ? offer.spot : "not offered as spot"} · on demand ${offer.onDemand} · ${stock}`);
    card.querySelector("[name=spot]").placeholder = offer.spot;
    card.querySelector("[name=count]").placeholder = offer.stock;
    draw(card.querySelector("svg"), { type, market, offer, from, until, scale });
  });
}

// newMarket is the card of one market, with its forms.
function newMarket(type, zone) {
  const card = id("market").content.firstElementChild.cloneNode(true);
  const place = `${type} in ${zone}`;
  card.querySelector("h4").textContent = zone;
  const [price, stock] = card.querySelectorAll("form");
  onSubmit(price, ({ spot }) => steer("price", { zone, type, spot }, `${place} now costs ${spot}`));
  onSubmit(stock, ({ count }) => steer("stock", { zone, type, count: Number(count) }, `There are ${count} of ${place} now`));
  card.querySelector(".sell-out").addEventListener("click", () => steer("stock", { zone, type, count: 0 }, `${place} is sold out`));
  for (const control of card.querySelectorAll("button, input")) {
    control.setAttribute("aria-label", `${control.textContent || control.closest("label").textContent.trim()}: ${place}`);
  }
  return card;
}

// draw draws one market: the grid, the price as steps, and the bids as dashed lines.
function draw(svg, { type, market, offer, from, until, scale }) {
  const steps = scale && offer.offered ? stepsOf(market, from) : [];
  svg.setAttribute("aria-label", chartText(type, market, offer, steps));
  const shape = (tag, attributes, text = "") => {
    const element = document.createElementNS(svg.namespaceURI, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  };
  if (steps.length === 0) {
    svg.replaceChildren(shape("text", { x: plot.left, y: 80 }, "no spot price"));
    return;
  }
  const x = (at) => plot.left + ((at - from) / (until - from)) * (plot.right - plot.left);
  const y = (price) => plot.bottom - ((price - scale.low) / (scale.high - scale.low)) * (plot.bottom - plot.top);
  const across = (price, kind) => shape("line", { x1: plot.left, x2: plot.right, y1: y(price), y2: y(price), class: kind });
  const shapes = [];
  const digits = Math.max(2, -Math.floor(Math.log10(scale.step)));
  for (let n = Math.round(scale.low / scale.step); n * scale.step <= scale.high + scale.step / 2; n++) {
    shapes.push(across(n * scale.step, "grid"));
    shapes.push(shape("text", { x: plot.left - 6, y: y(n * scale.step) + 4, "text-anchor": "end", class: "tick" }, (n * scale.step).toFixed(digits)));
  }
  for (const [part, anchor] of [[0, "start"], [0.5, "middle"], [1, "end"]]) {
    const hours = (1 - part) * shown.hours;
    shapes.push(shape("text", { x: x(from + part * (until - from)), y: plot.bottom + 16, "text-anchor": anchor, class: "hour" }, hours ? `−${hours} h` : "now"));
  }
  const corners = steps.flatMap((step, i) => [[x(step.at), y(step.price)], [x(steps[i + 1]?.at ?? until), y(step.price)]]);
  shapes.push(shape("polyline", { class: "price", points: corners.map(([a, b]) => `${a.toFixed(2)},${b.toFixed(2)}`).join(" ") }));
  shapes.push(shape("circle", { class: "dot", cx: plot.right, cy: y(steps.at(-1).price), r: 3.5 }));
  let above = Infinity; // where the label of the bid below is: labels keep their distance
  for (const bid of market.bids) {
    const kind = Number(bid.limit) < Number(offer.spot) ? "outbid" : "bid";
    shapes.push(across(Number(bid.limit), kind));
    const place = Math.max(plot.top, y(Number(bid.limit)) - 4);
    if (above - place < 14) continue;
    above = place;
    shapes.push(shape("text", { x: plot.right, y: place, "text-anchor": "end", class: kind }, bidText(bid)));
  }
  svg.replaceChildren(...shapes);
}

function bidText({ limit, machines, name }) {
  const whose = machines > 1 ? `${machines} machines` : name.length > 24 ? name.slice(0, 23) + "…" : name;
  return `bid ${limit}, ${whose}`;
}

// chartText says in words what a chart shows.
function chartText(type, market, offer, steps) {
  const prices = steps.map((step) => step.price);
  const range = prices.length > 0 ? `from ${Math.min(...prices)} to ${Math.max(...prices)} CNY per hour, now ${offer.spot}` : "none";
  return [`Spot price of ${type} in ${market.zone}: ${range}`, ...market.bids.map(bidText)].join("; ");
}

// ---- The forms

// onSubmit hands the fields of a form to act instead of sending it. If that succeeds, it empties the
// fields with a placeholder, which shows the new value.
function onSubmit(form, act) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!(await act(Object.fromEntries(new FormData(form))))) return;
    for (const field of form.elements) if (field.placeholder) field.value = "";
  });
}

onSubmit(id("advance"), ({ duration }) => steer("advance", { duration }, `The clock is ${duration} further`));
onSubmit(id("fault"), ({ action, times, name }) =>
  steer("fault", { action, times: Number(times), name }, `The next ${times} of ${action} will fail with ${name}`));
id("clear").addEventListener("click", () => steer("fault", { clear: true }, "No failure is scripted any more"));
id("hours").addEventListener("change", (event) => {
  shown.hours = Number(event.target.value);
  refresh();
});

// follow asks every second, unless the page is in a hidden tab.
async function follow() {
  if (!document.hidden) await refresh();
  setTimeout(follow, 1000);
}
follow();
