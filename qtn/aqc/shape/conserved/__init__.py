"""Certificates of circuits that conserve charges."""
