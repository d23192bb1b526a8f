// canvas[data-chart][data-source]: draws with Chart.js in the page's colours, again when the theme changes.
const charts = new Map();
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--dk-${name}`).trim();
const TONES = { ok: "chart-ok", wait: "chart-wait", bad: "chart-bad", mute: "chart-mute", info: "info", accent: "accent" };
const grouped = new Intl.NumberFormat("en-IN");
const short = new Intl.NumberFormat("en-IN", { notation: "compact", maximumFractionDigits: 1 });

async function load(source) {
  if (source.startsWith("#")) return JSON.parse(document.querySelector(source).textContent);
  const response = await fetch(source, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${source}: ${response.status}`);
  return response.json();
}

function dataset(kind, series, colour) {
  if (kind === "bar") return { label: series.label, data: series.values, backgroundColor: colour, maxBarThickness: 34 };
  return {
    label: series.label, data: series.values, borderColor: colour, backgroundColor: `${colour}26`, fill: kind === "area",
    borderWidth: 2, pointRadius: 0, pointHitRadius: 12, cubicInterpolationMode: "monotone",
  };
}

function doughnut(data) {
  return {
    labels: data.series.map((series) => series.label),
    datasets: [{
      data: data.series.map((series) => series.values[0]), borderWidth: 2, borderColor: token("surface"),
      backgroundColor: data.series.map((series) => token(TONES[series.tone])),
    }],
  };
}

function axes(kind) {
  if (kind === "doughnut") return {};
  const ticks = { color: token("ink-2"), maxRotation: 0, autoSkipPadding: 20 };
  const stacked = kind === "bar";
  return {
    x: { stacked, grid: { display: false }, border: { color: token("line-2") }, ticks },
    y: {
      stacked, beginAtZero: true, border: { display: false }, grid: { color: token("line") },
      ticks: { ...ticks, maxTicksLimit: 6, callback: (value) => short.format(value) },
    },
  };
}

function options(kind, unit) {
  const said = ({ dataset: set, label, parsed }) =>
    ` ${kind === "doughnut" ? label : set.label}: ${grouped.format(kind === "doughnut" ? parsed : parsed.y)}${unit ? ` ${unit}` : ""}`;
  return {
    animation: false, maintainAspectRatio: false, scales: axes(kind), cutout: "68%",
    interaction: { mode: kind === "doughnut" ? "nearest" : "index", intersect: false },
    plugins: {
      legend: { position: kind === "doughnut" ? "right" : "top", align: "end", labels: { color: token("ink-2"), boxWidth: 10, boxHeight: 10, useBorderRadius: true, borderRadius: 3 } },
      tooltip: {
        backgroundColor: token("ink"), titleColor: token("paper"), bodyColor: token("paper"), padding: 10, cornerRadius: 8,
        boxPadding: 4, callbacks: { label: said },
      },
    },
  };
}

function draw(canvas, data) {
  charts.get(canvas)?.chart.destroy();
  const kind = canvas.dataset.chart;
  const { Chart } = window;
  Chart.defaults.font.family = token("font");
  Chart.defaults.font.size = 12;
  const contents = kind === "doughnut" ? doughnut(data)
    : { labels: data.labels, datasets: data.series.map((series) => dataset(kind, series, token(TONES[series.tone]))) };
  const type = kind === "area" ? "line" : kind;
  charts.set(canvas, { data, chart: new Chart(canvas, { type, data: contents, options: options(kind, data.unit) }) });
  canvas.dataset.ready = "";
}

function bind(root) {
  for (const canvas of root.querySelectorAll("canvas[data-chart]:not([data-ready])")) {
    load(canvas.dataset.source).then((data) => canvas.isConnected && draw(canvas, data), () => {
      const detail = { text: "A chart could not be loaded. Load the page again.", tone: "bad" };
      document.dispatchEvent(new CustomEvent("dakiya:toast", { detail }));
    });
  }
}

document.addEventListener("htmx:load", (event) => bind(event.detail.elt));
document.addEventListener("dakiya:theme", () => charts.forEach(({ data }, canvas) => draw(canvas, data)));
document.addEventListener("htmx:beforeCleanupElement", ({ detail: { elt } }) => {
  charts.get(elt)?.chart.destroy();
  charts.delete(elt);
});
