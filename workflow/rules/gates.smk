"""
Hold every manifest and its export to their gates, and source sets that have gates of their own.

in:   reports/health/{manifest}.json          with the verdict of every gate on the manifest
      reports/export/{manifest}/{export}.json with the verdict of every gate on an export
      reports/health/source_sets/{source_set}.json    the same, of a source set with gates
out:  results/gates/{manifest}.json           stands only if the manifest may pass
      results/gates/export/{manifest}/{export}.json   stands only if the export may
      results/gates/source_sets/{source_set}.json     stands only if the source set may
"""


rule enforce_gates:
    """Stop where a gate fails and is not waived, unless the config says to report only."""
    input:
        report="reports/health/{measured}.json",
        # Whoever is stopped here finds the page, and the figures that may be blessed.
        after=[
            "reports/health/{measured}.html",
            "reports/health/{measured}.diff.json",
        ],
    output:
        verdict="results/gates/{measured}.json",
    log:
        "logs/enforce_gates/{measured}.log",
    benchmark:
        "benchmarks/enforce_gates/{measured}.tsv"
    localrule: True
    threads: threads_of("enforce_gates")
    resources:
        **needs_of("enforce_gates"),
    params:
        code=code("enforce_gates.py"),
        # It decides whether a verdict stops the run, and nothing of the verdict.
        local={"mode": config["gates"]},
    script:
        "../scripts/enforce_gates.py"


rule enforce_export_gates:
    """Stop before labels are written around samples that are too few, unless told to report only."""
    input:
        report="reports/export/{manifest}/{export}.json",
    output:
        verdict="results/gates/export/{manifest}/{export}.json",
    log:
        "logs/enforce_export_gates/{manifest}/{export}.log",
    benchmark:
        "benchmarks/enforce_export_gates/{manifest}/{export}.tsv"
    localrule: True
    threads: threads_of("enforce_export_gates")
    resources:
        **needs_of("enforce_export_gates"),
    params:
        code=code("enforce_export_gates.py"),
        local={"mode": config["gates"]},
    script:
        "../scripts/enforce_export_gates.py"
