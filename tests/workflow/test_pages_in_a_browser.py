"""Every page that a run writes, opened in a browser: by day on a phone, by night at a desk.

Chromium loads copies of the pages, each in a frame as wide as the screen. A script at the start of
a copy keeps what goes wrong and lets nothing be fetched; one at its end does what a person does,
and tells the page around the frames what came of it.
"""

import html
import json
import re
import shutil
import subprocess
from urllib.parse import unquote

import pytest

from drumcorpus.stages.listening.page import render_sessions
from drumcorpus.stages.listening.settings import ListeningSettings

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
pytestmark = [
    pytest.mark.workflow,
    pytest.mark.long,  # opens every page at several sizes
    pytest.mark.skipif(BROWSER is None, reason=f"none of {', '.join(BROWSERS)} is installed"),
]

HOME = "reports/index.html"
HEALTH = "reports/health/prod_combined.html"
TOPS = {
    "crash",
    "health",
    "index.html",
    "ingest.html",
    "inventory.html",
    "provenance",
    "releases",
    "sessions",
    "splits",
}
# Width of the screen in px, and whether the system asks for dark colours. A window has at least
# 500 px, a frame in it any width.
LOOKS = {"phone by day": (390, False), "desk by night": (1280, True)}
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3 (AA), for text that is not large
LEAST_ROWS = 9  # of a table with a filter

