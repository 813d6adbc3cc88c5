'use strict';

// Draws the charts of a report from the columns that its page holds (DetectionCharts, AblationCharts), has long tables shown
// whole, and saves the report. Colours are those of report.css, so charts follow it to dark screens and to paper.

/** Stands for effects that are not finite. */
const LARGEST = Number.MAX_VALUE;

const SERIES = ['var(--output)', 'var(--input)', 'var(--residual)', 'var(--critical)'];

const ROW = 22;

/** How weights are drawn that were removed alone, in the order of the legend. */
const REMOVED = {
  critical: { colour: 'var(--critical)', dot: 'filled' },
  high: { colour: 'var(--high)', dot: 'filled' },
  moderate: { colour: 'var(--moderate)', dot: 'filled' },
  harmless: { colour: 'var(--harmless)', dot: 'filled' },
  cancelling: { colour: 'var(--residual)', dot: 'ring' },
};

async function unpacked(id) {
  const packed = Uint8Array.from(atob(document.getElementById(id).textContent), (character) => character.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip')));
}

function format(value) {
  if (value >= LARGEST) {
    return 'not finite';
  }
  const magnitude = Math.abs(value);
  const notation = magnitude >= 1e6 || (magnitude > 0 && magnitude < 1e-4) ? 'scientific' : 'standard';
  return new Intl.NumberFormat('en', { maximumSignificantDigits: 3, notation }).format(value).replace('E', 'e');
}

function percent(share) {
  return new Intl.NumberFormat('en', { style: 'percent', maximumSignificantDigits: 3 }).format(share);
}

function shortened(text) {
  const letters = [...text];
  return letters.length > 26 ? letters.slice(0, 25).join('') + '…' : text;
}

/** Room for labels at the left of rows. */
function margin(labels, width) {
  const longest = Math.max(...labels.map((label) => [...label].length));
  return Math.min(14 + 7.2 * longest, width * 0.45);
}

function plot(title, options) {
  return Plot.plot({ className: 'chart-plot', ariaLabel: title, marginTop: 24, marginRight: 24, marginBottom: 38, ...options });
}

function row(...cells) {
  return Object.fromEntries(cells);
}

/** The rows of columns. */
function rows(columns) {
  const names = Object.keys(columns);
  return columns[names[0]].map((_, index) => row(...names.map((name) => [name, columns[name][index]])));
}

function largestByLayer(layers, values) {
  const largest = new Map();
  layers.forEach((layer, index) => largest.set(layer, Math.max(largest.get(layer) ?? 0, values[index])));
  return [...largest].map(([layer, value]) => ({ layer, value })).sort((a, b) => a.layer - b.layer);
}

function layerAxis(layers, width) {
  const last = Math.max(...layers);
  return {
    label: 'layer',
    inset: 12,
    tickFormat: 'd',
    ticks: Math.max(1, Math.min(last, Math.floor(width / 55))),
    domain: [Math.min(...layers), last],
  };
}

function decades(from, to, most = 7) {
  const ticks = [];
  for (let power = Math.ceil(Math.log10(from) - 1e-9); power <= Math.log10(to) + 1e-9; power++) {
    ticks.push(10 ** power);
  }
  const step = Math.ceil(ticks.length / most);
  return ticks.filter((_, index) => index % step === 0);
}

/** From one power of ten to another; values are positive. */
function logarithmic(values) {
  const domain = [10 ** Math.floor(Math.log10(Math.min(...values))), 10 ** Math.ceil(Math.log10(Math.max(...values)) + 1e-9)];
  return { type: 'log', domain, ticks: decades(...domain), tickFormat: format };
}

function magnitudeAxis(log, values) {
  return {
    label: 'magnitude',
    grid: true,
    ...(log ? logarithmic(values) : { type: 'linear', zero: true, nice: true, domain: [0, Math.max(1e-9, ...values)] }),
  };
}

/** Those of the labels that find a place above their marks where no other one is, the first before the others. */
function placed(marks, x, y) {
  const taken = [];
  return marks.flatMap((mark) => {
    const half = 3.8 * mark.name.length;
    for (let level = 0; level < 3; level++) {
      const [across, down] = [x(mark.layer), y(mark.value) - 14 * level];
      if (!taken.some((other) => Math.abs(other.across - across) < other.half + half && Math.abs(other.down - down) < 14)) {
        taken.push({ across, down, half });
        return [{ ...mark, level }];
      }
    }
    return [];
  });
}

function peaks(data, { width, log: wanted, title }) {
  const log = wanted && data.peaks.input.some((value) => value > 0);
  const series = [
    { name: 'input', points: largestByLayer(data.peaks.layer, data.peaks.input) },
    { name: 'output', points: largestByLayer(data.peaks.layer, data.peaks.output) },
    { name: 'residual', points: rows(data.residual) },
  ].map((one) => ({ ...one, points: one.points.filter((point) => !log || point.value > 0) }));
  const layers = series.flatMap((one) => one.points.map((point) => point.layer));
  const values = series.flatMap((one) => one.points.map((point) => point.value));
  const supers = data.marks.filter((mark) => mark.kind !== 'other');
  const others = [...data.marks.filter((mark) => mark.kind === 'other').reduce((largest, mark) => {
    const before = largest.get(mark.layer);
    return before && before.value >= mark.value ? largest : largest.set(mark.layer, mark);
  }, new Map()).values()];
  const dashes = { input: '5 3', output: null, residual: '1.5 3' };
  const names = { input: 'input', output: 'output', residual: 'residual stream' };
  const x = layerAxis(layers, width);
  const y = magnitudeAxis(log, [...values, ...[...supers, ...others].map((mark) => mark.value).filter((value) => !log || value > 0)]);
  const measure = log ? Math.log : Number;
  const labels = placed(
    [...supers, ...others.sort((a, b) => b.value - a.value).slice(0, 8)],
    (layer) => ((layer - x.domain[0]) / Math.max(1, x.domain[1] - x.domain[0])) * (width - 116),
    (value) => 254 * (1 - (measure(value) - measure(y.domain[0])) / (measure(y.domain[1]) - measure(y.domain[0]))),
  );
  return {
    keys: [
      ...series.filter((one) => one.points.length).map((one) => ({ label: names[one.name], colour: `var(--${one.name})`, dash: dashes[one.name] })),
      ...(supers.length ? [{ label: 'super weight', colour: 'var(--critical)', dot: 'filled' }] : []),
      ...(others.length ? [{ label: 'other spike', colour: 'var(--quiet)', dot: 'ring' }] : []),
    ],
    svg: plot(title, {
      width,
      height: 340,
      marginLeft: 60,
      marginRight: 44,
      marginTop: 56,
      x,
      y,
      marks: [
        ...series.map((one) =>
          Plot.line(one.points, { x: 'layer', y: 'value', stroke: `var(--${one.name})`, strokeWidth: 2, strokeDasharray: dashes[one.name] })),
        ...series.filter((one) => one.points.length === 1).map((one) => Plot.dot(one.points, { x: 'layer', y: 'value', fill: `var(--${one.name})` })),
        Plot.dot(others, { x: 'layer', y: 'value', r: 4.5, stroke: 'var(--quiet)', strokeWidth: 1.5, fill: 'var(--ground)' }),
        Plot.dot(supers, { x: 'layer', y: 'value', r: 5, fill: 'var(--critical)', stroke: 'var(--ground)' }),
        ...[0, 1, 2].map((level) =>
          Plot.text(labels.filter((label) => label.level === level), {
            x: 'layer', y: 'value', text: 'name', dy: -14 - 14 * level,
            fill: 'var(--ink)', stroke: 'var(--ground)', strokeWidth: 4, clip: false,
          })),
        Plot.tip(
          series.flatMap((one) => one.points.map((point) => ({ ...point, text: `${names[one.name]}, layer ${point.layer}: ${format(point.value)}` }))),
          Plot.pointer({ x: 'layer', y: 'value', title: 'text', fill: 'var(--raised)' }),
        ),
      ],
    }),
  };
}

function traces(data, { width, log: wanted, title }) {
  const log = wanted && data.traces.some((trace) => trace.values.some((value) => value > 0));
  const drawn = [...data.traces].sort((a, b) => Math.max(...b.values) - Math.max(...a.values)).slice(0, 3);
  const lines = drawn.flatMap((trace, index) => [
    { colour: SERIES[index], name: `channel ${trace.channel}`, points: trace.values },
    { colour: SERIES[index], name: `channel ${trace.channel} without`, points: trace.without, dash: '5 3' },
  ]).map((line) => ({
    ...line,
    points: line.points.map((value, layer) => ({ layer, value, text: `${line.name}, layer ${layer}: ${format(value)}` })).filter((point) => !log || point.value > 0),
  })).filter((line) => line.points.length);
  const points = lines.flatMap((line) => line.points);
  return {
    keys: lines.map((line) => ({ label: line.name, colour: line.colour, dash: line.dash })),
    svg: plot(title, {
      width,
      height: 300,
      marginLeft: 60,
      x: { ...layerAxis(points.map((point) => point.layer), width), label: 'behind layer' },
      y: magnitudeAxis(log, points.map((point) => point.value)),
      marks: [
        ...lines.map((line) => Plot.line(line.points, { x: 'layer', y: 'value', stroke: line.colour, strokeWidth: 2, strokeDasharray: line.dash })),
        ...lines.filter((line) => line.points.length === 1).map((line) => Plot.dot(line.points, { x: 'layer', y: 'value', fill: line.colour })),
        Plot.tip(points, Plot.pointer({ x: 'layer', y: 'value', title: 'text', fill: 'var(--raised)' })),
      ],
    }),
  };
}

/** The scale of effects, and where on it those lie that are not finite. */
function effectScale(measure, values, thresholds, room = 7) {
  const finite = values.filter((value) => value < LARGEST);
  const broken = finite.length < values.length;
  const least = Math.min(measure.none, ...finite);
  const largest = Math.max(measure.none, ...finite, ...thresholds.map((threshold) => threshold.from).filter((from) => broken || from <= 3 * Math.max(...finite)));
  if (measure.ratio) {
    const end = Math.max(2, largest * (broken ? 5 : 1.15));
    const begin = Math.max(least / 1.05, 1e-3);
    return {
      end,
      axis: {
        type: 'log',
        label: measure.label,
        domain: [begin, end],
        ticks: end / begin < 12 ? [0.5, 1, 1.5, 2, 3, 5, 10].filter((tick) => tick >= begin && tick <= end) : decades(begin, end, room),
        tickFormat: (tick) => `×${format(tick)}`,
      },
    };
  }
  const smallest = thresholds.length ? thresholds[thresholds.length - 1].from : largest / 100;
  const end = Math.max(largest, smallest) * (broken ? 4 : 1.15);
  return {
    end,
    axis: {
      type: 'symlog',
      constant: smallest,
      label: measure.label,
      domain: [Math.min(0, least), end],
      ticks: [0, ...decades(smallest, end, room)],
      tickFormat: format,
    },
  };
}

function dot({ dot, colour }) {
  return dot === 'ring' ? { stroke: colour, strokeWidth: 1.5, fill: 'var(--ground)' } : { fill: colour };
}

/** Bars or points in rows with their labels, numbers at their ends. */
function effects(title, width, items, measure, thresholds, { bars, rules = [] }) {
  const scale = effectScale(measure, items.map((item) => item.size), thresholds, width / 95);
  const capped = items.map((item, index) => ({
    ...item,
    key: `${index}`,
    text: shortened(item.name),
    at: Math.max(Math.min(item.size, scale.end), scale.axis.domain[0]),
    low: item.range ? Math.max(Math.min(item.range.low, scale.end), scale.axis.domain[0]) : null,
    high: item.range ? Math.min(item.range.high, scale.end) : null,
    number: measure.ratio && item.size < LARGEST ? `×${format(item.size)}` : format(item.size),
  }));
  const texts = capped.map((item) => item.text);
  const tall = items.length > 25 && !thresholds.length;
  const visible = [
    ...thresholds.filter((threshold) => threshold.from < scale.end).map((threshold) => ({ at: threshold.from, label: threshold.verdict, colour: `var(--${threshold.verdict})` })),
    ...rules,
  ];
  const colours = [...new Set(capped.map((item) => item.colour))];
  const byColour = (colour) => capped.filter((item) => item.colour === colour);
  return plot(title, {
    width,
    height: (tall ? 74 : 54) + visible.length * 13 + ROW * items.length,
    marginLeft: margin(texts, width),
    marginRight: 64,
    marginTop: (tall ? 30 : 10) + visible.length * 13,
    x: { ...scale.axis, grid: true, axis: tall ? 'both' : 'bottom' },
    y: { type: 'band', domain: capped.map((item) => item.key), padding: 0.25, label: null, tickSize: 0, tickFormat: (key) => texts[key] },
    marks: [
      ...visible.flatMap((rule, index) => [
        Plot.ruleX([rule.at], { stroke: rule.colour, strokeDasharray: '4 3' }),
        Plot.text([rule], { x: 'at', frameAnchor: 'top', text: 'label', dy: -6 - 13 * index, fill: rule.colour, textAnchor: 'start', dx: -2, lineAnchor: 'bottom' }),
      ]),
      ...(bars ? colours.map((colour) => Plot.barX(byColour(colour), { y: 'key', x1: measure.none, x2: 'at', fill: colour, fillOpacity: 0.85 })) : []),
      Plot.ruleX([measure.none], { stroke: 'var(--quiet)' }),
      Plot.link(capped.filter((item) => item.low !== null), { y: 'key', x1: 'low', x2: 'high', stroke: bars ? 'var(--ink)' : 'var(--quiet)', strokeWidth: 1.5 }),
      ...(bars ? [] : colours.map((colour) => Plot.dot(byColour(colour), { y: 'key', x: 'at', r: 4.5, ...dot(byColour(colour)[0]) }))),
      Plot.text(capped, {
        y: 'key', x: (item) => Math.max(item.high ?? item.at, item.at), text: 'number', textAnchor: 'start', dx: 8,
        fill: 'var(--ink)', stroke: 'var(--ground)', strokeWidth: 3,
      }),
    ],
  });
}

function set(data, { width, index, title }) {
  const { together, members, alone, leftIn } = data.sets[index];
  const items = [
    { name: 'all removed', size: together, colour: 'var(--critical)' },
    ...members.map((member, place) => ({ name: `only ${member}`, size: alone[place], colour: 'var(--output)' })),
    ...(members.length > 2 ? members.map((member, place) => ({ name: `all but ${member}`, size: leftIn[place], colour: 'var(--input)' })) : []),
  ];
  return {
    keys: [
      { label: 'all together', colour: 'var(--critical)', bar: true },
      { label: 'one alone', colour: 'var(--output)', bar: true },
      ...(members.length > 2 ? [{ label: 'one left in', colour: 'var(--input)', bar: true }] : []),
    ],
    svg: effects(title, width, items, data.measure, data.thresholds, { bars: true }),
  };
}

function removals(data, { width, title }) {
  const items = data.removals.map((removal) => ({ ...removal, ...REMOVED[removal.kind] }));
  const rules = data.control === null ? [] : [{ at: data.control, label: 'ordinary weights', colour: 'var(--quiet)' }];
  return {
    keys: Object.keys(REMOVED).filter((kind) => data.removals.some((removal) => removal.kind === kind)).map((kind) => ({ label: kind, ...REMOVED[kind] })),
    svg: effects(title, width, items, data.measure, data.thresholds, { bars: false, rules }),
  };
}

function experts(data, { width, title, choice }) {
  const cells = rows(data.peaks).filter((cell) => cell.expert >= 0);
  const experts = Math.max(...cells.map((cell) => cell.expert)) + 1;
  const layers = [...new Set(cells.map((cell) => cell.layer))].sort((a, b) => a - b);
  const values = cells.map((cell) => cell[choice]).filter((value) => value > 0);
  const range = [values.reduce((a, b) => Math.min(a, b), LARGEST), values.reduce((a, b) => Math.max(a, b), 0)];
  const domain = range[0] < range[1] ? range : range[1] > 0 ? [range[1] / 2, range[1]] : [0.5, 1];
  const colour = { type: 'log', scheme: 'cividis', domain, clamp: true };
  const spikes = data.marks.map((mark) => mark.name.split(':').map(Number)).filter((place) => place.length === 4)
    .map(([layer, expert]) => ({ layer, expert }));
  const height = Math.max(4, Math.min(22, 420 / layers.length));
  const gap = experts * 6 < width && height > 8 ? 0.5 : 0;
  const every = (all, count) => all.filter((one) => one % Math.max(1, Math.ceil(all.length / count)) === 0);
  const steps = Array.from({ length: 48 }, (_, step) => [step, step + 1].map((end) => colour.domain[0] * (colour.domain[1] / colour.domain[0]) ** (end / 48)));
  const legend = plot('colours', {
    width: Math.min(width, 340), height: 44, marginTop: 4, marginBottom: 28, marginLeft: 12,
    color: colour,
    x: { type: 'log', domain: colour.domain, label: null, ticks: decades(...colour.domain), tickFormat: format },
    y: { axis: null },
    marks: [Plot.rect(steps, { x1: '0', x2: '1', y1: 0, y2: 1, fill: (ends) => Math.sqrt(ends[0] * ends[1]), inset: -0.3 })],
  });
  return {
    keys: [],
    legend,
    svg: plot(title, {
      width,
      height: 60 + height * layers.length,
      marginLeft: 52,
      marginTop: 10,
      color: colour,
      x: { type: 'band', domain: Array.from({ length: experts }, (_, expert) => expert), label: 'expert', padding: 0, ticks: every(Array.from({ length: experts }, (_, e) => e), width / 45), tickSize: 3 },
      y: { type: 'band', domain: layers, label: 'layer', padding: 0, ticks: every(layers, 16), tickSize: 3 },
      marks: [
        Plot.cell(cells, { x: 'expert', y: 'layer', fill: (cell) => Math.max(cell[choice], domain[0]), inset: gap }),
        Plot.dot(spikes, { x: 'expert', y: 'layer', r: Math.max(3, height / 2.6), stroke: 'var(--critical)', strokeWidth: height < 8 ? 1.25 : 2 }),
        Plot.tip(cells, Plot.pointer({ x: 'expert', y: 'layer', title: (cell) => `layer ${cell.layer}, expert ${cell.expert}: ${format(cell[choice])}`, fill: 'var(--raised)' })),
      ],
    }),
  };
}

function block(data, { width, index, title }) {
  const { place, values, step } = data.blocks[index];
  const cells = values.map((value, at) => ({ value, from: at - place - 0.4, to: at - place + 0.4, self: at === place }));
  const levels = values.map((value) => (value - values[place]) / step);
  const even = levels.every((level) => Math.abs(level - Math.round(level)) < 0.02);
  const [first, last] = [Math.min(...levels), Math.max(...levels)].map(Math.round);
  const steps = even && last - first <= 70 ? Array.from({ length: last - first + 1 }, (_, level) => values[place] + (first + level) * step) : [];
  return {
    keys: [],
    svg: plot(title, {
      width,
      height: 190,
      marginLeft: 56,
      marginTop: 14,
      x: { label: 'elements from the super weight', tickFormat: 'd', ticks: 5 },
      y: { label: 'stored value', ticks: 4, tickFormat: format, nice: true },
      marks: [
        Plot.ruleY(steps, { stroke: 'var(--line)', strokeWidth: 0.75 }),
        Plot.ruleY([0], { stroke: 'var(--quiet)' }),
        Plot.rect(cells.filter((cell) => !cell.self), { x1: 'from', x2: 'to', y1: 0, y2: 'value', fill: 'var(--output)' }),
        Plot.rect(cells.filter((cell) => cell.self), { x1: 'from', x2: 'to', y1: 0, y2: 'value', fill: 'var(--critical)' }),
      ],
    }),
  };
}

const PERPLEXITY = { label: 'perplexity, times that of the unedited model', none: 1, ratio: true };

function interval(estimate) {
  return estimate.low === null ? null : { low: estimate.low, high: estimate.high };
}

function variants(data, { width, title }) {
  const items = data.variants.map((variant) => ({
    name: variant.name,
    size: variant.ratio.value,
    range: interval(variant.ratio),
    colour: variant.ordinary ? 'var(--harmless)' : 'var(--output)',
  }));
  return { keys: [], tall: true, svg: effects(title, width, items, PERPLEXITY, [], { bars: true }) };
}

function scaling(data, { width, log, title }) {
  const curves = data.scaling.map((curve, index) => ({
    ...curve,
    colour: curve.name === 'all' ? 'var(--ink)' : SERIES[index % SERIES.length],
    dash: index < SERIES.length ? null : '5 3',
    points: curve.points.filter((point) => point.ratio.value < LARGEST),
  }));
  const points = curves.flatMap((curve) => curve.points.map((point) => ({ ...point, text: `${curve.name} times ${point.factor}: ×${format(point.ratio.value)}` })));
  return {
    keys: curves.map((curve) => ({ label: curve.name, colour: curve.colour, dash: curve.dash })),
    svg: plot(title, {
      width,
      height: 300,
      marginLeft: 60,
      x: { label: 'factor', inset: 10, grid: true },
      y: {
        label: PERPLEXITY.label,
        grid: true,
        ...effectScale(PERPLEXITY, points.map((point) => point.ratio.high ?? point.ratio.value), []).axis,
        ...(log ? {} : { type: 'linear', ticks: 5 }),
      },
      marks: [
        Plot.ruleY([1], { stroke: 'var(--quiet)', strokeDasharray: '4 3' }),
        ...curves.flatMap((curve) => [
          Plot.areaY(curve.points.filter((point) => point.ratio.low !== null), { x: 'factor', y1: (point) => point.ratio.low, y2: (point) => point.ratio.high, fill: curve.colour, fillOpacity: 0.15 }),
          Plot.line(curve.points, { x: 'factor', y: (point) => point.ratio.value, stroke: curve.colour, strokeWidth: 2, strokeDasharray: curve.dash }),
          Plot.dot(curve.points, { x: 'factor', y: (point) => point.ratio.value, fill: curve.colour, r: 3.5 }),
        ]),
        Plot.tip(points, Plot.pointer({ x: 'factor', y: (point) => point.ratio.value, title: 'text', fill: 'var(--raised)' })),
      ],
    }),
  };
}

function pairs(data, { width, title }) {
  const { weights, alone, pairs } = data.pairs;
  // Less than this is no excess, and has no colour to speak of.
  const most = Math.max(0.05, ...pairs.map((pair) => Math.abs(pair.excess)).filter((excess) => excess < LARGEST));
  const cells = pairs.flatMap((pair) => [[pair.first, pair.second], [pair.second, pair.first]].map(([x, y]) => ({ x: weights[x], y: weights[y], ...pair })));
  const diagonal = weights.map((weight, index) => ({ x: weight, y: weight, joint: alone[index] })).filter((cell) => cell.joint !== null);
  const side = Math.min(width - 60, weights.length * 64);
  return {
    keys: [],
    svg: plot(title, {
      width: side + 60,
      height: side + 40,
      marginLeft: 44,
      marginTop: 10,
      marginRight: 16,
      color: { type: 'diverging', scheme: 'PuOr', domain: [-most, most], reverse: true },
      x: { type: 'band', domain: weights, label: null, padding: 0.04 },
      y: { type: 'band', domain: weights, label: null, padding: 0.04 },
      marks: [
        Plot.cell(diagonal, { x: 'x', y: 'y', fill: 'var(--raised)', stroke: 'var(--line)' }),
        Plot.cell(cells, { x: 'x', y: 'y', fill: (cell) => Math.max(-most, Math.min(most, cell.excess)) }),
        Plot.text(diagonal, { x: 'x', y: 'y', text: (cell) => format(cell.joint), fill: 'var(--ink)' }),
        Plot.text(cells.filter((cell) => Math.abs(cell.excess) <= 0.6 * most), { x: 'x', y: 'y', text: (cell) => format(cell.joint), fill: '#1a1d21' }),
        Plot.text(cells.filter((cell) => Math.abs(cell.excess) > 0.6 * most), { x: 'x', y: 'y', text: (cell) => format(cell.joint), fill: '#ffffff' }),
      ],
    }),
  };
}

function stopWords(data, { width, title }) {
  const items = data.variants.filter((variant) => variant.stopWords).map((variant, index) => ({
    key: `${index}`,
    text: shortened(variant.name),
    at: variant.stopWords.value,
    range: interval(variant.stopWords),
    ordinary: variant.ordinary,
  }));
  const texts = items.map((item) => item.text);
  const point = { y: 'key', x: 'at', r: 4.5 };
  return {
    keys: [],
    tall: true,
    svg: plot(title, {
      width,
      height: 60 + ROW * items.length,
      marginLeft: margin(texts, width),
      marginRight: 60,
      x: { label: 'probability', zero: true, grid: true, tickFormat: percent, ticks: Math.floor(width / 90) },
      y: { type: 'band', domain: items.map((item) => item.key), label: null, tickSize: 0, tickFormat: (key) => texts[key] },
      marks: [
        Plot.ruleX([data.stopWords.value], { stroke: 'var(--residual)', strokeWidth: 1.5 }),
        Plot.text([data.stopWords.value], { x: (value) => value, frameAnchor: 'top', text: () => 'unedited', dy: -8, fill: 'var(--residual)' }),
        Plot.link(items.filter((item) => item.range), { y: 'key', x1: (item) => item.range.low, x2: (item) => item.range.high, stroke: 'var(--quiet)', strokeWidth: 1.5 }),
        Plot.dot(items.filter((item) => item.ordinary), { ...point, fill: 'var(--harmless)' }),
        Plot.dot(items.filter((item) => !item.ordinary), { ...point, fill: 'var(--output)' }),
        Plot.text(items, { y: 'key', x: (item) => Math.max(item.at, item.range?.high ?? 0), text: (item) => percent(item.at), textAnchor: 'start', dx: 8 }),
      ],
    }),
  };
}

function shifts(data, { width, title }) {
  const items = data.shifts.map((shift, index) => ({ ...shift, key: `${index}`, text: shortened(shift.token) }));
  const texts = items.map((item) => item.text);
  return {
    keys: [],
    svg: plot(title, {
      width,
      height: 50 + ROW * items.length,
      marginLeft: margin(texts, width),
      marginTop: 8,
      x: { label: 'mean probability', zero: true, grid: true, tickFormat: percent, ticks: Math.floor(width / 90) },
      y: { type: 'band', domain: items.map((item) => item.key), label: null, tickSize: 0, tickFormat: (key) => texts[key] },
      marks: [
        Plot.link(items, { y: 'key', x1: 'before', x2: 'after', stroke: 'var(--quiet)', strokeWidth: 1.5 }),
        Plot.dot(items, { y: 'key', x: 'before', r: 4.5, stroke: 'var(--quiet)', strokeWidth: 1.5, fill: 'var(--ground)' }),
        Plot.dot(items.filter((item) => item.after >= item.before), { y: 'key', x: 'after', r: 4.5, fill: 'var(--output)' }),
        Plot.dot(items.filter((item) => item.after < item.before), { y: 'key', x: 'after', r: 4.5, fill: 'var(--critical)' }),
      ],
    }),
  };
}

const CHARTS = { peaks, traces, set, removals, experts, block, variants, scaling, pairs, 'stop-words': stopWords, shifts };

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function sample(key) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const shape = document.createElementNS(svg.namespaceURI, key.dot ? 'circle' : key.bar ? 'rect' : 'line');
  const attributes = key.dot
    ? { cx: 14, cy: 6, r: 4.5, fill: key.dot === 'ring' ? 'none' : key.colour, stroke: key.colour, 'stroke-width': 1.5 }
    : key.bar
      ? { x: 4, y: 1, width: 20, height: 10, fill: key.colour }
      : { x1: 0, x2: 28, y1: 6, y2: 6, stroke: key.colour, 'stroke-width': 2, 'stroke-dasharray': key.dash ?? 'none' };
  Object.entries(attributes).forEach(([name, value]) => shape.setAttribute(name, value));
  svg.setAttribute('viewBox', '0 0 28 12');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(shape);
  return svg;
}

