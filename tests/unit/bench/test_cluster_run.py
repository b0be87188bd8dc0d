"""The benchmark that makes the demo on a SLURM cluster, run as it is printed on a single target."""

import importlib
import importlib.util

import pytest
from checkout import REPO
from printed import command_of, run


@pytest.mark.workflow
@pytest.mark.cluster
def test_a_target_of_the_demo_is_made_on_a_cluster_and_here_with_equal_bytes(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(REPO / "tests/cluster")
    if missing := importlib.import_module("slurm_cluster").missing_programs():
        pytest.skip(f"no SLURM on this machine: {', '.join(missing)} (Debian: slurm-wlm, munge)")
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        pytest.skip("the executor of SLURM is not installed: make cluster")
    places = {"OUT": tmp_path / "out"}
    said = run(command_of("demo_on_a_cluster.py"), places, "--target", "inventory")
    figures = {line[:20].strip(): line[20:].split() for line in said.splitlines()}
    # The demo's raw data is made by one job of each module, its inventories by one of each group;
    # their page is the run's own.
    n_jobs = int(figures["jobs of the workflow"][0].replace(",", ""))
    assert n_jobs >= 20
    assert 1 <= int(figures["SLURM jobs"][0]) <= n_jobs // 4
    assert figures["not completed"] == ["0"]
    count, _megabytes, _mb, differing, _differ = figures["products"]
    assert int(count.rstrip(",").replace(",", "")) > 20
    assert differing == "0"
