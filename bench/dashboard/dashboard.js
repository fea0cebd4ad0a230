// SPDX-License-Identifier: GPL-2.0
/*
 * The pages of the dashboard. Data come as scripts, on demand, each calling tdx.got();
 * bench/dashboard*.c writes them. Texts get into the page as text nodes only, whatever
 * is in them: nothing here makes HTML from a string.
 */
'use strict';

/* ---- Loading ---- */

const tdx = (function () {
	const known = new Map();

	function load(name) {
		if (!known.has(name)) {
			const entry = {};

			known.set(name, entry);
			entry.promise = new Promise((resolve, reject) => {
				const script = document.createElement('script');

				entry.resolve = resolve;
				script.src = 'data/' + name + '.js';
				script.onerror = () => {
					known.delete(name);
					reject(new Error('cannot load data/' + name + '.js: is the dashboard whole?'));
				};
				document.head.append(script);
			});
		}
		return known.get(name).promise;
	}
	return { load, got: (name, data) => known.get(name).resolve(data) };
})();

(function () {

const $ = id => document.getElementById(id);
const VERDICTS = ['worse', 'better', 'neither'], SIGNS = ['✗', '✓', '◆'], WORDS = ['worse', 'better', 'changed'];
const CLASSES = ['sampled', 'exact', 'steady'];
const CLASS_MEANS = {
	sampled: 'Sampled: it scatters from run to run; a step is a change that chance does not explain.',
	exact: 'Exact: the same build in the same environment gives the same value to the last digit; another build moves timers, and with them a little of this.',
	steady: 'Steady: exact, and moves only when the code of the path does. Every difference is the change’s doing.',
};
const STATS = ['count', 'mean', 'min', 'p50', 'p90', 'p99', 'p99.9', 'max'];
let index;

/* ---- Making elements ---- */

function h(tag, attributes, ...children) {
	const node = document.createElement(tag);

	for (const name in attributes) {
		if (name.startsWith('on'))
			node.addEventListener(name.slice(2), attributes[name]);
		else if (attributes[name] !== undefined && attributes[name] !== false)
			node.setAttribute(name, attributes[name] === true ? '' : attributes[name]);
	}
	node.append(...children.flat().filter(child => child !== null && child !== undefined && child !== ''));
	return node;
}

const link = (href, ...children) => h('a', { href }, ...children);
const soft = (...children) => h('span', { class: 'soft' }, ...children);
const p = (style, ...children) => h('p', { class: style }, ...children);
const plural = (n, one, many) => n.toLocaleString('en') + ' ' + (n === 1 ? one : many || one + 's');
/* "a, b and c" with elements. */
const between = (nodes, mark) => nodes.flatMap((node, i) => i ? [mark, node] : [node]);

function table(head, rows, style) {
	const cell = (tag, content, i) => h(tag, { class: head[i][1] ? 'n' : undefined, scope: tag === 'th' ? 'col' : undefined }, content);

	return h('div', { class: 'wide', tabindex: 0, role: 'region', 'aria-label': 'table' }, h('table', { class: style },
		h('thead', {}, h('tr', {}, head.map(([text], i) => cell('th', text, i)))),
		h('tbody', {}, rows.map(row => h('tr', {}, row.map((content, i) => cell('td', content, i)))))));
}

function facts(pairs) {
	return h('div', { class: 'wide' }, h('table', { class: 'facts' }, h('tbody', {},
		pairs.map(([name, value]) => h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, value))))));
}

/* A long name breaks where it has parts. */
const breakable = text => text.split(/(?<=[._/=])/).flatMap((part, i) => i ? [h('wbr', {}), part] : [part]);

/* ---- Numbers for people ---- */

const grouped = (v, digits) => v.toLocaleString('en', { maximumFractionDigits: digits, useGrouping: Math.abs(v) >= 10000 });
const short = v => grouped(v, Math.max(0, Math.min(12, 3 - Math.floor(Math.log10(Math.abs(v) || 1)))));
const SCALES = {
	ns: [[1e9, 's'], [1e6, 'ms'], [1e3, 'µs'], [1, 'ns']],
	bytes: [[1073741824, 'GiB'], [1048576, 'MiB'], [1024, 'KiB'], [1, 'bytes']],
	'bytes*s': [[1073741824, 'GiB·s'], [1048576, 'MiB·s'], [1024, 'KiB·s'], [1, 'bytes·s']],
	'1/s': [[1, '/s']],
};

function scaleOf(unit, value) {
	return (SCALES[unit] || [[1, unit]]).find(([factor]) => Math.abs(value) >= factor) || (SCALES[unit] || [[1, unit]]).at(-1);
}

/* "10.1 ms"; counts and instructions to the last one. */
function human(value, unit) {
	if (value === undefined || value === null || Number.isNaN(value))
		return '–';
	const [factor, word] = scaleOf(unit, value);
	const text = Number.isInteger(value) && factor === 1 ? grouped(value, 0) : short(value / factor);
	return text + (word === '/s' || !word ? word : ' ' + word);
}

/* The number as it was measured, with its unit. */
const exactly = (value, unit) => String(value) + (unit ? ' ' + unit : '');

function change(before, after) {
	const difference = after - before;

	if (!difference)
		return 'same';
	const share = before ? 100 * difference / Math.abs(before) : NaN;
	const sign = difference > 0 ? '+' : '−';
	return Number.isNaN(share) ? sign + short(Math.abs(difference)) : sign + share.toLocaleString('en', { signDisplay: 'never', maximumSignificantDigits: 3 }) + ' %';
}

