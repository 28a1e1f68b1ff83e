"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const LAYERS = data.layers, COUNT = LAYERS.length, UNSURE = COUNT; // labels from the foot of the chart up
const LEFT = 42, AXIS = 20, STRIP = 16, BREAK = 4, LANE = 20, EVENT = 5; // pixels
const STEPS = [.1, .2, .5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];

const FONT = '12px "Inter Variable", system-ui, sans-serif';

/** A token's colour in the scheme of now, by an element that shows no text: a canvas does not resolve `light-dark()`. */
function resolveColor(element, name) {
  element.style.color = `var(--${name})`;
  return getComputedStyle(element).color;
}

function unpack(text, Kind) {
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = letters.charCodeAt(at);
  return new Kind(bytes.buffer);
}

/** Sums of each record's probabilities from the foot up, one more than labels, from 0 to 1. */
function stack(values) {
  const rows = values.length / COUNT, sums = new Float32Array(rows * (COUNT + 1));
  for (let row = 0; row < rows; row++) {
    const at = row * (COUNT + 1);
    for (let layer = 0; layer < COUNT; layer++) {
      sums[at + layer + 1] = sums[at + layer] + values[row * COUNT + LAYERS[layer]];
    }
    const sum = sums[at + COUNT] || 1;
    for (let layer = 1; layer <= COUNT; layer++) sums[at + layer] /= sum;
  }
  return sums;
}

/** How many of the ascending numbers are at most `value`. */
function countUpTo(numbers, value) {
  let low = 0, high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= value) low = middle + 1; else high = middle;
  }
  return low;
}

function clock(ms, tenths = true) {
  const all = Math.round(Math.abs(ms) / 100);
  const hours = Math.floor(all / 36000), minutes = Math.floor(all / 600) % 60;
  const seconds = String(Math.floor(all / 10) % 60).padStart(2, "0");
  const start = hours ? `${hours}:${String(minutes).padStart(2, "0")}` : `${minutes}`;
  return `${ms < 0 ? "-" : ""}${start}:${seconds}${tenths ? `.${all % 10}` : ""}`;
}

class Person {
  constructor(video, track, packed) {
    Object.assign(this, { video, track, parts: packed.parts, events: packed.events });
    this.times = unpack(packed.times, Uint32Array);
    this.values = { smoothed: unpack(packed.smoothed, Uint8Array), raw: unpack(packed.raw, Uint8Array) };
    this.stacks = { smoothed: stack(this.values.smoothed), raw: stack(this.values.raw) };
    this.labels = unpack(packed.label, Uint8Array);
    this.strip = unpack(packed.strip, Uint32Array);
    this.stripLabels = unpack(packed.stripLabel, Uint8Array);
    this.canvas = track.querySelector("canvas");
    this.line = track.querySelector(".cursor");
    this.readout = track.parentElement.querySelector(".readout");
  }

  /** The first and last record of each part between gaps. */
  * spans() {
    for (let at = 0; at < this.parts.length; at++) {
      yield [this.parts[at], (this.parts[at + 1] ?? this.times.length) - 1];
    }
  }

  rowAt(time) {
    for (const [first, last] of this.spans()) {
      if (time >= this.times[first] && time <= this.times[last] + this.video.interval) {
        return first + countUpTo(this.times.subarray(first, last + 1), time) - 1;
      }
    }
    return -1;
  }

