"""
Tell others where manifests and releases come from, in formats that their tools read.

in:   manifests, or the documents of the release, with the run manifests of all they rest on
out:  reports/attestations/<attested>/statement.intoto.json   in-toto Statement, SLSA provenance
      reports/attestations/<attested>/ro-crate-metadata.json  Workflow Run RO-Crate, of the folder
"""

# Manifests by their names, and the release; those of other releases stay.
ATTESTED = [*MANIFESTS, f"releases/{config['release']}"]
# What was stated of them then.
EARLIER_ATTESTATIONS = [
    f"reports/attestations/releases/{Path(folder).name}" for folder in EARLIER_RELEASES
]


rule attest:
    """State how a manifest or the release came about, from the run manifests of all it rests on."""
    input:
        products=attested_products,
        workflow=f"{WORKFLOW}/Snakefile",
    output:
        statement="reports/attestations/{attested}/statement.intoto.json",
        crate="reports/attestations/{attested}/ro-crate-metadata.json",
        workflow="reports/attestations/{attested}/Snakefile",
    log:
        "logs/attest/{attested}.log",
    benchmark:
        "benchmarks/attest/{attested}.tsv"
    threads: threads_of("attest")
    resources:
        **needs_of("attest"),
    params:
        code=code("attest.py"),
        provenance=config["provenance"],
    script:
        "../scripts/attest.py"