function difference(before, after, unit) {
	const by = after - before;

	return (by > 0 ? '+' : '−') + human(Math.abs(by), unit);
}

const day = iso => iso.slice(0, 10);
const minute = iso => iso.slice(0, 16).replace('T', ' ') + ' UTC';
const isoOf = seconds => seconds ? new Date(seconds * 1000).toISOString() : '';

/* ---- The index, named ---- */

const enc = encodeURIComponent;

function series(nr) {
	const s = index.series[nr], suite = index.suites.findIndex(x => nr >= x.first && nr < x.first + x.series);

	return { nr, suite, point: index.points[s[0]], metric: index.metrics[s[1]], stat: index.stats[s[2]], unit: index.units[s[3]],
		better: s[4], kind: CLASSES[s[5]], steps: s[6], last: s[7] };
}

/* Numbers by name; the same name again is another unit or direction, of other times. */
let named;

function twins(suite, point, metric, stat, kind) {
	if (!named) {
		named = new Map();
		index.series.forEach((_, nr) => {
			const s = series(nr), key = JSON.stringify([s.suite, s.point, s.metric, s.stat, s.kind]);

			named.set(key, [...(named.get(key) || []), nr]);
		});
	}
	return named.get(JSON.stringify([suite, point, metric, stat, kind])) || [];
}

const seriesName = s => s.metric + (s.stat === 'value' ? '' : ' ' + s.stat);
function seriesHref(s) {
	const which = twins(s.suite, s.point, s.metric, s.stat, s.kind).indexOf(s.nr);

	return '#/series/' + [index.suites[s.suite].name, s.point, s.metric, s.stat, s.kind, ...(which ? [which] : [])].map(enc).join('/');
}
const suiteHref = nr => '#/suite/' + enc(index.suites[nr].name);
const runHref = id => '#/run/' + id;
const commitHref = label => '#/commit/' + enc(label);
const verdictOf = (s, before, after) => s.better === 2 ? 2 : (after < before) === (s.better === 0) ? 1 : 0;
const tag = kind => h('span', { class: 'tag ' + kind, title: CLASS_MEANS[kind] }, kind);
const betterText = better => ['lower is better', 'higher is better', 'neither way is better'][better];
const hash = label => link(commitHref(label), h('span', { class: 'hash' }, label));

/* What of an environment tells it from the others of its suite. */
function environmentText(nr, all) {
	const values = e => new Map(index.environments[e]), own = values(nr);
	const keys = [...new Set(all.flatMap(e => [...values(e).keys()]))];
	const differ = keys.filter(key => new Set(all.map(e => values(e).get(key))).size > 1);

	return (differ.length ? differ : ['clock', 'kernel'].filter(key => own.has(key)))
		.map(key => key + ' ' + (own.get(key) ?? '–')).join(', ');
}

function lineText(suite, line) {
	const all = [...new Set(suite.lines.map(l => l.environment))];

	return (index.machines[line.machine] || 'unnamed machine') + ' · ' + environmentText(line.environment, all);
}

function flagsText(flags) {
	return [flags & 1 && 'incomplete', flags & 2 && 'books open', flags & 4 && 'events lost'].filter(Boolean).join(', ');
}

/* ---- A suite and a series, unpacked ---- */

const suites = new Map();

function sums(list) {
	let sum = 0;

	return list.map(by => (sum += by));
}

async function suiteRuns(nr) {
	if (suites.has(nr))
		return suites.get(nr);
	const raw = await tdx.load('suite/' + nr), digits = index.digits, runs = { n: raw.n };

	runs.id = i => raw.id.substr(i * digits, digits);
	runs.labels = Array.from({ length: raw.builds.length / 12 }, (_, i) => raw.builds.substr(12 * i, 12));
	for (const odd of raw.odd)
		runs.labels[parseInt(odd, 10)] = odd.slice(odd.indexOf(':') + 1);
	runs.build = sums([...raw.build].map(Number)).map(b => b - 1);
	runs.committed = sums(raw.committed);
	runs.started = sums(raw.started);
	runs.line = raw.line;
	runs.flags = [...raw.flags].map(Number);
	runs.time = b => isoOf(runs.committed[b]);
	suites.set(nr, runs);
	return runs;
}

function values(raw, n) {
	const all = new Array(n);

	for (let i = 0, before = NaN; i < n; i++)
		all[i] = before = i in raw ? raw[i] ?? NaN : before;
	return all;
}

/* ---- Steps, in words ---- */

const describeStep = (environment, text, from, to) => environment ? [(text || 'environment change').replaceAll(' -> ', ' → ')] :
	['code change ', hash(from), h('span', { class: 'hash' }, '..'), hash(to),
		index.url ? [' ', h('a', { href: index.url + to.replace('-dirty', ''), rel: 'noreferrer', class: 'small' }, 'show')] : ''].flat();

function stepNumbers(s, before, after) {
	const verdict = verdictOf(s, before, after);

	return [h('span', { class: ['bad', 'good', 'strong'][verdict] }, SIGNS[verdict] + ' ' + WORDS[verdict]),
		h('span', { class: 'num', title: exactly(before, s.unit) + ' → ' + exactly(after, s.unit) }, human(before, s.unit) + ' → ' + human(after, s.unit)),
		h('span', { class: 'num soft' }, difference(before, after, s.unit) + ' (' + change(before, after) + ')')];
}

