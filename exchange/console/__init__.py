"""The pages people work with; made here, on the server.

- `routes.py` joins the rows of all pages; each area has a module of rows in `tables/`.
- `rendering.py` fills templates; `words/` has what they say, in both languages.
- `visiting.py` knows who looks, and refuses what was not asked from a page of theirs.
"""
