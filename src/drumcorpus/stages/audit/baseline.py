"""The figures of an audit that are blessed: those whose change somebody should have seen."""

from collections.abc import Iterable, Mapping

SCHEMA = "drumcorpus.audit_baseline/1"
# Of each set; notes and examples are left out, for they change with every wording.
FIGURES = (
    *("tier", "merged", "standing", "n_events", "n_sessions", "n_referenced_sessions"),
    *("n_refused_sessions", "n_unreferenced_sessions", "n_sessions_without_provenance"),
    *("n_events_broken_metadata_ref", "n_events_audio_not_covered", "n_events_without_license"),
    *("n_files", "n_files_hash_unknown", "bytes", "redistributable_sessions"),
    *("licenses", "license_card", "drops"),
)


def audit_figures(audit: Mapping, *, without_digest: Iterable[str] = ()) -> dict:
    """The part of an audit that is compared with the blessed one.

    Parameters
    ----------
    audit : mapping
        What `audit_manifest` returned.
    without_digest : iterable of str
        Source sets whose raw files are not held to their digest, because the workflow writes
        them itself and another processor may round a sample differently.

    Returns
    -------
    figures : dict
        ``n_events``, ``findings`` (cases by kind and source set) and ``sets``: figures only, in
        nested mappings.
    """
    findings: dict[str, dict[str, int]] = {}
    for finding in audit["findings"]:
        findings.setdefault(finding["kind"], {})[finding["source_set"]] = finding["n"]
    without_digest = set(without_digest)
    sets = {}
    for name, figures in audit["sets"].items():
        sets[name] = {key: figures[key] for key in FIGURES}
        if name not in without_digest:
            sets[name]["files_sha256"] = figures["files_sha256"]
    return {
        "schema": SCHEMA,
        "n_events": audit["n_events"],
        "findings": findings,
        "sets": sets,
    }