/* One card for what one commit, or one change of environment, did in all suites and machines. */
function merged(groups) {
	const all = new Map();

	for (const g of groups) {
		const key = [g.kind, g.text, g.to].join(), top = g.top.map(([nr, before, after]) => ({ s: series(nr), before, after, machine: g.machine }));

		if (!all.has(key))
			all.set(key, { ...g, suites: new Set(), machines: new Set(), counts: [0, 0, 0], top: [] });
		const card = all.get(key);
		card.suites.add(g.suite);
		card.machines.add(g.machine);
		card.counts = card.counts.map((n, i) => n + g.counts[i]);
		card.top.push(...top);
	}
	for (const card of all.values())
		card.top.sort((a, b) => weight(b) - weight(a));
	return [...all.values()];
}

const weight = ({ s, before, after }) => CLASSES.indexOf(s.kind) * 1e6 + Math.min(1e5, Math.abs(after - before) / (Math.abs(before) || 1e-9));

/* The same step seen by several machines or suites is one row. */
function alike(top) {
	const rows = new Map();

	for (const step of top) {
		const key = JSON.stringify([step.s.point, step.s.metric, step.s.stat, step.s.kind, step.before, step.after]);

		rows.set(key, { ...step, times: (rows.get(key)?.times || 0) + 1 });
	}
	return [...rows.values()];
}

/* What another environment moves is nobody's fault, and is told in less space. */
function changeCard(card, room) {
	const total = card.counts[0] + card.counts[1] + card.counts[2], top = alike(card.top).slice(0, room || (card.kind ? 1 : 5)), machines = [...card.machines];
	const more = total - top.reduce((n, { times }) => n + times, 0);
	const counts = card.kind ? [h('span', { class: 'strong' }, '▢ ' + plural(total, 'number') + ' moved')] :
		card.counts.map((n, i) => n ? h('span', { class: ['bad', 'good', 'strong'][i] }, SIGNS[i] + ' ' + n + ' ' + WORDS[i]) : '').filter(Boolean);

	return h('li', { class: card.kind ? 'environment' : VERDICTS[card.counts.findIndex(Boolean)] },
		h('div', { class: 'row' },
			h('span', {}, between(counts, ' '), ' · ', describeStep(card.kind, index.texts[card.text], card.from, card.to)),
			soft(day(card.time), ' · ', between([...card.suites].map(nr => link(suiteHref(nr), index.suites[nr].name)), ', '), ' · ', machines.map(m => index.machines[m]).join(', '))),
		h('ul', {}, top.map(({ s, before, after, times }) => h('li', {}, link(seriesHref(s), seriesName(s)),
			soft(s.point + (times > 1 ? ' ×' + times : '')), ...stepNumbers(s, before, after), tag(s.kind))),
		more > 0 ? h('li', {}, link(commitHref(card.to), 'and ' + plural(more, 'other'))) : ''));
}

/* @first cards and the others on demand; @room: for so many rows in each, else few. */
function changeList(groups, first, room) {
	const list = h('ul', { class: 'changes' }, groups.slice(0, first).map(card => changeCard(card, room)));

	if (groups.length <= first)
		return list;
	const more = h('button', { type: 'button', onclick: () => {
		list.append(...groups.slice(first).map(card => changeCard(card, room)));
		more.remove();
	} }, 'Show ' + plural(groups.length - first, 'earlier change'));
	return h('div', {}, list, p('', more));
}

/* ---- The first page ---- */

function keyCard(key, suite) {
	const s = series(key.s), lines = new Map();

	key.v.forEach((y, i) => {
		const nr = key.line[i];

		if (!lines.has(nr))
			lines.set(nr, { points: [], now: nr === key.line.at(-1), level: s.kind !== 'sampled' });
		lines.get(nr).points.push({ x: key.at[i], y });
	});
	const last = key.v.at(-1), own = key.v.filter((_, i) => key.line[i] === key.line.at(-1));
	let same = 0;
	while (same < own.length && own[own.length - 1 - same] === last)
		same++;
	const spread = (Math.max(...own) - Math.min(...own)) / 2 / Math.abs(last || 1) * 100;
	const note = own.length < 2 ? 'one run so far' : same === own.length ? 'the same in the last ' + plural(same, 'run') : s.kind === 'sampled' ? '± ' + short(spread) + ' % in ' + plural(own.length, 'run') :
		change(own[own.length - 1 - same], last) + ', ' + (same === 1 ? 'just now' : plural(same, 'run') + ' ago');
	return h('li', {}, h('a', { class: 'card key', href: seriesHref(s) },
		h('span', { class: 'row' }, h('span', { class: 'name' }, breakable(seriesName(s))), tag(s.kind)),
		h('span', { class: 'soft small' }, breakable(s.point)),
		last === undefined ? '' : chart.spark([...lines.values()]),
		h('span', { class: 'value', title: exactly(last, s.unit) }, human(last, s.unit)),
		h('span', { class: 'soft small' }, note)));
}

function newestLines(suite) {
	const seen = new Set();

	return suite.lines.slice().sort((a, b) => b.at - a.at).filter(line => !seen.has(line.machine) && seen.add(line.machine));
}

function lineStatus(suite, line) {
	const bad = flagsText(line.flags);

	return h('p', { class: 'small' }, bad ? h('span', { class: 'bad' }, '✗ ' + bad) : h('span', { class: 'good' }, '✓ complete, books closed'), ' · ',
		link(runHref(line.id), 'latest run'), ' of ', hash(line.build), ' · ', minute(line.started), ' · ', soft(lineText(suite, line)));
}

