"""Which labels a check may be scored by: none that a model made."""

import pyarrow.compute as pc

from drumcorpus.vocabulary import MODEL, SPLITS


def require_truth(export) -> None:
    """Refuse an export that has labels of a model where a check is scored or thresholds are set.

    Parameters
    ----------
    export : drumcorpus.load.exports.Export

    Raises
    ------
    ValueError
        If validation or test has such a sample; says what to do.
    """
    for split in SPLITS[1:]:
        methods = export.split(split).records.column("label_method")
        n_samples = pc.sum(pc.equal(methods, MODEL)).as_py() or 0
        if n_samples:
            raise ValueError(
                f"{export.root}: split {split}: a model made the labels of {n_samples:,} samples "
                f"(label_method {MODEL}), and a check that is scored by them says how far two "
                "systems agree; leave that split out of predictions.<set>.splits"
            )