/** Keeps a chart drawn as wide as its place is, with what has been chosen. */
function show(place, data) {
  const { chart, title, index } = place.dataset;
  const chosen = { log: place.dataset.options === 'log', choice: 'output' };
  const keys = element('div', { className: 'controls' });
  const frame = element('div');
  let drawn = 0;

  const draw = () => {
    drawn = place.clientWidth;
    const made = CHARTS[chart](data, { ...chosen, title, index: Number(index), width: Math.max(280, drawn) });
    frame.className = made.tall ? 'tall' : '';
    made.svg.setAttribute('role', 'img');
    frame.replaceChildren(...(made.legend ? [made.legend] : []), made.svg);
    keys.replaceChildren(...made.keys.map((key) => element('span', { className: 'key' }, sample(key), key.label)), ...options());
    keys.hidden = !keys.childElementCount;
  };
  const option = (type, label, checked, change) => {
    const input = element('input', { type, checked, name: `${chart}-${index}` });
    input.addEventListener('change', () => {
      change(input.checked);
      draw();
    });
    return element('label', {}, input, label);
  };
  const options = () => {
    if (place.dataset.options === 'log') {
      return [element('span', { className: 'options' }, option('checkbox', 'logarithmic', chosen.log, (checked) => (chosen.log = checked)))];
    }
    if (place.dataset.options === 'output') {
      return [element('span', { className: 'options' }, ...['input', 'output'].map((choice) => option('radio', choice, chosen.choice === choice, () => (chosen.choice = choice))))];
    }
    return [];
  };

  place.append(keys, frame);
  draw();
  new ResizeObserver(() => {
    if (Math.abs(place.clientWidth - drawn) > 4 && !matchMedia('print').matches) {
      draw();
    }
  }).observe(place);
}

