"""`flask billing check`: what a DBA should know before customers read this billing."""

from legacy_adapters.doctor.examination import SCAN_LIMIT, examine
from legacy_adapters.doctor.report import Finding, Level, Report, Topic

__all__ = ["SCAN_LIMIT", "Finding", "Level", "Report", "Topic", "examine"]
