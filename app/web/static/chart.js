"use strict";

// Puts a chart that can be pointed at in the place of the one drawn by the server, which stays on
// paper and wherever this does not run. What is told of a point are the server's exact texts.
(() => {
  const source = document.getElementById("chart-data");
  const room = document.getElementById("chart");
  if (!source || !room || typeof uPlot === "undefined") {
    return;
  }
  const data = JSON.parse(source.textContent);
  const places = data.periods.map((_, place) => place);
  const bounds = data.bounds.map((bound) => places.map(() => bound));
  const foreseen = data.forecast.some((value) => value !== null);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const told = (texts) => (_plot, _value, _series, place) =>
    place === null || texts[place] === undefined ? "–" : `${texts[place]} ${data.unit}`.trim();

  // A series that breaks is not to be read across the line.
  const breaks = (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = colour("--warn");
    ctx.setLineDash([4, 6]);
    ctx.lineWidth = 2 * devicePixelRatio;
    for (const place of data.breaks) {
      const x = plot.valToPos(place, "x", true);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  };

  const options = () => ({
    width: room.clientWidth,
    height: 280,
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false, range: [-0.5, places.length - 0.5] } },
    axes: [
      {
        stroke: colour("--muted"),
        grid: { show: false },
        values: (_plot, ticks) => ticks.map((tick) => data.periods[tick] ?? ""),
        incrs: [1, 2, 3, 6, 12, 24],
        space: 90,
      },
      { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, size: 64 },
    ],
    series: [
      { label: data.labels.period, value: told(data.periods.map(String)) },
      {
        label: data.labels.actual,
        stroke: colour("--ink"),
        width: 2,
        points: { show: true, size: 7 },
        value: told(data.actual_text),
      },
      {
        label: data.labels.expected,
        stroke: colour("--accent"),
        dash: [4, 4],
        points: { show: false },
        value: told(data.expected_text),
      },
      ...data.bounds.map((_, place) => ({
        label: data.labels.target,
        stroke: colour("--good"),
        width: 1.5,
        points: { show: false },
        value: told(places.map(() => data.bounds_text[place])),
      })),
      ...(foreseen
        ? [
            { class: "edge", points: { show: false } },
            { class: "edge", points: { show: false } },
            {
              label: data.labels.forecast,
              stroke: colour("--ink"),
              dash: [2, 4],
              width: 2,
              points: { show: false },
              value: told(data.forecast_text),
            },
          ]
        : []),
      ...(data.revised.some((value) => value !== null)
        ? [
            {
              label: data.labels.revised,
              stroke: colour("--ink"),
              paths: () => null,
              points: { show: true, size: 13, width: 2 },
              value: told(data.revised_text),
            },
          ]
        : []),
    ],
    bands: [
      ...(data.bounds.length === 2 ? [{ series: [4, 3], fill: colour("--band") }] : []),
      ...(foreseen ? [{ series: [3 + bounds.length, 4 + bounds.length], fill: colour("--foreseen") }] : []),
    ],
    hooks: { draw: [breaks] },
  });

  let chart;
  const draw = () => {
    chart?.destroy();
    const revised = data.revised.some((value) => value !== null) ? [data.revised] : [];
    const ahead = foreseen ? [data.forecast_upper, data.forecast_lower, data.forecast] : [];
    const rows = [places, data.actual, data.expected, ...bounds, ...ahead, ...revised];
    chart = new uPlot(options(), rows, room);
    chart.over.addEventListener("click", () => {
      const address = data.addresses[chart.cursor.idx ?? -1];
      if (address) {
        location.assign(address);
      }
    });
  };
  draw();
  room.closest("figure").classList.add("live");
  new ResizeObserver(() => {
    if (chart.width !== room.clientWidth && room.clientWidth > 0) {
      chart.setSize({ width: room.clientWidth, height: 280 });
    }
  }).observe(room);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
