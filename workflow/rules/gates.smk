"""
Hold every manifest to its gates.

in:   reports/health/{manifest}.json   with the verdict of every gate
out:  results/gates/{manifest}.json    stands only if the manifest may pass
"""


rule enforce_gates:
    """Stop where a gate fails and is not waived, unless the config says to report only."""
    input:
        report="reports/health/{manifest}.json",
        # Whoever is stopped here finds the page, and the figures that may be blessed.
        after=[
            "reports/health/{manifest}.html",
            "reports/health/{manifest}.diff.json",
        ],
    output:
        verdict="results/gates/{manifest}.json",
    log:
        "logs/enforce_gates/{manifest}.log",
    benchmark:
        "benchmarks/enforce_gates/{manifest}.tsv"
    params:
        code=code("enforce_gates.py"),
        mode=config["gates"],
    script:
        "../scripts/enforce_gates.py"
