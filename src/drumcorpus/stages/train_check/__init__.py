"""What a corpus teaches: a small model learns from an export and is scored on its test split."""
