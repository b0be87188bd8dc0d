"""
Compare health reports and manifests.

in:   reports/health/{manifest}.json, the blessed {manifest}.health.json where there is one; the two
      files that the config names under `compare`
out:  results/baselines/{manifest}.health.json   what `bless` would take
      reports/health/{manifest}.diff.json        what differs from the blessed figures
      reports/comparison/<name>.json, .html      what differs between the two files
"""

from drumcorpus.shown import shown_path


rule compare_health:
    """Compare the figures of a manifest with those that are blessed."""
    input:
        report="reports/health/{manifest}.json",
        blessed=lambda wildcards: baseline_file(f"{wildcards.manifest}.health.json"),
    output:
        candidate=update("results/baselines/{manifest}.health.json"),
        diff=update("reports/health/{manifest}.diff.json"),
    log:
        "logs/compare_health/{manifest}.log",
    benchmark:
        "benchmarks/compare_health/{manifest}.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("compare_health.py"),
        tolerances=config["comparison"]["tolerances"],
    script:
        "../scripts/compare_health.py"


rule compare_files:
    """Compare two health reports, or two manifests, that the config names."""
    input:
        **COMPARED,
    output:
        report=update(f"reports/comparison/{COMPARISON}.json"),
        page=update(f"reports/comparison/{COMPARISON}.html"),
    log:
        f"logs/compare_files/{COMPARISON}.log",
    benchmark:
        f"benchmarks/compare_files/{COMPARISON}.tsv"
    conda:
        "../../environment.yml"
    threads: 2
    params:
        code=code("compare_files.py"),
        tolerances=config["comparison"]["tolerances"],
        names={side: shown_path(path) for side, path in COMPARED.items()},
        local=config["health"],
    script:
        "../scripts/compare_files.py"
