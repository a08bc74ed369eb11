"""The registry's schema, step by step: alembic's scripts, run by gateway/registry/database.py."""