AT_THE_START = """
<script>
const told = { errors: [], fetched: [] };
const wrong = (e) => told.errors.push(String(e.message || e.reason || e.target.outerHTML));
for (const what of ["error", "unhandledrejection"]) addEventListener(what, wrong, true);
console.error = (...said) => told.errors.push(said.join(" "));
addEventListener("securitypolicyviolation", (e) => told.fetched.push(e.blockedURI));
</script>
<meta http-equiv="Content-Security-Policy" content="default-src data: 'unsafe-inline'">
"""
AT_THE_END = r"""
<script>
addEventListener("load", async () => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const open = (is) => all("details").forEach((one) => { one.open = is; });
  const start = (one) => one.outerHTML.slice(0, 160);
  const isRemote = (text) => /(^|[\s("'])((https?|wss?|ftp):)?\/\//i.test(text);
  told.remote = all("*:not(a)").flatMap((one) =>
    ["src", "srcset", "href", "xlink:href", "poster", "data", "style"]
      .map((name) => one.getAttribute(name) ?? "").filter(isRemote));
  const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
  const over = (under, [r, g, b, alpha = 1], opacity) =>
    [r, g, b].map((value, i) => under[i] + (value - under[i]) * alpha * opacity);
  const behind = (one) => !one ? [255, 255, 255]
    : over(behind(one.parentElement), numbers(getComputedStyle(one).backgroundColor), 1);
  const opacity = (one) => one ? getComputedStyle(one).opacity * opacity(one.parentElement) : 1;
  const linear = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = (rgb) => [0.2126, 0.7152, 0.0722]
    .reduce((sum, weight, i) => sum + weight * linear(rgb[i] / 255), 0.05);
  const contrast = (one, pseudo) => {
    const { color, fill } = getComputedStyle(one, pseudo);
    const colour = numbers(one instanceof SVGElement ? fill : color);
    const lights = [over(behind(one), colour, opacity(one)), behind(one)].map(light);
    return [Math.max(...lights) / Math.min(...lights), start(one)];
  };
  const hasText = (one) => [...one.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  told.contrasts = [
    ...all("body *:not(script, title)").filter(hasText).map((one) => contrast(one)),
    ...all("[placeholder]").map((one) => contrast(one, "::placeholder")),
  ].sort((a, b) => a[0] - b[0]).slice(0, 5);
  told.look = [innerWidth, matchMedia("(prefers-color-scheme: dark)").matches];
  const scrolls = (one) => one && (getComputedStyle(one).overflowX !== "visible" || within(one));
  const within = (one) => scrolls(one.parentElement);
  const outside = (one) => one.getBoundingClientRect().right > innerWidth && !within(one);
  told.wide = [false, true].flatMap((is) => {
    open(is);
    const width = document.documentElement.scrollWidth;
    return width > innerWidth ? [`${width} px`, ...all("*").filter(outside).map(start)] : [];
  });

  told.tables = all("table.data").map((table) => {
    const rows = () => [...table.tBodies[0].rows];
    const columns = [...table.tHead.rows[0].cells].map((head, column) => {
      const texts = () => rows().map((row) => row.cells[column].textContent.trim());
      const click = () => {
        head.querySelector("button").click();
        return [head.getAttribute("aria-sort"), all("[aria-sort]", table).length, texts()];
      };
      const isNumber = head.classList.contains("num");
      return { name: head.textContent, isNumber, before: texts(), clicks: [click(), click()] };
    });
    const input = (table.closest(".scroll") || table).previousElementSibling?.control;
    const texts = rows().map((row) => row.textContent);
    const two = [...rows()[0].cells].slice(0, 2).reverse().map((cell) => cell.textContent);
    const words = input ? [two.join(" ").toUpperCase(), "no row has these words", ""] : [];
    const filters = words.map((typed) => {
      input.value = typed;
      input.dispatchEvent(new Event("input"));
      const shown = rows().filter((row) => row.checkVisibility()).map((row) => row.textContent);
      return { typed, shown, said: input.parentElement.textContent };
    });
    return { columns, texts, filters };
  });

  told.links = {};
  for (const link of all("a[href]")) {
    const href = link.getAttribute("href");
    if (href in told.links) continue;
    open(false);
    if (href.startsWith("#")) link.click();
    await new Promise((done) => setTimeout(done, 20));
    told.links[href] = document.getElementById(href.slice(1))?.checkVisibility() ?? null;
  }
  setTimeout(() => parent.postMessage([name, told], "*"), 200);  // what is refused is told late
});
</script>
"""
# Plays a session by the page's own clock, which here runs ahead of the sound card and of the
# threads that decode and draw: stand-ins take their place.
PLAYS = r"""
<script>
let seconds = 0;
const born = performance.now(), nodes = [], offline = new OfflineAudioContext(1, 1, 44100);
window.requestAnimationFrame = (draw) => setTimeout(draw, 16);
window.AudioContext = class {
  sampleRate = 44100; state = "running"; destination = {}; outputLatency = 0;
  get currentTime() { return (performance.now() - born) / 1000; }
  async decodeAudioData(bytes) {
    told.heads = [...(told.heads ?? []), String.fromCharCode(...new Uint8Array(bytes, 0, 4))];
    return this.createBuffer(1, seconds * 44100, 44100);
  }
  createBuffer(...shape) { return offline.createBuffer(...shape); }
  createGain() { return { gain: { value: 1 }, connect: () => {} }; }
  createBufferSource() {
    const node = { at: null, connect: (gain) => { node.gain = gain.gain; return gain; } };
    node.start = (when, at) => { node.at = at; };
    node.stop = () => { node.stopped = true; };
    nodes.push(node);
    return node;
  }
};
addEventListener("load", async () => {
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  setTimeout(() => parent.postMessage([name, told], "*"), 20000);  // also where an error ends this
  const section = [...document.querySelectorAll(".session")].find((one) =>
    one.querySelectorAll("audio").length === wanted && one.querySelectorAll(".lanes path").length);
  const part = (name) => section.querySelector(`.${name}`);
  const press = (key, more = {}) =>
    dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true, ...more }));
  const cursor = () => (parseFloat(part("cursor").style.left) / 100) * section.dataset.seconds;
  const levels = () => nodes.slice(-1 - wanted).map((node) => node.gain.value);
  const moved = async (ms) => { const from = cursor(); await wait(ms); return cursor() - from; };
  const playing = async () => { while (section.dataset.state !== "playing") await wait(20); };
  seconds = Number(section.dataset.seconds);
  section.scrollIntoView();
  part("play").click();
  await playing();
  await wait(200);
  told.moved = cursor();
  told.seconds = nodes.map((node) => node.buffer.duration - section.dataset.seconds);
  const clicks = nodes.at(-1).buffer.getChannelData(0), times = new Set();
  for (let n = 1; n < clicks.length; n++)
    if (clicks[n] && !clicks.slice(Math.max(0, n - 30), n).some(Boolean)) times.add(n);
  told.onsets = [...section.querySelectorAll(".lanes path")].map((one) => Number(one.dataset.t));
  told.clicks = [...times].map((n) => n / 44100);
  told.levels = [levels()];
  press("c"); told.levels.push(levels());
  press("c"); press("m"); told.levels.push(levels());
  await wait(400);
  press(" ");
  told.state = section.dataset.state;
  told.stopped = [cursor(), part("at").textContent];
  told.still = await moved(300);
  press("ArrowLeft"); press("ArrowLeft"); press("ArrowLeft"); told.first = cursor();
  press("ArrowRight", { shiftKey: true }); told.tenth = cursor();
  const width = () => part("sheet").getBoundingClientRect().width / part("view").clientWidth;
  press("+"); press("+"); press("-"); told.zoom = width();
  const box = part("sheet").getBoundingClientRect();
  part("sheet").dispatchEvent(new MouseEvent("click", { clientX: box.left + box.width / 4 }));
  told.quarter = cursor() / section.dataset.seconds;
  press(" "); await playing(); told.from = nodes.at(-1).at / section.dataset.seconds;
  press(" ");
  told.other = part("which")?.textContent;
  told.shown = [...section.querySelectorAll(".recording")]
    .filter((one) => one.checkVisibility()).map((one) => one.dataset.name);
});
</script>
"""
AROUND = """<!doctype html>
<meta charset="utf-8"><style>:root { color-scheme: light dark; }</style><pre></pre>
<script>
const told = {};
addEventListener("message", ({ data: [name, what] }) => {
  told[name] = what;
  document.querySelector("pre").textContent = JSON.stringify(told);
});
</script>
"""


