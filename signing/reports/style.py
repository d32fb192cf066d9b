"""The look of the report page: calm on a screen, readable in print."""

STYLE = """
:root{--ink:#1d2433;--soft:#5b6475;--line:#d9dee7;--paper:#fff;--desk:#f4f6f9;
--good:#1b6b3a;--open:#8a5a00;--bad:#a3161a}
*{box-sizing:border-box}
body{margin:0;background:var(--desk);color:var(--ink);line-height:1.5;
font:16px/1.5 "Segoe UI","Noto Sans","Liberation Sans",Arial,sans-serif}
main{overflow-wrap:anywhere;max-width:860px;margin:0 auto;padding:20px 14px 40px}
header p{margin:0 0 4px;color:var(--soft)}
h1{font-size:1.35rem;margin:0 0 12px;letter-spacing:.01em}
h2{font-size:1.05rem;margin:0 0 12px}
h3{font-size:1rem;margin:0 0 6px;display:flex;gap:8px;align-items:flex-start}
section,article{background:var(--paper);border:1px solid var(--line);
border-radius:8px;padding:16px 18px;margin:14px 0}
[lang] .other,.other{color:var(--soft);font-size:.86em;font-weight:400}
.answer{display:flex;gap:14px;align-items:flex-start;border-left:6px solid}
.answer .mark{width:40px;height:40px}
h3>span,.answer>div{min-width:0}
.answer p{margin:0}
.answer .word{font-size:1.15rem;font-weight:600}
.answer.good{border-left-color:var(--good)}.answer.open{border-left-color:var(--open)}
.answer.bad{border-left-color:var(--bad)}
article>.code{margin:8px 0 0}
.code{font:.82rem/1.4 "Liberation Mono",Consolas,monospace;color:var(--soft);
overflow-wrap:anywhere}
.mark{width:18px;height:18px;flex:none;vertical-align:-3px}
.mark.good,.good>.sign{fill:var(--good)}.mark.open,.open>.sign{fill:var(--open)}
.mark.bad,.bad>.sign{fill:var(--bad)}
dl{margin:0;display:grid;grid-template-columns:minmax(0,15rem) minmax(0,1fr)}
dt,dd{padding:7px 0;border-top:1px solid var(--line);overflow-wrap:anywhere}
dt{color:var(--soft);padding-right:12px}
dd{margin:0}dd .mark{margin-right:6px}
dl>dt:first-of-type,dl>dt:first-of-type+dd{border-top:0}
dt .other,dd .other{display:block}
.chain{display:block;width:100%;max-width:420px;height:auto;margin:14px 0 0}
.chain rect{fill:#fbfcfe;stroke:var(--line)}
.chain .edge{stroke:none;fill:#9aa3b2}
.chain .good>.edge{fill:var(--good)}.chain .open>.edge{fill:var(--open)}
.chain .bad>.edge{fill:var(--bad)}
.chain text{fill:var(--ink)}.chain .title{fill:var(--soft)}
.chain .arrow{fill:none;stroke:#9aa3b2;stroke-width:1.4}
table{border-collapse:collapse;width:100%;table-layout:fixed}
td,th{text-align:left;vertical-align:top;padding:6px 10px 6px 0;
border-top:1px solid var(--line);overflow-wrap:anywhere}
@media(max-width:560px){dl{grid-template-columns:minmax(0,1fr)}
dd{border-top:0;padding-top:0}dt{padding-bottom:0}
section,article{padding:14px 12px}}
@page{size:A4;margin:16mm}
@media print{body{background:#fff;font-size:11pt}main{max-width:none;padding:0}
section,article{break-inside:avoid;border-color:#999}
.mark,.chain,.answer{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""
