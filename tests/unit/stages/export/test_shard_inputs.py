"""What a job of an export asks for before it cuts anything."""

import pytest

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.stages.export.shard_inputs import require_events


def test_an_export_of_a_manifest_without_an_event_is_refused_by_key(tmp_path):
    write_json(tmp_path / "verdict.json", {"has_events": False})
    with pytest.raises(ValueError, match="no event") as error:
        require_events(tmp_path / "verdict.json", "clips")
    assert str(error.value) == (
        "exports.clips: there is no event in the manifest, and nothing to export; see the health "
        "report for what was dropped, ask for `weights` and `release` alone, or take the export "
        "away: exports: {clips: null}"
    )
    write_json(tmp_path / "verdict.json", {"has_events": True})
    require_events(tmp_path / "verdict.json", "clips")