def look_at(pages, folder, width, dark, at_the_end=AT_THE_END):
    """Open pages (HTML by name) on a screen `width` px wide; returns what each told, by name."""
    around = AROUND
    for place, (name, text) in enumerate(pages.items()):
        assert text.count("<head>") == 1
        copy = text.replace("<head>", "<head>" + AT_THE_START.strip()) + at_the_end
        (folder / f"{place}.html").write_text(copy)
        around += f'<iframe name="{name}" src="{place}.html" width="{width}"></iframe>\n'
    (folder / "around.html").write_text(around)
    command = [
        *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
        *("--disable-background-networking", "--hide-scrollbars", "--virtual-time-budget=60000"),
        *(f"--user-data-dir={folder / 'profile'}", "--dump-dom"),
        *(f"--blink-settings=preferredColorScheme={0 if dark else 1}", f"{folder / 'around.html'}"),
    ]
    done = subprocess.run(command, text=True, capture_output=True, timeout=120, check=False)
    told = re.search(r"<pre>(.+?)</pre>", done.stdout, re.DOTALL)
    assert told, f"no page told anything\n{done.stderr}"
    return json.loads(html.unescape(told[1]))


def shown_number(text):
    """What a cell of numbers sorts by: of a range its width, of others their first number."""
    if text.startswith("—"):
        return float("-inf")
    if ends := re.fullmatch(r"(-?[\d.]+) to (-?[\d.]+)", text):
        return float(ends[2]) - float(ends[1])
    number = re.match(r"-?[\d.:]+(e[-+]\d+)?", text.replace(",", ""))[0]
    return sum(float(part) * 60**i for i, part in enumerate(reversed(number.split(":"))))