function suiteSection(suite, nr) {
	const natures = [...new Set(newestLines(suite).map(line => line.nature))];

	return h('section', { 'aria-label': 'suite ' + suite.name },
		h('h2', {}, 'Suite ', link(suiteHref(nr), suite.name)),
		natures.map(nature => p('soft small', nature)),
		newestLines(suite).map(line => lineStatus(suite, line)),
		h('ul', { class: 'cards' }, suite.keys.map(key => keyCard(key, suite))),
		p('small', link(suiteHref(nr), 'All ' + plural(suite.series, 'number') + ' of ' + suite.name), soft(' · ' + plural(suite.runs, 'run') + ' of ' +
			plural(suite.builds, 'commit') + ' · ' + plural(suite.steps, 'step') + ' in all')));
}

function frontPage() {
	const newest = index.suites.flatMap(s => s.lines.map(l => l.started)).sort().at(-1) || '';

	return ['tdxbench dashboard',
		h('h1', {}, 'TDX quoting in Linux, commit by commit'),
		p('soft', index.runs ? plural(index.runs, 'run') + ' on ' + plural(index.machines.length, 'machine') + ', ' + plural(index.suites.length, 'suite') + ', ' +
			plural(index.series.length, 'number') + ' followed · latest ' + minute(newest) : 'The history is empty: tdxbench history add results/2*'),
		h('h2', {}, 'What changed lately'),
		index.lately.length ? changeList(merged(index.lately), 5) : p('', 'Nothing: no number has stepped.'),
		index.suites.map(suiteSection)];
}

/* ---- A suite ---- */

/* @suites: of several, so that each row names its own. */
function seriesTable(list, suites) {
	return table([['metric'], ['point'], ...(suites ? [['suite']] : []), ['class'], ['latest', 1], ['steps', 1]], list.map(s =>
		[link(seriesHref(s), seriesName(s)), s.point, ...(suites ? [index.suites[s.suite].name] : []), tag(s.kind),
			h('span', { title: exactly(s.last, s.unit) }, human(s.last, s.unit)), s.steps || soft('0')]));
}

async function suitePage([name]) {
	const nr = index.suites.findIndex(s => s.name === name), suite = index.suites[nr];

	if (!suite)
		return missing('no suite ' + name);
	const all = Array.from({ length: suite.series }, (_, i) => series(suite.first + i)), rows = h('div', {});
	const kind = h('select', { 'aria-label': 'class' }, ['all classes', ...CLASSES].map(k => h('option', {}, k)));
	const words = h('input', { type: 'search', placeholder: 'Filter by metric or point', 'aria-label': 'filter by metric or point' });
	const show = () => {
		const list = all.filter(s => matches(s, words.value) && (kind.selectedIndex === 0 || s.kind === kind.value));

		rows.replaceChildren(p('soft small', plural(list.length, 'number')), seriesTable(list));
	};
	words.addEventListener('input', show);
	kind.addEventListener('change', show);
	show();
	return ['suite ' + name, crumbs(), h('h1', {}, 'Suite ', name),
		[...new Set(newestLines(suite).map(line => line.nature))].map(nature => p('nature', nature)),
		newestLines(suite).map(line => lineStatus(suite, line)),
		h('h2', {}, 'Key numbers'), h('ul', { class: 'cards' }, suite.keys.map(key => keyCard(key, suite))),
		h('h2', {}, 'What changed lately'),
		index.lately.some(g => g.suite === nr) ? changeList(merged(index.lately.filter(g => g.suite === nr)), 4) : p('soft', 'Nothing lately.'),
		h('h2', {}, 'Every number'), h('div', { class: 'tools' }, h('span', { class: 'filter' }, words), kind), rows];
}

/* ---- A series ---- */

/* One line per machine and environment, and the levels between its steps. */
function chartLines(s, suite, runs, all, steps) {
	const lines = suite.lines.map((line, i) => ({ nr: i, line, points: [], level: s.kind !== 'sampled', levels: [], hidden: false }));

	all.forEach((y, run) => {
		if (!Number.isNaN(y))
			lines[runs.line[run]].points.push({ x: runs.build[run], y, run });
	});
	if (s.kind === 'sampled')
		lines.forEach(line => addLevels(line, steps, runs));
	return lines;
}

function addLevels(line, steps, runs) {
	const own = steps.filter(step => step.line === line.nr), end = line.points.at(-1);
	let from = line.points[0]?.x, y = own.find(step => !step.environment)?.before;

	for (const step of own) {
		if (y !== undefined && step.x > from)
			line.levels.push({ from, to: step.x, y });
		[from, y] = [step.x, step.after];
	}
	if (y !== undefined && end)
		line.levels.push({ from, to: end.x, y });
}

/* Numbered by commit and cause: what several machines saw has one number. */
function readSteps(s, raw, runs) {
	const places = unique(raw.map(step => runs.build[step[2]] * 2 + step[4]).sort((a, b) => a - b));

	return raw.slice().sort((a, b) => a[2] - b[2]).map(([, machine, at, from, environment, before, after, chance, text]) => ({
		nr: places.indexOf(runs.build[at] * 2 + environment) + 1, machine, at, from, environment, before, after, chance, text: index.texts[text], x: runs.build[at], line: runs.line[at],
		verdict: VERDICTS[environment ? 2 : verdictOf(s, before, after)], label: runs.labels[runs.build[at]], base: runs.labels[runs.build[from]],
		title: (environment ? index.texts[text] : 'code change') + ', ' + human(before, s.unit) + ' → ' + human(after, s.unit),
	}));
}

