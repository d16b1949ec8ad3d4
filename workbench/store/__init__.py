"""A project on disk: SQLite through SQLAlchemy, one transaction and one journal entry an edit."""