def place_of_name(text):
    """What a cell of words sorts by: signs, then numbers by value, then letters of any case."""
    signs = " _-,;:!?.'\"()[]{}@*/&#%"
    return [
        (1, int(part), "") if part.isdigit() else (2 * part.isalpha(), signs.find(part), part)
        for part in re.findall(r"\d+|\D", text.lower())
    ]


@pytest.fixture(scope="module", params=LOOKS)
def seen(request, built, tmp_path_factory):
    """What every page told, by path, on one screen."""
    paths = sorted(built.path("reports").rglob("*.html"))
    pages = {path.relative_to(built.folder).as_posix(): path.read_text() for path in paths}
    told = look_at(pages, tmp_path_factory.mktemp("pages"), *LOOKS[request.param])
    assert set(told) == set(pages)
    assert {path.split("/")[1] for path in pages} >= TOPS
    assert {tuple(page["look"]) for page in told.values()} == {LOOKS[request.param]}
    return told


def not_empty(seen, key):
    """What pages told under `key`, where it is anything."""
    return {path: told[key] for path, told in seen.items() if told[key]}


def test_no_page_has_an_error_in_its_script(seen):
    assert not_empty(seen, "errors") == {}


def test_no_page_fetches_anything(seen):
    assert not_empty(seen, "fetched") == not_empty(seen, "remote") == {}


def test_no_page_is_wider_than_the_screen(seen):
    assert not_empty(seen, "wide") == {}


def test_every_text_stands_out_from_what_is_behind_it(seen):
    texts = [(path, *text) for path, told in seen.items() for text in told["contrasts"]]
    assert [text for text in texts if text[1] < LEAST_CONTRAST] == []


def test_every_link_leads_to_what_is_there_and_shown(seen, built):
    for path, told in seen.items():
        for href, is_shown in told["links"].items():
            name, _, anchor = unquote(href).partition("#")
            file = built.path(path).parent / name
            assert is_shown or "://" in href or file.is_file(), f"{path}: {href}"
            if name and anchor and not is_shown:
                assert f'id="{anchor}"' in file.read_text(), f"{path}: {href}"
    assert any(href.startswith("#labels-") for href in seen[HEALTH]["links"])


def test_the_tables_of_the_health_page_sort_by_every_column_in_both_directions(seen):
    n_unlike_texts = 0
    for column in (column for table in seen[HEALTH]["tables"] for column in table["columns"]):
        numbers, clicks = column["isNumber"], column["clicks"]
        key = shown_number if numbers else place_of_name
        for is_down, (said, n_said, texts) in zip((numbers, not numbers), clicks, strict=True):
            assert (said, n_said) == ("descending" if is_down else "ascending", 1), column["name"]
            assert sorted(texts) == sorted(column["before"])
            keys = [key(text) for text in texts]
            assert keys == sorted(keys, reverse=is_down), column["name"]
            n_unlike_texts += numbers and texts != sorted(texts, reverse=is_down)
    assert n_unlike_texts, "no column would tell an order of numbers from one of texts"


def test_the_tables_of_the_health_page_are_filtered_by_words_in_any_order(seen):
    n_narrowed = 0
    for table in seen[HEALTH]["tables"]:
        texts = table["texts"]
        assert bool(table["filters"]) == (len(texts) >= LEAST_ROWS)
        for filtered in table["filters"]:
            words = filtered["typed"].lower().split()
            wanted = [text for text in texts if all(word in text.lower() for word in words)]
            n = f"{len(wanted)} of " if len(wanted) < len(texts) else ""
            assert (filtered["shown"], filtered["said"]) == (wanted, f"{n}{len(texts)} rows")
            n_narrowed += 0 < len(wanted) < len(texts)
    assert n_narrowed, "no filter left some rows and hid others"


