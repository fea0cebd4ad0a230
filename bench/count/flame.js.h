/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a flame graph does when asked: a click zooms to a frame, Escape and the root
 * go back, the field finds frames by a part of their names. Written without the
 * characters that XML would want escaped, so that it works inline in a page as well.
 */
static const char flame_js[] =
"(()=>{const svg=document.currentScript.closest('svg'),W=+svg.dataset.width,M=+svg.dataset.margin,"
"frames=[...svg.querySelectorAll('.f')].map(e=>({e,t:e.querySelector('text'),"
"x:+e.getAttribute('x'),y:+e.getAttribute('y'),w:+e.getAttribute('width'),"
"name:e.querySelector('title').textContent.split('\\n')[0]}));\n"
"const place=(f,x,w)=>{f.e.setAttribute('x',x);f.e.setAttribute('width',w);"
"f.t.textContent=w>24?f.name:'';};\n"
"const zoom=to=>{for(const f of frames){const k=W/to.w,x=(f.x-to.x)*k,w=f.w*k,"
"off=0.05>x+w||x>W-0.05,up=f.y>to.y;f.e.style.display=off?'none':'';"
"f.e.classList.toggle('up',up);up?place(f,M,W):place(f,M+Math.max(0,x),Math.min(w,W));}};\n"
"const root=frames.reduce((a,b)=>a.y>b.y?a:b);\n"
"const found=svg.querySelector('.found');\n"
"const search=what=>{what=what.toLowerCase();let end=0,sum=0;\n"
"for(const f of frames)f.e.classList.toggle('hit',what?f.name.toLowerCase().includes(what):false);\n"
"for(const f of frames.filter(f=>f.e.classList.contains('hit')).sort((a,b)=>a.x-b.x||b.w-a.w))"
"if(f.x+f.w>end){sum+=f.x+f.w-Math.max(end,f.x);end=f.x+f.w;}\n"
"found.textContent=what?(100*sum/W).toFixed(2)+' % found':'';};\n"
"for(const f of frames)f.e.addEventListener('click',()=>zoom(f));\n"
"const box=document.createElementNS('http://www.w3.org/2000/svg','foreignObject'),"
"input=document.createElementNS('http://www.w3.org/1999/xhtml','input');\n"
"for(const[k,v]of Object.entries({x:M+W-200,y:12,width:200,height:30}))box.setAttribute(k,v);\n"
"input.placeholder='Search';input.setAttribute('aria-label','Search functions');"
"input.addEventListener('input',()=>search(input.value));\n"
"box.append(input);svg.append(box);\n"
"document.addEventListener('keydown',e=>{if(e.key=='Escape')zoom(root);});})();\n";
