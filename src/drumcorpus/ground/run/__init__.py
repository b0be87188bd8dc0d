"""What surrounds the work of a job: run manifest, freshness, log, state, configuration."""
