"""Audit: does every event of a manifest rest on a session that is accounted for?"""