  describe() {
    const row = this.rowAt(this.video.cursor), mode = this.video.mode;
    const name = document.createElement("b");
    let rest = "";
    if (row < 0) {
      name.textContent = "Out of view";
    } else {
      name.textContent = data.labels[this.labels[row]];
      rest = Array.from(this.values[mode].subarray(row * COUNT, (row + 1) * COUNT), (value, emotion) => [value, emotion])
        .sort((a, b) => b[0] - a[0]).slice(0, 4)
        .map(([value, emotion]) => `${data.emotions[emotion]} ${Math.round(value / 2.55)}\u00a0%`).join(", ");
    }
    const text = document.createElement("span");
    text.textContent = rest;
    this.readout.replaceChildren(name, text);
    const spoken = `${clock(this.video.cursor + this.video.start)}, ${name.textContent}${rest ? `: ${rest}` : ""}`;
    this.track.setAttribute("aria-valuenow", Math.round(this.video.cursor) / 1000);
    this.track.setAttribute("aria-valuetext", spoken);
    const inView = this.video.cursor >= this.video.from && this.video.cursor <= this.video.to;
    this.line.style.display = inView ? "" : "none";
    this.line.style.left = `${this.video.toX(this.video.cursor, this.track.clientWidth)}px`;
  }

  draw() {
    const ratio = Math.max(window.devicePixelRatio || 1, 2); // sharp on paper, too
    const width = this.track.clientWidth, lane = this.events.length ? LANE : 0;
    const height = this.track.clientHeight - lane;
    this.canvas.width = width * ratio;
    this.canvas.height = (height + lane) * ratio;
    const pen = this.canvas.getContext("2d"), color = (name) => resolveColor(this.line, name);
    const chart = height - AXIS - STRIP - BREAK, x = (time) => this.video.toX(time, width);
    pen.scale(ratio, ratio);
    pen.translate(0, lane);
    pen.font = FONT;
    pen.fillStyle = color("empty");
    pen.fillRect(LEFT, 0, width - LEFT, chart);
    pen.fillRect(LEFT, chart + BREAK, width - LEFT, STRIP);
    pen.save();
    pen.beginPath();
    pen.rect(LEFT, -lane, width - LEFT, height + lane);
    pen.clip();
    for (const [first, last] of this.spans()) this.drawPart(pen, color, x, chart, first, last);
    this.drawStrip(pen, color, x, chart + BREAK);
    this.drawEvents(pen, color, x, chart);
    this.drawTitles(pen, color, x, width);
    pen.restore();
    this.drawAxes(pen, color, x, width, chart, height);
  }

  drawPart(pen, color, x, chart, first, last) {
    const times = this.times.subarray(first, last + 1), { from, to, interval } = this.video;
    const start = first + Math.max(countUpTo(times, from) - 1, 0);
    const end = first + Math.min(countUpTo(times, to), last - first);
    if (this.times[first] > to || this.times[last] + interval < from) return;
    const sums = this.stacks[this.video.mode], size = COUNT + 1;
    const right = (row) => x(this.times[row] + (row === last ? interval : 0));
    LAYERS.forEach((emotion, layer) => {
      pen.fillStyle = color(`code-${emotion}`);
      pen.beginPath();
      for (let row = start; row <= end; row++) pen.lineTo(x(this.times[row]), chart * (1 - sums[row * size + layer + 1]));
      pen.lineTo(right(end), chart * (1 - sums[end * size + layer + 1]));
      pen.lineTo(right(end), chart * (1 - sums[end * size + layer]));
      for (let row = end; row >= start; row--) pen.lineTo(x(this.times[row]), chart * (1 - sums[row * size + layer]));
      pen.fill();
    });
  }

  drawStrip(pen, color, x, top) {
    const hatch = this.video.hatch(pen, color);
    this.stripLabels.forEach((label, at) => {
      const left = x(this.strip[2 * at]), right = x(this.strip[2 * at + 1]);
      pen.fillStyle = label === UNSURE ? hatch : color(`code-${label}`);
      pen.fillRect(left, top, Math.max(right - left, .5), STRIP);
    });
  }

