"""Sending SMS."""
