"""Measurements: graded questions (runner), retrieval, speed. Nothing here judges with a model."""
