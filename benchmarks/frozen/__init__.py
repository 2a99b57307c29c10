"""Yardsticks. Do not improve these: what is measured against them would only seem to change."""
