"""Sections of the settings: one frozen class each; `exchange.config` joins them."""
