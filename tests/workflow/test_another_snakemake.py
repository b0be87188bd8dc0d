"""A Snakemake that lacks what makes a plan quicker: the plan and the products are the same."""

import json
import os

import pytest
import yaml

pytestmark = [pytest.mark.workflow, pytest.mark.long]

# Python runs it at its start, in the process of every job too: a function takes one thing more.
SITECUSTOMIZE = """\
from snakemake import common

known = common.overwrite_function_params

def overwrite_function_params(func, params, more=None):
    return known(func, params)

common.overwrite_function_params = overwrite_function_params
"""
REMARK = "A plan takes longer with this version of Snakemake, which has no snakemake.common."
PLAN = ("-m", "drumcorpus", "plan", "--configfile", "mine.yaml", "--cores", "2", "--json")
CHANGED = {"sampling": {"exponent": 0.25}}


@pytest.fixture
def other_snakemake(tmp_path, monkeypatch, project):
    """The project; while `is_other(True)` holds, its processes have the other Snakemake."""
    (tmp_path / "sitecustomize.py").write_text(SITECUSTOMIZE)
    plain = project.environment

    def is_other(value):
        path = os.pathsep.join([str(tmp_path), plain()["PYTHONPATH"]])
        others = {"PYTHONPATH": path} if value else {}
        monkeypatch.setattr(project, "environment", lambda: plain() | others)

    return is_other


def test_its_plan_is_that_of_the_one_that_is_pinned(project, other_snakemake):
    project.configure(**CHANGED)
    plans = []
    for value in (False, True):
        other_snakemake(value)
        said = project.run(*PLAN).said
        plan = json.loads(said[said.index("{\n") :])
        del plan["free_bytes"]  # of the disk, at that moment
        assert any(line.startswith(REMARK) for line in plan.pop("said")) is value
        plans.append(plan)
    assert plans[0] == plans[1]
    assert plans[0]["jobs"]["works"] > 0


def test_what_it_makes_is_what_the_one_that_is_pinned_makes(project, other_snakemake):
    other_snakemake(True)
    assert project.jobs("all") == set()
    before = yaml.safe_load(project.path("mine.yaml").read_text())
    project.configure(**CHANGED)
    made = project.jobs("all")
    products = project.products()
    assert {"derive_weights prod_combined", "assemble_export prod_combined clips"} <= made
    other_snakemake(False)
    assert project.jobs("all") == set()
    project.path("mine.yaml").write_text(yaml.safe_dump(before))
    assert project.jobs("all") == made
    project.configure(**CHANGED)
    assert project.jobs("all") == made
    assert project.products() == products