function stepItem(s, step, runs) {
	return h('li', { class: 'step' }, h('span', { class: 'nr ' + step.verdict + (step.environment ? ' environment' : '') }, step.nr), ...stepNumbers(s, step.before, step.after),
		h('span', {}, describeStep(step.environment, step.text, step.base, step.label)), soft(day(runs.time(step.x) || isoOf(runs.started[step.at])) + ' · ' + index.machines[step.machine] +
			(step.chance ? ' · p ' + step.chance : '')), link(runHref(runs.id(step.at)), 'run'));
}

function legend(suite, lines, redraw) {
	return h('ul', { class: 'legend', 'aria-label': 'lines' }, lines.filter(line => line.points.length).map(line => {
		const button = h('button', { type: 'button', 'aria-pressed': 'true', title: 'show or hide', onclick: () => {
			line.hidden = !line.hidden;
			button.setAttribute('aria-pressed', String(!line.hidden));
			redraw();
		} }, chart.swatch(line.nr), lineText(suite, line.line), soft(plural(line.points.length, 'run')));

		return h('li', {}, button);
	}));
}

function valueTable(s, suite, runs, all) {
	const rows = [];

	for (let run = runs.n - 1; run >= 0 && rows.length < 200; run--) {
		const before = previousRun(runs, run, i => !Number.isNaN(all[i]));

		if (!Number.isNaN(all[run]))
			rows.push([hash(runs.labels[runs.build[run]]), day(runs.time(runs.build[run])), link(runHref(runs.id(run)), minute(isoOf(runs.started[run]))),
				String(all[run]), before < 0 ? '–' : change(all[before], all[run]), lineText(suite, suite.lines[runs.line[run]])]);
	}
	return table([['commit'], ['committed'], ['run'], [s.unit || 'value', 1], ['to the one before', 1], ['machine and environment']], rows);
}

/* The run before of the same machine and environment; -1 if there is none. */
function previousRun(runs, run, usable) {
	for (let i = run - 1; i >= 0; i--)
		if (runs.line[i] === runs.line[run] && usable(i))
			return i;
	return -1;
}

function lazily(summary, make) {
	const box = h('div', {}), node = h('details', {}, h('summary', {}, summary), box);

	node.addEventListener('toggle', () => {
		if (node.open && !box.firstChild)
			box.append(make());
	});
	return node;
}

/* To the same metric of another point, or another metric of the same point. */
function siblings(s) {
	const suite = index.suites[s.suite], all = Array.from({ length: suite.series }, (_, i) => series(suite.first + i));
	const choose = (label, list, name) => h('label', {}, label, h('select', { onchange: event => { location.hash = event.target.value; } },
		list.map(x => h('option', { value: seriesHref(x), selected: x.nr === s.nr }, name(x)))));

	return h('div', { class: 'tools' }, choose('Metric', all.filter(x => x.point === s.point && x.kind === s.kind || x.nr === s.nr), seriesName),
		choose('Point', all.filter(x => x.metric === s.metric && x.stat === s.stat && x.kind === s.kind), x => x.point));
}

function unique(lines) {
	return [...new Set(lines)];
}

async function seriesPage(names, query) {
	const [suiteName, point, metric, stat, kind, which] = names;
	const nr = twins(index.suites.findIndex(x => x.name === suiteName), point, metric, stat, kind)[Number(which) || 0];

	if (nr === undefined)
		return missing('no number ' + names.join(' / '));
	const s = series(nr), suite = index.suites[s.suite], [runs, raw] = await Promise.all([suiteRuns(s.suite), tdx.load('series/' + nr)]);
	const all = values(raw.v, runs.n), steps = readSteps(s, raw.steps, runs), lines = chartLines(s, suite, runs, all, steps);
	return [seriesName(s) + ' · ' + s.point, crumbs(link(suiteHref(s.suite), suite.name)), h('h1', {}, seriesName(s)),
		p('', soft('of '), h('span', { class: 'strong' }, s.point), ' ', tag(s.kind), ' ', h('span', { class: 'tag' }, ['↓ ', '↑ ', ''][s.better] + betterText(s.better))),
		unique(lines.filter(line => line.points.length).map(line => line.line.nature)).map(nature => p('nature', nature)), p('soft small', CLASS_MEANS[s.kind]), siblings(s),
		seriesChart(s, suite, runs, lines, steps, query),
		h('h2', {}, steps.length ? plural(steps.length, 'step') : 'No step'),
		steps.length ? h('div', { class: 'card' }, h('ol', { class: 'steps' }, steps.slice(-50).reverse().map(step => stepItem(s, step, runs)))) :
			p('soft', 'Nothing but chance, or nothing at all, has moved this number.'),
		steps.length > 50 ? p('soft small', 'The latest 50 of them.') : '',
		lazily('The latest values as a table', () => valueTable(s, suite, runs, all))];
}

function startView(runs, query) {
	const at = label => runs.labels.indexOf(label), [from, to] = [at(query.get('from')), at(query.get('to'))];

	return from >= 0 && to > from ? [from, to] : [0, runs.labels.length - 1];
}

