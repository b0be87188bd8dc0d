"""The health page: well formed, self-contained, safe, and it says every figure in words."""

import re
from html.parser import HTMLParser

import orjson
import pyarrow as pa
import pytest
from checkout import REPO
from page_links import without_page_links

from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.run.code_digest import reached_modules
from drumcorpus.schemas import EVENTS, QUARANTINE, SESSIONS, TALLIES
from drumcorpus.stages.gates.gates import check_gates
from drumcorpus.stages.health.measure import Around, measure_health
from drumcorpus.stages.health.page import (
    bar_charts,
    health_charts,
    histogram,
    hours,
    nice_ticks,
    number,
    render_health_page,
    stacked_bars,
)

HOSTILE = "<script>alert('x')</script>&\"take\""
VOID = {"meta", "br", "hr", "img", "input", "link"}


class Balance(HTMLParser):
    """Raises at the first tag that closes what is not open."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.text = [], set(), []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> at {self.getpos()}"

    def handle_data(self, data):
        self.text.append(data)


def parsed(html):
    parser = Balance()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


def measured(folder, events, tallies=(), quarantine=(), sessions=()):
    def write(name, rows, schema):
        write_table(folder / name, pa.Table.from_pylist(list(rows), schema))
        return folder / name

    tables = {"tallies": (tallies, TALLIES), "quarantine": (quarantine, QUARANTINE)}
    tables["sessions"] = (sessions, SESSIONS)
    beside = {
        name: [write(f"{name}.parquet", rows, schema)] if rows else []
        for name, (rows, schema) in tables.items()
    }
    return measure_health(
        [write("events.parquet", events, EVENTS)],
        Around(**beside),
        taxonomy_labels={"kick": "kick", "hihat_open": "hihat", "crash": "crash"},
        cymbal_families=["crash"],
        dynamic_buckets=["ghost", "accent"],
        threads=2,
        memory_limit="1GB",
    )


@pytest.fixture
def hostile_report(tmp_path):
    """A report in which every name that the data could choose is hostile."""
    names = {"source_set": HOSTILE, "session_id": HOSTILE}
    parts = [{"label": "kick", "dynamic_bucket": HOSTILE}, {"label": HOSTILE}]
    parts += [{"label": "hihat_open", "openness": 0.5}, {"label": "crash"}]
    event = {**names, "event_id": HOSTILE, "group_id": HOSTILE, "onset_time": 1.0}
    event |= {"tempo_bpm": 120.0, "meter": HOSTILE, "license": HOSTILE, "techniques": [HOSTILE]}
    event |= {"components": parts, "is_synthetic": False}
    stage = {"annotation_stage": "crash_dual_label", "method": HOSTILE}
    events = [{**event, "split": split, "annotation_history": [stage]} for split in (HOSTILE, "b")]
    bad_file = {"path": HOSTILE, "reason": HOSTILE, "stage": HOSTILE, "detail": HOSTILE}
    drop = {**names, "source_label": HOSTILE, "outcome": HOSTILE, "n_hits": 3}
    return measured(
        tmp_path, events, tallies=[drop], quarantine=[{**names, **bad_file}], sessions=[names]
    )


def verdicts_of(report):
    return check_gates(report, {"max_unknown_labels": 0, "max_quarantined": 5})


def with_gates(report):
    return report | {"gates": verdicts_of(report)}


def verdict(gate, status, **more):
    given = {"figure": 1, "limit": 0, "sentence": "So it is.", "waiver": None}
    return {"gate": gate, "status": status, "passed": status == "PASS", **given, **more}


def test_names_from_the_data_are_escaped_everywhere(hostile_report):
    html = render_health_page(with_gates(hostile_report), HOSTILE)
    assert html.count("<script") == 1  # that of the page itself, in the end
    assert HOSTILE not in html
    assert html.count("&lt;script&gt;") > 20
    ids = re.findall(r'id="([^"]*)"', html)
    assert all(re.fullmatch(r"[a-z0-9_-]+", id_) for id_ in ids)


def test_every_tag_is_closed_in_its_turn(hostile_report):
    html = render_health_page(with_gates(hostile_report), "demo")
    assert html.lstrip().startswith("<!doctype html>")
    assert {"svg", "rect", "table", "h1"} <= parsed(html).seen


def test_the_page_refers_to_nothing_outside_itself(hostile_report):
    html = render_health_page(hostile_report, "demo")
    apart = without_page_links(html)
    assert not re.search(r'https?:|url\(|@import|\bsrc=|\bhref="[^#]', apart)
    assert not re.search(r"fetch|XMLHttp|import\(|eval|innerHTML", html)


def test_every_link_leads_to_one_place_of_the_page(hostile_report):
    html = render_health_page(with_gates(hostile_report), "demo")
    ids = re.findall(r'\bid="([^"]*)"', html)
    assert len(ids) == len(set(ids))
    links = set(re.findall(r'href="#([^"]*)"', html))
    assert links
    assert links <= set(ids)


def test_a_figure_links_to_the_sessions_behind_it(tmp_path):
    events = [
        {"source_set": "groove", "session_id": name, "split": "train", "onset_time": float(n)}
        | {"components": [{"label": "kick"}], "license": None}
        for n, name in enumerate(["few", "most", "most"])
    ]
    html = render_health_page(measured(tmp_path, events), "demo")
    link = re.search(r'<td><a href="#([^"]*)">kick</a></td>', html)[1]
    section = html.split(f'<section id="{link}">')[1].split("</section>")[0]
    assert section.index("groove: most</code>") < section.index("groove: few</code>")
    link = re.search(r'<a href="#([^"]*)">without licence</a>', html)[1]
    assert "groove: most" in html.split(f'<section id="{link}">')[1].split("</section>")[0]


def test_light_and_dark_and_the_narrow_screen_are_provided_for(hostile_report):
    html = render_health_page(hostile_report, "demo")
    assert "prefers-color-scheme: dark" in html
    assert "width=device-width" in html
    assert html.count("{") == html.count("}")


def test_failing_gates_come_first_then_waived_ones_with_figure_limit_and_sentence(hostile_report):
    verdicts = [
        verdict("a", "PASS", figure=12345, limit=500, sentence="Enough."),
        verdict("b", "WAIVED", sentence="Late. Waived until 2027-01-01: known of old"),
        verdict("c", "FAIL", figure=None, limit=0.005, sentence="Too many."),
    ]
    html = render_health_page(hostile_report | {"gates": verdicts}, "demo")
    assert "1 of 3 gates fails. 1 more is waived." in html
    found = re.findall(r'<span class="badge (\w+)">(FAIL|WAIVED|PASS)</span>', html)
    assert found == [("bad", "FAIL"), ("warn", "WAIVED"), ("good", "PASS")]
    for text in ("12,345", "0.005", "Enough.", "Too many.", "known of old", "—"):
        assert text in html


def test_a_page_of_waived_gates_does_not_call_them_passing(hostile_report):
    verdicts = [verdict("a", "PASS"), verdict("b", "WAIVED")]
    html = render_health_page(hostile_report | {"gates": verdicts}, "demo")
    assert "No gate fails, but 1 of 2 is waived." in html
    assert "gates pass" not in html


def test_a_page_without_gates_says_so(hostile_report):
    assert "No gate was checked" in render_health_page(hostile_report, "demo")


def test_a_source_set_has_no_gates_and_misses_none(hostile_report):
    html = render_health_page(hostile_report, "egmd", what="source set")
    assert "Health of the source set" in html
    assert "gate" not in html.split("<main>")[1].split("</main>")[0]


def test_all_gates_passing_is_said(hostile_report):
    one = hostile_report | {"gates": check_gates(hostile_report, {"max_quarantined": 5})}
    assert "The one gate passes." in render_health_page(one, "demo")
    two = one | {"gates": one["gates"] * 2}
    assert "All 2 gates pass." in render_health_page(two, "demo")


def test_what_differs_from_the_baseline_is_shown_where_it_was_looked_for(hostile_report):
    row = {"figure": "labels.kick.total", "a": 1268, "b": 1200, "difference": -68}
    row |= {"relative": -0.0536, "beyond": True, "note": None}
    diff = {"sentence": "1 figure differs.", "differences": [row], "more_differences": 3}
    html = render_health_page(hostile_report, "demo", diff=diff)
    for text in ("Against the baseline", "1 figure differs.", "1,268", "1,200", "3 more"):
        assert text in html
    assert "Against the baseline" not in render_health_page(hostile_report, "demo")


def test_a_chart_of_every_class_cuts_its_source_sets_into_splits(tmp_path):
    def event(n, source_set, split, is_synthetic):
        return {"source_set": source_set, "session_id": f"{n}", "split": split} | {
            "onset_time": 1.0,
            "is_synthetic": is_synthetic,
            "components": [{"label": "kick"}],
        }

    events = [event(1, "groove", "train", False), event(2, "groove", "test", False)]
    events += [event(3, "slakh", "train", True)]
    chart = health_charts(measured(tmp_path, events))["cells"]["kick"]
    cut = {
        row["name"]: [(s["series"], s["n"], s["colour"]) for s in row["segments"]]
        for row in chart["rows"]
    }
    assert cut == {
        "groove": [("train", 1, "c0"), ("test", 1, "c1")],
        "slakh": [("train, synthetic", 1, "c0 syn")],
    }


def test_the_audio_is_that_of_the_sessions_of_the_manifest_and_others_are_told(tmp_path):
    events = [
        {"source_set": "groove", "session_id": name, "split": split, "onset_time": 1.0}
        for name, split in [("a", "train"), ("b", "train"), ("c", "test"), ("d", "test")]
    ]
    listed = [
        {"source_set": "groove", "session_id": "a", "audio_path": "a", "audio_duration": 60.0},
        {"source_set": "groove", "session_id": "b"},
        {"source_set": "groove", "session_id": "c"},
        {"source_set": "groove", "session_id": "refused", "audio_path": "x", "audio_duration": 9.0},
        {"source_set": "slakh", "session_id": "empty"},
    ]
    report = measured(tmp_path, events, sessions=listed)
    html = render_health_page(report, "demo")
    card = re.search(r"<dt>Audio, h:min:s</dt><dd>(.*?)</dd>", html)[1]
    assert card == "0:01:00 <small>1 of 4 sessions known</small>"
    [part] = re.findall("<h3>Audio by set and split</h3>.*?</section>", html, re.S)
    rows = re.findall(r"<tr><td class=\"name\">.*?</tr>", part)
    cells = [re.findall(r"<td.*?>(.*?)</td>", row) for row in rows]
    # Of what nobody measured no length is known.
    assert cells == [["groove", "test", "1", "—"], ["groove", "train", "2", "0:01:00"]]
    assert (
        "Listed and not in the manifest: 2 sessions, 0:00:09; the splits refuse them, or they have "
        "no event.</p>"
    ) in part
    assert "1 session of the manifest is not listed.</p>" in part
    parsed(html)
    assert "3 of 5 listed sessions have no audio file, 1 of them not in the manifest." in html


def test_where_every_listed_session_is_in_the_manifest_no_other_is_told(tmp_path):
    event = {"source_set": "groove", "session_id": "a", "split": "train", "onset_time": 1.0}
    listed = [{"source_set": "groove", "session_id": "a"}]
    html = render_health_page(measured(tmp_path, [event], sessions=listed), "demo")
    assert "1 of 1 listed sessions have no audio file.</p>" in html
    assert "not in the manifest" not in html and "not listed" not in html


def test_an_empty_manifest_is_described_in_words(tmp_path):
    html = render_health_page(measured(tmp_path, []), "empty")
    text = " ".join(parsed(html).text)
    for sentence in (
        "The manifest has no hits.",
        "No session has a hit.",
        "No event has a tempo.",
        "No hit has an openness.",
        "No event has a technique.",
        "Not measured: no tally was given.",
        "Not measured: no quarantine table was given.",
        "Not measured: no session table was given.",
    ):
        assert sentence in text


def test_equal_reports_give_equal_pages(hostile_report):
    pages = {render_health_page(hostile_report, "demo") for _ in range(2)}
    assert len(pages) == 1


def test_a_page_of_a_report_read_back_is_equal_to_the_byte(hostile_report, tmp_path):
    def event(n):
        parts = [{"label": "kick", "source_label": str(part)} for part in range(n)]
        return {"source_set": "s", "session_id": str(n), "onset_time": 1.0, "components": parts}

    crowded = measured(tmp_path, [event(n) for n in (1, 2, 10)])
    for report in (with_gates(hostile_report), crowded):
        page = render_health_page(report, "demo")
        assert page == render_health_page(orjson.loads(canonical_json(report)), "demo")
    # As the JSON has its keys, 10 would stand before 2, and the fewest before the most.
    columns = health_charts(orjson.loads(canonical_json(crowded)))["components"]["columns"]
    assert [(column["name"], column["n"]) for column in columns] == [("1", 1), ("2", 1), ("10", 1)]
    assert page.index('<section id="most_hits">') < page.index('<section id="fewest_hits">')


def test_who_measures_a_source_set_reaches_no_page():
    script = REPO / "workflow/scripts/measure_source_set.py"
    reached = set(reached_modules(script, REPO / "src/drumcorpus"))
    assert "stages/health/measure.py" in reached
    assert {p for p in reached if "page" in p} == set()


def test_bars_are_cut_in_the_order_of_the_series_and_fit_the_axis():
    chart = stacked_bars({"kick": {"test": 100, "train": 300}, "crash": {}}, ["train", "test"])
    kick, crash = chart["rows"]
    assert [tick["text"] for tick in chart["ticks"]] == ["0", "100", "200", "300", "400"]
    assert [(s["series"], s["x"], s["width"]) for s in kick["segments"]] == [
        ("train", 0.0, 750.0),
        ("test", 750.0, 250.0),
    ]
    assert (crash["total"], crash["segments"]) == (0, [])


def test_bars_of_the_whole_are_all_of_one_length():
    chart = stacked_bars({"kick": {"a": 1, "b": 3}, "crash": {"b": 9}}, ["a", "b"], of_whole=True)
    assert [sum(s["width"] for s in row["segments"]) for row in chart["rows"]] == [1000, 1000]


def test_a_histogram_scales_its_columns_to_its_highest_tick():
    chart = histogram([("60", 100), ("70", 25)])
    assert [column["height"] for column in chart["columns"]] == [100.0, 25.0]
    assert [label["at"] for label in chart["x_labels"]] == [0.0, 50.0]
    assert histogram([("60", 0)]) is None


@pytest.mark.parametrize("largest", [0, 1, 2, 3, 7, 9, 10, 11, 99, 101, 12_345, 3_007_914])
def test_ticks_are_few_whole_and_reach_the_largest_value(largest):
    ticks = nice_ticks(largest)
    assert ticks[0] == 0
    assert ticks[-1] >= largest
    assert 3 <= len(ticks) <= 6
    assert all(tick == int(tick) for tick in ticks)


def test_figures_are_written_for_people():
    assert [number(v) for v in (1234567, 0.0123456, 386.75, 12.0, None)] == [
        "1,234,567",
        "0.01235",
        "386.75",
        "12",
        "—",
    ]
    assert (hours(3723.4), hours(None)) == ("1:02:03", "—")


def test_places_in_the_bar_are_drawn_by_label_with_those_struck_most(tmp_path):
    event = {"source_set": "a", "session_id": "s", "group_id": "g", "split": "train"}
    event |= {"is_synthetic": False, "techniques": [], "annotation_history": [], "meter": "4/4"}
    beats = [1.0, 1.0, 3.0, None]
    events = [
        event
        | {"event_id": str(n), "onset_time": float(n), "beat": beat}
        | {"components": [{"label": "kick", "dynamic_bucket": "ghost"}]}
        for n, beat in enumerate(beats)
    ]
    page = render_health_page(measured(tmp_path, events), "mine")
    assert "3 hits have a meter and a place in the bar, 1 have none." in page
    assert "<h4>4/4, 3 hits</h4>" in page
    assert "<title>kick: most at 1 (2), 3 (1)</title>" in page


def test_of_several_meters_the_commonest_stands_first_also_in_a_report_read_back():
    places = [2] + [0] * 35
    meters = {"3/4": {"beats": 3, "hits": 2, "by_label": {"kick": places}}}
    meters |= {"4/4": {"beats": 4, "hits": 9, "by_label": {"kick": [9] + [0] * 47}}}
    assert list(bar_charts({"per_beat": 12, "by_meter": meters})) == ["4/4", "3/4"]
