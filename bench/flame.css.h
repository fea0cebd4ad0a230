/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The style of a flame graph: .p0 to .i3 are the shades of path, module, other and
 * interrupts, .g0 to .s3 what grew and what shrank, by how much.
 */
static const char flame_css[] =
".flame{max-width:100%;height:auto;background:#fbfaf8;font:12px ui-monospace,'DejaVu Sans Mono',monospace;color:#1d2327}\n"
".flame text{fill:#1d2327}.flame .title{font:600 17px system-ui,'DejaVu Sans',sans-serif}\n"
".flame .soft{fill:#5c666d;font:13px system-ui,'DejaVu Sans',sans-serif}\n"
".flame .f{cursor:pointer}.flame .f rect{stroke:#fbfaf8;stroke-width:.7}\n"
".flame .f:hover rect{stroke:#1d2327}.flame .up{opacity:.55}.flame .hit rect{fill:#d633c6}\n"
".flame .hit text{fill:#fff}\n"
".flame input{font:13px system-ui,sans-serif;width:100%;box-sizing:border-box;padding:3px 8px;"
"border:1px solid #c9c5bd;border-radius:6px;background:#fff;color:#1d2327}\n"
".flame .p0{fill:#f7bd82}.flame .p1{fill:#f6b26f}.flame .p2{fill:#f5a85c}\n"
".flame .p3{fill:#f39e49}.flame .m0{fill:#b0cae8}.flame .m1{fill:#a4c2e5}\n"
".flame .m2{fill:#98bae1}.flame .m3{fill:#8cb2de}.flame .i0{fill:#edb6d1}\n"
".flame .i1{fill:#eaa9c9}.flame .i2{fill:#e79dc2}.flame .i3{fill:#e391ba}\n"
".flame .o0{fill:#bddbc7}.flame .o1{fill:#b3d6be}.flame .o2{fill:#a9d1b6}\n"
".flame .o3{fill:#9fcbae}.flame .g0{fill:#facdc6}.flame .s0{fill:#c9dff7}\n"
".flame .g1{fill:#f7a89c}.flame .s1{fill:#a6c9f2}.flame .g2{fill:#f48371}\n"
".flame .s2{fill:#82b4ed}.flame .g3{fill:#f0624c}.flame .s3{fill:#63a1e9}\n"
".flame .same{fill:#e9e6e1}\n"
"@media(prefers-color-scheme:dark){.flame{background:#14171a;color:#e4e6e8}.flame text{fill:#e4e6e8}"
".flame .soft{fill:#98a2aa}.flame .f rect{stroke:#14171a}.flame .f:hover rect{stroke:#e4e6e8}\n"
".flame .hit rect{fill:#b01fa3}.flame input{background:#1b1f23;color:#e4e6e8;border-color:#3a4147}\n"
".flame .p0{fill:#93571a}.flame .p1{fill:#a5611d}.flame .p2{fill:#824c17}\n"
".flame .p3{fill:#b66b20}.flame .m0{fill:#30547e}.flame .m1{fill:#355e8d}\n"
".flame .m2{fill:#2b4d73}.flame .m3{fill:#3b689b}.flame .i0{fill:#81375c}\n"
".flame .i1{fill:#8f3d66}.flame .i2{fill:#763254}.flame .i3{fill:#9d4370}\n"
".flame .o0{fill:#335b41}.flame .o1{fill:#3b684a}.flame .o2{fill:#2e523a}\n"
".flame .o3{fill:#427653}.flame .g0{fill:#6e241c}.flame .s0{fill:#1f426b}\n"
".flame .g1{fill:#872c22}.flame .s1{fill:#265182}.flame .g2{fill:#a33529}\n"
".flame .s2{fill:#2e629e}.flame .g3{fill:#c03e30}.flame .s3{fill:#3673ba}\n"
".flame .same{fill:#30363b}\n"
"}\n";