function seriesChart(s, suite, runs, lines, steps, query) {
	const box = h('div', { class: 'chart' }), count = runs.labels.length, zero = h('input', { type: 'checkbox', checked: query.has('zero') });
	const [factor, word] = scaleOf(s.unit, Math.max(...lines.flatMap(l => l.points.slice(-1).map(q => Math.abs(q.y))), 0));
	let drawn, view = startView(runs, query);
	const remember = () => {
		const parts = [view[0] > 0 || view[1] < count - 1 ? 'from=' + enc(runs.labels[view[0]]) + '&to=' + enc(runs.labels[view[1]]) : '', zero.checked ? 'zero' : ''].filter(Boolean);
		history.replaceState(null, '', seriesHref(s) + (parts.length ? '?' + parts.join('&') : ''));
	};
	const button = (text, n) => h('button', { type: 'button', onclick: () => drawn.view(n ? count - n : 0, count - 1) }, text);

	zero.addEventListener('change', () => { drawn.zero(zero.checked); remember(); });
	box.draw = () => {	/* once it is on the page and has a width */
		drawn = chart.draw(box, { lines, steps, count, title: seriesName(s) + ' of ' + s.point, zero: zero.checked, view,
			label: b => [runs.labels[b].slice(0, 12), day(runs.time(b))],
			format: v => grouped(v / factor, 6),
			tip: (line, q) => tipOf(s, suite, runs, line, q),
			pick: q => { location.hash = runHref(runs.id(q.run)); },
			moved: (from, to) => { view = [Math.round(from), Math.round(to)]; remember(); } });
	};
	return h('div', {}, h('div', { class: 'tools' }, h('span', { class: 'strong' }, word || 'count'), h('label', {}, zero, 'from zero'), h('span', { class: 'gap' }),
		button('All', 0), count > 1000 ? button('Last 1000', 1000) : '', count > 200 ? button('Last 200', 200) : '', count > 30 ? button('Last 30', 30) : ''),
		box, legend(suite, lines, () => drawn.render()));
}

function tipOf(s, suite, runs, line, q) {
	const b = q.x, before = line.points[line.points.indexOf(q) - 1], bad = flagsText(runs.flags[q.run]);

	return [h('div', { class: 'strong' }, exactly(grouped(q.y, 12), s.unit)), before ? h('div', {}, change(before.y, q.y) + ' to the run before') : '',
		h('div', {}, h('span', { class: 'hash' }, runs.labels[b]), soft(' ' + day(runs.time(b)))), h('div', { class: 'soft' }, lineText(suite, line.line)),
		bad ? h('div', { class: 'bad' }, '✗ ' + bad) : ''].filter(Boolean);
}

/* ---- A run ---- */

async function findRun(id) {
	for (let nr = 0; nr < index.suites.length; nr++) {
		const runs = await suiteRuns(nr);

		for (let i = 0; i < runs.n; i++)
			if (id.length >= 4 && (runs.id(i).startsWith(id) || id.startsWith(runs.id(i))))
				return { nr, i, runs };
	}
	return null;
}

const loadRun = async id => {
	const run = await tdx.load('run/' + id);

	return { run, shape: await tdx.load('shape/' + run.shape) };
};

/* Metrics of a run by point and name, to be set beside another's. */
function byName({ run, shape }) {
	const all = new Map();

	shape.points.forEach((point, i) => point.metrics.forEach(([name], m) => all.set(JSON.stringify([point.id, name]), run.points[i][3][m])));
	return all;
}

const SHOWN_STATS = ['value', 'mean', 'p50', 'p99', 'max'];

function metricRow(suiteNr, point, [name, unit, better, kind], value, before) {
	const follows = stat => twins(suiteNr, point, name, stat, kind).find(nr => series(nr).unit === unit);
	const stat = Array.isArray(value) ? ['p99', 'p50', 'mean', 'max'].find(x => follows(x) !== undefined) : 'value', nr = stat && follows(stat);
	const cells = Array.isArray(value) ? STATS.map((x, i) => i === 0 ? grouped(value[i] ?? 0, 0) : human(value[i], unit)) : STATS.map(() => '');
	const own = Array.isArray(value) ? value[STATS.indexOf('p50')] : value, other = Array.isArray(before) ? before[STATS.indexOf('p50')] : before;

	return [nr === undefined ? name : link(seriesHref(series(nr)), name), h('span', { title: exactly(own, unit) }, human(own, unit)),
		compared(own, other, better), ...(Array.isArray(value) ? cells.filter((_, i) => STATS[i] !== 'p50') : STATS.slice(1).map(() => '')), tag(kind)];
}

function compared(value, before, better) {
	if (before === undefined || before === null || value === null || value === undefined)
		return soft('–');
	if (value === before)
		return soft('=');
	const verdict = better === 'none' ? 2 : (value < before) === (better === 'lower') ? 1 : 0;
	return h('span', { class: ['bad', 'good', ''][verdict] }, SIGNS[verdict] + ' ' + change(before, value));
}

function books(checks, shape) {
	return table([['check'], ['wanted', 1], ['seen', 1], ['']], checks.map(([ok, wanted, seen], i) => [shape[i][0], (shape[i][1] ? '≤ ' : '') + (wanted ?? '–'),
		String(seen ?? '–'), h('span', { class: ok ? 'good' : 'bad' }, ok ? '✓' : '✗')]));
}

