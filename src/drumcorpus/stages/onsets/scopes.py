"""The scopes in which onsets are scored, as `scores` explains them."""

SCOPES = ("all", "loud", "apart")
