"""What an audit asks of a manifest: one query per rule, each row of which is a case against it.

The queries run over the tables ``refs`` and ``referenced`` (from the manifest), ``sessions`` and
``files`` (from the provenance), ``inventory`` and ``sets``; an empty answer is a rule that holds.
"""

# The manifest's references and its sessions, each once, with the events behind them.
REFERENCES = """
CREATE TABLE refs AS
SELECT coalesce(source_set, '(none)') AS source_set, coalesce(session_id, '(none)') AS session_id,
       metadata_ref, audio_path, annotation_path, license, redistributable, count(*) AS n
FROM read_parquet(?) GROUP BY ALL;
"""
REFERENCED = """
CREATE TABLE referenced AS
SELECT source_set, session_id, sum(n) AS n FROM refs GROUP BY ALL;
"""

# kind -> (what the `n` cases are, query of source_set, example, n). `known` joins keep a missing
# session from being reported again as a missing file and a missing licence.
RULES = {
    "unknown_set": (
        "events are of a source set without provenance",
        """SELECT source_set, session_id, n FROM referenced
           ANTI JOIN (FROM sets WHERE has_provenance) USING (source_set)""",
    ),
    "set_not_merged": (
        "events are of a source set that this manifest does not merge",
        """SELECT source_set, session_id, n FROM referenced
           SEMI JOIN (FROM sets WHERE has_provenance AND NOT merged) USING (source_set)""",
    ),
    "tier_not_production": (
        "events are of a source set whose tier is not production",
        """SELECT source_set, session_id, n FROM referenced JOIN sets USING (source_set)
           WHERE tier <> 'production'""",
    ),
    "merged_set_without_events": (
        "source set is to be merged and has no event in the manifest",
        """SELECT source_set, source_set, 1 FROM sets ANTI JOIN refs USING (source_set)
           WHERE merged""",
    ),
    "merged_set_without_inventory": (
        "source set is to be merged and has no inventory to check its hashes against",
        "SELECT source_set, source_set, 1 FROM sets WHERE merged AND NOT has_inventory",
    ),
    "session_without_provenance": (
        "events are of a session that the set's provenance does not have",
        """SELECT source_set, session_id, n FROM referenced
           SEMI JOIN (FROM sets WHERE has_provenance) USING (source_set)
           ANTI JOIN sessions USING (source_set, session_id)""",
    ),
    "unreferenced_session": (
        "sessions of a merged set had events when ingested and have none in the manifest",
        """SELECT source_set, session_id, 1 FROM sessions
           SEMI JOIN (FROM sets WHERE merged) USING (source_set)
           ANTI JOIN referenced USING (source_set, session_id) WHERE n_events > 0""",
    ),
    "event_count_differs": (
        "sessions have another number of events in the manifest than in their provenance",
        """SELECT source_set, concat(session_id, ': ', n, ' events, provenance says ',
                  coalesce(n_events::VARCHAR, 'nothing')), 1
           FROM referenced JOIN sessions USING (source_set, session_id)
           WHERE n IS DISTINCT FROM n_events""",
    ),
    "broken_metadata_ref": (
        "events have a metadata_ref that is not provenance:<source_set>/<session_id>",
        """SELECT source_set, concat(session_id, ': ', coalesce(metadata_ref, '(none)')), n
           FROM refs WHERE metadata_ref IS DISTINCT FROM
                'provenance:' || source_set || '/' || session_id""",
    ),
    "audio_not_in_provenance": (
        "events have an audio_path that is not among the files of their session's provenance",
        """SELECT source_set, concat(session_id, ': ', audio_path), n FROM refs
           SEMI JOIN sessions USING (source_set, session_id)
           ANTI JOIN files ON files.source_set = refs.source_set
                AND files.session_id = refs.session_id AND files.path = refs.audio_path
           WHERE audio_path IS NOT NULL""",
    ),
    "annotation_not_in_provenance": (
        "events have an annotation_path that is not among the files of their session's provenance",
        """SELECT source_set, concat(session_id, ': ', annotation_path), n FROM refs
           SEMI JOIN sessions USING (source_set, session_id)
           ANTI JOIN files ON files.source_set = refs.source_set
                AND files.session_id = refs.session_id AND files.path = refs.annotation_path
           WHERE annotation_path IS NOT NULL""",
    ),
    "license_missing": (
        "events have no license",
        """SELECT source_set, session_id, n FROM refs WHERE coalesce(license, '') = ''""",
    ),
    "license_differs": (
        "events have another license than their session's provenance",
        """SELECT source_set, concat(session_id, ': ', r.license, ', provenance says ',
                  coalesce(s.license, 'nothing')), n
           FROM refs AS r JOIN sessions AS s USING (source_set, session_id)
           WHERE coalesce(r.license, '') <> '' AND r.license IS DISTINCT FROM s.license""",
    ),
    "redistributable_differs": (
        "events are redistributable where their session's provenance says otherwise, or reversed",
        """SELECT source_set, session_id, n
           FROM refs AS r JOIN sessions AS s USING (source_set, session_id)
           WHERE r.redistributable IS DISTINCT FROM s.redistributable""",
    ),
    "file_not_in_inventory": (
        "files of the provenance are not in the set's inventory",
        """SELECT source_set, concat(session_id, ': ', path), 1 FROM files
           SEMI JOIN (FROM sets WHERE has_inventory) USING (source_set)
           ANTI JOIN inventory USING (source_set, path)""",
    ),
    "hash_differs_from_inventory": (
        "files of the provenance have another SHA-256 than in the set's inventory",
        """SELECT source_set, concat(f.session_id, ': ', path), 1
           FROM files AS f JOIN inventory AS i USING (source_set, path)
           WHERE f.sha256 IS DISTINCT FROM i.sha256""",
    ),
}

# One row per set: coverage, in the order of the set's name.
COVERAGE = """
SELECT name.source_set, tier, coalesce(merged, false) AS merged,
       coalesce(m.n_events, 0)::BIGINT AS n_events,
       coalesce(p.n_sessions, 0) AS n_sessions,
       coalesce(m.n_referenced, 0) AS n_referenced_sessions,
       coalesce(p.n_unreferenced, 0)::BIGINT AS n_unreferenced_sessions,
       coalesce(m.n_referenced, 0) - coalesce(p.n_sessions - p.n_unreferenced, 0)::BIGINT
           AS n_sessions_without_provenance,
       coalesce(f.n_files, 0) AS n_files
FROM (SELECT source_set FROM sets UNION SELECT source_set FROM refs) AS name
LEFT JOIN sets USING (source_set)
LEFT JOIN (SELECT source_set, sum(n) AS n_events, count(*) AS n_referenced
           FROM referenced GROUP BY ALL) AS m USING (source_set)
LEFT JOIN (SELECT s.source_set, count(*) AS n_sessions, sum((r.n IS NULL)::INT) AS n_unreferenced
           FROM sessions AS s LEFT JOIN referenced AS r USING (source_set, session_id)
           GROUP BY ALL) AS p USING (source_set)
LEFT JOIN (SELECT source_set, count(DISTINCT path) AS n_files FROM files GROUP BY ALL) AS f
     USING (source_set)
ORDER BY name.source_set
"""
