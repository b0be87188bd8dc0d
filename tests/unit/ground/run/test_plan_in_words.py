"""A plan as people read it."""

from drumcorpus.ground.run.plan_in_words import WIDEST, plan_in_words
from drumcorpus.ground.run.plan_report import Clock, PlanReport, RuleLine
from drumcorpus.ground.run.planned_work import ASKED, NEW, SETTING, UPSTREAM, Cause
from drumcorpus.ground.run.time_estimates import AT_MOST, UNKNOWN

TABLE = """\
rule                    work   may   ask   hours      GB     time  why
take_inventory             1                           2  <12 min  new: egmd
check_audio                3     1             3     1.1   1 h 10  new: egmd; setting measure.near_…
embed_crashes              1           2               ?        ?  setting embedding.sample_rate_hz…
merge_manifest                   1                 <0.01      9 s  if check_audio or 1 more changes
render_splits                          1                           its product was taken away, and…
total                      5     2     3       3     3.1  >1 h 22  one by one

why, in full:
  setting: measure.near_silence_dbfs: -60.0 → -50.0
    of check_audio (2 jobs)
  setting: embedding.sample_rate_hz: 22050 → 44100
    of embed_crashes (1 job)

5 jobs will work; 2 work only if what they read changes (may); 3 only ask whether their products are
  fresh, and leave (ask); 40 are not asked.
At least 20 min to 1 h 22 on 4 cores, 35 min of it in the longest chain of jobs; < are upper limits,
  of rules that have not run here; > and ? are without 1 job of unknown time.
Writes about 5 GB, without 1 rule that has not run here; 4 GB are free here: not enough.
The largest job (embed_crashes) asks for at least 3,300 MB of memory, more than the 2,000 MB here:
  it runs alone, and may fail."""


def a_report(lines, **changes):
    values = {
        "targets": ["all"],
        "cores": 4,
        "stands": 40,
        "lines": lines,
        "source_sets": ["egmd", "enst_drums"],
        "clock": Clock(1200, 4920, 2100),
        "memory_mb": 2000,
        "free_bytes": 4_000_000_000,
        "said": [],
    }
    return PlanReport(**values | changes)


def some_lines():
    new = Cause(NEW, "was never made here")
    silence = Cause(SETTING, "measure.near_silence_dbfs", "-60.0 → -50.0")
    rate = Cause(SETTING, "embedding.sample_rate_hz", "22050 → 44100")
    return [
        RuleLine(
            "take_inventory",
            works=1,
            read_bytes=2_000_000_000,
            written_bytes=10**9,
            seconds=720,
            time=AT_MOST,
            causes={new: 1},
            source_sets=["egmd"],
        ),
        RuleLine(
            "check_audio",
            works=3,
            may_work=1,
            sound_seconds=10_800,
            read_bytes=1_050_000_000,
            written_bytes=4 * 10**9,
            seconds=4200,
            causes={new: 1, silence: 2, Cause(UPSTREAM, "take_inventory"): 1},
            source_sets=["egmd"],
        ),
        RuleLine(
            "embed_crashes",
            works=1,
            asks=2,
            n_untimed=1,
            time=UNKNOWN,
            mem_mb=3300,
            causes={rate: 1, Cause(ASKED, "a job before it is asked"): 2},
        ),
        RuleLine(
            "merge_manifest",
            may_work=1,
            read_bytes=4000,
            written_bytes=90,
            seconds=9,
            causes={Cause(UPSTREAM, "check_audio"): 1, Cause(UPSTREAM, "embed_crashes"): 1},
        ),
        RuleLine(
            "render_splits",
            asks=1,
            causes={Cause(ASKED, "its product was taken away, and is kept"): 1},
        ),
    ]


def test_each_rule_has_a_line_and_each_reason_is_told_in_full():
    assert plan_in_words(a_report(some_lines())) == TABLE


def test_no_line_is_wider_than_the_terminal_or_a_page():
    for width, wide in ((20, 80), (80, 80), (93, 93), (400, WIDEST)):
        lines = plan_in_words(a_report(some_lines()), width).splitlines()
        assert max(map(len, lines)) <= wide


def test_where_nothing_is_asked_there_is_nothing_to_do():
    said = plan_in_words(a_report([]))
    assert said == "Nothing to do: the products of all 40 jobs on the way to all stand."


def test_a_first_build_of_all_sets_names_none_of_them():
    lines = some_lines()[:1]
    lines[0].source_sets = ["egmd", "enst_drums"]
    assert plan_in_words(a_report(lines)).splitlines()[1].endswith("<12 min  new")


def test_programs_get_the_same_figures():
    document = a_report(some_lines()).document()
    assert document["schema"] == "drumcorpus.plan/1"
    assert document["jobs"] == {"works": 5, "may_work": 2, "asks": 3, "stands": 40}
    assert document["clock_seconds"] == {"least": 1200, "most": 4920, "chain": 2100}
    checks = document["rules"][1]
    assert (checks["rule"], checks["seconds"], checks["time"]) == ("check_audio", 4200, "measured")
    assert checks["causes"][1] == {
        "kind": "setting",
        "name": "measure.near_silence_dbfs",
        "detail": "-60.0 → -50.0",
        "jobs": 2,
    }
