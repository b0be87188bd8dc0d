"""What an audit asks of a manifest: one query per rule, each row of which is a case against it.

The queries run over the tables ``refs`` and ``referenced`` (from the manifest), ``sessions`` and
``files`` (from the provenance), ``inventory``, ``splits`` and ``sets``; an empty answer is a rule
that holds.
"""

# The manifest's references and its sessions, each once, with the events behind them.
REFERENCES = """
CREATE TABLE refs AS
SELECT coalesce(source_set, '(none)') AS source_set, coalesce(session_id, '(none)') AS session_id,
       split, metadata_ref, audio_path, annotation_path, license, redistributable, count(*) AS n
FROM manifest GROUP BY ALL;
"""
REFERENCED = """
CREATE TABLE referenced AS
SELECT source_set, session_id, sum(n) AS n FROM refs GROUP BY ALL;
"""

# kind -> (what the `n` cases are, query of source_set, example, n). The joins with `sessions` keep
# a missing session from being reported again as a missing file and a missing licence.
RULES = {
    "unknown_set": (
        "events are of a source set without provenance",
        """SELECT source_set, session_id, n FROM referenced
           ANTI JOIN (FROM sets WHERE has_provenance) USING (source_set)""",
    ),
    "set_not_merged": (
        "events are of a production source set that this manifest does not merge",
        """SELECT source_set, session_id, n FROM referenced
           SEMI JOIN (FROM sets WHERE has_provenance AND NOT merged AND tier = 'production')
                USING (source_set)""",
    ),
    "tier_not_production": (
        "events are of a source set whose tier is not production",
        """SELECT source_set, session_id, n FROM referenced JOIN sets USING (source_set)
           WHERE tier <> 'production'""",
    ),
    "merged_set_without_events": (
        "source set is to be merged and has no event in the manifest, and no split policy refused "
        "all of its sessions",
        """SELECT source_set, source_set, 1 FROM sets ANTI JOIN refs USING (source_set)
           ANTI JOIN (SELECT source_set FROM sessions
                      LEFT JOIN splits USING (source_set, session_id)
                      WHERE n_events > 0 GROUP BY source_set
                      HAVING bool_and(NOT coalesce(included, true))) USING (source_set)
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
        "sessions of a merged set had events when ingested, have none in the manifest, and no "
        "split policy refused them",
        """SELECT source_set, session_id, 1 FROM sessions
           SEMI JOIN (FROM sets SEMI JOIN refs USING (source_set) WHERE merged) USING (source_set)
           ANTI JOIN referenced USING (source_set, session_id)
           ANTI JOIN (FROM splits WHERE NOT included) USING (source_set, session_id)
           WHERE n_events > 0""",
    ),
    "refused_session_present": (
        "events are of a session that the split table refuses",
        """SELECT source_set, session_id, n FROM referenced
           SEMI JOIN (FROM splits WHERE NOT included) USING (source_set, session_id)""",
    ),
    "split_differs": (
        "events stand in another split than the split table gives their session",
        """SELECT source_set, concat(session_id, ': ', coalesce(r.split, '(none)'),
                  ', the split table says ', coalesce(s.split, 'nothing')), n
           FROM refs AS r SEMI JOIN sessions USING (source_set, session_id)
           SEMI JOIN (FROM sets WHERE merged AND tier = 'production') USING (source_set)
           LEFT JOIN splits AS s USING (source_set, session_id)
           WHERE coalesce(included, true) AND r.split IS DISTINCT FROM s.split""",
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
        "SELECT source_set, session_id, n FROM refs WHERE coalesce(trim(license), '') = ''",
    ),
    "license_missing_in_provenance": (
        "sessions have no license in their provenance",
        """SELECT source_set, session_id, 1 FROM sessions
           WHERE coalesce(trim(license), '') = ''""",
    ),
    "license_differs": (
        "events have another license than their session's provenance",
        """SELECT source_set, concat(session_id, ': ', r.license, ', provenance says ',
                  s.license), n
           FROM refs AS r JOIN sessions AS s USING (source_set, session_id)
           WHERE trim(r.license) <> '' AND trim(s.license) <> ''
                AND r.license <> s.license""",
    ),
    "redistributable_differs": (
        "events are redistributable where their session's provenance says otherwise, or reversed",
        """SELECT source_set, session_id, n
           FROM refs AS r JOIN sessions AS s USING (source_set, session_id)
           WHERE r.redistributable IS DISTINCT FROM s.redistributable""",
    ),
    "session_without_files": (
        "sessions with events rest on no file in their provenance",
        """SELECT source_set, session_id, 1 FROM sessions
           SEMI JOIN refs ON refs.source_set = sessions.source_set
                AND refs.session_id = sessions.session_id
                AND refs.audio_path IS NULL AND refs.annotation_path IS NULL
           ANTI JOIN files USING (source_set, session_id)""",
    ),
    "hash_unknown": (
        "files of the provenance have no SHA-256, there or in the set's inventory",
        r"""SELECT source_set, concat(f.session_id, ': ', path), 1
           FROM files AS f LEFT JOIN inventory AS i USING (source_set, path)
           WHERE NOT regexp_full_match(coalesce(f.sha256, ''), '[0-9a-f]{64}')
                OR (i.path IS NOT NULL
                    AND NOT regexp_full_match(coalesce(i.sha256, ''), '[0-9a-f]{64}'))""",
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
           WHERE regexp_full_match(f.sha256, '[0-9a-f]{64}')
                AND regexp_full_match(i.sha256, '[0-9a-f]{64}') AND f.sha256 <> i.sha256""",
    ),
}
# Those that mean something only where a split table is given.
SPLIT_RULES = ("refused_session_present", "split_differs")

# One row per set: coverage, in the order of the set's name.
COVERAGE = """
SELECT name.source_set, tier, coalesce(merged, false) AS merged,
       coalesce(m.n_events, 0)::BIGINT AS n_events,
       coalesce(p.n_sessions, 0) AS n_sessions,
       coalesce(m.n_referenced, 0) AS n_referenced_sessions,
       coalesce(p.n_refused, 0)::BIGINT AS n_refused_sessions,
       coalesce(p.n_unreferenced, 0)::BIGINT AS n_unreferenced_sessions,
       coalesce(m.n_unknown, 0)::BIGINT AS n_sessions_without_provenance,
       coalesce(f.n_files, 0) AS n_files
FROM (SELECT source_set FROM sets UNION SELECT source_set FROM refs) AS name
LEFT JOIN sets USING (source_set)
LEFT JOIN (SELECT r.source_set, sum(n) AS n_events, count(*) AS n_referenced,
                  count_if(s.session_id IS NULL) AS n_unknown
           FROM referenced AS r LEFT JOIN sessions AS s USING (source_set, session_id)
           GROUP BY ALL) AS m USING (source_set)
LEFT JOIN (SELECT s.source_set, count(*) AS n_sessions, count_if(NOT included) AS n_refused,
                  count_if(r.n IS NULL AND coalesce(included, true)) AS n_unreferenced
           FROM sessions AS s LEFT JOIN referenced AS r USING (source_set, session_id)
           LEFT JOIN splits USING (source_set, session_id)
           GROUP BY ALL) AS p USING (source_set)
LEFT JOIN (SELECT source_set, count(DISTINCT path) AS n_files FROM files GROUP BY ALL) AS f
     USING (source_set)
ORDER BY name.source_set
"""
