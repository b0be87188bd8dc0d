"""A job reaches what it uses: what an edit, a mode or an upgrade makes anew, and what it leaves."""

import os

import pytest

pytestmark = [pytest.mark.workflow, pytest.mark.long]  # each test runs the workflow several times

MODULES = "src/drumcorpus"


def edit(path, before, after):
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def rules_made(project, *arguments):
    """The names of the rules of which a job made something."""
    return {job.split()[0] for job in project.jobs(*arguments)}


def test_the_mode_of_the_gates_cuts_no_clip_anew(project):
    assert rules_made(project, "--config", "gates=report", "--", "all") == set()


def test_an_edit_of_what_stands_around_the_clips_cuts_none_anew(project):
    path = project.path(f"{MODULES}/stages/export/assemble.py")
    path.write_text(f"{path.read_text()}\n\nUNUSED = 1\n")
    assert rules_made(project, "all") == {"assemble_export"}


def test_an_edit_of_the_draw_of_splits_reaches_the_two_rules_that_draw(project):
    path = project.path(f"{MODULES}/stages/splits/draw.py")
    path.write_text(f"{path.read_text()}\n\nUNUSED = 1\n")
    assert rules_made(project, "all") == {"take_inventory", "decide_splits"}


def test_an_edit_of_a_template_makes_pages_and_nothing_else(project):
    path = project.path(f"{MODULES}/ground/pages/templates/page.html.jinja")
    edit(path, "</html>", "<!-- --></html>")
    made = rules_made(project, "all")
    pages = ("render", "summarise", "compare_audit", "file_release", "draw_trend")
    pages += ("write_index", "index_sessions")
    assert made
    assert [rule for rule in made if not rule.startswith(pages)] == []


def test_a_docstring_of_an_attribute_is_no_code(project):
    path = project.path(f"{MODULES}/schemas.py")
    path.write_text(f'{path.read_text()}\n"""What a table of events looks like."""\n')
    assert project.jobs("all") == set()


@pytest.fixture
def other_soxr(project, tmp_path, monkeypatch):
    """As if soxr had been upgraded: its version is told by what is first on the path."""
    folder = tmp_path / "soxr-9.9.9.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: soxr\nVersion: 9.9.9\n")
    environment = project.environment()
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), environment["PYTHONPATH"]])
    monkeypatch.setattr(type(project), "environment", lambda self: environment)
    return project


def test_an_upgrade_makes_stale_what_the_library_can_change(other_soxr):
    made = rules_made(other_soxr, "all")
    assert {"write_samples", "embed_crashes"} <= made
    # What comes of the same sound is the same, and what hangs on it alone is not made again.
    assert made.isdisjoint(
        {"merge_manifest", "gather_events", "derive_weights", "publish_manifest"}
    )


def test_products_of_another_version_stand_where_the_config_says_so(other_soxr):
    log = other_soxr.folder / "logs/run_log.jsonl"
    log.unlink(missing_ok=True)
    said = other_soxr.snakemake("--config", "software=recorded", "--", "all").said
    assert other_soxr.jobs_logged("made") == set()
    assert "made with other versions of libraries: soxr 1." in said
    assert "(here 9.9.9). They stand, for the config says `software: recorded`." in said