  /** A line with a flag for a marker, a bar above the chart for an interval; what is excluded is hatched. */
  drawEvents(pen, color, x, chart) {
    for (const [start, end, isExcluded] of this.events) {
      const left = x(start), wide = Math.max(x(end) - left, 0);
      if (isExcluded) {
        pen.fillStyle = this.video.hatch(pen, color);
        pen.globalAlpha = .7;
        pen.fillRect(left, 0, wide, chart);
        pen.globalAlpha = 1;
      }
      pen.fillStyle = pen.strokeStyle = color("text");
      if (end > start) pen.fillRect(left, -EVENT, Math.max(wide, 2), EVENT);
      pen.setLineDash([3, 3]);
      for (const at of end > start ? [left, left + wide] : [left]) {
        pen.beginPath();
        pen.moveTo(at, 0);
        pen.lineTo(at, chart);
        pen.stroke();
      }
      pen.setLineDash([]);
      if (end > start) continue;
      pen.beginPath();
      for (const [right, down] of [[-5, -8], [5, -8], [0, 0]]) pen.lineTo(left + right, down);
      pen.fill();
    }
  }

  /** The titles of events above them, as far as there is room; all are in the table. */
  drawTitles(pen, color, x, width) {
    pen.fillStyle = color("muted");
    pen.textAlign = "left";
    pen.textBaseline = "top";
    let free = LEFT;
    for (const [start, end, , title] of this.events) {
      const left = Math.max(x(start), LEFT), length = pen.measureText(title).width;
      if (left < free || x(end) < LEFT || left + length > width) continue;
      pen.fillText(title, left, -LANE);
      free = left + length + 8;
    }
  }

  drawAxes(pen, color, x, width, chart, height) {
    pen.fillStyle = color("muted");
    pen.strokeStyle = color("edge");
    pen.textAlign = "right";
    for (const [part, baseline] of [[0, "bottom"], [50, "middle"], [100, "top"]]) {
      pen.textBaseline = baseline;
      pen.fillText(`${part} %`, LEFT - 6, chart * (1 - part / 100));
    }
    const { from, to, start } = this.video, span = (to - from) / 1000;
    const step = 1000 * (STEPS.find((step) => span / step <= (width - LEFT) / 80) ?? 86400);
    pen.textBaseline = "bottom";
    for (let tick = Math.ceil((from + start) / step) * step; tick <= to + start; tick += step) {
      const at = x(tick - start);
      pen.textAlign = at > width - 24 ? "right" : at < LEFT + 12 ? "left" : "center";
      pen.fillText(clock(tick, step < 1000), at, height - 2);
      pen.beginPath();
      pen.moveTo(at, 0);
      pen.lineTo(at, height - AXIS);
      pen.stroke();
    }
  }
}

class Video {
  constructor(section, packed) {
    this.interval = packed.interval;
    this.length = Math.max(packed.length, 1);
    this.start = packed.start * 1000;
    Object.assign(this, { section, from: 0, to: this.length, cursor: 0, mode: "smoothed" });
    this.pan = section.querySelector(".pan");
    this.clock = section.querySelector(".clock");
    this.people = Array.from(section.querySelectorAll(".track"), (track) => {
      return new Person(this, track, packed.people[track.dataset.person]);
    });
    this.listen();
    this.paint();
    this.describe();
  }

  toX(time, width) { return LEFT + (time - this.from) / (this.to - this.from) * (width - LEFT); }