function pointSection(suiteNr, shape, [closed, lost, checks, metrics], before, compact) {
	const head = [['metric'], ['value, p50', 1], ['to before', 1], ...STATS.filter(x => x !== 'p50').map(x => [x, 1]), ['class']];
	const any = metrics.some(Array.isArray), columns = any ? head : [head[0], head[1], head[2], head.at(-1)];
	const rows = shape.metrics.map((metric, i) => metricRow(suiteNr, shape.id, metric, metrics[i], before.get(JSON.stringify([shape.id, metric[0]]))));
	const body = () => h('div', {}, table(columns, any ? rows : rows.map(row => [row[0], row[1], row[2], row.at(-1)])),
		lazily('Books: ' + plural(checks.length, 'check'), () => books(checks, shape.checks)),
		lazily('Parameters, policy and profile', () => facts([...shape.params, ...shape.policy.map(([k, v]) => ['policy.' + k, v]), ...shape.profile.map(([k, v]) => ['profile.' + k, v])])));
	const changed = rows.filter((_, i) => {
		const old = before.get(JSON.stringify([shape.id, shape.metrics[i][0]]));
		return old !== undefined && JSON.stringify(old) !== JSON.stringify(metrics[i]);
	}).length;
	const summary = h('summary', {}, h('span', { class: 'strong' }, shape.id), soft(' · ' + shape.measurement + ' · ' + plural(metrics.length, 'metric')),
		before.size ? changed ? ' · ' + changed + ' changed' : soft(' · as before') : '',
		closed ? soft(' · books closed') : h('span', { class: 'bad' }, ' · ✗ BOOKS OPEN'), lost ? h('span', { class: 'bad' }, ' · ✗ ' + lost + ' events lost') : '');

	return h('details', { open: compact, class: 'point' }, summary, body());
}

async function runPage([id = '']) {
	const found = await findRun(id);

	if (!found)
		return missing('no run ' + id);
	const { nr, i, runs } = found, suite = index.suites[nr], loaded = await loadRun(runs.id(i)), { run, shape } = loaded;
	const earlier = previousRun(runs, i, () => true), before = earlier < 0 ? new Map() : byName(await loadRun(runs.id(earlier)));
	const later = runs.line.indexOf(runs.line[i], i + 1), label = runs.labels[runs.build[i]], environment = new Map(run.environment);
	const steps = (await tdx.load('steps/' + nr)).filter(step => step[2] === i);

	return ['run ' + label, crumbs(link(suiteHref(nr), suite.name), hash(label)),
		run.warning ? h('p', { class: 'warning', role: 'alert' }, run.warning) : '',
		h('h1', {}, 'Run of ', h('span', { class: 'hash' }, label)), p('nature', run.nature),
		p('soft', [minute(isoOf(runs.started[i])), 'Linux ' + (environment.get('kernel') ?? 'unknown'), (environment.get('cpus') ?? '?') + ' CPUs', human(run.wall * 1e9, 'ns') + ' wall', lineText(suite, suite.lines[runs.line[i]])].join(' · ')),
		h('div', { class: 'tools' }, earlier < 0 ? soft('The first of its machine and environment') : link(runHref(runs.id(earlier)), '← run before'), later < 0 ? soft('the latest') : link(runHref(runs.id(later)), 'run after →')),
		steps.length ? [h('h2', {}, plural(steps.length, 'step') + ' here'), stepGroups(steps, nr, runs)] : '',
		run.findings.length ? [h('h2', {}, 'What it says'), h('ul', { class: 'cards' }, run.findings.map(text => h('li', { class: 'card' }, text)))] : '',
		h('h2', {}, 'Every number of every point'), earlier < 0 ? '' : p('soft small', '“To before” is against the run before on the same machine in the same environment.'),
		shape.points.length > 3 ? h('div', { class: 'tools' }, h('button', { type: 'button', onclick: () => document.querySelectorAll('.point').forEach(node => { node.open = true; }) }, 'Open all')) : '',
		shape.points.map((point, at) => pointSection(nr, point, run.points[at], before, shape.points.length <= 3)),
		h('h2', {}, 'How it was made'), facts([['run', run.id], ...run.environment]), lazily('The suite as it was run', () => h('pre', {}, shape.text)), p('soft small', 'result.json, which the history keeps, has every histogram with its buckets.')];
}

/* Steps of one suite as cards, by run and cause. */
function stepGroups(steps, suite, runs) {
	const groups = new Map();

	for (const [nr, machine, at, from, kind, before, after, , text] of steps) {
		const key = [at, kind].join();

		if (!groups.has(key))
			groups.set(key, { suite, machine, kind, text, counts: [0, 0, 0], top: [], at, to: runs.labels[runs.build[at]], from: runs.labels[runs.build[from]],
				time: runs.time(runs.build[at]) || isoOf(runs.started[at]) });
		groups.get(key).counts[verdictOf(series(nr), before, after)]++;
		groups.get(key).top.push([nr, before, after]);
	}
	return changeList(merged([...groups.values()].sort((a, b) => b.at - a.at)), 20, 1000);
}

/* ---- A commit ---- */

async function commitPage([label = '']) {
	const parts = [];
	let full = label;

	for (let nr = 0; nr < index.suites.length; nr++) {
		const runs = await suiteRuns(nr), suite = index.suites[nr];
		const here = [...runs.build.keys()].filter(i => runs.labels[runs.build[i]] === label || (label.length >= 7 && runs.labels[runs.build[i]].startsWith(label)));

		if (!here.length)
			continue;
		full = runs.labels[runs.build[here[0]]];
		const steps = (await tdx.load('steps/' + nr)).filter(step => here.includes(step[2]));
		parts.push(h('h2', {}, 'Suite ', link(suiteHref(nr), suite.name)), table([['run'], ['machine and environment'], ['']], here.map(i => [link(runHref(runs.id(i)), minute(isoOf(runs.started[i]))),
			lineText(suite, suite.lines[runs.line[i]]), runs.flags[i] ? h('span', { class: 'bad' }, '✗ ' + flagsText(runs.flags[i])) : h('span', { class: 'good' }, '✓')])),
		steps.length ? stepGroups(steps, nr, runs) : p('soft', 'No step here.'));
	}
	if (!parts.length)
		return missing('no commit ' + label);
	return ['commit ' + full, crumbs(), h('h1', {}, 'Commit ', h('span', { class: 'hash' }, full)),
		index.url ? p('', h('a', { href: index.url + full.replace('-dirty', ''), rel: 'noreferrer' }, 'Show the change')) : '', parts];
}

