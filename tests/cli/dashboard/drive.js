// SPDX-License-Identifier: GPL-2.0
/*
 * Put into a copy of a dashboard's page, uses it as somebody with a keyboard would, and
 * leaves what was seen as lines of <pre id="seen">.
 */
'use strict';

(async function () {
	const seen = document.createElement('pre'), all = selector => [...document.querySelectorAll('#main ' + selector)];
	const say = (name, value) => seen.append(name + ': ' + value + '\n');
	const text = selector => (document.querySelector('#main ' + selector)?.textContent ?? 'none').trim();
	const sleep = ms => new Promise(done => setTimeout(done, ms));
	const title = document.title;

	seen.id = 'seen';

	async function until(what, ready) {
		for (let i = 0; i < 200; i++, await sleep(25))
			if (ready())
				return;
		say('timeout', what);
	}

	async function go(hash, ready) {
		document.querySelector('#main').replaceChildren();
		location.hash = hash;
		await until(hash, () => all('h1').length && ready());
	}

	const key = (node, name, more) => node.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, ...more }));
	const type = value => {
		const input = document.querySelector('#search');

		document.querySelector('#main').replaceChildren();
		input.value = value;
		input.dispatchEvent(new Event('input'));
		return until('search ' + value, () => all('h1').length);
	};

	function foreign() {
		const scripts = [...document.scripts].filter(s => !/^(chart|dashboard|drive)\.js$|^data\/[a-z]+(\/[0-9a-f]+)?\.js$/.test(s.getAttribute('src')) || s.textContent);

		return scripts.length + document.querySelectorAll('img, iframe, #hostile, #main script').length + (document.title === '1' ? 1 : 0);
	}

	async function front() {
		await until('front', () => all('h2').length > 1);
		say('front changes', all('.changes > li').length);
		say('front worst', text('.changes > li.worse'));
		say('front environment', text('.changes > li.environment'));
		say('front keys', all('.key').length + ' with ' + all('.key svg path').length + ' paths');
		say('front classes', [...new Set(all('.tag').map(tag => tag.textContent))].sort().join(' '));
		say('front nature', text('section .soft'));
	}

	async function series(hash) {
		await go(hash, () => all('.chart svg path').length);
		const plot = document.querySelector('.chart svg'), axis = () => all('.chart svg text').map(node => node.textContent).join(' ');

		say('series badges', all('.badge').map(node => node.textContent).join(' | '));
		say('series steps', all('li.step').map(node => node.textContent).join(' | '));
		say('series lines', all('.legend button').length);
		say('series curves', all('.chart svg:first-of-type .curve').length);
		const before = axis();
		key(plot, 'End');
		say('series tip', text('.tip'));
		key(plot, '+');
		say('series zoom', axis() !== before && location.hash.includes('?from='));
		key(plot, 'Escape');
		say('series all', axis() === before && !location.hash.includes('?from='));
		document.querySelector('#main input[type=checkbox]').click();
		say('series from zero', all('.chart svg text')[0].textContent + ' ' + location.hash.endsWith('?zero'));
		document.querySelector('#main .legend button').click();
		say('series hidden', text('.legend button') && document.querySelector('#main .legend button').getAttribute('aria-pressed'));
		document.querySelector('#main .legend button').click();
		key(plot, 'End');
		document.querySelector('#main').dataset.ready = '';
		key(plot, 'Enter');
		await until('run', () => document.querySelector('#main').dataset.ready === 'run');
		say('click goes to', location.hash.slice(0, 6));
		say('run', text('h1') + ' / ' + text('.nature') + ' / ' + all('.point').length + ' points / ' + text('.point tbody tr'));
		say('run books', text('.point summary'));
	}

	async function bad() {
		const suite = index => document.querySelectorAll('#main table a[href^="#/run/"]')[index];

		for (const label of window.badCommits) {
			await go('#/commit/' + label, () => suite(0));
			say('commit', text('td .bad'));
			await go(suite(0).getAttribute('href'), () => all('.nature').length);
			say('warning', text('.warning'));
		}
	}

	async function search() {
		await type('path.inst');
		say('search metric', all('tbody tr').length + ' ' + text('tbody tr'));
		await type('guests=4 quote.rate');
		say('search point', all('tbody tr').length + ' ' + text('tbody tr'));
		await type(window.badCommits[0].slice(0, 7));
		say('search commit', text('tbody tr'));
		await type('nothing like it');
		say('search none', all('tbody tr').length);
	}

	try {
		await front();
		await series(window.seriesHash);
		await bad();
		await search();
		document.querySelector('#theme').click();
		say('theme', document.documentElement.dataset.theme + ' ' + getComputedStyle(document.body).backgroundColor);
		await go('#/suite/' + encodeURIComponent('no such'), () => true);
		say('unknown', text('h1'));
		say('foreign', foreign());
		say('wide', document.documentElement.scrollWidth > innerWidth);
	} catch (error) {
		say('error', error.stack);
	}
	document.body.append(seen);
})();
