"""
Targets past the gates: sessions, weights, exports, the release. As in targets.smk, each asks for
every product on the way to it.
"""


localrules:
    sessions,
    weights,
    release,
    attestations,
    export,
    train_check,
    evaluate,


rule sessions:
    """Sessions to see and hear: those that other pages name, and some of every split."""
    input:
        asked(
            "sessions",
            ASKED["health"],
            products(
                ["listening/excerpts/{s}.json", "sessions/{s}.html"],
                INGESTED,
            ),
            expand("reports/sessions/{source_set}.html", source_set=INGESTED),
            "reports/sessions/index.html",
        ),


rule weights:
    """Sampling weights of every manifest, and of every set that none merges, past its gates."""
    input:
        asked(
            "weights",
            ASKED["health"],
            expand(
                "results/sampling/source_sets/{source_set}.{ext}",
                source_set=ALONE,
                ext=["json", "parquet"],
            ),
            expand(
                "results/sampling/{weighed}.{ext}",
                weighed=[*MANIFESTS, *PROFILED],
                ext=["json", "parquet"],
            ),
        ),


rule release:
    """All that belongs to the release in its folder or listed there, and the trend over all."""
    input:
        asked(
            "release",
            ASKED["weights"],
            ASKED["sessions"],
            products_of_exports(list(EXPORTS)),
            of_train_checks(TRAIN_CHECKED),
            rules.file_release.output,
            rules.draw_trend.output,
            rules.write_index.output,
        ),


rule attestations:
    """Statement and crate of every manifest and of the release, for the tools of others."""
    input:
        asked(
            "attestations",
            ASKED["release"],
            expand(rules.attest.output, attested=ATTESTED),
        ),


for export in EXPORTS:

    rule:
        """One export of the configuration, and all that it rests on."""
        name:
            f"export_{export}"
        input:
            asked(
                f"export_{export}",
                ASKED["health"],
                products_of_exports([export]),
            ),
        localrule: True


rule export:
    """Every export of every manifest that passes its gates, each with its checksums."""
    input:
        asked(
            "export",
            ASKED["health"],
            products_of_exports(list(EXPORTS)),
        ),


# What the networks of the training check are reported in.
OF_NETWORKS = [
    f"reports/train_check/networks/{manifest}/{export}.{ext}"
    for manifest, export in sorted(NETWORKED.items())
    for ext in ("json", "html")
]


rule train_check:
    """What the exports of `train_check.exports` teach, as a report and a page."""
    input:
        asked(
            "train_check",
            ASKED["health"],
            products_of_exports(sorted({*TRAINED.values(), *NETWORKED.values()})),
            of_train_checks(TRAINED),
            OF_NETWORKS,
        ),


OF_EVALUATIONS = [
    path
    for name in EVALUATIONS
    for path in (
        f"reports/evaluation/{name}.json",
        f"reports/evaluation/{name}.html",
        f"results/gates/evaluation/{name}.json",
    )
]
asked("evaluate", ASKED["manifest"] if EVALUATIONS else [], OF_EVALUATIONS)


rule evaluate:
    """Every evaluation of the config: predictions of systems, held against a split."""
    input:
        asked_evaluations,