function showAll(button, tables) {
  const table = document.getElementById(button.dataset.table);
  const styles = [...table.tHead.rows[0].cells].map((cell) => cell.className);
  button.hidden = false;
  button.addEventListener('click', () => {
    const columns = tables[table.id];
    const body = document.createDocumentFragment();
    columns[0].forEach((_, index) => {
      const line = element('tr');
      styles.forEach((style, column) => line.append(element('td', { className: style, textContent: columns[column][index] })));
      body.append(line);
    });
    table.tBodies[0].append(body);
    button.parentElement.remove();
  });
}

async function save(button) {
  const address = URL.createObjectURL(await (await unpacked('report-data')).blob());
  element('a', { href: address, download: button.dataset.name }).click();
  URL.revokeObjectURL(address);
}

async function start() {
  const data = await (await unpacked('charts-data')).json();
  document.querySelectorAll('button.all').forEach((button) => showAll(button, data.tables));
  const button = document.getElementById('save');
  button.hidden = false;
  button.parentElement.hidden = false;
  button.addEventListener('click', () => save(button));
  document.querySelectorAll('[data-chart]').forEach((place) => show(place, data));
  requestAnimationFrame(() => setTimeout(() => {
    document.documentElement.dataset.drawn = Math.round(performance.now());
  }));
}

start();
