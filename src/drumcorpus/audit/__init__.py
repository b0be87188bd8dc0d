"""Provenance audit of a manifest: findings for the gate, a page for people."""

from drumcorpus.audit.manifest import audit_manifest
from drumcorpus.audit.page import render_audit_markdown

__all__ = ["audit_manifest", "render_audit_markdown"]