  hatch(pen, color) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 6;
    const brush = tile.getContext("2d");
    brush.fillStyle = color(`code-${UNSURE}`);
    brush.fillRect(0, 0, 6, 6);
    brush.strokeStyle = color("hatch");
    brush.lineWidth = 1.5;
    for (const at of [-3, 3, 9]) {
      brush.moveTo(at - 4, 7);
      brush.lineTo(at + 4, -1);
    }
    brush.stroke();
    return pen.createPattern(tile, "repeat");
  }

  /** Draws with the next screen's frame, once however often it is asked. */
  draw() {
    this.pending ??= requestAnimationFrame(() => this.paint());
    this.describe();
  }

  paint() {
    this.pending = null;
    this.people.forEach((person) => person.draw());
  }

  describe() {
    this.clock.textContent = clock(this.cursor + this.start);
    this.people.forEach((person) => person.describe());
  }

  /** Shows a part of the video, around a time, no shorter than half a second. */
  show(from, span) {
    span = Math.min(Math.max(span, 500), this.length);
    this.from = Math.min(Math.max(from, 0), this.length - span);
    this.to = this.from + span;
    this.pan.hidden = span >= this.length;
    Object.assign(this.pan, { min: 0, max: Math.round(this.length - span), step: "any" });
    this.pan.value = this.from;
    this.draw();
  }

  zoom(factor, around = this.cursor) {
    if (around < this.from || around > this.to) around = (this.from + this.to) / 2;
    const part = (around - this.from) / (this.to - this.from), span = (this.to - this.from) * factor;
    const kept = Math.min(Math.max(span, 500), this.length);
    this.show(around - part * kept, span);
  }

  goTo(time) {
    this.cursor = Math.min(Math.max(time, 0), this.length);
    const span = this.to - this.from;
    if (this.cursor < this.from || this.cursor > this.to) this.show(this.cursor - span / 2, span);
    this.describe();
  }

  listen() {
    this.section.addEventListener("click", ({ target }) => {
      const action = target.closest("[data-do]")?.dataset.do, moment = target.closest("[data-time]");
      if (action === "in") this.zoom(1 / 2);
      if (action === "out") this.zoom(2);
      if (action === "all") this.show(0, this.length);
      if (moment) this.visit(moment);
    });
    this.section.addEventListener("change", ({ target }) => {
      if (target.type !== "radio") return;
      this.mode = target.value;
      this.draw();
    });
    this.pan.addEventListener("input", () => this.show(Number(this.pan.value), this.to - this.from));
    this.people.forEach(({ track }) => this.listenTo(track));
  }

  listenTo(track) {
    track.setAttribute("aria-valuemin", 0);
    track.setAttribute("aria-valuemax", this.length / 1000);
    const timeOf = (event) => {
      const box = track.getBoundingClientRect();
      const part = (event.clientX - box.left - LEFT) / (box.width - LEFT);
      return Math.min(Math.max(this.from + part * (this.to - this.from), this.from), this.to);
    };
    track.addEventListener("pointermove", (event) => this.goTo(timeOf(event)));
    track.addEventListener("pointerdown", (event) => this.goTo(timeOf(event)));
    track.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return; // the plain wheel scrolls the page
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? 1.25 : .8, timeOf(event));
    }, { passive: false });
    track.addEventListener("keydown", (event) => this.press(event));
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = Math.max((this.to - this.from) / 200, this.interval);
    const keys = {
      ArrowRight: () => this.goTo(this.cursor + step), ArrowUp: () => this.goTo(this.cursor + step),
      ArrowLeft: () => this.goTo(this.cursor - step), ArrowDown: () => this.goTo(this.cursor - step),
      PageUp: () => this.goTo(this.cursor + 20 * step), PageDown: () => this.goTo(this.cursor - 20 * step),
      Home: () => this.goTo(0), End: () => this.goTo(this.length),
      "+": () => this.zoom(1 / 2), "=": () => this.zoom(1 / 2), "-": () => this.zoom(2),
      0: () => this.show(0, this.length),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }

  /** Goes to a key moment; in a long video close enough to see it. */
  visit(moment) {
    const time = Number(moment.dataset.time), span = Math.min(this.to - this.from, 60000);
    this.cursor = time;
    this.show(time - span / 2, span);
    moment.closest(".person").querySelector(".track").scrollIntoView({ block: "center" });
  }
}

const videos = Array.from(document.querySelectorAll("[data-video]"), (section) => {
  return new Video(section, data.films[section.dataset.video]);
});
const drawAll = () => videos.forEach((video) => video.paint()); // at once: paper does not wait
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth !== width) videos.forEach((video) => video.draw()); // a phone's bars come and go and change the height alone
  width = innerWidth;
});
for (const query of ["(prefers-color-scheme: dark)", "print"]) {
  matchMedia(query).addEventListener("change", drawAll);
}
