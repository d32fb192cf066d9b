"""A verdict for people and for other programs: text, page, PDF, ETSI report.

What is said is decided once (`rows`); each form only writes it down.
"""
