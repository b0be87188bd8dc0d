"""Provenance audit of a manifest: findings for the gate, figures to bless, pages for people."""

from drumcorpus.audit.baseline import audit_figures
from drumcorpus.audit.manifest import audit_manifest
from drumcorpus.audit.page import render_audit_markdown, render_audit_page

__all__ = ["audit_figures", "audit_manifest", "render_audit_markdown", "render_audit_page"]
