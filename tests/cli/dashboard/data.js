// SPDX-License-Identifier: GPL-2.0
/*
 * node data.js DIR: loads all data of a dashboard as a page would, and prints
 * what is in them; or dies of what cannot be. Nothing of it may run.
 */
'use strict';

const fs = require('fs'), path = require('path'), vm = require('vm');
const site = process.argv[2], data = new Map();
const check = (ok, what) => { if (!ok) throw new Error(what); };

/* A script with one name to call; whatever else it tried would throw. */
function load(name) {
	const text = fs.readFileSync(path.join(site, 'data', name + '.js'), 'utf8');
	let calls = 0;

	check(!/<\//.test(text) && /^[\x00-\x7f]*$/.test(text), name + ': text that is not escaped');
	vm.runInNewContext(text, { tdx: { got(key, value) { check(key === name && !calls++, name + ': is ' + key); data.set(name, value); } } });
	check(calls === 1, name + ': nothing in it');
	return data.get(name);
}

function names(dir) {
	return fs.readdirSync(path.join(site, 'data', dir)).map(file => dir + '/' + file.replace(/\.js$/, ''));
}

for (const file of ['chart.js', 'dashboard.js'])
	new vm.Script(fs.readFileSync(path.join(site, file), 'utf8'));

const index = load('index'), all = ['suite', 'series', 'steps', 'shape', 'run'].flatMap(names);
all.forEach(load);
const runs = index.suites.reduce((n, suite) => n + suite.runs, 0);
check(runs === index.runs && runs === all.filter(n => n.startsWith('run/')).length, 'runs do not add up');
check(index.series.length === all.filter(n => n.startsWith('series/')).length, 'series do not add up');
index.suites.forEach((suite, nr) => {
	const own = data.get('suite/' + nr);

	check(own.n === suite.runs && own.line.length === own.n && own.started.length === own.n && own.build.length === own.n &&
		own.id.length === own.n * index.digits && own.builds.length === 12 * suite.builds && own.committed.length === suite.builds, suite.name + ': columns differ');
	for (let i = suite.first; i < suite.first + suite.series; i++)
		check(data.get('series/' + i).v.length === own.n, suite.name + ': series ' + i + ' is too short');
});
for (const name of all.filter(n => n.startsWith('run/'))) {
	const run = data.get(name), shape = data.get('shape/' + run.shape);

	check(shape.points.length === run.points.length && shape.points.every((point, i) => point.metrics.length === run.points[i][3].length), name + ': shape differs');
}
console.log(index.runs + ' runs, ' + index.series.length + ' series, ' + index.suites.reduce((n, s) => n + s.steps, 0) + ' steps');
index.series.forEach((s, i) => data.get('series/' + i).steps.forEach(step =>
	console.log([index.suites.find(x => i >= x.first && i < x.first + x.series).name, index.points[s[0]], index.metrics[s[1]], index.stats[s[2]],
		index.machines[step[1]], step[4] ? index.texts[step[8]] : 'code', step[5] + '->' + step[6]].join(' '))));
