// SPDX-License-Identifier: GPL-2.0
/*
 * Charts, drawn as SVG: a line per machine and environment over the commits of a suite,
 * with steps marked, a crosshair, zoom by pointer, keys or the brush below; and
 * sparklines. A shape and a dash tell lines apart as well as colour does.
 */
'use strict';

var chart = (function () {
	const COLOURS = 6, DASHES = ['', '7 3', '2 3', '9 3 2 3'], GLYPHS = ['circle', 'square', 'diamond', 'triangle'];
	const TOP = 26, BOTTOM = 34, RIGHT = 12, HEIGHT = 340, BRUSH = 46;

	function svg(tag, attributes, ...children) {
		const node = document.createElementNS('http://www.w3.org/2000/svg', tag);

		for (const name in attributes)
			if (attributes[name] !== undefined)
				node.setAttribute(name, attributes[name]);
		node.append(...children);
		return node;
	}

	const colour = i => i % COLOURS;
	const dash = i => DASHES[Math.floor(i / COLOURS) % DASHES.length] || (i % COLOURS % 2 ? '7 3' : '');

	/* A mark of line i at x, y. */
	function glyph(i, x, y, r) {
		const kind = GLYPHS[i % GLYPHS.length], c = 'f' + colour(i);

		if (kind === 'circle')
			return svg('circle', { class: c, cx: x, cy: y, r });
		const corners = kind === 'square' ? [[-r, -r], [r, -r], [r, r], [-r, r]] :
			kind === 'diamond' ? [[0, -1.4 * r], [1.4 * r, 0], [0, 1.4 * r], [-1.4 * r, 0]] :
			[[0, -1.3 * r], [1.3 * r, r], [-1.3 * r, r]];
		return svg('polygon', { class: c, points: corners.map(([a, b]) => (x + a) + ',' + (y + b)).join(' ') });
	}

	function swatch(i) {
		return svg('svg', { viewBox: '0 0 30 12', 'aria-hidden': true },
			svg('path', { class: 'curve s' + colour(i), d: 'M0 6H30', 'stroke-dasharray': dash(i) }), glyph(i, 15, 6, 3.5));
	}

	/* About n round numbers from low to high. */
	function ticks(low, high, n) {
		const raw = (high - low) / n, power = 10 ** Math.floor(Math.log10(raw));
		const step = [1, 2, 2.5, 5, 10].find(s => s * power >= raw) * power, all = [];

		for (let v = Math.ceil(low / step) * step; v <= high + step / 1e6; v += step)
			all.push(Math.abs(v) < step / 1e6 ? 0 : v);
		return all;
	}

	/* What fits into the pixels: of each column first, lowest, highest and last. */
	function thin(points, x, width) {
		if (points.length <= 3 * width)
			return points;
		const kept = [];
		for (let i = 0, end; i < points.length; i = end) {
			const column = Math.floor(x(points[i].x));
			let low = i, high = i;

			for (end = i; end < points.length && Math.floor(x(points[end].x)) === column; end++) {
				if (points[end].y < points[low].y)
					low = end;
				if (points[end].y > points[high].y)
					high = end;
			}
			for (const at of [...new Set([i, Math.min(low, high), Math.max(low, high), end - 1])])
				kept.push(points[at]);
		}
		return kept;
	}

	/* Levels are drawn as levels: a value holds until the next one. */
	function pathOf(points, x, y, level) {
		let d = '', previous = null;

		for (const p of points) {
			const px = x(p.x).toFixed(1), py = y(p.y).toFixed(1);

			d += previous === null ? 'M' + px + ' ' + py : level ? 'H' + px + (py === previous ? '' : 'V' + py) : 'L' + px + ' ' + py;
			previous = py;
		}
		return d;
	}

	/* The points of a line between from and to, and one beyond each end. */
	function within(points, from, to) {
		let first = points.findIndex(p => p.x >= from), last = points.length;

		if (first < 0)
			first = points.length;
		while (last > 0 && points[last - 1].x > to)
			last--;
		return points.slice(Math.max(first - 1, 0), last + 1);
	}

	function extent(lines, from, to, zero) {
		let low = Infinity, high = -Infinity;

		for (const line of lines)
			for (const p of line.points)
				if (p.x >= from && p.x <= to) {
					low = Math.min(low, p.y);
					high = Math.max(high, p.y);
				}
		if (low > high)
			[low, high] = [0, 1];
		if (zero)
			[low, high] = [Math.min(low, 0), Math.max(high, 0)];
		const pad = (high - low) * 0.08 || Math.abs(high) * 0.01 || 1;
		return [zero && low === 0 ? 0 : low - pad, zero && high === 0 && low < 0 ? 0 : high + pad];
	}

	/**
	 * Draws into @box.
	 * @data: lines: [{points: [{x, y, run}], level, hidden}]; steps: [{x, verdict, environment, nr, line}];
	 *        count of commits; label(x); format(y); tip(line, point): nodes; pick(point); zero;
	 *        view: [from, to]; moved(view)
	 */
	function draw(box, data) {
		const state = { from: data.view[0], to: data.view[1], cursor: null };
		const plot = svg('svg', { role: 'application', tabindex: 0, height: HEIGHT, 'aria-label': data.title +
			'. Left and right move along the values, Enter opens the run, plus and minus zoom, Shift with left and right pans, Escape shows all.' });
		const brush = svg('svg', { class: 'brush', height: BRUSH, 'aria-hidden': true });
		const tip = document.createElement('div');
		let x, y, width, left, over, all = [];

		tip.className = 'tip';
		tip.hidden = true;
		tip.setAttribute('role', 'status');
		box.append(plot, brush, tip);

		const shown = () => data.lines.filter(line => !line.hidden);
		const invert = px => state.from + (px - left) / (width - left - RIGHT) * (state.to - state.from || 1);

		function axes() {
			const [low, high] = extent(shown(), state.from, state.to, data.zero), marks = ticks(low, high, 5);
			const texts = marks.map(data.format);

			left = Math.min(width / 3, 14 + 7.2 * Math.max(...texts.map(t => t.length)));
			x = v => left + (state.to > state.from ? (v - state.from) / (state.to - state.from) : 0.5) * (width - left - RIGHT);
			y = v => HEIGHT - BOTTOM - (v - low) / (high - low) * (HEIGHT - BOTTOM - TOP);
			marks.forEach((v, i) => plot.append(
				svg('path', { class: 'grid', d: 'M' + left + ' ' + y(v) + 'H' + (width - RIGHT) }),
				svg('text', { x: left - 8, y: y(v) + 4, 'text-anchor': 'end' }, texts[i])));
			xAxis();
		}

		function xAxis() {
			const room = Math.max(1, Math.floor((width - left) / 125)), span = state.to - state.from;
			const every = Math.max(1, Math.ceil((span + 1) / room));
			let end = -Infinity;

			plot.append(svg('path', { class: 'axis', d: 'M' + left + ' ' + (HEIGHT - BOTTOM) + 'H' + (width - RIGHT) }));
			for (let v = Math.ceil(state.from); v <= state.to; v += every) {
				const px = x(v);

				const anchor = px - left < 40 ? 'start' : width - px < 50 ? 'end' : 'middle';
				const [commit, date] = data.label(v), wide = 7.6 * Math.max(commit.length, date.length);
				const begin = px - (anchor === 'start' ? 0 : anchor === 'end' ? wide : wide / 2);
				if (begin < end + 12)
					continue;
				end = begin + wide;
				plot.append(svg('path', { class: 'axis', d: 'M' + px + ' ' + (HEIGHT - BOTTOM) + 'v4' }),
					svg('text', { x: px, y: HEIGHT - BOTTOM + 16, 'text-anchor': anchor }, commit),
					svg('text', { x: px, y: HEIGHT - BOTTOM + 30, 'text-anchor': anchor }, date));
			}
		}

		function curves() {
			const clip = svg('clipPath', { id: 'plot' }, svg('rect', { x: left - 5, y: 0, width: width - left - RIGHT + 10, height: HEIGHT - BOTTOM + 5 }));
			const group = svg('g', { 'clip-path': 'url(#plot)' });

			data.lines.forEach((line, i) => {
				const seen = line.hidden ? [] : within(line.points, state.from, state.to);

				if (!seen.length)
					return;
				const dense = !line.level && seen.length > width / 3;	/* a line would be a carpet */
				if (!dense)
					group.append(svg('path', { class: 'curve s' + colour(i) + (line.level ? '' : ' faint'), 'stroke-dasharray': dash(i),
						d: pathOf(thin(seen, x, width), x, y, line.level) }));
				if ((x(seen.at(-1).x) - x(seen[0].x)) / seen.length > 13 || seen.length < 3)
					group.append(...seen.map(p => glyph(i, x(p.x), y(p.y), 3)));
				else if (!line.level)
					group.append(svg('path', { class: 's' + colour(i), 'stroke-width': 3, 'stroke-linecap': 'round', opacity: dense ? 0.4 : 0.6,
						d: seen.map(p => 'M' + x(p.x).toFixed(1) + ' ' + y(p.y).toFixed(1) + 'h0').join('') }));
				for (const level of line.levels)
					group.append(svg('path', { class: 'level s' + colour(i), d: 'M' + x(level.from) + ' ' + y(level.y) + 'H' + x(level.to) }));
			});
			plot.append(clip, group);
		}

		/* Numbered where there is room, as in the list below the chart; one for several machines. */
		function steps() {
			let last = -Infinity;

			for (const step of data.steps) {
				if (step.x < state.from || step.x > state.to || data.lines[step.line].hidden)
					continue;
				const px = x(step.x);
				plot.append(svg('path', { class: 'step ' + step.verdict, d: 'M' + px + ' ' + (TOP - 4) + 'V' + (HEIGHT - BOTTOM) }));
				if (px - last < 21)
					continue;
				last = px;
				plot.append(svg('g', { class: 'badge', 'data-step': step.nr }, svg('title', {}, step.title),
					svg('rect', { class: step.verdict, x: px - 10, y: 2, width: 20, height: 19, rx: step.environment ? 3 : 10 }),
					svg('text', { x: px, y: 15.5 }, String(step.nr))));
			}
		}

		function overview() {
			const [low, high] = extent(data.lines, 0, data.count - 1, false), range = data.count - 1 || 1;
			const bx = v => left + v / range * (width - left - RIGHT), by = v => BRUSH - 7 - (v - low) / (high - low) * (BRUSH - 14);
			const a = bx(state.from), b = Math.max(bx(state.to), a + 4);

			brush.replaceChildren(svg('path', { class: 'axis', d: 'M' + left + ' ' + (BRUSH - 4) + 'H' + (width - RIGHT) }));
			data.lines.forEach((line, i) => brush.append(svg('path', { class: 'curve faint s' + colour(i),
				d: pathOf(thin(line.points, bx, width / 3), bx, by, line.level) })));
			brush.append(svg('rect', { class: 'window', x: a, y: 3, width: b - a, height: BRUSH - 8, 'data-part': 'window', rx: 3 }),
				svg('rect', { class: 'handle', x: a - 3, y: 12, width: 6, height: BRUSH - 26, rx: 3, 'data-part': 'from' }),
				svg('rect', { class: 'handle', x: b - 3, y: 12, width: 6, height: BRUSH - 26, rx: 3, 'data-part': 'to' }));
		}

		function render() {
			width = Math.max(280, box.clientWidth - 20);
			plot.setAttribute('viewBox', '0 0 ' + width + ' ' + HEIGHT);
			brush.setAttribute('viewBox', '0 0 ' + width + ' ' + BRUSH);
			plot.replaceChildren();
			axes();
			curves();
			steps();
			over = svg('g', {});
			plot.append(over);
			overview();
			all = shown().flatMap(line => line.points.filter(p => p.x >= state.from && p.x <= state.to).map(p => ({ line, p })))
				.sort((a, b) => a.p.x - b.p.x || a.p.run - b.p.run);
			point(null);
		}

		function view(from, to) {
			const span = Math.min(Math.max(to - from, Math.min(4, data.count - 1)), data.count - 1);

			state.from = Math.min(Math.max(0, from), data.count - 1 - span);
			state.to = state.from + span;
			render();
			data.moved(state.from, state.to);
		}

		/* The crosshair at an entry of all, or none. */
		function point(at) {
			state.cursor = at;
			over.replaceChildren();
			tip.hidden = at === null || !all[at];
			if (tip.hidden)
				return;
			const { line, p } = all[at], i = data.lines.indexOf(line), px = x(p.x), py = y(p.y);
			over.append(svg('path', { class: 'cross', d: 'M' + px + ' ' + TOP + 'V' + (HEIGHT - BOTTOM) + 'M' + left + ' ' + py + 'H' + (width - RIGHT) }), glyph(i, px, py, 5));
			tip.replaceChildren(...data.tip(line, p));
			const scale = plot.clientWidth / width, room = box.clientWidth - tip.offsetWidth - 8;
			tip.style.left = Math.max(4, Math.min(room, px * scale > box.clientWidth / 2 ? px * scale - tip.offsetWidth - 8 : px * scale + 28)) + 'px';
			tip.style.top = Math.max(34, Math.min(py, HEIGHT - tip.offsetHeight - 30)) + 'px';
		}

		function nearest(event) {
			const frame = plot.getBoundingClientRect(), scale = width / frame.width;
			const mx = (event.clientX - frame.left) * scale, my = (event.clientY - frame.top) * scale;
			let best = null, distance = Infinity;

			all.forEach(({ p }, i) => {
				const d = (x(p.x) - mx) ** 2 * 4 + (y(p.y) - my) ** 2;
				if (d < distance)
					[best, distance] = [i, d];
			});
			return { at: best, mx, distance };
		}

		/* A drag selects what to zoom into; a click opens the run. */
		let start = null, touched = null;
		plot.addEventListener('pointerdown', event => {
			if (event.button === 0)
				start = nearest(event).mx;
		});
		plot.addEventListener('pointermove', event => {
			const { at, mx } = nearest(event);

			point(at);
			if (start !== null && event.buttons && Math.abs(mx - start) > 6)
				over.append(svg('rect', { class: 'select', x: Math.min(start, mx), y: TOP, width: Math.abs(mx - start), height: HEIGHT - BOTTOM - TOP }));
		});
		plot.addEventListener('pointerup', event => {
			const { at, mx } = nearest(event), from = start;

			start = null;
			if (from === null)
				return;
			if (Math.abs(mx - from) > 6)
				view(Math.round(invert(Math.min(mx, from))), Math.round(invert(Math.max(mx, from))));
			else if (at !== null && (event.pointerType === 'mouse' || at === touched))
				data.pick(all[at].p);	/* where there is no hovering, the second touch */
			touched = at;
		});
		plot.addEventListener('pointerleave', () => { start = null; point(null); });
		plot.addEventListener('dblclick', () => view(0, data.count - 1));
		plot.addEventListener('wheel', event => {
			if (!event.ctrlKey && !event.shiftKey)
				return;		/* the page scrolls */
			event.preventDefault();
			zoom(event.deltaY + event.deltaX < 0 ? 0.7 : 1 / 0.7, invert(nearest(event).mx));
		}, { passive: false });

		function zoom(factor, around) {
			view(Math.round(around - (around - state.from) * factor), Math.round(around + (state.to - around) * factor));
		}

		plot.addEventListener('keydown', event => {
			const cursor = state.cursor === null ? all.length : state.cursor, span = state.to - state.from;
			const middle = state.cursor === null ? state.to : all[state.cursor].p.x;
			const pan = Math.max(1, Math.round(span / 4));
			const keys = {
				ArrowLeft: () => event.shiftKey ? view(state.from - pan, state.to - pan) : point(Math.max(0, cursor - 1)),
				ArrowRight: () => event.shiftKey ? view(state.from + pan, state.to + pan) : point(Math.min(all.length - 1, state.cursor === null ? 0 : cursor + 1)),
				Home: () => point(0),
				End: () => point(all.length - 1),
				'+': () => zoom(0.5, middle),
				'=': () => zoom(0.5, middle),
				'-': () => zoom(2, middle),
				Escape: () => view(0, data.count - 1),
				Enter: () => all[state.cursor] && data.pick(all[state.cursor].p),
			};

			if (keys[event.key] && !event.ctrlKey && !event.altKey && !event.metaKey) {
				event.preventDefault();
				keys[event.key]();
			}
		});
		plot.addEventListener('blur', () => point(null));

		let grip = null;
		const brushed = event => {
			const frame = brush.getBoundingClientRect();

			return ((event.clientX - frame.left) * width / frame.width - left) / (width - left - RIGHT) * (data.count - 1);
		};
		brush.addEventListener('pointerdown', event => {
			grip = { part: event.target.dataset.part || 'jump', at: brushed(event), from: state.from, to: state.to };
			brush.setPointerCapture(event.pointerId);
			if (grip.part === 'jump') {
				const half = (state.to - state.from) / 2;
				view(Math.round(grip.at - half), Math.round(grip.at + half));
			}
		});
		brush.addEventListener('pointermove', event => {
			if (!grip || grip.part === 'jump')
				return;
			const by = Math.round(brushed(event) - grip.at);
			if (grip.part === 'from')
				view(Math.min(Math.max(0, grip.from + by), grip.to - 2), grip.to);
			else if (grip.part === 'to')
				view(grip.from, Math.max(Math.min(data.count - 1, grip.to + by), grip.from + 2));
			else
				view(grip.from + by, grip.to + by);
		});
		brush.addEventListener('pointerup', () => { grip = null; });
		brush.addEventListener('pointercancel', () => { grip = null; });

		new ResizeObserver(render).observe(box);
		render();
		return { render, view, zero(on) { data.zero = on; render(); } };
	}

	/* Lines of [{x, y}] in a strip without axes; the last value has a dot. */
	function spark(lines) {
		const all = lines.flatMap(line => line.points), W = 220, H = 44;
		let low = Math.min(...all.map(p => p.y)), high = Math.max(...all.map(p => p.y));
		const first = Math.min(...all.map(p => p.x)), last = Math.max(...all.map(p => p.x));

		if (high - low < Math.abs(high) * 1e-9)
			[low, high] = [low - 1, high + 1];
		const x = v => 3 + (last > first ? (v - first) / (last - first) : 0.5) * (W - 9);
		const y = v => H - 6 - (v - low) / (high - low) * (H - 12);
		const picture = svg('svg', { viewBox: '0 0 ' + W + ' ' + H, preserveAspectRatio: 'none', 'aria-hidden': true });
		for (const line of lines)
			picture.append(svg('path', { class: 'curve ' + (line.now ? 's0' : 'past'), 'vector-effect': 'non-scaling-stroke', d: pathOf(line.points, x, y, line.level) }));
		const end = all.reduce((a, b) => b.x >= a.x ? b : a);
		picture.append(svg('path', { class: 's0', 'stroke-width': 6, 'stroke-linecap': 'round',
			'vector-effect': 'non-scaling-stroke', d: 'M' + x(end.x) + ' ' + y(end.y) + 'h0.01' }));
		return picture;
	}

	return { draw, spark, swatch };
})();