def test_every_page_is_reached_from_the_index_and_leads_back_to_it(seen, built):
    reports = built.path("reports")
    leads_to = {
        path: {
            (built.path(path).parent / unquote(href).partition("#")[0]).resolve()
            for href in told["links"]
            if not href.startswith("#")
        }
        for path, told in seen.items()
    }
    first, pages = (reports / "index.html").resolve(), {built.path(p).resolve(): p for p in seen}
    reached, left = {first}, [first]
    while left:
        for page in leads_to[pages[left.pop()]] & pages.keys():
            if page not in reached:
                reached.add(page)
                left.append(page)
    assert [path for page, path in pages.items() if page not in reached] == []
    # Copies in a release lead to its page, and that to the index.
    indexes = {page for page in pages if page.name == "index.html"}
    assert [path for path in seen if path != HOME and not leads_to[path] & indexes] == []


def test_a_figure_of_health_leads_to_a_session(seen):
    links = [href for href in seen[HEALTH]["links"] if "/sessions/" in href and "#" in href]
    assert len(links) >= 3


def test_a_session_is_played_with_clicks_at_its_labels(built, tmp_path):
    page = built.path("reports/sessions/groove_mididataset.html").read_text()
    plays = PLAYS.replace("wanted", "1")
    played = look_at({"page": page}, tmp_path, 1280, False, plays)["page"]
    assert (played["errors"], played["fetched"]) == ([], [])
    assert 0 < played["moved"] < played["stopped"][0] - 0.3
    assert played["heads"] == ["fLaC"]
    assert played["seconds"] == pytest.approx([0, 0], abs=0.001)
    for time in played["clicks"]:
        assert min(abs(time - onset) for onset in played["onsets"]) < 0.001
    assert len(played["clicks"]) >= 0.3 * len(set(played["onsets"])) > 1
    assert played["levels"] == [[1, 0.4], [1, 0], [1, 0.4]]  # the sound and the clicks
    assert (played["state"], played["still"]) == ("stopped", 0)
    assert (played["first"], played["zoom"]) == (0, pytest.approx(2, abs=0.01))
    assert played["tenth"] == pytest.approx(0.1, abs=0.001)
    assert played["from"] == played["quarter"] == pytest.approx(0.25, abs=0.001)


def test_drums_and_mix_are_heard_in_turn(built, tmp_path):
    """A page that has both, made of one that has drums alone."""
    shown = json.loads(built.path("results/listening/excerpts/groove_mididataset.json").read_text())
    for row in shown:
        row["recordings"] += [one | {"recording": "mix"} for one in row["recordings"]]
    card = {"title": "Both", "license": "none", "redistributable": True}
    settings = ListeningSettings(12, 1, 20.0, 22_050, 12.0)
    page = render_sessions("both", card, shown, [], settings)
    plays = PLAYS.replace("wanted", "2")
    played = look_at({"page": page}, tmp_path, 390, True, plays)["page"]
    assert played["errors"] == []
    assert played["levels"] == [[1, 0, 0.4], [1, 0, 0], [0, 1, 0.4]]
    assert (played["other"], played["shown"]) == ("mix", ["mix"])


def test_what_is_wrong_with_a_page_is_told(tmp_path):
    page = """<head></head><body style="background: #fff">
        <p style="width: 600px; color: #999">Wide and <a href="#nowhere">pale</a></p>
        <img src="http://192.0.2.1/x.png"><script>nothing.here()</script>"""
    told = look_at({"page": page}, tmp_path, width=390, dark=False)["page"]
    assert "Uncaught ReferenceError: nothing is not defined" in told["errors"]
    assert (told["fetched"], told["remote"]) == (["http://192.0.2.1/x.png"],) * 2
    assert (told["wide"][0], told["links"]) == ("608 px", {"#nowhere": None})
    assert told["contrasts"][0][0] == pytest.approx(2.85, abs=0.005)
