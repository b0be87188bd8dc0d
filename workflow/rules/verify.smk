"""
Hold everything that stands against its record.

in:   all products with their run manifests, all raw files with the inventories
out:  results/SHA256SUMS   the recorded digests, for `sha256sum -c`
"""


# No output and no benchmark: Snakemake would take a benchmark's file for a job well done.
rule verify:
    """Name every file that is missing, extra or changed (config key verify: how thoroughly)."""
    log:
        "logs/verify.log",
    threads: 4
    params:
        level=config["verify"],
        n_sample=config["verify_sample"],
        local={
            "roots": {name: roots(name)["roots"] for name in SOURCE_SETS},
            # What is asked for by its name, or was filed under another one, stays as it was made.
            "lasting": [
                *EARLIER_RELEASES,
                "reports/comparison",
                "reports/health/files",
                "reports/provenance/files",
            ],
            "planned": [
                str(path) for path in [*rules.all.input, *rules.integrity.input]
            ],
        },
    script:
        "../scripts/verify.py"
