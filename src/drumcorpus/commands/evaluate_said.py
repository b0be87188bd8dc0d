"""The figures of a report of an evaluation, in lines for the terminal."""

from drumcorpus.ground.files.paths import visible

N_SHOWN = 3  # names of sessions in one line


def said(document: dict) -> list[str]:
    """The figures of a report, a line each."""
    protocol, corpus, system = (document[name] for name in ("protocol", "corpus", "system"))
    scores = system["scores"]
    lines = [
        f"{protocol['id']} on {corpus['split']} of {corpus['manifest']} ({corpus['sessions']:,} "
        f"sessions, {corpus['groups']:,} groups, {corpus['hits']:,} hits)"
    ]
    if of_model := corpus["model_labels"]:
        sets = ", ".join(f"{visible(name)} {n:,}" for name, n in of_model.items())
        n_events = sum(of_model.values())
        lines.append(f"NOT TRUTH: a model made the labels of {n_events:,} events ({sets})")
    for key in ("micro", "macro"):
        lines.append(f"{key:<18} F {_figure(scores[key])}")
    for name, row in scores["classes"].items():
        if row["f"] is None:
            lines.append(f"{name:<18} absent; {row['fp']:,} predicted")
        else:
            lines.append(f"{name:<18} F {_figure(row)}  {row['reference']:,} hits")
    if document["comparison"] is not None:
        micro = document["comparison"]["micro"]
        lines.append(
            f"{visible(document['other']['name'])} less {visible(system['name'])}: "
            f"micro {_value(micro['difference'], '+.4f')}, {_ends(micro)}"
        )
    lines += _said_of_more(system, corpus["split"])
    for each in filter(None, (system, document["other"])):
        for key, words in (
            ("missing_sessions", "without predictions, counted as missed"),
            ("sessions_not_scored", "without reference, not scored"),
        ):
            if names := each[key]:
                more = "" if len(names) <= N_SHOWN else f" and {len(names) - N_SHOWN:,} more"
                shown = ", ".join(visible(name) for name in names[:N_SHOWN])
                lines.append(
                    f"{visible(each['name'])}: {len(names):,} session(s) {words}: {shown}{more}"
                )
    return lines


def _said_of_more(system: dict, split: str) -> list[str]:
    lines = []
    for tag, row in (system["boundary"] or {}).items():
        if row is None:
            lines.append(f"{tag:<22} no case")
            continue
        recall = row["recall"]
        found = (
            "" if recall["value"] is None else f"recall {recall['value']:.4f}  {_ends(recall)}, "
        )
        lines.append(
            f"{tag:<22} {found}{row['fp']:,} false positive(s) in {row['cases']:,} case(s)"
        )
    if system["seeds"] is not None and (row := system["seeds"]["micro"]) is not None:
        lines.append(
            f"{system['seeds']['runs']} seeds: mean micro F {row['f']:.4f}  {_ends(row)}, standard "
            f"deviation {row['sd']:.4f}"
        )
    if (row := system["calibration"]) is not None and row["all"] is not None:
        lines.append(f"expected calibration error {row['all']['ece']:.4f}, of all predictions")
    if system["tuning"] is not None:
        thresholds = system["tuning"]["thresholds"]
        lines.append(
            "without the lags of validation: micro F "
            f"{_value(system['tuning']['micro_without_lag'])}"
        )
        if thresholds is not None:
            micro = thresholds["micro"]
            lines.append(
                f"with the thresholds of validation: micro F {_value(micro['f_tuned'])}; ceiling, "
                f"with those of {split} itself: {_value(micro['f_ceiling'])}"
            )
    if (row := system["open_set"]) is not None:
        figures = [row[key] for key in ("auroc", "average_precision", "fpr_at_95_tpr")]
        shown = [_value(value) for value in figures]
        lines.append(
            f"open set: {row['known']:,} known and {row['unknown']:,} unknown sounds, AUROC "
            f"{shown[0]}, AP {shown[1]}, FPR at 95 % TPR {shown[2]}"
        )
    return lines


def _value(value: float | None, form: str = ".4f") -> str:
    return "no value" if value is None else format(value, form)


def _figure(row: dict) -> str:
    return "has no value" if row["f"] is None else f"{row['f']:.4f}  {_ends(row)}"


def _ends(row: dict) -> str:
    if row["resolvable"]:
        return f"[{row['low']:.4f}, {row['high']:.4f}]"
    return f"not resolvable ({row['groups']} groups, {row['effective_groups']:.1f} effective)"
