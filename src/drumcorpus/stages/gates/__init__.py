"""Gates: limits that a health report must keep, and waivers with a reason and a last day."""
