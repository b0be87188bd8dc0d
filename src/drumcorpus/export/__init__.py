"""The export: one clip per event, label files per split, and checksums over all of it.

Folders below the export root::

    train/train_labels.json   val/val_labels.json   test/test_labels.json
    train/clips/<source_set>/<shard>/<event_id>.wav, and so for val and test
    components.json  metadata.json  SHA256SUMS
"""

from drumcorpus.export.assemble import assemble_export
from drumcorpus.export.clips import INDEX, cut_clips
from drumcorpus.export.verify import clips_are_whole, verify_export

__all__ = ["INDEX", "assemble_export", "clips_are_whole", "cut_clips", "verify_export"]