/* ---- Search ---- */

function matches(s, text) {
	const name = (index.suites[s.suite].name + ' ' + s.point + ' ' + s.metric + ' ' + s.stat + ' ' + s.kind).toLowerCase();

	return text.toLowerCase().split(/\s+/).every(word => name.includes(word));
}

async function findCommits(text) {
	const found = new Map();

	for (let nr = 0; nr < index.suites.length; nr++) {
		const runs = await suiteRuns(nr);

		runs.labels.forEach((label, b) => {
			if (label.toLowerCase().startsWith(text.toLowerCase().slice(0, 12)))
				found.set(label, { label, time: runs.time(b), suites: [...(found.get(label)?.suites || []), index.suites[nr].name] });
		});
	}
	return [...found.values()];
}

async function searchPage([text = '']) {
	const list = index.series.map((_, i) => series(i)).filter(s => matches(s, text)), commits = text.trim().length >= 2 && !/\s/.test(text.trim()) ? await findCommits(text.trim()) : [];

	return ['search ' + text, crumbs(), h('h1', {}, 'Found for “' + text + '”'),
		commits.length ? [h('h2', {}, plural(commits.length, 'commit')), table([['commit'], ['committed'], ['suites']], commits.slice(0, 50).map(c => [hash(c.label), day(c.time), c.suites.join(', ')]))] : '',
		h('h2', {}, plural(list.length, 'number')), list.length ? seriesTable(list.slice(0, 100), true) : p('soft', 'No metric or point has all of these words in its name.'),
		list.length > 100 ? p('soft small', 'The first 100 of them.') : ''];
}

/* ---- Ways ---- */

const crumbs = (...more) => h('p', { class: 'crumbs' }, between([link('#/', 'Dashboard'), ...more], ' / '));
const missing = what => ['not found', crumbs(), h('h1', {}, 'Not here'), p('', 'This dashboard has ' + what + '.')];

const ways = { '': frontPage, suite: suitePage, series: seriesPage, run: runPage, commit: commitPage, search: searchPage };
let turn = 0;

function wayOf(hashText) {
	const [path, query] = hashText.replace(/^#\/?/, '').split('?');
	const [way, ...names] = path.split('/').map(part => {
		try { return decodeURIComponent(part); } catch { return part; }
	});

	return { way, names, query: new URLSearchParams(query || '') };
}

async function show(focus) {
	const mine = ++turn, { way, names, query } = wayOf(location.hash);
	let page;

	try {
		index = index || await tdx.load('index');
		page = await (Object.hasOwn(ways, way) ? ways[way](names, query) : missing('no page ' + way));
	} catch (error) {
		page = ['error', crumbs(), h('p', { class: 'warning', role: 'alert' }, error.message)];
	}
	if (mine !== turn)
		return;		/* somebody was faster */
	document.title = page[0] + (page[0].startsWith('tdxbench') ? '' : ' · tdxbench');
	$('main').replaceChildren(...page.slice(1).flat(3).filter(Boolean));
	if (way !== 'search')
		$('search').value = '';
	if (focus && way !== 'search') {
		window.scrollTo(0, 0);
		$('main').focus({ preventScroll: true });
	}
	document.querySelectorAll('.chart').forEach(box => box.draw());
	$('main').dataset.ready = way || 'front';
	performance.mark('tdx-ready');		/* how long it took is there to be measured */
}

/* ---- What is always there ---- */

function remembered(value) {
	try {		/* some browsers forbid it for files */
		if (value !== undefined)
			localStorage.setItem('tdxbench-theme', value);
		return localStorage.getItem('tdxbench-theme');
	} catch {
		return value;
	}
}

function setTheme(theme) {
	const themes = ['auto', 'light', 'dark'], now = themes.includes(theme) ? theme : 'auto', next = themes[(themes.indexOf(now) + 1) % 3];

	if (now === 'auto')
		delete document.documentElement.dataset.theme;
	else
		document.documentElement.dataset.theme = now;
	$('theme').textContent = { auto: '◐ auto', light: '☀ light', dark: '☾ dark' }[now];
	$('theme').setAttribute('aria-label', 'Colours: ' + now + '; switch to ' + next);
	$('theme').onclick = () => { remembered(next); setTheme(next); };
}

let typed;
$('search').addEventListener('input', event => {
	clearTimeout(typed);
	typed = setTimeout(() => {
		const text = event.target.value.trim();

		if (wayOf(location.hash).way === 'search')
			history.replaceState(null, '', text ? '#/search/' + enc(text) : '#/');
		else if (text)
			history.pushState(null, '', '#/search/' + enc(text));
		show(false);
	}, 120);
});
$('search').form.addEventListener('submit', event => event.preventDefault());
document.addEventListener('keydown', event => {
	if (event.key === '/' && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) {
		event.preventDefault();
		$('search').focus();
	}
});
document.querySelector('.skip').addEventListener('click', event => { event.preventDefault(); $('main').focus(); });
window.addEventListener('hashchange', () => show(true));
setTheme(new URLSearchParams(location.search).get('theme') || remembered());
if (wayOf(location.hash).way === 'search')
	$('search').value = wayOf(location.hash).names[0] || '';
show(false);

})();
